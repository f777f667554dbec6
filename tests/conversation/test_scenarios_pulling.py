"""Rows on their way down: revealed whole or not at all, whatever cuts the power or the line."""

import itertools
import shutil
import threading
import time
from pathlib import Path

import pytest

from leora_core.domain.command import Context, account_scope
from leora_core.domain.failures import Unavailable
from leora_core.domain.tasks import Task
from leora_desktop.replica.database import open_encrypted
from leora_desktop.replica.workspace import DATABASE_KEY
from sync import authority
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.simulation.device import Device
from sync.simulation.network import Fault
from sync.simulation.oracle import check_device
from sync.simulation.world import World
from tests.conversation.acts import (
    Meddled,
    a_contact,
    a_task,
    a_visit,
    account_of,
    an_edit,
    assert_all_ends_well,
    outbox_as_is,
    pull_the_plug,
    shown,
    statuses,
)


def fill_account(world: World, account_id: str, rows: int) -> None:
    """Give an account many tasks at once, as an import does."""
    boss = world.boss()

    def work(records: ServerWork, context: Context) -> dict[str, object]:
        for number in range(rows):
            records.add(
                Task(
                    id=context.child_id(f"task-{number}"),
                    assignee_id=boss.user_id,
                    assigned_by=boss.user_id,
                    account_id=account_id,
                    title=f"Old task {number}",
                    made_at=context.at,
                )
            )
        return {}

    authority.commit_work(world.server.tenant, name="Fill", actor=boss, command_id=new_id(), payload={}, work=work)


class Mover:
    """Somebody at the office who changes rows all the time, before and behind any page."""

    def __init__(self, world: World, account_id: str) -> None:
        self.world, self.account_id = world, account_id
        self.contacts: list[str] = []
        self.moves = 0

    def move(self) -> None:
        """One contact comes, every third time an older one goes, and the account's phone changes."""
        self.moves += 1
        boss = self.world.boss()
        name, payload = a_contact(self.account_id, f"Contact {self.moves}")
        self.world.server.command(name, payload, boss)
        self.contacts.append(payload["contact_id"])
        if self.moves % 3 == 0:
            gone = {"account_id": self.account_id, "contact_id": self.contacts.pop(0)}
            self.world.server.command("RemoveContact", gone, boss)
        was = f"617-555-{self.moves - 1:04}" if self.moves > 1 else None
        self.world.server.command(*an_edit(self.account_id, "phone", f"617-555-{self.moves:04}", was), boss)


def test_s07_rows_moving_ahead_of_the_pages_of_a_delta_are_revealed_only_when_whole(world: World) -> None:
    ana, account = world.devices["ana"], account_of(world)
    fill_account(world, account, 120)
    mover = Mover(world, account)
    seen: list[object] = []

    def meanwhile() -> None:
        mover.move()
        seen.append(shown(ana, "SELECT COUNT(*) FROM task") + shown(ana, "SELECT id FROM contact"))

    before = shown(ana, "SELECT COUNT(*) FROM task") + shown(ana, "SELECT id FROM contact")
    ana.transport = Meddled(ana, after=meanwhile)
    report = ana.sync(max_rows=10)
    assert mover.moves >= 12
    assert seen == [before] * mover.moves
    assert (report.equal, report.repaired) == (True, [])
    assert check_device(world, ana) == []
    ana.transport = Meddled(ana)
    assert_all_ends_well(world)


def test_s07_rows_moving_ahead_of_the_pages_of_a_first_sync_arrive_as_they_are_in_the_end(world: World) -> None:
    account = account_of(world)
    fill_account(world, account, 120)
    mover = Mover(world, account)
    new = Device("new", world.folder / "new", world.person("rep1"), lambda: world.server.served, ledger=world.ledger)
    new.sign_in()
    filled: list[bool] = []

    def meanwhile() -> None:
        mover.move()
        filled.append(new.workspace.position().filled)

    new.transport = Meddled(new, after=meanwhile)
    report = new.sync(max_rows=10)
    assert mover.moves >= 12
    assert not any(filled)
    assert (report.equal, report.repaired) == (True, [])
    new.transport = Meddled(new)
    world.devices["new"] = new
    assert_all_ends_well(world)


