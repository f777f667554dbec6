from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leora_core.domain.call_plans.contacts import MarkContact
from leora_core.domain.call_plans.planning import PlanAccount, SetObjective, SetPlanNote, UnplanAccount
from leora_core.domain.call_plans.plans import ClosePlan, ReopenPlan, plan_id_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount
from leora_core.domain.call_plans.slots import ScheduleVisit, UnscheduleVisit
from leora_core.domain.command import Context, Rejected
from leora_core.domain.edits import Conflict, ResolveConflict
from leora_core.domain.grants import Grant
from tests.core.domain.field_team import (
    ANNA,
    BAR,
    BEN,
    MONA,
    SHOP,
    WANDA,
    WEEK,
    add_account,
    by,
    do,
    id_of,
    on_server,
    refusal,
    team,
)
from tests.fakes import InMemoryRecords

PLANNED = id_of("planned")
WEDNESDAY = date(2026, 11, 25)


def plan(account_id=BAR, planned_id=PLANNED, week=WEEK, **more):
    return PlanAccount(planned_id=planned_id, week=week, account_id=account_id, **more)


def the_plan(records: InMemoryRecords, rep=ANNA) -> CallPlan:
    return records.need(CallPlan, plan_id_of(rep, WEEK))


def test_a_rep_plans_an_account_and_the_plan_is_made_on_demand():
    records = team()
    outcome = do(records, plan(objective="  Try the red ", day=WEDNESDAY, start="09:00"), by(ANNA))
    row = records.need(PlannedAccount, PLANNED)
    assert outcome.result == {"planned_id": PLANNED}
    assert not outcome.amended
    assert (row.rep_id, row.plan_id, row.objective) == (ANNA, the_plan(records).id, "Try the red")
    assert (row.day, row.start, row.minutes) == (WEDNESDAY, "09:00", 30)


def test_two_devices_make_the_same_plan():
    one, other = team(), team()
    do(one, plan(), by(ANNA, "a"))
    do(other, plan(planned_id=id_of("elsewhere")), by(ANNA, "b"))
    assert the_plan(one) == the_plan(other)


def test_an_account_planned_twice_stays_one_row_and_only_what_it_lacked_is_filled_in():
    records = team()
    do(records, plan(), on_server(ANNA, "a"))
    outcome = do(records, plan(planned_id=id_of("second"), objective="Menu", day=WEDNESDAY), on_server(ANNA, "b"))
    assert outcome.amended
    assert outcome.result == {"planned_id": PLANNED}
    (row,) = records.find(PlannedAccount)
    assert (row.id, row.objective, row.day) == (PLANNED, "Menu", WEDNESDAY)
    do(records, plan(planned_id=id_of("third"), objective="Other", day=date(2026, 11, 26)), on_server(ANNA, "c"))
    (row,) = records.find(PlannedAccount)
    assert (row.objective, row.day) == ("Menu", WEDNESDAY)


def test_work_done_under_the_id_of_another_device_reaches_the_one_row():
    records = team()
    second = id_of("second")
    do(records, plan(), on_server(ANNA, "a"))
    do(records, plan(planned_id=second), on_server(ANNA, "b"))
    do(records, MarkContact(planned_id=second, method="phone", result="met", at_date=date(2026, 11, 24)), by(ANNA))
    assert records.need(PlannedAccount, PLANNED).result == "met"


def test_a_foreign_account_cannot_be_planned():
    records = team()
    assert refusal(records, plan(SHOP), by(ANNA)) == "not_your_account"
    assert refusal(records, plan(BAR), by(WANDA)) == "not_allowed"
    assert refusal(records, plan(BAR, rep_id=ANNA), by(BEN)) == "not_allowed"


def test_a_manager_plans_for_a_rep_but_only_the_reps_own_accounts():
    records = team()
    do(records, plan(rep_id=ANNA), by(MONA))
    assert records.need(PlannedAccount, PLANNED).rep_id == ANNA
    assert refusal(records, plan(SHOP, id_of("p2"), rep_id=ANNA), by(MONA)) == "not_reps_account"


