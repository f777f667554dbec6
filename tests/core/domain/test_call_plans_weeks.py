from datetime import date

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.call_plans.blocks import BlockTerritory, UnblockTerritory
from leora_core.domain.call_plans.contacts import MarkContact
from leora_core.domain.call_plans.planning import PlanAccount
from leora_core.domain.call_plans.plans import plan_id_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount, Recurrence, TerritoryBlock
from leora_core.domain.call_plans.recurrence import AddRecurrence, EndRecurrence
from leora_core.domain.call_plans.weeks import CarryOver, CopyWeek, FillFromRecurrences
from leora_core.domain.grants import Grant
from tests.core.domain.field_team import (
    ANNA,
    BAR,
    BEN,
    MONA,
    NOW,
    SHOP,
    WEEK,
    add_account,
    by,
    do,
    id_of,
    on_server,
    refusal,
    team,
)

NEXT = "2026-W49"
RULE = id_of("rule")


def recur(account_id=BAR, rule=RULE, **more):
    return AddRecurrence(
        recurrence_id=rule, account_id=account_id, **{"every": "week", "anchor": date(2026, 11, 23), **more}
    )


def rows_of(records, week=NEXT, rep=ANNA):
    return records.find(PlannedAccount, plan_id=plan_id_of(rep, week))


def test_a_recurrence_fills_the_week_it_falls_into():
    records = team()
    do(records, recur(start="09:00", minutes=45, objective="Restock"), by(ANNA, "a"))
    outcome = do(records, FillFromRecurrences(week=NEXT), by(ANNA, "b"))
    (row,) = rows_of(records)
    assert (row.day, row.start, row.minutes, row.objective) == (date(2026, 11, 30), "09:00", 45, "Restock")
    assert row.recurrence_id == RULE
    assert outcome.result == {"added": 1, "already_planned": 0, "skipped": 0, "did_not_fit": 0}


def test_two_devices_that_fill_one_week_make_the_same_rows():
    records = team()
    do(records, recur(), by(ANNA, "a"))
    one, other = team(), team()
    for copy, name in ((one, "b"), (other, "c")):
        copy.rows.update(records.rows)
        do(copy, FillFromRecurrences(week=NEXT), by(ANNA, name))
    assert rows_of(one) == rows_of(other)
    again = do(one, FillFromRecurrences(week=NEXT), by(ANNA, "d"))
    assert again.result["already_planned"] == 1
    assert len(rows_of(one)) == 1


def test_an_account_planned_by_hand_is_not_planned_again():
    records = team()
    do(records, recur(), by(ANNA, "a"))
    do(records, PlanAccount(planned_id=id_of("p"), week=NEXT, account_id=BAR), by(ANNA, "b"))
    do(records, FillFromRecurrences(week=NEXT), by(ANNA, "c"))
    assert [row.id for row in rows_of(records)] == [id_of("p")]


def test_an_ended_recurrence_plans_no_more():
    records = team()
    do(records, recur(), by(ANNA, "a"))
    outcome = do(records, EndRecurrence(recurrence_id=RULE), by(ANNA, "b"))
    assert outcome.result == {"ends_on": "2026-11-24"}
    assert do(records, FillFromRecurrences(week=NEXT), by(ANNA, "c")).result["added"] == 0
    assert do(records, FillFromRecurrences(week=WEEK), by(ANNA, "d")).result["added"] == 1


def test_recurrences_are_for_ones_own_accounts_and_managers():
    records = team()
    assert refusal(records, recur(SHOP), by(ANNA)) == "not_your_account"
    assert refusal(records, recur(BAR, rep_id=ANNA), by(BEN)) == "not_allowed"
    assert refusal(records, recur(BAR, rep_id=BEN), by(MONA)) == "not_reps_account"
    assert refusal(records, recur(minutes=50), by(ANNA)) == "slot_length_invalid"
    do(records, recur(rep_id=ANNA), by(MONA))
    assert refusal(records, EndRecurrence(recurrence_id=RULE), by(BEN)) == "not_yours_or_gone"
    do(records, EndRecurrence(recurrence_id=RULE, ends_on=date(2026, 12, 1)), by(MONA, "end"))
    assert records.need(Recurrence, RULE).ends_on == date(2026, 12, 1)


def week_of(records, *accounts, **fields):
    """These accounts planned by Anna for the first week; returns the planned ids."""
    ids = []
    for name in accounts:
        if not records.get(Account, id_of(name)):
            add_account(records, name, ANNA, **fields)
        ids.append(id_of(f"planned {name}"))
        command = PlanAccount(
            planned_id=ids[-1], week=WEEK, account_id=id_of(name), objective=f"Sell to {name}", day=date(2026, 11, 25)
        )
        do(records, command, by(ANNA, f"plan {name}"))
    return ids


def test_a_copied_week_keeps_weekdays_and_skips_whom_not_to_call():
    records = team()
    week_of(records, "bar", "held", "quiet", "closed", "lost")
    records.change(records.need(Account, id_of("held")), on_hold=True)
    records.change(records.need(Account, id_of("quiet")), do_not_contact_until=date(2026, 12, 7))
    records.change(records.need(Account, id_of("closed")), closed_at=NOW)
    records.change(records.need(Grant, id_of("grant lost")), to_version=3)
    outcome = do(records, CopyWeek(from_week=WEEK, to_week=NEXT), by(ANNA, "copy"))
    assert outcome.result == {"added": 1, "already_planned": 0, "skipped": 4, "did_not_fit": 0}
    (row,) = rows_of(records)
    assert (row.account_id, row.day, row.objective) == (BAR, date(2026, 12, 2), "Sell to bar")
    assert row.result is None


