"""Filling a week in one go: from the recurrences, from another week, or with what that week left undone.

Planned ids are derived from plan and account, so two devices that fill the same week make the same rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from leora_core.domain.accounts.records import Account
from leora_core.domain.call_plans.plans import (
    known_week,
    may_be_called,
    open_plan,
    plan_id_of,
    planned_id_of,
    planned_in,
    planner,
    room_in,
    settle_size,
    works_account,
)
from leora_core.domain.call_plans.progress import mark_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount, Recurrence
from leora_core.domain.call_plans.recurrence import occurrences
from leora_core.domain.call_plans.slots import USUAL_MINUTES
from leora_core.domain.command import Command, Context, Outcome, Records, handles
from leora_core.domain.values import Id, IsoWeek, monday_of


@dataclass(frozen=True, kw_only=True)
class FillFromRecurrences(Command):
    """Plan for a week every account whose recurrence falls into it."""

    week: IsoWeek
    rep_id: Id | None = None


@handles(FillFromRecurrences)
def fill_from_recurrences(command: FillFromRecurrences, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager."""
    rep_id = planner(context, command.rep_id)
    plan = open_plan(records, rep_id, command.week)
    return _plan_all(records, context, plan, list(_due(records, plan)))


@dataclass(frozen=True, kw_only=True)
class CopyWeek(Command):
    """Plan the accounts of one week for another, on the same weekdays and times."""

    from_week: IsoWeek
    to_week: IsoWeek
    rep_id: Id | None = None


@handles(CopyWeek)
def copy_week(command: CopyWeek, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager."""
    rep_id = planner(context, command.rep_id)
    source, plan = _both(records, rep_id, command.from_week, command.to_week)
    ahead = monday_of(command.to_week) - monday_of(command.from_week)
    rows = (
        replace(_again(row, plan), day=row.day + ahead if row.day else None, start=row.start, minutes=row.minutes)
        for row in source
    )
    return _plan_all(records, context, plan, rows)


@dataclass(frozen=True, kw_only=True)
class CarryOver(Command):
    """Plan for a week the accounts another week did not reach, with objective and note, not yet scheduled."""

    from_week: IsoWeek
    to_week: IsoWeek
    rep_id: Id | None = None


@handles(CarryOver)
def carry_over(command: CarryOver, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager."""
    rep_id = planner(context, command.rep_id)
    source, plan = _both(records, rep_id, command.from_week, command.to_week)
    unreached = (replace(_again(row, plan), note=row.note) for row in source if mark_of(row.method, row.result) == "")
    return _plan_all(records, context, plan, unreached)


def _due(records: Records, plan: CallPlan) -> Iterator[PlannedAccount]:
    monday = monday_of(plan.week)
    for rule in records.find(Recurrence, rep_id=plan.rep_id):
        for day in occurrences(rule, monday, monday + timedelta(days=6)):
            yield PlannedAccount(
                id=planned_id_of(plan.id, rule.account_id),
                rep_id=plan.rep_id,
                plan_id=plan.id,
                account_id=rule.account_id,
                objective=rule.objective,
                day=day,
                start=rule.start,
                minutes=rule.minutes,
                recurrence_id=rule.id,
            )


def _both(records: Records, rep_id: str, from_week: str, to_week: str) -> tuple[list[PlannedAccount], CallPlan]:
    """The rows of the week copied from, in the order of their slots, and the plan they go to."""
    source = records.find(PlannedAccount, plan_id=plan_id_of(rep_id, known_week(from_week)))
    source.sort(key=lambda row: (row.day or date.max, row.start or "", row.id))
    return source, open_plan(records, rep_id, to_week)


def _again(row: PlannedAccount, plan: CallPlan) -> PlannedAccount:
    return PlannedAccount(
        id=planned_id_of(plan.id, row.account_id),
        rep_id=row.rep_id,
        plan_id=plan.id,
        account_id=row.account_id,
        objective=row.objective,
        minutes=USUAL_MINUTES,
    )


def _plan_all(records: Records, context: Context, plan: CallPlan, rows: Iterable[PlannedAccount]) -> Outcome:
    """Add the rows that may be planned and fit. The result counts those added, there already, unfit and left out."""
    there = {row.account_id for row in planned_in(records, plan)}
    room = room_in(records, plan)
    counts = {"added": 0, "already_planned": 0, "skipped": 0, "did_not_fit": 0}
    for row in rows:
        if row.account_id in there:
            counts["already_planned"] += 1
        elif not _may_be_planned(records, plan, row):
            counts["skipped"] += 1
        elif counts["added"] == room:
            counts["did_not_fit"] += 1
        else:
            records.add(replace(row, added_version=context.version, added_by_device=context.device_id))
            there.add(row.account_id)
            counts["added"] += 1
    settle_size(records, context, plan)
    return Outcome(result=dict(counts), amended=counts["did_not_fit"] > 0)


def _may_be_planned(records: Records, plan: CallPlan, row: PlannedAccount) -> bool:
    account = records.get(Account, row.account_id)
    last_day = monday_of(plan.week) + timedelta(days=6)
    return (
        isinstance(account, Account)
        and may_be_called(account, last_day)
        and works_account(records, plan.rep_id, row.account_id)
    )
