"""Old images, clones, restored servers, damage and wipes: the outbox outlives all of them but the last."""

import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leora_core.domain.command import Rejected
from leora_core.domain.failures import Unavailable
from leora_core.store.tables import SYNCED
from leora_desktop.paths import Profile
from leora_desktop.replica.database import ReplicaDamaged, open_encrypted
from leora_desktop.replica.state import REPLICA_STATE
from leora_desktop.replica.workspace import DATABASE_KEY, Workspace
from leora_desktop.syncing.client import Client, HttpTransport, Refused
from leora_desktop.syncing.cycle import synchronise
from leora_desktop.syncing.sign_in import Who, sign_in
from sync.app import create_app
from sync.maintenance import forget
from sync.serving import serving
from sync.simulation.device import PASSWORD, Device, MemorySecrets, tells_of_damage
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
    body_of,
    days_later,
    outbox_as_is,
    owner_contact,
    runs,
    settled_order,
    shown,
    statuses,
)


def test_s24_laptop_back_after_removals_were_forgotten_resurrects_nothing(world: World) -> None:
    ana, account = world.devices["ana"], account_of(world)
    gone = owner_contact(ana, account)
    ids = [ana.do(*a_visit(account)) for _ in range(39)]
    edit = {"account_id": account, "contact_id": gone, "fields": {"role": {"was": None, "now": "Buyer"}}}
    ids.append(ana.do("EditContact", edit))
    world.server.command("RemoveContact", {"account_id": account, "contact_id": gone}, world.boss())
    with days_later(200):
        assert forget(world.server.tenant, world.server.settings) == (
            "1 removals forgotten, 0 unfinished uploads thrown away"
        )
        ana.sync_through()
        assert ana.waiting_ids() == []
        assert [statuses(world)[id_] for id_ in ids] == ["accepted"] * 39 + ["rejected"]
        assert shown(ana, "SELECT id FROM contact WHERE id = ?", gone) == []
        assert ana.attention()[ids[-1]].payload == edit
        assert_all_ends_well(world)


def eight_laptops(world: World) -> tuple[list[Device], list[Device]]:
    """Four that will be ahead of a restored backup, four that will be behind it."""
    people = ("rep1", "rep2")
    made = [world.enrol(f"laptop{number}", people[number % 2]) for number in range(8)]
    return made[:4], made[4:]


@pytest.mark.parametrize("moved_on", [0, 20], ids=["at once", "after it moved on"])
def test_s25_server_restored_to_yesterday_tells_who_is_ahead_and_serves_nobody_a_mixed_state(
    world: World, moved_on: int
) -> None:
    ahead, behind = eight_laptops(world)
    backup = world.server.backup()
    for number, device in enumerate(ahead):
        device.do(*a_visit(account_of(world, f"rep{number % 2 + 1}")))
        device.sync()
    world.rewind(backup)
    for _ in range(moved_on):
        world.server.command(*a_contact(account_of(world)), world.boss())
    for device in ahead:
        with pytest.raises(Refused) as refused:
            device.sync()
        assert (refused.value.status, refused.value.code) == (409, "lineage_changed")
        assert refused.value.more["version"] == world.server.head()[0]
    for device in behind:
        assert device.sync().equal
        assert check_device(world, device) == []
    assert_all_ends_well(world)


def content(world: World) -> dict[tuple[str, str], list[Any]]:
    """Every row without its version, and without what says when the server heard of it."""
    return {key: row[2] for key, row in world.server.rows().items() if key[0] in _PLAIN}


_PLAIN = {synced.name for synced in SYNCED} - {"scope_grant", "field_change"}


def test_s26_commands_a_restored_server_lost_are_each_run_again_once_in_their_old_order(world: World) -> None:
    ana, ben = world.devices["ana"], world.devices["ben"]
    mine, theirs = account_of(world), account_of(world, "rep2")
    kept = [ana.do(*a_visit(mine))]
    ana.sync()
    backup = world.server.backup()
    lost: list[str] = []
    for number in range(6):
        lost.append(ana.do(*an_edit(mine, "phone", f"617-555-{number}", f"617-555-{number - 1}" if number else None)))
        lost.append(ben.do(*a_visit(theirs, follow_up_on="2026-12-01")))
        for device in (ana, ben):
            device.sync()
    waiting = ana.do(*a_task())
    wanted = content(world)
    world.rewind(backup)
    assert not set(lost) & set(statuses(world))
    for device in (ana, ben):
        device.sync_through()
    again = runs(world)
    assert all(again[id_] == 1 for id_ in [*kept, *lost, waiting])
    order = settled_order(world)
    for device_lost in (lost[::2], lost[1::2]):
        assert [id_ for id_ in order if id_ in device_lost] == device_lost
    assert order.index(waiting) > order.index(lost[-2])
    found = content(world)
    found = {key: row for key, row in found.items() if key in wanted}
    assert found == wanted
    assert_all_ends_well(world)


