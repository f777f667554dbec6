from datetime import date, timedelta

import pytest

from leora_core.domain.activities.entries import (
    AddOutcome,
    AppendNote,
    EditActivity,
    LogActivity,
    RemoveActivity,
    RemoveOutcome,
    RestoreActivity,
    SampleLine,
)
from leora_core.domain.activities.records import Activity
from leora_core.domain.activities.types import GENERIC_OUTCOMES, TYPES
from leora_core.domain.edits import Conflict, FieldEdit, ResolveConflict
from leora_core.domain.grants import Grant
from leora_core.domain.samples.records import SampleGiven, SampleMovement
from leora_core.domain.tasks import Task
from tests.core.domain.field_team import (
    ANNA,
    BAR,
    BEN,
    MONA,
    NOW,
    RED,
    SHOP,
    WANDA,
    by,
    do,
    id_of,
    on_server,
    refusal,
    team,
)

VISIT = id_of("visit")
FRIDAY = date(2026, 11, 27)


def log(type="visit", **more):
    return LogActivity(**{"activity_id": VISIT, "account_id": BAR, "type": type, "occurred_at": NOW, **more})


def logged(type="visit", **more):
    records = team()
    do(records, log(type, **more), by(ANNA, "log"))
    return records


def activity(records) -> Activity:
    return records.need(Activity, VISIT)


def test_a_bare_visit_without_a_note_is_taken():
    records = team()
    outcome = do(records, log(), on_server(ANNA))
    row = activity(records)
    assert outcome.result == {"task_id": None, "samples": []}
    assert (row.user_id, row.account_id, row.occurred_at, row.clamped) == (ANNA, BAR, NOW, False)
    assert (row.note, row.outcomes) == (None, ())


@pytest.mark.parametrize("code", sorted(TYPES))
def test_every_type_can_be_logged_with_each_of_its_outcomes(code):
    kind = TYPES[code]
    outcomes = (*kind.outcomes, *GENERIC_OUTCOMES)
    records = logged(code, note="x" * max(kind.note_least, 1), outcomes=outcomes)
    assert activity(records).outcomes == outcomes


def test_outcomes_are_kept_once_in_lower_case():
    records = logged(outcomes=("ORDER_PLACED", "order_placed", " Decision_Pending "))
    assert activity(records).outcomes == ("order_placed", "decision_pending")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (log(outcomes=("bounced",)), "outcome_unfit"),
        (log("nap"), "activity_type_unknown"),
        (log("email", attendees=3), "activity_field_unfit"),
        (log("visit", change_type="ownership"), "activity_field_unfit"),
        (log("call", duration="1-2hr"), "duration_unfit"),
        (log("text", note="x" * 501), "note_too_long"),
        (log("major_change"), "note_too_short"),
        (log("major_change", note=" " * 60 + "x" * 49), "note_too_short"),
    ],
)
def test_what_does_not_fit_the_type_is_refused(command, code):
    assert refusal(team(), command, by(ANNA)) == code


def test_the_fields_of_a_type_are_kept():
    change = logged("major_change", note="x" * 50, change_type="ownership", effective_on=FRIDAY, impact="high")
    row = activity(change)
    assert (row.change_type, row.effective_on, row.impact) == ("ownership", FRIDAY, "high")
    row = activity(logged(duration="30min-1hr", attendees=4, location="Cellar", subject="Menu"))
    assert (row.duration, row.attendees, row.location, row.subject) == ("30min-1hr", 4, "Cellar", "Menu")


def test_only_those_who_work_the_account_log_there():
    records = team()
    assert refusal(records, log(account_id=SHOP), by(ANNA)) == "not_your_account"
    assert refusal(records, log(), by(WANDA)) == "not_allowed"
    assert refusal(records, log(account_id=id_of("nowhere")), by(MONA)) == "not_found"
    do(records, log(), by(MONA))
    assert activity(records).user_id == MONA


