"""Accounts planned again and again: the rule's days are local dates, its time a local clock time.

Nothing here is an instant, so 09:00 stays 09:00 in the week the clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal

from leora_core.domain.accounts.records import Account
from leora_core.domain.call_plans.plans import need_own, planner, works_account
from leora_core.domain.call_plans.records import Recurrence
from leora_core.domain.call_plans.slots import require_slot
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, ClockTime, Id, Objective, add_months

declare({"not_reps_account": "This account is not that rep's. Assign it to them first."})


@dataclass(frozen=True, kw_only=True)
class AddRecurrence(Command):
    """Plan an account every week, every two weeks or every month from `anchor` on."""

    recurrence_id: Id
    account_id: Id
    every: Literal["week", "two_weeks", "month"]
    anchor: date
    start: ClockTime | None = None
    minutes: Annotated[int, Between(15, 480)] = 30
    objective: Objective | None = None
    ends_on: date | None = None
    rep_id: Id | None = None


@handles(AddRecurrence)
def add_recurrence(command: AddRecurrence, records: Records, context: Context) -> None:
    """A rep for their own accounts, a manager for any rep."""
    rep_id = planner(context, command.rep_id)
    require_account_for(records, context, rep_id, command.account_id)
    require_slot(command.start, command.minutes)
    records.add(
        Recurrence(
            id=command.recurrence_id,
            rep_id=rep_id,
            account_id=command.account_id,
            every=command.every,
            anchor=command.anchor,
            start=command.start,
            minutes=command.minutes,
            objective=command.objective,
            ends_on=command.ends_on,
        )
    )


@dataclass(frozen=True, kw_only=True)
class EndRecurrence(Command):
    """Plan an account no more after `ends_on`, or after today. What is planned already stays."""

    recurrence_id: Id
    ends_on: date | None = None


@handles(EndRecurrence)
def end_recurrence(command: EndRecurrence, records: Records, context: Context) -> Outcome:
    """Whose recurrence it is, or a manager."""
    row = need_own(records, context, Recurrence, command.recurrence_id)
    last = command.ends_on or context.today
    records.change(row, ends_on=last)
    return Outcome(result={"ends_on": last.isoformat()})


def require_account_for(records: Records, context: Context, rep_id: str, account_id: str) -> Account:
    """The account, if the actor may work it and it is `rep_id`'s to visit. Raises Rejected otherwise."""
    may_work_account(records, context, account_id)
    account = records.need(Account, account_id)
    if rep_id != context.actor.user_id and not works_account(records, rep_id, account_id):
        raise Rejected("not_reps_account", field="account_id")
    return account


def occurrences(rule: Recurrence, first: date, last: date) -> Iterator[date]:
    """The days of the rule from `first` to `last`, both included, in order."""
    last = min(last, rule.ends_on) if rule.ends_on else last
    days = _monthly(rule.anchor, first, last) if rule.every == "month" else _by_weeks(rule, first, last)
    return (day for day in days if max(first, rule.anchor) <= day <= last)


def _by_weeks(rule: Recurrence, first: date, last: date) -> Iterator[date]:
    """Every 7 or 14 days counted from the anchor, so that parity holds across months and 53-week years."""
    step = 7 if rule.every == "week" else 14
    behind = (first - rule.anchor).days
    day = rule.anchor + timedelta(days=max(0, -(-behind // step)) * step)
    while day <= last:
        yield day
        day += timedelta(days=step)


def _monthly(anchor: date, first: date, last: date) -> Iterator[date]:
    month = max(first, anchor).replace(day=1)
    while month <= last:
        yield nth_weekday(month, anchor)
        month = add_months(month, 1)


def nth_weekday(month: date, anchor: date) -> date:
    """The anchor's weekday and place (first, second … Monday) in the month that begins on `month`.

    A fifth weekday means the month's last one, so that no month is left out.
    """
    place = (anchor.day - 1) // 7
    day = month + timedelta(days=(anchor.weekday() - month.weekday()) % 7 + 7 * place)
    return day if day.month == month.month else day - timedelta(days=7)