def test_a_closed_account_is_refused_and_a_held_one_planned_with_a_warning():
    records = team()
    add_account(records, "gone", ANNA, closed_at=by(ANNA).at)
    add_account(records, "held", ANNA, on_hold=True)
    add_account(records, "quiet", ANNA, do_not_contact_until=date(2026, 12, 24))
    assert refusal(records, plan(id_of("gone")), by(ANNA)) == "planned_account_closed"
    held = do(records, plan(id_of("held"), id_of("p2")), by(ANNA, "b"))
    quiet = do(records, plan(id_of("quiet"), id_of("p3")), by(ANNA, "c"))
    assert held.result["warnings"] == ["on_hold"]
    assert quiet.result["warnings"] == ["do_not_contact"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"day": date(2026, 11, 22)}, "day_outside_week"),
        ({"day": date(2026, 11, 30)}, "day_outside_week"),
        ({"week": "2026-W60"}, "week_unknown"),
        ({"week": "2025-W53"}, "week_unknown"),
        ({"start": "09:00"}, "start_without_day"),
        ({"day": WEDNESDAY, "minutes": 20}, "slot_length_invalid"),
        ({"day": WEDNESDAY, "start": "23:45", "minutes": 30}, "slot_past_midnight"),
    ],
)
def test_a_day_or_slot_that_cannot_be_is_refused(more, code):
    assert refusal(team(), plan(**more), by(ANNA)) == code


def test_sunday_belongs_to_the_week_that_began_on_monday():
    records = team()
    do(records, plan(day=date(2026, 11, 29)), by(ANNA))
    assert records.need(PlannedAccount, PLANNED).day == date(2026, 11, 29)


def full(records: InMemoryRecords, count: int, *, version: int, base: int, name: str = "full") -> list[str]:
    """`count` accounts planned by the device `name` in one batch, one version each; returns the planned ids."""
    ids = []
    for index in range(count):
        account = add_account(records, f"{name} {index}", ANNA)
        ids.append(id_of(f"{name} planned {index}"))
        do(records, plan(account, ids[-1]), sent(name, f"{name} command {index}", version=version + index, base=base))
    return ids


def sent(device: str, name: str, *, version: int, base: int) -> Context:
    """The context of a command of Anna's from one of her devices, whose replica stood at `base`."""
    return on_server(ANNA, name, version=version, base=base, device_id=id_of(device))


def test_the_76th_account_is_refused_by_the_default_cap():
    records = team()
    full(records, 75, version=10, base=9)
    assert refusal(records, plan(), sent("other", "late", version=100, base=99)) == "plan_full"
    assert refusal(records, plan(), on_server(ANNA, "of the server's own", version=100, base=99)) == "plan_full"
    assert records.count(PlannedAccount) == 75
    assert not the_plan(records).over_cap


def test_the_76th_account_of_one_devices_batch_is_refused():
    records = team()
    full(records, 75, version=10, base=9)
    assert refusal(records, plan(), sent("full", "the 76th", version=85, base=9)) == "plan_full"
    assert not the_plan(records).over_cap


def test_a_laptop_refuses_the_76th_account_itself():
    records = team()
    for index in range(75):
        account = add_account(records, f"bar {index}", ANNA)
        do(records, plan(account, id_of(f"planned {index}")), by(ANNA, f"command {index}"))
    assert refusal(records, plan(), by(ANNA, "the 76th")) == "plan_full"
    assert {row.added_version for row in records.find(PlannedAccount)} == {0}
    assert {row.added_by_device for row in records.find(PlannedAccount)} == {None}


def test_two_devices_that_plan_40_accounts_each_offline_keep_all_80():
    records = team()
    full(records, 40, version=10, base=9, name="one")
    full(records, 40, version=50, base=9, name="other")
    assert records.count(PlannedAccount) == 80
    assert the_plan(records).over_cap
    assert refusal(records, plan(), sent("one", "seen", version=90, base=89)) == "plan_full"
    assert refusal(records, plan(), sent("third", "seen too", version=90, base=89)) == "plan_full"


def test_a_device_that_could_not_know_the_other_ones_rows_still_has_only_the_cap_for_its_own():
    records = team(cap=6)
    full(records, 4, version=10, base=5, name="one")
    full(records, 6, version=20, base=5, name="other")
    assert records.count(PlannedAccount) == 10
    assert refusal(records, plan(), sent("other", "its seventh", version=30, base=5)) == "plan_full"


def test_a_planned_account_says_when_and_by_which_device_it_was_planned():
    records = team()
    do(records, plan(), sent("one", "a", version=12, base=9))
    row = records.need(PlannedAccount, PLANNED)
    assert (row.added_version, row.added_by_device) == (12, id_of("one"))


