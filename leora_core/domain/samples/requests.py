"""Asking for bottles above the month's allowance, and a manager's answer."""

from dataclasses import dataclass
from typing import Annotated

from leora_core.domain import fields
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.permissions import require_manager, require_role
from leora_core.domain.reasons import declare
from leora_core.domain.samples.allowance import Month, month_of
from leora_core.domain.samples.records import AllowanceRequest
from leora_core.domain.values import Bottles, Id, Length, LongText

Purpose = Annotated[str, Length(2_000, min=1)]

declare(
    {
        "month_over": "{month} is over. Ask for this month or a later one.",
        "own_request": "You cannot decide your own request. Ask another manager.",
        "request_decided": "This request was already {status}. Ask for a new one if more is needed.",
    }
)


@dataclass(frozen=True, kw_only=True)
class AskAllowance(Command):
    """Ask a manager for bottles beyond the month's sample allowance."""

    request_id: Id
    month: Month | None = None
    """None is the present month."""
    quantity: Bottles
    purpose: Purpose


@handles(AskAllowance)
def ask_allowance(command: AskAllowance, records: Records, context: Context) -> None:
    """Raises Rejected `not_allowed`, `month_over`."""
    require_role(context, "rep", "manager", "admin")
    purpose = fields.parsed("purpose", fields.required_text(2_000), command.purpose)
    present = month_of(context.today)
    month = command.month or present
    if month < present:
        raise Rejected("month_over", field="month", month=month)
    records.add(
        AllowanceRequest(
            id=command.request_id,
            rep_id=context.actor.user_id,
            month=month,
            quantity=command.quantity,
            purpose=purpose,
            asked_at=context.at,
        )
    )


@dataclass(frozen=True, kw_only=True)
class DecideAllowance(Command):
    """Approve or refuse a rep's request for more sample bottles."""

    request_id: Id
    approve: bool
    granted: Bottles | None = None
    """Bottles allowed beyond the month's allowance; None grants what was asked."""
    answer: LongText | None = None


@handles(DecideAllowance)
def decide_allowance(command: DecideAllowance, records: Records, context: Context) -> Outcome:
    """Returns the bottles granted. Raises Rejected `not_allowed`, `own_request`, `request_decided`."""
    require_manager(context)
    request = records.need(AllowanceRequest, command.request_id)
    if request.rep_id == context.actor.user_id:
        raise Rejected("own_request")
    if request.status != "open":
        raise Rejected("request_decided", status=request.status)
    if command.granted is not None and not command.approve:
        raise Rejected("field_invalid", field="granted", why="a refusal grants nothing")
    granted = 0
    if command.approve:
        granted = request.quantity if command.granted is None else command.granted
    records.change(
        request,
        status="approved" if command.approve else "rejected",
        granted=granted,
        decided_by=context.actor.user_id,
        decided_at=context.at,
        answer=command.answer,
    )
    return Outcome(result={"granted": granted})
