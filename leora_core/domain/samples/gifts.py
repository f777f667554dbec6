"""Giving a sample by itself, and what the account said about it."""

from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.command import Command, Context, Outcome, Records, handles
from leora_core.domain.lookup import need_permitted
from leora_core.domain.permissions import may_work_account
from leora_core.domain.samples.giving import give
from leora_core.domain.samples.records import SampleGiven
from leora_core.domain.values import Id, LongText


@dataclass(frozen=True, kw_only=True)
class GiveSample(Command):
    """Hand bottles from one's own sample stock to an account."""

    movement_id: Id
    account_id: Id
    sku_id: Id
    quantity: int
    """Bottles, 1 to 100; the rule, not the type, refuses others."""
    feedback: LongText | None = None
    follow_up: bool = False


@handles(GiveSample)
def give_sample(command: GiveSample, records: Records, context: Context) -> Outcome:
    """Returns where the rep stands in the month, see `give`."""
    return Outcome(
        result=give(
            records,
            context,
            movement_id=command.movement_id,
            account_id=command.account_id,
            sku_id=command.sku_id,
            quantity=command.quantity,
            feedback=command.feedback,
            follow_up=command.follow_up,
        )
    )


@dataclass(frozen=True, kw_only=True)
class RecordSampleFeedback(Command):
    """Add what the account said about a sample; earlier words stay above."""

    given_id: Id
    """The movement id of the sample."""
    feedback: LongText


@handles(RecordSampleFeedback)
def record_sample_feedback(command: RecordSampleFeedback, records: Records, context: Context) -> None:
    """Whoever may work the account; the same words twice are kept once."""
    given = need_permitted(
        records,
        context,
        SampleGiven,
        command.given_id,
        lambda found: may_work_account(records, context, found.account_id),
    )
    said = fields.parsed("feedback", fields.required_text(2_000), command.feedback)
    lines = given.feedback.split("\n\n") if given.feedback else []
    if said not in lines:
        records.change(given, feedback="\n\n".join([*lines, said]))
