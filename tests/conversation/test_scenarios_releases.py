"""Clocks that are wrong, apps and servers of different ages, and two people at one record."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from leora_core.domain.values import format_instant
from leora_core.protocol.old_commands import UPCASTERS
from leora_desktop.syncing.client import Refused, Reply
from sync.ids import new_id
from sync.simulation.device import Device
from sync.simulation.network import Call, FaultyTransport
from sync.simulation.world import World
from tests.conversation.acts import (
    Meddled,
    Payload,
    a_sample,
    a_task,
    a_visit,
    account_of,
    assert_all_ends_well,
    newer_shape,
    owner_contact,
    runs,
    settled_order,
    shown,
    statuses,
)


def test_s30_clock_years_off_orders_nothing_and_a_visit_in_the_future_is_set_back_and_marked(world: World) -> None:
    ana, account = world.devices["ana"], account_of(world)
    now = datetime.now(UTC)
    skews = (timedelta(days=-3 * 365), timedelta(days=1), timedelta(), timedelta(days=-1))
    ids, visits = [], []
    for skew in skews:
        name, payload = a_visit(account, occurred_at=format_instant(now + skew))
        visits.append(payload["activity_id"])
        ids.append(ana.do(name, payload, at=now + skew))
    ana.sync()
    assert [id_ for id_ in settled_order(world) if id_ in ids] == ids
    rows = dict(shown(ana, "SELECT id, clamped FROM activity"))
    assert [bool(rows[id_]) for id_ in visits] == [False, True, False, False]
    latest = format_instant(datetime.now(UTC) + timedelta(minutes=5))
    assert all(row[0] <= latest for row in shown(ana, "SELECT occurred_at FROM activity"))
    assert_all_ends_well(world)


class ServerInThePast(FaultyTransport):
    """The server's clock stands three hours behind the laptop's."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        with time_machine.travel(datetime.now(UTC) - timedelta(hours=3)):
            return super().send(method, path, headers, body)


def test_s30_laptop_hears_how_far_its_clock_is_off(world: World) -> None:
    ana = world.devices["ana"]
    assert ana.sync().clock_skew_seconds == 0
    ana.transport = ServerInThePast(ana.server)
    ana.do(*a_task())
    assert abs(ana.sync().clock_skew_seconds - 3 * 3600) < 60


def _renamed(payload: Payload) -> Payload:
    """Version 1 to 2: what was called subject is called title."""
    return {("title" if name == "subject" else name): value for name, value in payload.items()}


def _worded(payload: Payload) -> Payload:
    """Version 2 to 3: priorities are words."""
    words = {1: "high", 2: "medium", 3: "low"}
    return {**payload, "priority": words[payload.get("priority", 2)]}


def test_s31_app_sixty_days_offline_is_asked_to_update_and_its_old_commands_are_taken(world: World) -> None:
    """What the old app wrote stays as it was written; the server lifts it two versions."""
    ana = world.devices["ana"]
    old = [{"task_id": new_id(), "subject": f"Old task {number}", "priority": 1 + number % 3} for number in range(12)]
    ids = [new_id() for _ in old]
    long_ago = datetime.now(UTC) - timedelta(days=60)
    for id_, payload in zip(ids, old, strict=True):
        ana.workspace.outbox.append(id=id_, name="AddTask", v=1, at=long_ago, payload=payload)
    ana.transport = Meddled(ana, before=_as_old_app)
    with pytest.raises(Refused) as refused:
        ana.sync()
    assert (refused.value.status, refused.value.code) == (426, "protocol_unsupported")
    assert (refused.value.more["min"], refused.value.more["max"]) == (1, 1)
    assert ana.waiting_ids() == ids
    ana.transport = FaultyTransport(ana.server)
    with ExitStack() as release:
        release.enter_context(newer_shape("AddTask", 3))
        UPCASTERS.update({("AddTask", 1): _renamed, ("AddTask", 2): _worded})
        release.callback(UPCASTERS.pop, ("AddTask", 1))
        release.callback(UPCASTERS.pop, ("AddTask", 2))
        ana.restart()
        assert shown(ana, "SELECT COUNT(*) FROM task") == [(12,)]
        assert ana.sync().accepted == 12
    priorities = shown(ana, "SELECT priority FROM task WHERE title LIKE 'Old task %' ORDER BY title")
    assert {priority for (priority,) in priorities} == {"high", "medium", "low"}
    with world.server.tenant.database.reading() as transaction:
        stored = transaction.execute("SELECT v, payload FROM settled WHERE name = 'AddTask'").fetchall()
    assert all(row[0] == 1 and '"subject"' in row[1] for row in stored)
    assert_all_ends_well(world)


def _as_old_app(call: Call) -> Call:
    return replace(call, headers={**call.headers, "Leora-Protocol": "0"})


