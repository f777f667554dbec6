"""The order history of an account, of a rep's accounts, or of all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import account_scope
from leora_core.domain.orders.history import counts_as_revenue, line_total
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.values import Cents
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import (
    account_names,
    assigned,
    by_ids,
    find,
    need,
    select_page,
    table,
    user_names,
)
from leora_desktop.replica.queries.registry import Limit, Viewer, query


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a list."""

    id: str
    number: str | None
    account_id: str
    account_name: str | None
    rep_id: str | None
    status: str
    ordered_on: date | None
    delivered_on: date | None
    total_cents: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class OrderList:
    """One page; `total` counts all that match, `revenue_cents` sums those of them that are revenue."""

    rows: tuple[OrderRow, ...]
    total: int
    revenue_cents: Cents
    next: str | None


@query("orders")
def orders(
    reader: Transaction,
    _viewer: Viewer,
    *,
    account: str | None = None,
    rep: str | None = None,
    status: str | None = None,
    delivered_from: date | None = None,
    delivered_to: date | None = None,
    revenue: bool = False,
    limit: Limit = 200,
    after: str | None = None,
) -> OrderList:
    """Orders, newest first. A rep's are those of the accounts assigned to them now.

    `revenue` leaves out what is cancelled or not delivered; both delivery days are included.
    """
    order = table("order")
    conditions: list[sa.ColumnElement[bool]] = []
    if account is not None:
        conditions.append(order.c.row_scope == account_scope(account))
    if rep is not None:
        conditions.append(order.c.row_scope.in_(assigned(rep)))
    if status is not None:
        conditions.append(order.c.status == status)
    if delivered_from is not None:
        conditions.append(order.c.delivered_on >= delivered_from.isoformat())
    if delivered_to is not None:
        conditions.append(order.c.delivered_on <= delivered_to.isoformat())
    if revenue:
        conditions.append(is_revenue(order))
    day = sa.func.coalesce(order.c.delivered_on, order.c.ordered_on, "")
    statement = sa.select(order.c.id).where(*conditions)
    rows, following = select_page(reader, statement, day, order.c.id, newest_first=True, after=after, limit=limit)
    found = by_ids(reader, Order, (row.id for row in rows))
    total, cents = reader.connection.execute(totals(order, *conditions)).one()
    return OrderList(order_rows(reader, [found[row.id] for row in rows]), total, cents, following)


def is_revenue(order: Any) -> sa.ColumnElement[bool]:
    """The SQL of `counts_as_revenue`."""
    return sa.and_(order.c.status != "cancelled", order.c.delivered_on.is_not(None))


def totals(order: Any, *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """How many orders meet the conditions, and their revenue in cents."""
    cents = sa.func.sum(sa.case((is_revenue(order), order.c.total_cents), else_=0))
    return sa.select(sa.func.count(), sa.func.coalesce(cents, 0)).select_from(order).where(*conditions)


def order_rows(reader: Transaction, found: Sequence[Order]) -> tuple[OrderRow, ...]:
    """The rows of these orders, in their order."""
    names = account_names(reader, (order.account_id for order in found))
    return tuple(
        OrderRow(
            id=order.id,
            number=order.number,
            account_id=order.account_id,
            account_name=names.get(order.account_id),
            rep_id=order.rep_id,
            status=order.status,
            ordered_on=order.ordered_on,
            delivered_on=order.delivered_on,
            total_cents=order.total_cents,
            currency=order.currency,
        )
        for order in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of an order. `quantity` in bottles, negative on a return."""

    id: str
    sku_id: str
    code: str | None
    product_id: str | None
    product_name: str | None
    size: str | None
    vintage: int | None
    quantity: int
    unit_price_cents: Cents
    total_cents: Cents
    is_sample: bool


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order with its lines."""

    order: OrderRow
    rep_name: str | None
    counts_as_revenue: bool
    lines: tuple[LineRow, ...]


@query("order")
def order_page(reader: Transaction, _viewer: Viewer, *, id: str) -> OrderPage:
    """One order and its lines."""
    order = need(reader, Order, id)
    lines = find(reader, OrderLine, order_id=id, account_id=order.account_id)
    skus = by_ids(reader, Sku, (line.sku_id for line in lines))
    products = by_ids(reader, Product, (sku.product_id for sku in skus.values()))
    (row,) = order_rows(reader, [order])
    return OrderPage(
        order=row,
        rep_name=user_names(reader).get(order.rep_id or ""),
        counts_as_revenue=counts_as_revenue(order),
        lines=tuple(_line(line, skus.get(line.sku_id), products) for line in lines),
    )


def _line(line: OrderLine, sku: Sku | None, products: dict[str, Product]) -> LineRow:
    product = products.get(sku.product_id) if sku else None
    return LineRow(
        id=line.id,
        sku_id=line.sku_id,
        code=sku.code if sku else None,
        product_id=sku.product_id if sku else None,
        product_name=product.name if product else None,
        size=sku.size if sku else None,
        vintage=sku.vintage if sku else None,
        quantity=line.quantity,
        unit_price_cents=line.unit_price_cents,
        total_cents=line_total(line),
        is_sample=line.is_sample,
    )