def test_s27_restored_server_with_five_hundred_new_commands_is_still_found_out(world: World) -> None:
    ana = world.devices["ana"]
    backup = world.server.backup()
    mine = ana.do(*a_visit(account_of(world)))
    ana.sync()
    world.rewind(backup)
    for number in range(500):
        world.server.command("AddTask", {"task_id": a_task()[1]["task_id"], "title": f"New {number}"}, world.boss())
    assert ana.workspace.position().cursor < world.server.head()[0]
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert refused.value.code == "lineage_changed"
    ana.sync_through()
    assert runs(world)[mine] == 1
    assert_all_ends_well(world)


def test_s28_cloned_laptop_is_noticed_within_two_exchanges_and_both_lose_nothing(world: World) -> None:
    ana = world.devices["ana"]
    twin = world.clone(ana, "ana-twin")
    told: list[str] = []
    ids: list[str] = []
    for _ in range(2):
        for device in (ana, twin):
            ids.append(device.do(*a_visit(account_of(world))))
            try:
                device.sync()
            except Refused as refused:
                told.append(refused.code)
                device.sign_in()
                device.sync()
    # Whoever is told first signs in anew, which ends the old device id: the other is told of that.
    assert told[0] == "device_forked"
    for device in (ana, twin, ana, twin):
        device.sync_through()
    assert {id_: runs(world)[id_] for id_ in ids} == dict.fromkeys(ids, 1)
    assert {statuses(world)[id_] for id_ in ids} == {"accepted"}
    assert ana.workspace.signed_in.device_id != twin.workspace.signed_in.device_id
    assert_all_ends_well(world)


def test_s29_laptop_put_back_to_yesterdays_image_neither_drops_nor_repeats(world: World) -> None:
    ana = world.devices["ana"]
    image = ana.image()
    acked = [ana.do(*a_visit(account_of(world))) for _ in range(5)]
    ana.sync()
    unsent = [ana.do(*a_visit(account_of(world))) for _ in range(3)]
    old_id = ana.workspace.signed_in.device_id
    ana.put_back(image)
    again = [ana.do(*a_visit(account_of(world))) for _ in range(4)]
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert refused.value.code == "device_forked"
    assert ana.waiting_ids() == again
    ana.sign_in()
    assert ana.sync().accepted == 4
    assert ana.workspace.signed_in.device_id != old_id
    assert all(runs(world)[id_] == 1 for id_ in acked + again)
    # What had not left when the old image was put back was on the other disk only.
    assert not set(unsent) & set(statuses(world))
    assert shown(ana, "SELECT COUNT(*) FROM activity") == [(9,)]
    assert_all_ends_well(world)


@pytest.mark.parametrize("pages", [1, 3])
def test_s32_replica_of_an_older_program_is_filled_anew_and_the_outbox_stays_byte_for_byte(
    world: World, pages: int
) -> None:
    """Killed in the middle of the filling it goes on; the outbox is not so much as touched by the update."""
    ana = world.devices["ana"]
    ids = [ana.do(*a_task()) for _ in range(50)]
    with ana.workspace.replica.writing() as transaction:
        REPLICA_STATE.set(transaction, schema="2025-01-1")
    waiting = outbox_as_is(ana)
    ana.close()
    before = hashlib.sha256(ana.profile.outbox.read_bytes()).hexdigest()
    assert not ana.workspace.position().filled
    assert outbox_as_is(ana) == waiting
    ana.close()
    assert hashlib.sha256(ana.profile.outbox.read_bytes()).hexdigest() == before
    assert ana.crash_during(lambda: ana.sync(max_rows=10), 60 * pages)
    assert outbox_as_is(ana) == waiting
    report = ana.sync()
    assert report.equal
    assert [id_ for id_ in settled_order(world) if id_ in ids] == ids
    assert_all_ends_well(world)


Laptop = tuple[Workspace, Client, MemorySecrets]


