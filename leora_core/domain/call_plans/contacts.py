"""What came of a planned account: how it was contacted, with what result, on which day."""

from dataclasses import dataclass
from datetime import date

from leora_core.domain.call_plans.plans import need_planned
from leora_core.domain.call_plans.progress import mark_of
from leora_core.domain.call_plans.records import Method, PlannedAccount, Result
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id

declare({"contact_not_yours": "Only the plan's own rep marks its contacts. Ask that rep to do it."})


@dataclass(frozen=True, kw_only=True)
class MarkContact(Command):
    """Say how a planned account was contacted and with what result. Of two marks the later day's stands."""

    planned_id: Id
    method: Method
    result: Result
    at_date: date


@handles(MarkContact)
def mark_contact(command: MarkContact, records: Records, context: Context) -> Outcome:
    """The plan's rep alone; in a closed plan too, for the contact was made. A day still to come becomes today."""
    row = _own_planned(records, context, command.planned_id)
    day = min(command.at_date, context.today)
    stands = row.contacted_on is None or row.contacted_on <= day
    if stands:
        row = records.change(row, method=command.method, result=command.result, contacted_on=day)
    told = {
        "planned_id": row.id,
        "mark": mark_of(row.method, row.result),
        "contacted_on": row.contacted_on.isoformat() if row.contacted_on else None,
    }
    return Outcome(result=told, amended=not stands or day != command.at_date)


@dataclass(frozen=True, kw_only=True)
class ClearContact(Command):
    """Take a mark back: the account counts as not contacted again."""

    planned_id: Id


@handles(ClearContact)
def clear_contact(command: ClearContact, records: Records, context: Context) -> None:
    """The plan's rep alone."""
    row = _own_planned(records, context, command.planned_id)
    records.change(row, method=None, result=None, contacted_on=None)


def _own_planned(records: Records, context: Context, planned_id: str) -> PlannedAccount:
    row = need_planned(records, context, planned_id)
    if row.rep_id != context.actor.user_id:
        raise Rejected("contact_not_yours")
    return row
