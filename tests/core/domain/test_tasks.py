from datetime import date, timedelta
from typing import Any

import pytest

from leora_core.domain.command import Command, Rejected, account_scope, rep_scope
from leora_core.domain.edits import FieldEdit
from leora_core.domain.grants import Grant, revoke
from leora_core.domain.identity import DisableUser
from leora_core.domain.tasks import AddTask, CancelTask, CompleteTask, EditTask, ReopenTask, Task, make_task
from tests.core.domain.cast import ADMIN, MANAGER, NOW, OTHER_REP, PICKER, REP, SHOP, Office, an_id, by

TASK = an_id("task")


def add(**more: Any) -> AddTask:
    return AddTask(**({"task_id": TASK, "title": "Send price list"} | more))


def with_task(**more: Any) -> Office:
    office = Office()
    office.do(add(**more), by(MANAGER if "assignee_id" in more else REP))
    return office


def test_a_rep_notes_a_task_of_their_own() -> None:
    task = with_task(due_on=date(2026, 12, 1)).need(Task, TASK)
    assert (task.assignee_id, task.assigned_by, task.status) == (REP, REP, "open")
    assert task.scope == rep_scope(REP)


def test_a_task_about_an_account_lives_with_it() -> None:
    assert with_task(account_id=SHOP).need(Task, TASK).scope == account_scope(SHOP)


def test_a_manager_gives_tasks_to_those_who_can_see_them() -> None:
    assert with_task(account_id=SHOP, assignee_id=REP).need(Task, TASK).assigned_by == MANAGER
    assert with_task(assignee_id=OTHER_REP).need(Task, TASK).scope == rep_scope(OTHER_REP)
    with_task(account_id=SHOP, assignee_id=ADMIN)
    with pytest.raises(Rejected) as refusal:
        with_task(account_id=SHOP, assignee_id=OTHER_REP)
    assert refusal.value.code == "assignee_cannot_see"


def test_nobody_gives_a_task_to_a_disabled_user() -> None:
    office = Office()
    office.do(DisableUser(user_id=OTHER_REP), by(ADMIN))
    with pytest.raises(Rejected) as refusal:
        office.do(add(assignee_id=OTHER_REP), by(MANAGER))
    assert refusal.value.code == "user_disabled"


@pytest.mark.parametrize(
    ("user_id", "fields", "code"),
    [
        (REP, {"assignee_id": OTHER_REP}, "not_allowed"),
        (OTHER_REP, {"account_id": SHOP}, "not_your_account"),
        (OTHER_REP, {"account_id": an_id("no account")}, "not_your_account"),
        (PICKER, {}, "not_allowed"),
        (MANAGER, {"account_id": an_id("no account")}, "not_found"),
        (REP, {"title": "   "}, "field_invalid"),
    ],
)
def test_what_may_not_be_added(user_id: str, fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(add(**fields), by(user_id))
    assert refusal.value.code == code


def test_a_task_is_edited_field_by_field() -> None:
    office = with_task()
    edits = {"due_on": FieldEdit(None, "2026-12-01"), "priority": FieldEdit("high", "low")}
    outcome = office.do(EditTask(task_id=TASK, fields=edits), by(REP))
    task = office.need(Task, TASK)
    assert (task.due_on, task.priority) == (date(2026, 12, 1), "medium")
    assert outcome.result["conflicts"][0]["theirs"] == "medium"


def test_a_task_is_done_reopened_and_cancelled() -> None:
    office = with_task()
    office.do(CompleteTask(task_id=TASK), by(REP))
    done = office.need(Task, TASK)
    assert (done.status, done.settled_at, done.settled_by) == ("done", NOW, REP)
    office.do(ReopenTask(task_id=TASK), by(REP))
    reopened = office.need(Task, TASK)
    assert (reopened.status, reopened.settled_at, reopened.settled_by) == ("open", None, None)
    office.do(CancelTask(task_id=TASK), by(REP))
    assert office.need(Task, TASK).status == "cancelled"


def test_ticking_off_twice_keeps_the_first() -> None:
    office = with_task(account_id=SHOP)
    office.do(CompleteTask(task_id=TASK), by(REP))
    office.do(CompleteTask(task_id=TASK), by(MANAGER, at=NOW + timedelta(hours=1)))
    assert office.need(Task, TASK).settled_by == REP


def test_what_is_done_is_not_cancelled_and_what_is_cancelled_not_done() -> None:
    office = with_task()
    office.do(CompleteTask(task_id=TASK), by(REP))
    with pytest.raises(Rejected) as refusal:
        office.do(CancelTask(task_id=TASK), by(REP))
    assert refusal.value.code == "task_done"
    office.do(ReopenTask(task_id=TASK), by(REP))
    office.do(CancelTask(task_id=TASK), by(REP))
    office.do(CancelTask(task_id=TASK), by(REP))
    with pytest.raises(Rejected) as refusal:
        office.do(CompleteTask(task_id=TASK), by(REP))
    assert refusal.value.code == "task_cancelled"


@pytest.mark.parametrize("about", [{}, {"account_id": SHOP}])
def test_a_foreign_rep_cannot_tell_a_hidden_task_from_none(about: dict[str, Any]) -> None:
    office = with_task(**about)
    for task_id in (TASK, an_id("no task")):
        commands: list[Command] = [
            EditTask(task_id=task_id, fields={}),
            CompleteTask(task_id=task_id),
            CancelTask(task_id=task_id),
            ReopenTask(task_id=task_id),
        ]
        for command in commands:
            with pytest.raises(Rejected) as refusal:
                office.do(command, by(OTHER_REP))
            assert (refusal.value.code, refusal.value.detail) == ("not_yours_or_gone", {"what": "task"})


def test_who_lost_the_account_is_told_so() -> None:
    office = with_task(account_id=SHOP)
    [grant] = office.find(Grant, user_id=REP)
    revoke(office, by(MANAGER), grant)
    with pytest.raises(Rejected) as refusal:
        office.do(CompleteTask(task_id=TASK), by(REP))
    assert refusal.value.code == "scope_lost"


def test_a_manager_works_any_task() -> None:
    office = with_task()
    office.do(CompleteTask(task_id=TASK), by(MANAGER))
    assert office.need(Task, TASK).settled_by == MANAGER


def test_a_made_task_has_the_same_id_wherever_its_command_runs() -> None:
    context = by(REP)
    made = [
        make_task(
            office,
            context,
            name="follow-up",
            assignee_id=REP,
            account_id=SHOP,
            title="Ask about the Riesling",
            due_on=date(2026, 12, 1),
            source="activity:1",
        )
        for office in (Office(), Office())
    ]
    assert made[0] == made[1]
    assert made[0].id == context.child_id("task-follow-up")
    assert (made[0].priority, made[0].source, made[0].assigned_by) == ("medium", "activity:1", REP)
