"""Recording an order that was delivered, as sales history has it."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Sku
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.orders.history import order_total
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.permissions import require_manager
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, Id, MoneyCents, Name

declare(
    {
        "order_without_lines": "The order has no lines. Add what was delivered.",
        "order_known": "An order with {what} {value} is recorded already. Open that one instead.",
    }
)


@dataclass(frozen=True, kw_only=True)
class DeliveredLine:
    """One SKU that was delivered."""

    line_id: Id
    sku_id: Id
    quantity: Annotated[int, Between(-100_000, 100_000)]
    """Bottles; negative on a return, never 0."""
    unit_price_cents: MoneyCents
    is_sample: bool = False


@dataclass(frozen=True, kw_only=True)
class RecordDeliveredOrder(Command):
    """Record a delivered order of an account; the total is the sum of its lines without samples."""

    order_id: Id
    account_id: Id
    number: Name | None = None
    external_id: Name | None = None
    rep_id: Id | None = None
    ordered_on: date | None = None
    delivered_on: date
    lines: tuple[DeliveredLine, ...]


@handles(RecordDeliveredOrder)
def record_delivered_order(command: RecordDeliveredOrder, records: Records, context: Context) -> Outcome:
    """Returns the total. Raises Rejected `not_allowed`, `order_without_lines`, `order_known`, `field_invalid`."""
    require_manager(context)
    _check_days(command, context)
    _check_lines(command, records)
    records.need(Account, command.account_id)
    if command.rep_id is not None:
        records.need(User, command.rep_id)
    if context.authority:
        _check_unknown(command, records)
    settings = records.get(TenantSettings, SETTINGS_ID)
    total = order_total(command.lines)
    records.add(
        Order(
            id=command.order_id,
            account_id=command.account_id,
            number=command.number,
            external_id=command.external_id,
            rep_id=command.rep_id,
            ordered_on=command.ordered_on,
            delivered_on=command.delivered_on,
            total_cents=total,
            currency=settings.currency if isinstance(settings, TenantSettings) else "USD",
        )
    )
    for line in command.lines:
        records.add(
            OrderLine(
                id=line.line_id,
                account_id=command.account_id,
                order_id=command.order_id,
                sku_id=line.sku_id,
                quantity=line.quantity,
                unit_price_cents=line.unit_price_cents,
                is_sample=line.is_sample,
            )
        )
    return Outcome(result={"total_cents": total})


def _check_days(command: RecordDeliveredOrder, context: Context) -> None:
    if command.delivered_on > context.today:
        raise Rejected("field_invalid", field="delivered_on", why="it lies in the future")
    if command.ordered_on is not None and command.ordered_on > command.delivered_on:
        raise Rejected("field_invalid", field="ordered_on", why="it lies after the delivery")


def _check_lines(command: RecordDeliveredOrder, records: Records) -> None:
    if not command.lines:
        raise Rejected("order_without_lines", field="lines")
    for line in command.lines:
        if line.quantity == 0:
            raise Rejected("field_invalid", field="quantity", why="it is 0")
        records.need(Sku, line.sku_id)


def _check_unknown(command: RecordDeliveredOrder, records: Records) -> None:
    """A number or an outside id names one order."""
    if command.number is not None and records.count(Order, number=command.number):
        raise Rejected("order_known", field="number", what="number", value=command.number)
    if command.external_id is not None and records.count(Order, external_id=command.external_id):
        raise Rejected("order_known", field="external_id", what="external id", value=command.external_id)