def test_a_visit_logged_before_the_account_was_taken_away_is_kept():
    records = team()
    (grant,) = records.find(Grant, user_id=ANNA)
    records.change(grant, to_version=8, revoked_at=NOW - timedelta(hours=1))
    do(records, log(), on_server(ANNA, base=7))
    assert refusal(records, log(activity_id=id_of("b")), on_server(ANNA, "b", base=8)) == "scope_lost"


@pytest.mark.parametrize(
    ("ahead", "kept", "clamped"), [(5, 5, False), (6, 5, True), (600_000, 5, True), (-90, -90, False)]
)
def test_a_time_ahead_of_the_server_is_set_back(ahead, kept, clamped):
    records = team()
    at = NOW + timedelta(minutes=ahead)
    do(records, log(occurred_at=at), on_server(ANNA, at=min(at, NOW + timedelta(minutes=5))))
    assert activity(records).occurred_at == NOW + timedelta(minutes=kept)
    assert activity(records).clamped is clamped


def test_a_follow_up_day_makes_a_task_of_the_same_id_everywhere():
    one, other = team(), team()
    first = do(one, log("tasting", follow_up_on=FRIDAY), by(ANNA))
    second = do(other, log("tasting", follow_up_on=FRIDAY), on_server(ANNA))
    assert first.result["task_id"] == second.result["task_id"]
    task = one.need(Task, first.result["task_id"])
    assert (task.title, task.due_on, task.assignee_id) == ("Follow up on the tasting", FRIDAY, ANNA)
    assert (task.source, task.account_id) == (f"activity:{VISIT}", BAR)


def test_samples_leave_the_reps_stock_with_the_visit():
    records = team()
    yesterday = NOW - timedelta(days=1)
    command = log(occurred_at=yesterday, samples=(SampleLine(RED, 2, "Liked it"), SampleLine(RED, 1)))
    outcome = do(records, command, on_server(ANNA))
    assert [sample["used"] for sample in outcome.result["samples"]] == [2, 3]
    context = on_server(ANNA)
    movement = records.need(SampleMovement, context.child_id("sample-0"))
    given = records.need(SampleGiven, context.child_id("sample-1"))
    assert (movement.quantity, movement.activity_id, movement.moved_at) == (-2, VISIT, yesterday)
    assert (given.quantity, given.account_id) == (1, BAR)


def test_a_sample_above_the_allowance_refuses_the_whole_visit():
    command = log(samples=(SampleLine(RED, 60), SampleLine(RED, 1)))
    assert refusal(team(), command, on_server(ANNA)) == "allowance_exceeded"


def edit(**changes):
    return EditActivity(activity_id=VISIT, fields={name: FieldEdit(*pair) for name, pair in changes.items()})


def test_the_author_and_managers_edit_field_by_field():
    records = logged(note="First")
    do(records, edit(note=("First", "Second"), attendees=(None, 4)), by(ANNA, "a"))
    clash = do(records, edit(note=("First", "Third"), location=(None, "Bar")), by(MONA, "b"))
    row = activity(records)
    assert (row.note, row.attendees, row.location) == ("Second", 4, "Bar")
    assert [conflict["field"] for conflict in clash.result["conflicts"]] == ["note"]
    (conflict,) = records.find(Conflict)
    do(records, ResolveConflict(conflict_id=conflict.id, value="Third"), by(ANNA, "c"))
    assert activity(records).note == "Third"


@pytest.mark.parametrize(
    ("type", "more", "changes", "code"),
    [
        ("text", {}, {"note": (None, "x" * 501)}, "note_too_long"),
        ("major_change", {"note": "x" * 50}, {"note": ("x" * 50, "short")}, "note_too_short"),
        ("email", {}, {"attendees": (None, 2)}, "activity_field_unfit"),
        ("call", {}, {"duration": (None, "2hr+")}, "duration_unfit"),
        ("visit", {}, {"user_id": (ANNA, BEN)}, "field_unknown"),
        ("visit", {}, {"follow_up_on": (None, "soon")}, "field_invalid"),
    ],
)
def test_an_edit_keeps_the_rules_of_the_type(type, more, changes, code):
    assert refusal(logged(type, **more), edit(**changes), by(ANNA)) == code


