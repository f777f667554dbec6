"""The sample ledger: bottles into a rep's stock, out of it, between reps, and counted.

Nothing is ever rewritten; a mistake is settled by the next line. Stock may go below zero, because a
bottle in the hand can be one the office forgot to book; every answer tells the balance that is left.
"""

from dataclasses import dataclass
from typing import Annotated

from leora_core.domain.catalogue.records import Sku
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.identity import User
from leora_core.domain.permissions import require_role, require_self_or_manager
from leora_core.domain.reasons import declare
from leora_core.domain.samples.allowance import month_of
from leora_core.domain.samples.records import MovementKind, SampleMovement
from leora_core.domain.values import Between, Bottles, Id, ShortText

declare(
    {
        "transfer_to_self": "Samples go to another rep, not to the same one. Choose another rep.",
        "rep_inactive": "{name} no longer works here. Choose another rep.",
    }
)


def balance(records: Records, rep_id: str, sku_id: str) -> int:
    """Bottles of a SKU in a rep's sample stock: the sum of the ledger, negative while something is unbooked."""
    return records.total(SampleMovement, "quantity", rep_id=rep_id, sku_id=sku_id)


@dataclass(frozen=True, kw_only=True)
class StockCommand(Command):
    """What every line in a rep's stock names; the stock is the actor's own unless a manager names a rep."""

    movement_id: Id
    sku_id: Id
    rep_id: Id | None = None
    reason: ShortText | None = None


@dataclass(frozen=True, kw_only=True)
class ReceiveSamples(StockCommand):
    """Book bottles into a rep's sample stock."""

    quantity: Bottles


@handles(ReceiveSamples)
def receive_samples(command: ReceiveSamples, records: Records, context: Context) -> Outcome:
    """Returns the balance and what it is short."""
    _check_stock(command, records, context)
    return _book(command, records, context, "receive", command.quantity)


@dataclass(frozen=True, kw_only=True)
class ReturnSamples(StockCommand):
    """Hand bottles of a rep's sample stock back to the office."""

    quantity: Bottles


@handles(ReturnSamples)
def return_samples(command: ReturnSamples, records: Records, context: Context) -> Outcome:
    """Returns the balance and what it is short."""
    _check_stock(command, records, context)
    return _book(command, records, context, "return", -command.quantity)


@dataclass(frozen=True, kw_only=True)
class BreakSamples(StockCommand):
    """Write off bottles that were broken, spilt or spoilt."""

    quantity: Bottles


@handles(BreakSamples)
def break_samples(command: BreakSamples, records: Records, context: Context) -> Outcome:
    """Returns the balance and what it is short."""
    _check_stock(command, records, context)
    return _book(command, records, context, "break", -command.quantity)


@dataclass(frozen=True, kw_only=True)
class CountSamples(StockCommand):
    """Say how many bottles are really there; the difference becomes a ledger line."""

    counted: Annotated[int, Between(0, 100_000)]


@handles(CountSamples)
def count_samples(command: CountSamples, records: Records, context: Context) -> Outcome:
    """Returns the balance and the variance; a count that agrees leaves a line of 0 as its proof."""
    rep_id = _check_stock(command, records, context)
    variance = command.counted - balance(records, rep_id, command.sku_id)
    outcome = _book(command, records, context, "count", variance)
    return Outcome(result={**outcome.result, "variance": variance})


@dataclass(frozen=True, kw_only=True)
class TransferSamples(StockCommand):
    """Pass bottles from one rep's sample stock to another's."""

    to_rep_id: Id
    quantity: Bottles


@handles(TransferSamples)
def transfer_samples(command: TransferSamples, records: Records, context: Context) -> Outcome:
    """Two lines: out in the sender's scope, in in the receiver's. Returns the sender's balance."""
    rep_id = _check_stock(command, records, context)
    if command.to_rep_id == rep_id:
        raise Rejected("transfer_to_self", field="to_rep_id")
    receiver = records.need(User, command.to_rep_id)
    if not receiver.active:
        raise Rejected("rep_inactive", field="to_rep_id", name=receiver.name)
    outcome = _book(command, records, context, "transfer_out", -command.quantity, other_rep_id=receiver.id)
    records.add(
        _line(
            command,
            context,
            "transfer_in",
            command.quantity,
            id=context.child_id("transfer-in"),
            rep_id=receiver.id,
            other_rep_id=rep_id,
        )
    )
    return outcome


def _check_stock(command: StockCommand, records: Records, context: Context) -> str:
    """Whose stock it is. Raises Rejected `not_allowed`, `not_found`."""
    require_role(context, "rep", "manager", "admin")
    rep_id = command.rep_id or context.actor.user_id
    require_self_or_manager(context, rep_id)
    if command.rep_id is not None:
        records.need(User, command.rep_id)
    records.need(Sku, command.sku_id)
    return rep_id


def _book(
    command: StockCommand,
    records: Records,
    context: Context,
    kind: MovementKind,
    quantity: int,
    *,
    other_rep_id: str | None = None,
) -> Outcome:
    rep_id = command.rep_id or context.actor.user_id
    records.add(
        _line(command, context, kind, quantity, id=command.movement_id, rep_id=rep_id, other_rep_id=other_rep_id)
    )
    left = balance(records, rep_id, command.sku_id)
    return Outcome(result={"balance": left, "short": max(0, -left)})


def _line(
    command: StockCommand,
    context: Context,
    kind: MovementKind,
    quantity: int,
    *,
    id: str,
    rep_id: str,
    other_rep_id: str | None,
) -> SampleMovement:
    return SampleMovement(
        id=id,
        rep_id=rep_id,
        sku_id=command.sku_id,
        kind=kind,
        quantity=quantity,
        month=month_of(context.today),
        moved_at=context.at,
        other_rep_id=other_rep_id,
        reason=command.reason,
    )