def real_laptop(world: World, url: str, folder: Path) -> Laptop:
    """A laptop of rep1 that speaks HTTP."""
    profile, secrets, transport = Profile(folder), MemorySecrets(), HttpTransport(url)
    sign_in(profile, secrets, transport, Who(url, world.server.slug, world.person("rep1").email, PASSWORD))
    workspace = Workspace.open(profile, secrets)
    client = Client(transport, workspace.outbox.state("token"))
    synchronise(workspace, client)
    return workspace, client, secrets


def test_s36_revoked_laptop_hands_in_what_it_could_not_send_and_erases_itself(world: World, tmp_path: Path) -> None:
    with serving(create_app(world.server.tenants, world.server.settings)) as url:
        workspace, client, secrets = real_laptop(world, url, tmp_path / "laptop")
        profile = workspace.profile
        ids = [workspace.dispatch(*a_task()).id for _ in range(3)]
        files = [profile.replica, profile.outbox]
        workspace.outbox.database.close()
        # Twenty days offline: without its key the disk is noise.
        with days_later(20):
            for path in files:
                assert b"SQLite format 3" not in path.read_bytes()
                with pytest.raises(ReplicaDamaged):
                    open_encrypted(path, "0" * 64)
            world.server.revoke(workspace.signed_in.device_id, wipe=True)
            with pytest.raises(Refused) as refused:
                synchronise(workspace, client)
        client.close()
    assert (refused.value.code, refused.value.more["wipe"]) == ("device_revoked", True)
    assert secrets.get(DATABASE_KEY) is None
    assert not [path for path in files if path.exists()]
    assert "handed in" in (profile.dir / "wiped.txt").read_text(encoding="utf-8")
    with pytest.raises(Rejected, match="not_signed_in"):
        Workspace.open(profile, secrets)
    with world.server.tenant.database.reading() as transaction:
        (body,) = transaction.execute("SELECT body FROM salvage").fetchone()
    assert all(id_ in body for id_ in ids)
    assert not set(ids) & set(statuses(world))
    assert_all_ends_well(world)


def flip(ana: Device, account: str) -> None:
    with ana.workspace.replica.writing() as transaction:
        transaction.execute("UPDATE account SET name = name || '!' WHERE id = ?", (account,))


def drop(ana: Device, account: str) -> None:
    with ana.workspace.replica.writing() as transaction:
        transaction.execute("DELETE FROM contact WHERE account_id = ?", (account,))


def inject(ana: Device, account: str) -> None:
    names = next(synced for synced in SYNCED if synced.name == "contact").column_names
    listed = ", ".join([*names, "row_scope", "row_version"])
    picked = listed.replace("id", f"'{a_task()[1]['task_id']}'", 1)
    with ana.workspace.replica.writing() as transaction:
        transaction.execute(
            f"INSERT INTO contact ({listed}) SELECT {picked} FROM contact WHERE account_id = ?", (account,)
        )


@pytest.mark.parametrize("damage", [flip, drop, inject])
def test_s37_changed_missing_or_extra_row_is_found_and_only_its_scope_repaired(
    world: World, damage: Callable[[Device, str], None]
) -> None:
    ana, account = world.devices["ana"], account_of(world)
    ana.do(*a_visit(account_of(world, "rep1", 1)))
    damage(ana, account)
    with pytest.raises(Unavailable):
        ana.sync(Fault.NEVER_SENT)
    waiting = ana.waiting_ids()
    filled: list[str] = []

    def listen(call: Any) -> Any:
        if call.path == "/v1/sync":
            filled.extend(place["scope"] for place in body_of(call)["fill"])
        return call

    ana.transport = Meddled(ana, before=listen)
    proof = ana.prove()
    assert {id_: statuses(world)[id_] for id_ in waiting} == dict.fromkeys(waiting, "accepted")
    assert proof.equal
    assert set(filled) == {f"account:{account}"}
    assert check_device(world, ana) == []
    ana.transport = Meddled(ana)
    assert_all_ends_well(world)


def test_s37_flipped_byte_of_the_file_itself_costs_the_replica_and_not_the_outbox(world: World) -> None:
    ana = world.devices["ana"]
    rng = random.Random(37)
    for _ in range(6):
        id_ = ana.do(*a_task())
        ana.damage_replica(rng)
        for _ in range(3):
            try:
                ana.prove()
                break
            except Exception as error:
                if not tells_of_damage(error):
                    raise
                ana.set_aside()
        assert runs(world)[id_] == 1
    assert_all_ends_well(world)
