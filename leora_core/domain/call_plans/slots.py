"""When in the week an account is visited: a day, a start by the local clock, a length in quarter hours."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from leora_core.domain.call_plans.plans import need_planned, require_day_in, require_open
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, ClockTime, Id

STEP_MINUTES = 15
SHORTEST_MINUTES = 15
LONGEST_MINUTES = 480
USUAL_MINUTES = 30
_DAY_MINUTES = 24 * 60

SlotMinutes = Annotated[int, Between(SHORTEST_MINUTES, LONGEST_MINUTES)]

declare(
    {
        "slot_length_invalid": "A visit lasts 15 to 480 minutes in steps of 15, not {minutes}. Choose such a length.",
        "slot_past_midnight": "A visit of {minutes} minutes from {start} would end after midnight. Start it earlier.",
    }
)


@dataclass(frozen=True, kw_only=True)
class ScheduleVisit(Command):
    """Put a planned account on a day of its week, with or without a time. Overlaps are told, not refused."""

    planned_id: Id
    day: date
    start: ClockTime | None = None
    minutes: SlotMinutes = USUAL_MINUTES


@handles(ScheduleVisit)
def schedule_visit(command: ScheduleVisit, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager."""
    row = need_planned(records, context, command.planned_id)
    plan = records.need(CallPlan, row.plan_id)
    require_open(plan)
    require_day_in(plan.week, command.day)
    require_slot(command.start, command.minutes)
    row = records.change(row, day=command.day, start=command.start, minutes=command.minutes)
    return Outcome(result={"overlaps": overlaps(records, row)})


@dataclass(frozen=True, kw_only=True)
class UnscheduleVisit(Command):
    """Take a planned account off its day; it stays in the plan."""

    planned_id: Id


@handles(UnscheduleVisit)
def unschedule_visit(command: UnscheduleVisit, records: Records, context: Context) -> None:
    """Whose plan it is, or a manager."""
    row = need_planned(records, context, command.planned_id)
    require_open(records.need(CallPlan, row.plan_id))
    records.change(row, day=None, start=None, minutes=USUAL_MINUTES)


def require_slot(start: str | None, minutes: int) -> None:
    """Raises Rejected unless `minutes` is a slot's length and the slot ends by midnight."""
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES or minutes % STEP_MINUTES:
        raise Rejected("slot_length_invalid", field="minutes", minutes=minutes)
    if start is not None and minute_of_day(start) + minutes > _DAY_MINUTES:
        raise Rejected("slot_past_midnight", field="start", start=start, minutes=minutes)


def minute_of_day(clock: str) -> int:
    """Minutes since midnight of a clock time `HH:MM`."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def overlaps(records: Records, row: PlannedAccount) -> list[dict[str, Any]]:
    """The other slots of the same plan that share time with this one, by start. Slots without a time share none."""
    if row.day is None or row.start is None:
        return []
    begin = minute_of_day(row.start)
    others = [
        (other.start, other)
        for other in records.find(PlannedAccount, plan_id=row.plan_id, day=row.day)
        if other.id != row.id and other.start is not None
    ]
    return [
        {"planned_id": other.id, "account_id": other.account_id, "start": start, "minutes": other.minutes}
        for start, other in sorted(others, key=lambda pair: (pair[0], pair[1].id))
        if minute_of_day(start) < begin + row.minutes and begin < minute_of_day(start) + other.minutes
    ]
