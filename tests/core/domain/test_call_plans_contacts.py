from datetime import date, timedelta

import pytest

from leora_core.domain.call_plans.contacts import ClearContact, MarkContact
from leora_core.domain.call_plans.planning import PlanAccount
from leora_core.domain.call_plans.plans import ClosePlan
from leora_core.domain.call_plans.records import PlannedAccount
from tests.core.domain.field_team import ANNA, BAR, MONA, NOW, WEEK, by, do, id_of, on_server, refusal, team

PLANNED = id_of("planned")
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def planned():
    records = team()
    do(records, PlanAccount(planned_id=PLANNED, week=WEEK, account_id=BAR), by(ANNA, "plan"))
    return records


def mark(result="met", day=TUESDAY, method="in_person"):
    return MarkContact(planned_id=PLANNED, method=method, result=result, at_date=day)


@pytest.mark.parametrize(("result", "sheet"), [("met", "X"), ("progress", "Y"), ("refused", "no"), ("not_reached", "")])
def test_a_contact_is_marked_as_on_the_plan_sheet(result, sheet):
    records = planned()
    outcome = do(records, mark(result), on_server(ANNA))
    row = records.need(PlannedAccount, PLANNED)
    assert (row.method, row.result, row.contacted_on) == ("in_person", result, TUESDAY)
    assert outcome.result == {"planned_id": PLANNED, "mark": sheet, "contacted_on": "2026-11-24"}
    assert not outcome.amended


def test_the_later_contact_stands_whatever_order_they_arrive_in():
    records = planned()
    do(records, mark("met", TUESDAY), on_server(ANNA, "a"))
    outcome = do(records, mark("not_reached", MONDAY), on_server(ANNA, "b"))
    assert outcome.amended
    assert outcome.result["mark"] == "X"
    assert records.need(PlannedAccount, PLANNED).contacted_on == TUESDAY


def test_a_mark_of_the_same_day_replaces_the_earlier_one():
    records = planned()
    do(records, mark("not_reached"), on_server(ANNA, "a"))
    do(records, mark("progress", method="phone"), on_server(ANNA, "b"))
    row = records.need(PlannedAccount, PLANNED)
    assert (row.method, row.result) == ("phone", "progress")


def test_a_day_still_to_come_becomes_today():
    records = planned()
    outcome = do(records, mark(day=TUESDAY + timedelta(days=400)), on_server(ANNA))
    assert outcome.amended
    assert records.need(PlannedAccount, PLANNED).contacted_on == TUESDAY


def test_today_is_the_tenants_day():
    """00:30 UTC on Wednesday is Tuesday evening in New York."""
    records = planned()
    late = NOW.replace(day=25, hour=0, minute=30)
    do(records, mark(day=date(2026, 11, 25)), on_server(ANNA, at=late))
    assert records.need(PlannedAccount, PLANNED).contacted_on == TUESDAY


def test_a_mark_reaches_a_plan_that_was_closed_meanwhile():
    records = planned()
    do(records, ClosePlan(week=WEEK), by(ANNA, "close"))
    do(records, mark(), by(ANNA, "mark"))
    assert records.need(PlannedAccount, PLANNED).result == "met"


def test_a_mark_can_be_taken_back():
    records = planned()
    do(records, mark(), by(ANNA, "a"))
    do(records, ClearContact(planned_id=PLANNED), by(ANNA, "b"))
    row = records.need(PlannedAccount, PLANNED)
    assert (row.method, row.result, row.contacted_on) == (None, None, None)


@pytest.mark.parametrize("command", [mark(), ClearContact(planned_id=PLANNED)])
def test_only_the_plans_rep_marks(command):
    assert refusal(planned(), command, by(MONA)) == "contact_not_yours"
