"""What an account buys: its best products, and those it has stopped buying."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.orders.history import ProductSales, counts_as_revenue, top_products
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.values import Cents, add_months
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import by_ids

_TOP_MONTHS = 6
_LAPSED_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtRow:
    """Bottles and revenue of one product in the time asked about."""

    product_id: str
    product_name: str | None
    bottles: int
    revenue_cents: Cents
    last_on: date
    """The last delivery ever."""


@dataclass(frozen=True, slots=True)
class Bought:
    """`top` of the last six months by revenue; `lapsed` bought before but not in the last 90 days, best first."""

    top: tuple[BoughtRow, ...]
    lapsed: tuple[BoughtRow, ...]


def products_bought(
    reader: Transaction, orders: Sequence[Order], lines: Sequence[OrderLine], today: date, limit: int
) -> Bought:
    """What these orders of one account tell."""
    delivered = {order.id: order.delivered_on for order in orders if counts_as_revenue(order) and order.delivered_on}
    sold = [(line, delivered[line.order_id]) for line in lines if line.order_id in delivered and not line.is_sample]
    skus = by_ids(reader, Sku, {line.sku_id for line, _ in sold})
    product_of = {sku.id: sku.product_id for sku in skus.values()}
    last: dict[str, date] = {}
    for line, day in sold:
        product_id = product_of.get(line.sku_id)
        if product_id is not None and line.quantity > 0:
            last[product_id] = max(day, last.get(product_id, day))
    names = by_ids(reader, Product, last)
    recent = [line for line, day in sold if day > add_months(today, -_TOP_MONTHS)]
    lapsed_before = today - timedelta(days=_LAPSED_DAYS)
    ever = (sale for sale in top_products([line for line, _ in sold], product_of) if sale.product_id in last)
    top = (sale for sale in top_products(recent, product_of) if sale.product_id in last)
    return Bought(
        top=tuple(_row(sale, names, last) for sale in list(top)[:limit]),
        lapsed=tuple(_row(sale, names, last) for sale in ever if last[sale.product_id] < lapsed_before)[:limit],
    )


def _row(sale: ProductSales, names: dict[str, Product], last: dict[str, date]) -> BoughtRow:
    product = names.get(sale.product_id)
    return BoughtRow(
        product_id=sale.product_id,
        product_name=product.name if product else None,
        bottles=sale.bottles,
        revenue_cents=sale.revenue_cents,
        last_on=last[sale.product_id],
    )
