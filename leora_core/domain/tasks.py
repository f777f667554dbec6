"""Tasks: what somebody must do by a day. Those about an account live with it, others with their owner."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from leora_core.domain.command import Record, account_scope, rep_scope


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
    priority: Literal["high", "medium", "low"] = "medium"
    status: Literal["open", "done", "cancelled"] = "open"
    source: str | None = None
    made_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None

    @property
    def scope(self) -> str:
        return account_scope(self.account_id) if self.account_id else rep_scope(self.assignee_id)
