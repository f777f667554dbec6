"""Price lists, prices, contract prices and costs: set, changed, removed. Administrators only.

Setting a price that exists already changes it. With `was_cents`, the price the user saw, a change
that somebody else made meanwhile becomes a conflict instead of being overwritten.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.entry import admin_only, need_free, typed
from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem, Sku, SkuCost
from leora_core.domain.command import Command, Context, Outcome, Record, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, close_conflicts, editable, plain
from leora_core.domain.permissions import require_admin
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, Id, Name, Pattern, Scalar, ShortText, child_id

Rule = Literal["custom", "federal_property", "state", "global"]
HIGHEST_PRICE_CENTS = 10**9
PriceCents = Annotated[int, Between(0, HIGHEST_PRICE_CENTS)]
Quantity = Annotated[int, Between(1, 100_000)]
Currency = Annotated[str, Pattern(r"^[A-Z]{3}$")]

declare({"price_list_name_taken": "There is a price list called {value} already. Choose another name."})

PRICE_LIST_FIELDS: dict[str, fields.Parse] = {
    "name": fields.required_text(),
    "rule": fields.choice("custom", "federal_property", "state", "global", required=True),
    "rule_value": fields.text(),
    "effective_on": fields.day,
    "expires_on": fields.day,
    "allow_manual": fields.flag,
}
_PRICE = fields.whole(0, HIGHEST_PRICE_CENTS, required=True)


@dataclass(frozen=True, kw_only=True)
class AddPriceList(Command):
    """Add a price list."""

    price_list_id: Id
    name: Name
    currency: Currency = "USD"
    rule: Rule = "global"
    rule_value: ShortText | None = None
    effective_on: date | None = None
    expires_on: date | None = None
    allow_manual: bool = False


@handles(AddPriceList)
def add_price_list(command: AddPriceList, records: Records, context: Context) -> None:
    """The name is unique in the tenant; a state or custom list says which."""
    require_admin(context)
    values = typed(command, PRICE_LIST_FIELDS)
    price_list = PriceList(id=command.price_list_id, currency=command.currency, **values)
    _check_price_list(records, context, price_list, values)
    records.add(price_list)


@dataclass(frozen=True, kw_only=True)
class EditPriceList(Command):
    """Correct a price list; its currency stays, its prices are in it."""

    price_list_id: Id
    fields: dict[str, FieldEdit]


@handles(EditPriceList)
def edit_price_list(command: EditPriceList, records: Records, context: Context) -> Outcome:
    """Field by field."""
    require_admin(context)
    return apply_edits(records, context, records.need(PriceList, command.price_list_id), command.fields)


@dataclass(frozen=True, kw_only=True)
class SetPrice(Command):
    """Set the price of one bottle on a list, from a number of bottles upward."""

    item_id: Id
    price_list_id: Id
    sku_id: Id
    price_cents: PriceCents
    min_quantity: Quantity = 1
    max_quantity: Quantity | None = None
    was_cents: PriceCents | None = None
    """The price the user saw; None changes whatever stands there."""


@handles(SetPrice)
def set_price(command: SetPrice, records: Records, context: Context) -> Outcome:
    """One row a list, SKU and quantity step: returns the `item_id` of the row that has the price now."""
    require_admin(context)
    if command.max_quantity is not None and command.max_quantity < command.min_quantity:
        raise Rejected("field_invalid", field="max_quantity", why="it is below the smallest quantity")
    records.need(PriceList, command.price_list_id)
    records.need(Sku, command.sku_id)
    present = records.find(
        PriceListItem,
        price_list_id=command.price_list_id,
        sku_id=command.sku_id,
        min_quantity=command.min_quantity,
    )
    if present:
        return _reprice(records, context, present[0], "item_id", command, {"max_quantity": plain(command.max_quantity)})
    records.add(
        PriceListItem(
            id=command.item_id,
            price_list_id=command.price_list_id,
            sku_id=command.sku_id,
            price_cents=command.price_cents,
            min_quantity=command.min_quantity,
            max_quantity=command.max_quantity,
        )
    )
    return Outcome(result={"item_id": command.item_id})


@dataclass(frozen=True, kw_only=True)
class RemovePrice(Command):
    """Take a price off its list."""

    item_id: Id


@handles(RemovePrice)
def remove_price(command: RemovePrice, records: Records, context: Context) -> None:
    """Open conflicts about it are settled with it."""
    require_admin(context)
    _remove(records, context, records.need(PriceListItem, command.item_id))


@dataclass(frozen=True, kw_only=True)
class SetContractPrice(Command):
    """Set the price of one bottle agreed with one account."""

    price_id: Id
    account_id: Id
    sku_id: Id
    price_cents: PriceCents
    min_quantity: Quantity = 1
    effective_on: date | None = None
    expires_on: date | None = None
    was_cents: PriceCents | None = None
    """The price the user saw; None changes whatever stands there."""


@handles(SetContractPrice)
def set_contract_price(command: SetContractPrice, records: Records, context: Context) -> Outcome:
    """One row an account, SKU, quantity step and first day: returns the `price_id` of the row that has it now."""
    require_admin(context)
    _check_span(command.effective_on, command.expires_on)
    records.need(Account, command.account_id)
    records.need(Sku, command.sku_id)
    present = records.find(
        ContractPrice,
        account_id=command.account_id,
        sku_id=command.sku_id,
        min_quantity=command.min_quantity,
        effective_on=command.effective_on,
    )
    if present:
        return _reprice(records, context, present[0], "price_id", command, {"expires_on": plain(command.expires_on)})
    records.add(
        ContractPrice(
            id=command.price_id,
            account_id=command.account_id,
            sku_id=command.sku_id,
            price_cents=command.price_cents,
            min_quantity=command.min_quantity,
            effective_on=command.effective_on,
            expires_on=command.expires_on,
        )
    )
    return Outcome(result={"price_id": command.price_id})


@dataclass(frozen=True, kw_only=True)
class RemoveContractPrice(Command):
    """End a price agreed with an account by taking it away."""

    price_id: Id


@handles(RemoveContractPrice)
def remove_contract_price(command: RemoveContractPrice, records: Records, context: Context) -> None:
    """Open conflicts about it are settled with it."""
    require_admin(context)
    _remove(records, context, records.need(ContractPrice, command.price_id))


@dataclass(frozen=True, kw_only=True)
class SetSkuCost(Command):
    """Set what a bottle costs us; kept in the office's scope, away from reps."""

    sku_id: Id
    cost_cents: PriceCents
    was_cents: PriceCents | None = None
    """The cost the user saw; None changes whatever stands there."""