def test_an_account_free_again_within_the_week_is_copied():
    records = team()
    week_of(records, "quiet", do_not_contact_until=date(2026, 12, 6))
    assert do(records, CopyWeek(from_week=WEEK, to_week=NEXT), by(ANNA, "copy")).result["added"] == 1


def test_a_copy_fills_up_to_the_cap_and_says_how_many_did_not_fit():
    records = team(cap=3)
    week_of(records, "a", "b", "c")
    do(records, PlanAccount(planned_id=id_of("p"), week=NEXT, account_id=BAR), on_server(ANNA, "p"))
    outcome = do(
        records,
        CopyWeek(from_week=WEEK, to_week=NEXT),
        on_server(ANNA, "copy", version=12, base=5, device_id=id_of("laptop")),
    )
    assert outcome.amended
    assert outcome.result == {"added": 2, "already_planned": 0, "skipped": 0, "did_not_fit": 1}
    assert not records.need(CallPlan, plan_id_of(ANNA, NEXT)).over_cap
    copied = [row for row in rows_of(records) if row.id != id_of("p")]
    assert {(row.added_version, row.added_by_device) for row in copied} == {(12, id_of("laptop"))}


def test_only_the_unreached_are_carried_over():
    records = team()
    met, missed, refused, _ = week_of(records, "met", "missed", "refused", "untried")
    results = {met: "met", missed: "not_reached", refused: "refused"}
    for planned_id, result in results.items():
        command = MarkContact(planned_id=planned_id, method="phone", result=result, at_date=date(2026, 11, 24))
        do(records, command, by(ANNA, f"mark {result}"))
    outcome = do(records, CarryOver(from_week=WEEK, to_week=NEXT), by(ANNA, "carry"))
    assert outcome.result["added"] == 2
    assert {row.account_id for row in rows_of(records)} == {id_of("missed"), id_of("untried")}
    assert {row.objective for row in rows_of(records)} == {"Sell to missed", "Sell to untried"}
    assert all(row.day is None and row.method is None for row in rows_of(records))


@pytest.mark.parametrize(
    "command",
    [
        CopyWeek(from_week=WEEK, to_week=NEXT, rep_id=ANNA),
        CarryOver(from_week=WEEK, to_week=NEXT, rep_id=ANNA),
        FillFromRecurrences(week=NEXT, rep_id=ANNA),
        BlockTerritory(week=NEXT, weekday=1, territory="North", rep_id=ANNA),
    ],
)
def test_another_reps_week_is_for_managers(command):
    records = team()
    assert refusal(records, command, by(BEN)) == "not_allowed"
    do(records, command, by(MONA))
    assert records.get(CallPlan, plan_id_of(ANNA, NEXT))


def test_weeks_that_do_not_exist_are_refused():
    records = team()
    assert refusal(records, CopyWeek(from_week="2026-W00", to_week=NEXT), by(ANNA)) == "week_unknown"
    assert refusal(records, FillFromRecurrences(week="2026-W54"), by(ANNA)) == "week_unknown"


def test_a_territory_is_blocked_once_a_day_and_a_second_block_moves_its_times():
    records = team()
    first = do(records, BlockTerritory(week=WEEK, weekday=2, territory="North"), by(ANNA, "a"))
    second = do(
        records,
        BlockTerritory(week=WEEK, weekday=2, territory=" north ", start="09:00", end="12:00"),
        by(ANNA, "b"),
    )
    assert first.result == second.result
    (block,) = records.find(TerritoryBlock)
    assert (block.territory, block.start, block.end) == ("North", "09:00", "12:00")
    do(records, BlockTerritory(week=WEEK, weekday=3, territory="North"), by(ANNA, "c"))
    for name, start, end in (("d", "07:00", "08:00"), ("e", "17:00", "18:00")):
        do(records, BlockTerritory(week=WEEK, weekday=2, label="Driving", start=start, end=end), by(ANNA, name))
    assert records.count(TerritoryBlock) == 4


def test_a_block_can_be_freed_by_its_rep_only():
    records = team()
    block_id = do(records, BlockTerritory(week=WEEK, weekday=2, territory="North"), by(ANNA)).result["block_id"]
    assert refusal(records, UnblockTerritory(block_id=block_id), by(BEN)) == "not_yours_or_gone"
    do(records, UnblockTerritory(block_id=block_id), by(ANNA, "b"))
    assert records.count(TerritoryBlock) == 0


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, "block_unnamed"),
        ({"territory": "  "}, "block_unnamed"),
        ({"territory": "North", "start": "09:00"}, "block_times_invalid"),
        ({"territory": "North", "end": "09:00"}, "block_times_invalid"),
        ({"territory": "North", "start": "09:00", "end": "09:00"}, "block_times_invalid"),
    ],
)
def test_a_block_needs_a_name_and_times_in_order(more, code):
    assert refusal(team(), BlockTerritory(week=WEEK, weekday=2, **more), by(ANNA)) == code