@pytest.mark.parametrize("first", [True, False], ids=["first sync", "delta"])
def test_s08_killed_after_7_of_20_pages_goes_on_from_there(world: World, first: bool) -> None:
    account = account_of(world)
    fill_account(world, account, 200)
    device = world.devices["ana"]
    if first:
        device.workspace.rebuild()
    pages = 0

    def count() -> None:
        nonlocal pages
        pages += 1

    device.transport = Meddled(device, after=count)
    with pytest.raises(Unavailable):
        device.sync(*[Fault.DELIVER] * 7, Fault.NEVER_SENT, max_rows=10)
    assert pages == 7
    assert shown(device, "SELECT COUNT(*) FROM task") == [(0,)]
    pull_the_plug(device)
    device.transport = Meddled(device, after=count)
    report = device.sync(max_rows=10)
    assert (report.equal, report.repaired) == (True, [])
    assert 20 <= pages <= 27
    assert shown(device, "SELECT COUNT(*) FROM task") == [(200,)]
    device.transport = Meddled(device)
    assert_all_ends_well(world)


@pytest.mark.slow
@pytest.mark.parametrize("forgets", [False, True], ids=["all on the disk", "replica not on the disk"])
def test_s09_power_cut_at_any_step_of_a_round_leaves_the_old_state_or_the_new(world: World, forgets: bool) -> None:
    ana, account = world.devices["ana"], account_of(world)
    steps = 0
    for after in itertools.count(int(forgets), 2):
        ana.sync()
        ana.do(*a_visit(account, follow_up_on="2026-12-01"))
        world.server.command(*a_contact(account, f"Contact {after}"), world.boss())
        if not ana.crash_during(ana.sync, after, forget_replica=forgets):
            break
        assert check_device(world, ana) == [], f"after {after} steps"
        steps += 1
    assert steps > 30
    assert_all_ends_well(world)


def test_s10_command_said_to_be_saved_survives_a_power_cut(world: World, tmp_path: Path) -> None:
    ana = world.devices["ana"]
    ids = [ana.do(*a_task()) for _ in range(3)]
    copy = tmp_path / "at-power-cut" / "outbox.db"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{ana.profile.outbox}{suffix}", f"{copy}{suffix}")
    found = open_encrypted(copy, ana.secrets.held[DATABASE_KEY])
    with found.reading() as transaction:
        rows = transaction.execute("SELECT id FROM waiting ORDER BY position").fetchall()
    found.close()
    assert [row[0] for row in rows] == ids
    # Every commit of the connection that appends is fsynced: 2 is FULL.
    with ana.workspace.outbox.database.reading() as transaction:
        assert transaction.execute("PRAGMA synchronous").fetchone() == (2,)
        assert transaction.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    pull_the_plug(ana)
    assert ana.waiting_ids() == ids
    assert_all_ends_well(world)


@pytest.mark.slow
def test_s11_five_hundred_pending_and_five_thousand_rows_are_one_rebase_that_blocks_no_reader(world: World) -> None:
    """The bounds are ten times what is aimed at, for a machine that is busy with other things."""
    ana, account = world.devices["ana"], account_of(world)
    ids = [ana.do(*a_visit(account)) for _ in range(500)]
    with ana.workspace.outbox.database.writing() as transaction:
        # The first is of a release the server does not know yet: so none is settled, and all are replayed.
        transaction.execute("UPDATE waiting SET v = 2 WHERE id = ?", (ids[0],))
    fill_account(world, account, 5_000)
    reveals = 0
    longest = 0.0
    stop = threading.Event()

    def heard(_: object) -> None:
        nonlocal reveals
        reveals += 1

    def read() -> None:
        nonlocal longest
        while not stop.is_set():
            begun = time.perf_counter()
            assert shown(ana, "SELECT COUNT(*) FROM activity")[0][0] >= 499
            longest = max(longest, time.perf_counter() - begun)
            time.sleep(0.002)

    ana.workspace.on_change = heard
    reader = threading.Thread(target=read)
    reader.start()
    begun = time.perf_counter()
    report = ana.sync()
    took = time.perf_counter() - begun
    stop.set()
    reader.join()
    assert (report.deferred, report.equal, reveals) == (500, True, 1)
    assert shown(ana, "SELECT COUNT(*) FROM task WHERE title LIKE 'Old task %'") == [(5_000,)]
    assert shown(ana, "SELECT COUNT(*) FROM activity") == [(499,)]
    assert longest < 2.5
    assert took < 25
    with ana.workspace.outbox.database.writing() as transaction:
        transaction.execute("UPDATE waiting SET v = 1 WHERE id = ?", (ids[0],))
    waiting = [row[0] for row in outbox_as_is(ana)]
    assert waiting == ids
    ana.sync()
    assert {statuses(world)[id_] for id_ in ids} == {"accepted"}
    assert account_scope(account) in world.server.held(ana.person.user_id, world.server.head()[0])
    assert_all_ends_well(world)