def test_s33_command_of_a_newer_app_waits_for_the_newer_server_and_is_never_refused(world: World) -> None:
    ana = world.devices["ana"]
    with newer_shape("AddTask", 2):
        before = ana.do(*a_visit(account_of(world)))
        newer = ana.do(*a_task("newer"))
        behind = [ana.do(*a_visit(account_of(world))) for _ in range(3)]
    assert [command.v for command in ana.workspace.outbox.waiting()] == [1, 2, 1, 1, 1]
    for _ in range(2):
        report = ana.sync()
        assert report.deferred == 4
        assert ana.waiting_ids() == [newer, *behind]
        assert ana.attention() == {}
    assert statuses(world)[before] == "accepted"
    assert newer not in statuses(world)
    with newer_shape("AddTask", 2):
        report = ana.sync()
    assert (report.accepted, report.deferred, ana.waiting_ids()) == (4, 0, [])
    assert [id_ for id_ in settled_order(world) if id_ in (newer, *behind)] == [newer, *behind]
    assert_all_ends_well(world)


def test_s34_two_people_at_one_contact_keep_both_fields_and_settle_the_one_they_share(world: World) -> None:
    ana, boss, account = world.devices["ana"], world.devices["max"], account_of(world)
    contact = {"account_id": account, "contact_id": owner_contact(ana, account)}
    phone = {"was": None, "now": "617-555-0001"}
    other = {"was": None, "now": "617-555-0002"}
    ana.do("EditContact", {**contact, "fields": {"phone": phone, "role": {"was": None, "now": "Buyer"}}})
    boss.do("EditContact", {**contact, "fields": {"phone": other, "email": {"was": None, "now": "m@bar.example"}}})
    for device in (boss, ana, boss):
        device.sync()
    for device in (ana, boss):
        fields = shown(device, "SELECT phone, role, email FROM contact WHERE id = ?", contact["contact_id"])
        assert fields == [("617-555-0002", "Buyer", "m@bar.example")]
        conflicts = shown(device, "SELECT base, mine, theirs, status FROM conflict")
        assert conflicts == [("null", '"617-555-0001"', '"617-555-0002"', "open")]
    ((conflict_id,),) = shown(boss, "SELECT id FROM conflict")
    boss.do("ResolveConflict", {"conflict_id": conflict_id, "value": "617-555-0001"})
    for device in (boss, ana):
        device.sync()
        assert shown(device, "SELECT phone FROM contact WHERE id = ?", contact["contact_id"]) == [("617-555-0001",)]
        assert shown(device, "SELECT status FROM conflict") == [("settled",)]
    assert_all_ends_well(world)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_s35_three_laptops_of_one_rep_that_give_the_last_samples_stay_within_the_allowance(
    world: World, order: tuple[int, ...]
) -> None:
    """Each gives 25 of the month's 60 bottles offline: whoever comes last is refused, and told so."""
    laptops = [world.enrol(f"laptop{number}", "rep1") for number in range(3)]
    ids = [laptop.do(*a_sample(account_of(world), world.company.skus[0], 25)) for laptop in laptops]
    for number in order:
        laptops[number].sync()
    assert [statuses(world)[ids[number]] for number in order] == ["accepted", "accepted", "rejected"]
    refused = laptops[order[2]].attention()[ids[order[2]]]
    assert refused.code == "allowance_exceeded"
    assert refused.detail is not None
    assert (refused.detail["used"], refused.detail["allowance"], refused.detail["asked"]) == (50, 60, 25)
    for laptop in laptops:
        laptop.sync()
        assert _given(laptop) == 50
    assert all(count == 1 for count in (runs(world)[id_] for id_ in ids))
    assert_all_ends_well(world)


def _given(laptop: Device) -> int:
    ((total,),) = shown(laptop, "SELECT -SUM(quantity) FROM sample_movement WHERE kind = 'give'")
    return int(total)


def test_s35_plan_filled_beyond_its_cap_by_two_laptops_keeps_all_and_says_so(world: World) -> None:
    world.server.command("ChangeSettings", {"fields": {"plan_cap": {"was": 75, "now": 2}}})
    laptops = [world.enrol(f"laptop{number}", "rep1") for number in range(2)]
    extra = [new_id() for _ in range(2)]
    for id_ in extra:
        opened = {"account_id": id_, "name": f"Bar {id_}", "rep_id": world.person("rep1").user_id}
        world.server.command("OpenAccount", opened)
    accounts = [*world.company.accounts["rep1"], *extra]
    for laptop in laptops:
        laptop.sync()
    for laptop, planned in zip(laptops, (accounts[:2], accounts[2:]), strict=True):
        for account in planned:
            laptop.do("PlanAccount", {"planned_id": new_id(), "week": "2026-W48", "account_id": account})
    for laptop in (*laptops, laptops[0]):
        laptop.sync()
        assert laptop.attention() == {}
    for laptop in laptops:
        assert shown(laptop, "SELECT COUNT(*) FROM planned_account") == [(4,)]
        assert shown(laptop, "SELECT over_cap FROM call_plan") == [(1,)]
    assert_all_ends_well(world)