def test_a_device_that_could_not_know_the_plan_was_full_keeps_its_accounts_and_flags_the_plan():
    records = team(cap=6)
    full(records, 4, version=10, base=5, name="one")
    full(records, 4, version=20, base=5, name="other")
    assert records.count(PlannedAccount) == 8
    assert the_plan(records).over_cap
    assert refusal(records, plan(), sent("one", "later", version=30, base=29)) == "plan_full"


def test_the_sender_of_an_account_past_the_cap_is_told():
    records = team(cap=1)
    full(records, 1, version=10, base=5)
    outcome = do(records, plan(), sent("other", "late", version=11, base=5))
    assert outcome.result == {"planned_id": PLANNED, "warnings": ["over_cap"]}


def test_taking_accounts_out_makes_an_overfull_plan_usable_again():
    records = team(cap=2)
    full(records, 2, version=10, base=5, name="one")
    ids = full(records, 1, version=20, base=5, name="other")
    assert the_plan(records).over_cap
    do(records, UnplanAccount(planned_id=ids[0]), sent("one", "u", version=30, base=29))
    assert not the_plan(records).over_cap
    assert refusal(records, plan(), sent("one", "p", version=31, base=30)) == "plan_full"
    do(records, UnplanAccount(planned_id=id_of("one planned 0")), sent("one", "v", version=32, base=31))
    do(records, plan(), sent("one", "w", version=33, base=32))
    assert not the_plan(records).over_cap


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(st.integers(0, 7), st.booleans(), st.integers(0, 12), st.sampled_from(["one", "other"])), max_size=14
    ),
)
def test_a_plan_is_never_above_its_cap_without_the_flag(cap, steps):
    records = team(cap=cap)
    for name in range(8):
        add_account(records, f"a{name}", ANNA)
    for version, (which, adding, behind, device) in enumerate(steps, start=20):
        context = sent(device, f"c{version}", version=version, base=version - 1 - behind)
        planned_id = id_of(f"p{which}")
        command = plan(id_of(f"a{which}"), planned_id) if adding else UnplanAccount(planned_id=planned_id)
        before = dict(records.rows)
        try:
            do(records, command, context)
        except Rejected:
            records.rows = before
        size = records.count(PlannedAccount)
        flagged = any(row.over_cap for row in records.find(CallPlan))
        assert flagged == (size > cap)


def test_objective_and_note_are_set_against_what_was_seen():
    records = team()
    do(records, plan(objective="Menu"), by(ANNA))
    assert not do(records, SetObjective(planned_id=PLANNED, was="Menu", now="List"), by(ANNA, "b")).result
    clash = do(records, SetObjective(planned_id=PLANNED, was="Menu", now="Glass"), by(MONA, "c"))
    do(records, SetPlanNote(planned_id=PLANNED, now="Ask for Luis"), by(ANNA, "d"))
    row = records.need(PlannedAccount, PLANNED)
    assert (row.objective, row.note) == ("List", "Ask for Luis")
    assert clash.result["conflicts"][0]["theirs"] == "List"
    (conflict,) = records.find(Conflict)
    assert conflict.scope == row.scope
    do(records, ResolveConflict(conflict_id=conflict.id, value="Glass"), by(ANNA, "e"))
    assert records.need(PlannedAccount, PLANNED).objective == "Glass"


def test_an_objective_longer_than_100_characters_is_refused():
    records = team()
    do(records, plan(), by(ANNA))
    assert refusal(records, SetObjective(planned_id=PLANNED, now="x" * 101), by(ANNA, "b")) == "field_invalid"


@pytest.mark.parametrize(
    "command",
    [
        UnplanAccount(planned_id=PLANNED),
        SetObjective(planned_id=PLANNED, now="x"),
        SetPlanNote(planned_id=PLANNED, now="x"),
        ScheduleVisit(planned_id=PLANNED, day=WEDNESDAY),
        UnscheduleVisit(planned_id=PLANNED),
        MarkContact(planned_id=PLANNED, method="phone", result="met", at_date=WEDNESDAY),
    ],
)
def test_another_reps_row_is_refused_as_if_there_were_none(command):
    records = team()
    absent = refusal(records, command, by(BEN))
    do(records, plan(), by(ANNA))
    assert refusal(records, command, by(BEN)) == absent == "not_yours_or_gone"
    assert refusal(records, command, by(WANDA)) == "not_allowed"


