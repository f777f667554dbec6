"""The rows of a call plan."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from leora_core.domain.command import Record, rep_scope

Method = Literal["in_person", "phone", "email", "text"]
Result = Literal["met", "progress", "not_reached", "refused"]


@dataclass(frozen=True, kw_only=True)
class RepRecord(Record):
    """A row of a rep's own, seen by that rep and by managers."""

    LIVES_BY: ClassVar[str | None] = "rep_id"

    rep_id: str

    @property
    def scope(self) -> str:
        return rep_scope(self.rep_id)


@dataclass(frozen=True, kw_only=True)
class CallPlan(RepRecord):
    """One rep's plan for one ISO week; its id is derived from both, so two devices make the same plan."""

    TABLE: ClassVar[str] = "call_plan"

    week: str
    """`2026-W48`."""
    over_cap: bool = False
    """Two devices planned past the cap offline: everything is kept, further adding is refused."""
    closed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedAccount(RepRecord):
    """One account in one plan, with what is wanted and what came of it."""

    TABLE: ClassVar[str] = "planned_account"

    plan_id: str
    account_id: str
    objective: str | None = None
    note: str | None = None
    day: date | None = None
    """The day of the week's slot; None while unscheduled."""
    start: str | None = None
    """Local clock time `HH:MM` of the slot."""
    minutes: int = 30
    method: str | None = None
    """in_person, phone, email or text once contacted."""
    result: str | None = None
    """met, progress, not_reached or refused once contacted."""
    contacted_on: date | None = None
    recurrence_id: str | None = None
    other_ids: tuple[str, ...] = ()
    """Ids other devices gave the same account in the same plan; work done under them lands here."""
    added_version: int = 0
    """The version it was planned at; 0 while only this laptop knows it."""
    added_by_device: str | None = None
    """The device that planned it; None for the server's own acts."""


@dataclass(frozen=True, kw_only=True)
class Recurrence(RepRecord):
    """An account planned again and again, counted from an anchor day."""

    TABLE: ClassVar[str] = "recurrence"

    account_id: str
    every: Literal["week", "two_weeks", "month"]
    """`month` repeats the anchor's weekday and its place in the month (first Monday)."""
    anchor: date
    start: str | None = None
    minutes: int = 30
    objective: str | None = None
    ends_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class TerritoryBlock(RepRecord):
    """A weekday kept for one territory, or (no territory) for driving or desk work named in `label`."""

    TABLE: ClassVar[str] = "territory_block"

    plan_id: str
    weekday: int
    """1 Monday to 7 Sunday."""
    territory: str | None = None
    label: str | None = None
    start: str | None = None
    """None with `end` None: all day."""
    end: str | None = None