def test_the_follow_up_task_moves_with_the_day():
    records = logged()
    do(records, edit(follow_up_on=(None, "2026-11-27")), by(ANNA, "a"))
    (task,) = records.find(Task)
    assert (task.due_on, task.status) == (FRIDAY, "open")
    do(records, edit(follow_up_on=("2026-11-27", "2026-12-04")), by(ANNA, "b"))
    (task,) = records.find(Task)
    assert task.due_on == date(2026, 12, 4)
    do(records, edit(follow_up_on=("2026-12-04", None)), by(ANNA, "c"))
    (task,) = records.find(Task)
    assert (task.status, task.settled_by) == ("cancelled", ANNA)


def test_notes_of_two_devices_both_stay():
    records = logged()
    for name, text in (("a", "Loved the red."), ("b", "Asked for prices."), ("c", "Asked for prices.")):
        do(records, AppendNote(activity_id=VISIT, text=text), by(ANNA, name))
    assert activity(records).note == "Loved the red.\n\nAsked for prices."
    assert refusal(records, AppendNote(activity_id=VISIT, text="  "), by(ANNA, "d")) == "field_invalid"


def test_a_text_message_stays_within_its_limit_when_appended_to():
    records = logged("text", note="x" * 490)
    assert refusal(records, AppendNote(activity_id=VISIT, text="y" * 20), by(ANNA)) == "note_too_long"


def test_outcomes_are_added_and_taken_off_one_by_one():
    records = logged(outcomes=("order_placed",))
    do(records, AddOutcome(activity_id=VISIT, outcome="needs_followup"), by(ANNA, "a"))
    do(records, AddOutcome(activity_id=VISIT, outcome="needs_followup"), by(MONA, "b"))
    do(records, RemoveOutcome(activity_id=VISIT, outcome="ORDER_PLACED"), by(ANNA, "c"))
    assert activity(records).outcomes == ("needs_followup",)
    assert refusal(records, AddOutcome(activity_id=VISIT, outcome="bounced"), by(ANNA, "d")) == "outcome_unfit"


def test_a_removed_activity_can_be_restored():
    records = logged()
    for name in ("a", "b"):
        do(records, RemoveActivity(activity_id=VISIT), by(ANNA, name))
    assert activity(records).removed_at == NOW
    assert refusal(records, edit(subject=(None, "x")), by(ANNA, "c")) == "activity_removed"
    assert refusal(records, AppendNote(activity_id=VISIT, text="x"), by(ANNA, "d")) == "activity_removed"
    do(records, RestoreActivity(activity_id=VISIT), by(MONA, "e"))
    assert activity(records).removed_at is None


OWN = [
    edit(subject=(None, "x")),
    RemoveActivity(activity_id=VISIT),
    RestoreActivity(activity_id=VISIT),
    AddOutcome(activity_id=VISIT, outcome="order_placed"),
    RemoveOutcome(activity_id=VISIT, outcome="order_placed"),
]


@pytest.mark.parametrize("command", OWN)
def test_a_rep_of_the_account_does_not_change_what_another_wrote(command):
    records = team()
    do(records, log(), by(MONA, "log"))
    assert refusal(records, command, by(ANNA)) == "not_the_author"


@pytest.mark.parametrize("command", [*OWN, AppendNote(activity_id=VISIT, text="x")])
def test_a_foreign_activity_is_refused_as_if_there_were_none(command):
    assert refusal(team(), command, by(BEN)) == refusal(logged(), command, by(BEN)) == "not_yours_or_gone"
    assert refusal(logged(), command, by(WANDA)) == "not_allowed"


@pytest.mark.parametrize(
    ("code", "days"), [("visit", 7), ("tasting", 3), ("event", 3), ("call", 7), ("email", 3), ("text", None)]
)
def test_the_usual_follow_up_depends_on_the_type(code, days):
    expected = None if days is None else FRIDAY + timedelta(days=days)
    assert TYPES[code].follow_up_from(FRIDAY) == expected
