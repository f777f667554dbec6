"""Tasks: what somebody must do by a day. Those about an account live with it, others with their owner."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.command import (
    Command,
    Context,
    Outcome,
    Record,
    Records,
    Rejected,
    account_scope,
    handles,
    rep_scope,
)
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.grants import owners_of
from leora_core.domain.identity import User
from leora_core.domain.lookup import need_permitted
from leora_core.domain.permissions import may_work_account, require_manager, require_role, require_self_or_manager
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, LongText, Name

TaskPriority = Literal["high", "medium", "low"]

declare(
    {
        "task_cancelled": "This task was cancelled. Reopen it first.",
        "task_done": "This task is done already. Reopen it first.",
        "assignee_cannot_see": "{name} does not work this account. Assign it to them first, or choose another.",
        "user_disabled": "{name} can no longer sign in. Choose someone else.",
    }
)


@dataclass(frozen=True, kw_only=True)
class Task(Record):
    """Something to do. `source` names what made it (`activity:<id>`, `sample:<id>`), None when typed."""

    TABLE: ClassVar[str] = "task"

    assignee_id: str
    assigned_by: str
    account_id: str | None = None
    title: str
    description: str | None = None
    due_on: date | None = None
    priority: TaskPriority = "medium"
    status: Literal["open", "done", "cancelled"] = "open"
    source: str | None = None
    made_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None

    @property
    def scope(self) -> str:
        return account_scope(self.account_id) if self.account_id else rep_scope(self.assignee_id)


def make_task(
    records: Records,
    context: Context,
    *,
    name: str,
    assignee_id: str,
    account_id: str | None,
    title: str,
    due_on: date | None,
    source: str | None,
    priority: TaskPriority = "medium",
    description: str | None = None,
) -> Task:
    """Store the task that another command gives rise to; `name` tells the tasks of one command apart."""
    task = Task(
        id=context.child_id(f"task-{name}"),
        assignee_id=assignee_id,
        assigned_by=context.actor.user_id,
        account_id=account_id,
        title=title,
        description=description,
        due_on=due_on,
        priority=priority,
        source=source,
        made_at=context.at,
    )
    records.add(task)
    return task


def may_work_task(records: Records, context: Context, task: Task) -> None:
    """Whoever works the account a task is about; a task about none is its owner's and the managers'."""
    if task.account_id:
        may_work_account(records, context, task.account_id)
    else:
        require_self_or_manager(context, task.assignee_id)


@dataclass(frozen=True, kw_only=True)
class AddTask(Command):
    """Note something to do, for oneself or, as a manager, for someone else."""

    task_id: Id
    title: Name
    description: LongText | None = None
    account_id: Id | None = None
    assignee_id: Id | None = None
    due_on: date | None = None
    priority: TaskPriority = "medium"


@handles(AddTask)
def add_task(command: AddTask, records: Records, context: Context) -> None:
    """Whoever works the account; only managers give tasks to others, and only to someone who can see them."""
    require_role(context, "rep", "manager", "admin")
    assignee_id = command.assignee_id or context.actor.user_id
    if command.account_id:
        may_work_account(records, context, command.account_id)
        records.need(Account, command.account_id)
    if assignee_id != context.actor.user_id:
        require_manager(context)
        _check_assignee(records, assignee_id, command.account_id)
    records.add(
        Task(
            id=command.task_id,
            assignee_id=assignee_id,
            assigned_by=context.actor.user_id,
            account_id=command.account_id,
            title=fields.parsed("title", fields.required_text(), command.title),
            description=fields.parsed("description", fields.text(2_000), command.description),
            due_on=command.due_on,
            priority=command.priority,
            made_at=context.at,
        )
    )


@dataclass(frozen=True, kw_only=True)
class EditTask(Command):
    """Change a task's title, description, day or priority."""

    task_id: Id
    fields: dict[str, FieldEdit]


@handles(EditTask)
def edit_task(command: EditTask, records: Records, context: Context) -> Outcome:
    """Whoever may work the task, field by field."""
    return apply_edits(records, context, _need(records, context, command.task_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class CompleteTask(Command):
    """Tick a task off."""

    task_id: Id


@handles(CompleteTask)
def complete_task(command: CompleteTask, records: Records, context: Context) -> None:
    """A task that is done already stays as it is, so that two who tick it off offline both succeed."""
    task = _need(records, context, command.task_id)
    if task.status == "cancelled":
        raise Rejected("task_cancelled")
    if task.status == "open":
        records.change(task, status="done", settled_at=context.at, settled_by=context.actor.user_id)


@dataclass(frozen=True, kw_only=True)
class CancelTask(Command):
    """Drop a task that need not be done."""

    task_id: Id


@handles(CancelTask)
def cancel_task(command: CancelTask, records: Records, context: Context) -> None:
    """Whoever may work the task; what is done cannot be cancelled."""
    task = _need(records, context, command.task_id)
    if task.status == "done":
        raise Rejected("task_done")
    if task.status == "open":
        records.change(task, status="cancelled", settled_at=context.at, settled_by=context.actor.user_id)


@dataclass(frozen=True, kw_only=True)
class ReopenTask(Command):
    """Put a done or cancelled task back on the list."""

    task_id: Id


@handles(ReopenTask)
def reopen_task(command: ReopenTask, records: Records, context: Context) -> None:
    """Whoever may work the task."""
    task = _need(records, context, command.task_id)
    if task.status != "open":
        records.change(task, status="open", settled_at=None, settled_by=None)


def _need(records: Records, context: Context, task_id: str) -> Task:
    return need_permitted(records, context, Task, task_id, lambda task: may_work_task(records, context, task))


def _check_assignee(records: Records, assignee_id: str, account_id: str | None) -> None:
    """Whoever gets a task must be able to sign in and to see it."""
    user = records.need(User, assignee_id)
    if not user.active:
        raise Rejected("user_disabled", field="assignee_id", name=user.name)
    sees_all = "manager" in user.roles or "admin" in user.roles
    if account_id and not sees_all and assignee_id not in owners_of(records, account_id):
        raise Rejected("assignee_cannot_see", field="assignee_id", name=user.name)


editable(
    Task,
    fields={
        "title": fields.required_text(),
        "description": fields.text(2_000),
        "due_on": fields.day,
        "priority": fields.choice("high", "medium", "low", required=True),
    },
    may_edit=may_work_task,
)
