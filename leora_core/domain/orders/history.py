"""What delivered orders tell: revenue by month, and what sold best."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.values import Cents


class Line(Protocol):
    """What of an order line counts here; a stored line and one of a command alike."""

    @property
    def quantity(self) -> int: ...
    @property
    def unit_price_cents(self) -> int: ...
    @property
    def is_sample(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class ProductSales:
    """Bottles and revenue of one product."""

    product_id: str
    bottles: int
    revenue_cents: Cents


def counts_as_revenue(order: Order) -> bool:
    """Whether the order is delivered revenue: a delivery day, and any status but cancelled."""
    return order.status != "cancelled" and order.delivered_on is not None


def line_total(line: Line) -> Cents:
    """The line's revenue; a sample has none, a return is negative."""
    return 0 if line.is_sample else line.quantity * line.unit_price_cents


def order_total(lines: Iterable[Line]) -> Cents:
    """Product revenue of an order: the sum over lines that are not samples."""
    return sum(line_total(line) for line in lines)


def monthly_revenue(orders: Iterable[Order]) -> dict[str, Cents]:
    """Delivered revenue by month of delivery (`2026-11`), oldest month first; months without orders are left out."""
    months: defaultdict[str, Cents] = defaultdict(int)
    for order in orders:
        if counts_as_revenue(order) and order.delivered_on is not None:
            months[f"{order.delivered_on:%Y-%m}"] += order.total_cents
    return dict(sorted(months.items()))


def top_products(
    lines: Iterable[OrderLine], product_of: Mapping[str, str], *, limit: int | None = None
) -> list[ProductSales]:
    """The products of these lines by revenue, then bottles, then id; samples do not count.

    `product_of` maps SKU to product id; a line of a SKU it lacks is left out. Give only lines of
    orders that count as revenue.
    """
    bottles: defaultdict[str, int] = defaultdict(int)
    revenue: defaultdict[str, Cents] = defaultdict(int)
    for line in lines:
        product_id = product_of.get(line.sku_id)
        if product_id is None or line.is_sample:
            continue
        bottles[product_id] += line.quantity
        revenue[product_id] += line_total(line)
    sales = [ProductSales(product_id, bottles[product_id], cents) for product_id, cents in revenue.items()]
    return sorted(sales, key=lambda s: (-s.revenue_cents, -s.bottles, s.product_id))[:limit]
