"""The list of tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import sqlalchemy as sa

from leora_core.domain.command import account_scope
from leora_core.domain.tasks import Task
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import account_names, by_ids, select_page, table, user_names
from leora_desktop.replica.queries.registry import Limit, Viewer, query

Source = Literal["sample", "activity", "typed"]
_LAST_DAY = "9999-12-31"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """A task in a list."""

    id: str
    title: str
    description: str | None
    account_id: str | None
    account_name: str | None
    assignee_id: str
    assignee_name: str | None
    assigned_by_name: str | None
    due_on: date | None
    days_overdue: int
    priority: str
    status: str
    source: str | None


@dataclass(frozen=True, slots=True)
class TaskList:
    """One page; `total` counts all that match."""

    rows: tuple[TaskRow, ...]
    total: int
    next: str | None


@query("tasks")
def tasks(
    reader: Transaction,
    viewer: Viewer,
    *,
    status: Literal["open", "done", "cancelled"] | None = "open",
    assignee: str | None = None,
    account: str | None = None,
    due_by: date | None = None,
    source: Source | None = None,
    limit: Limit = 200,
    after: str | None = None,
) -> TaskList:
    """Tasks by the day they are due, those without a day last; `source` tells what made them."""
    task = table("task")
    conditions: list[sa.ColumnElement[bool]] = []
    if status is not None:
        conditions.append(task.c.status == status)
    if assignee is not None:
        conditions.append(task.c.assignee_id == assignee)
    if account is not None:
        conditions.append(task.c.row_scope == account_scope(account))
    if due_by is not None:
        conditions.append(task.c.due_on <= due_by.isoformat())
    if source == "typed":
        conditions.append(task.c.source.is_(None))
    elif source is not None:
        conditions.append(task.c.source.startswith(f"{source}:"))
    statement = sa.select(task.c.id).where(*conditions)
    day = sa.func.coalesce(task.c.due_on, _LAST_DAY)
    rows, following = select_page(reader, statement, day, task.c.id, newest_first=False, after=after, limit=limit)
    found = by_ids(reader, Task, (row.id for row in rows))
    total = reader.connection.scalar(sa.select(sa.func.count()).select_from(task).where(*conditions))
    return TaskList(task_rows(reader, viewer, [found[row.id] for row in rows]), total or 0, following)


def task_rows(reader: Transaction, viewer: Viewer, found: Sequence[Task]) -> tuple[TaskRow, ...]:
    """The rows of these tasks, in their order."""
    users = user_names(reader)
    accounts = account_names(reader, (task.account_id for task in found))
    return tuple(
        TaskRow(
            id=task.id,
            title=task.title,
            description=task.description,
            account_id=task.account_id,
            account_name=accounts.get(task.account_id or ""),
            assignee_id=task.assignee_id,
            assignee_name=users.get(task.assignee_id),
            assigned_by_name=users.get(task.assigned_by),
            due_on=task.due_on,
            days_overdue=_overdue(task, viewer.today),
            priority=task.priority,
            status=task.status,
            source=task.source,
        )
        for task in found
    )


def _overdue(task: Task, today: date) -> int:
    return max(0, (today - task.due_on).days) if task.due_on and task.status == "open" else 0