def test_a_contacted_account_stays_in_the_plan():
    records = team()
    do(records, plan(), by(ANNA))
    do(records, MarkContact(planned_id=PLANNED, method="phone", result="met", at_date=WEDNESDAY), by(ANNA, "b"))
    assert refusal(records, UnplanAccount(planned_id=PLANNED), by(ANNA, "c")) == "planned_and_contacted"


def test_a_slot_is_set_and_overlaps_are_told_without_refusing():
    records = team()
    add_account(records, "cafe", ANNA)
    add_account(records, "deli", ANNA)
    other, third = id_of("p2"), id_of("p3")
    do(records, plan(day=WEDNESDAY, start="09:00", minutes=60), by(ANNA, "a"))
    do(records, plan(id_of("cafe"), other), by(ANNA, "b"))
    do(records, plan(id_of("deli"), third, day=WEDNESDAY, start="10:00"), by(ANNA, "c"))
    outcome = do(records, ScheduleVisit(planned_id=other, day=WEDNESDAY, start="09:30", minutes=30), by(ANNA, "d"))
    assert [slot["planned_id"] for slot in outcome.result["overlaps"]] == [PLANNED]
    assert outcome.result["overlaps"][0] == {
        "planned_id": PLANNED,
        "account_id": BAR,
        "start": "09:00",
        "minutes": 60,
    }
    untimed = do(records, ScheduleVisit(planned_id=other, day=WEDNESDAY), by(ANNA, "e"))
    assert untimed.result == {"overlaps": []}
    do(records, UnscheduleVisit(planned_id=other), by(ANNA, "f"))
    assert records.need(PlannedAccount, other).day is None


@pytest.mark.parametrize("minutes", [0, 10, 20, 481, 495])
def test_a_slot_of_an_odd_length_is_refused(minutes):
    records = team()
    do(records, plan(), by(ANNA))
    command = ScheduleVisit(planned_id=PLANNED, day=WEDNESDAY, minutes=minutes)
    assert refusal(records, command, by(ANNA, "b")) == "slot_length_invalid"


def test_the_shortest_and_the_longest_slot_are_taken():
    records = team()
    do(records, plan(), by(ANNA))
    for minutes in (15, 480):
        do(records, ScheduleVisit(planned_id=PLANNED, day=WEDNESDAY, minutes=minutes), by(ANNA, f"{minutes}"))
        assert records.need(PlannedAccount, PLANNED).minutes == minutes


def test_a_closed_plan_takes_no_planning_until_it_is_reopened():
    records = team()
    do(records, plan(), by(ANNA))
    closed = do(records, ClosePlan(week=WEEK), by(ANNA, "b"))
    assert closed.result == {"planned": 1, "completion_percent": 0, "success_percent": None}
    add_account(records, "cafe", ANNA)
    again = plan(id_of("cafe"), id_of("p2"))
    assert refusal(records, again, by(ANNA, "c")) == "plan_closed"
    assert refusal(records, ScheduleVisit(planned_id=PLANNED, day=WEDNESDAY), by(ANNA, "d")) == "plan_closed"
    assert refusal(records, UnplanAccount(planned_id=PLANNED), by(ANNA, "e")) == "plan_closed"
    do(records, ReopenPlan(week=WEEK), by(ANNA, "f"))
    do(records, again, by(ANNA, "g"))
    assert refusal(records, ClosePlan(week=WEEK, rep_id=ANNA), by(BEN, "h")) == "not_allowed"
    do(records, ClosePlan(week=WEEK, rep_id=ANNA), by(MONA, "i"))
    assert the_plan(records).closed_at is not None


def test_closing_a_week_without_a_plan_is_refused():
    assert refusal(team(), ClosePlan(week=WEEK), by(ANNA)) == "not_found"


def test_a_plan_made_before_the_account_was_taken_away_is_still_kept_for_72_hours():
    records = team()
    (grant,) = records.find(Grant, user_id=ANNA)
    now = by(ANNA).at
    records.change(grant, to_version=8, revoked_at=now - timedelta(hours=71))
    do(records, plan(), on_server(ANNA, version=10, base=7))
    assert records.get(PlannedAccount, PLANNED)
    late = plan(planned_id=id_of("p2"), week="2026-W49")
    assert refusal(records, late, on_server(ANNA, "b", version=11, base=9)) == "scope_lost"