@handles(SetSkuCost)
def set_sku_cost(command: SetSkuCost, records: Records, context: Context) -> Outcome | None:
    """One row a SKU, whose id is derived from the SKU's: every device makes the same one."""
    require_admin(context)
    records.need(Sku, command.sku_id)
    cost_id = child_id(command.sku_id, "cost")
    present = records.get(SkuCost, cost_id)
    if not isinstance(present, SkuCost):
        records.add(SkuCost(id=cost_id, sku_id=command.sku_id, cost_cents=command.cost_cents))
        return None
    was = present.cost_cents if command.was_cents is None else command.was_cents
    return apply_edits(records, context, present, {"cost_cents": FieldEdit(was=was, now=command.cost_cents)})


def _reprice(
    records: Records,
    context: Context,
    row: PriceListItem | ContractPrice,
    id_name: str,
    command: SetPrice | SetContractPrice,
    others: Mapping[str, Scalar],
) -> Outcome:
    """Change a price that stands already; `others` are set whatever stood there."""
    was = row.price_cents if command.was_cents is None else command.was_cents
    edits = {name: FieldEdit(was=plain(getattr(row, name)), now=now) for name, now in others.items()}
    outcome = apply_edits(records, context, row, {"price_cents": FieldEdit(was=was, now=command.price_cents), **edits})
    return Outcome(result={id_name: row.id, **outcome.result})


def _remove(records: Records, context: Context, row: Record) -> None:
    close_conflicts(records, context, row)
    records.remove(row)


def _check_span(effective_on: date | None, expires_on: date | None) -> None:
    if effective_on is not None and expires_on is not None and expires_on < effective_on:
        raise Rejected("field_invalid", field="expires_on", why="it lies before the first day")


def _check_price_list(records: Records, context: Context, price_list: PriceList, values: Mapping[str, Any]) -> None:
    """The list as it would be: its days in order, a rule with what it looks for, a name of its own."""
    wanted = replace(price_list, **values)
    _check_span(wanted.effective_on, wanted.expires_on)
    if wanted.rule in ("state", "custom") and wanted.rule_value is None:
        raise Rejected("field_invalid", field="rule_value", why=f"a {wanted.rule} list needs one")
    need_free(records, context, price_list, values, "name", "price_list_name_taken")


def _check_contract(_records: Records, _context: Context, price: ContractPrice, values: Mapping[str, Any]) -> None:
    _check_span(price.effective_on, values.get("expires_on"))


editable(PriceList, fields=PRICE_LIST_FIELDS, may_edit=admin_only, check=_check_price_list)
editable(PriceListItem, fields={"price_cents": _PRICE, "max_quantity": fields.whole(1)}, may_edit=admin_only)
editable(
    ContractPrice,
    fields={"price_cents": _PRICE, "expires_on": fields.day},
    may_edit=admin_only,
    check=_check_contract,
)
editable(SkuCost, fields={"cost_cents": _PRICE}, may_edit=admin_only)
