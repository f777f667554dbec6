from datetime import date
from typing import Any

from leora_core.domain.orders.history import (
    ProductSales,
    counts_as_revenue,
    line_total,
    monthly_revenue,
    order_total,
    top_products,
)
from leora_core.domain.orders.records import Order, OrderLine


def order(cents: int, delivered_on: date | None, **other: Any) -> Order:
    return Order(id=f"o-{cents}", account_id="acc", delivered_on=delivered_on, total_cents=cents, **other)


def line(sku_id: str, quantity: int, cents: int, *, is_sample: bool = False) -> OrderLine:
    return OrderLine(
        id=f"l-{sku_id}-{quantity}",
        account_id="acc",
        order_id="o",
        sku_id=sku_id,
        quantity=quantity,
        unit_price_cents=cents,
        is_sample=is_sample,
    )


def test_revenue_is_what_was_delivered_and_not_cancelled() -> None:
    assert counts_as_revenue(order(1, date(2026, 1, 1)))
    assert counts_as_revenue(order(1, date(2026, 1, 1), status="fulfilled"))
    assert not counts_as_revenue(order(1, None))
    assert not counts_as_revenue(order(1, date(2026, 1, 1), status="cancelled"))


def test_a_total_leaves_samples_out_and_takes_returns_off() -> None:
    lines = [line("a", 12, 1000), line("b", 1, 5000, is_sample=True), line("a", -2, 1000)]
    assert [line_total(each) for each in lines] == [12_000, 0, -2_000]
    assert order_total(lines) == 10_000
    assert order_total([]) == 0


def test_monthly_revenue_goes_by_the_day_of_delivery() -> None:
    orders = [
        order(500, date(2026, 2, 28)),
        order(100, date(2026, 1, 31), ordered_on=date(2025, 12, 30)),
        order(200, date(2026, 1, 1)),
        order(900, date(2026, 1, 2), status="cancelled"),
        order(800, None),
    ]
    months = monthly_revenue(orders)
    assert months == {"2026-01": 300, "2026-02": 500}
    assert list(months) == ["2026-01", "2026-02"]


def test_top_products_add_up_the_skus_of_a_product() -> None:
    product_of = {"red-750": "red", "red-1500": "red", "white": "white", "rose": "rose"}
    lines = [
        line("red-750", 12, 1000),
        line("red-1500", 6, 2000),
        line("white", 24, 500),
        line("white", 3, 500, is_sample=True),
        line("rose", 12, 1000),
        line("gone", 100, 9999),
    ]
    expected = [
        ProductSales("red", 18, 24_000),
        ProductSales("white", 24, 12_000),
        ProductSales("rose", 12, 12_000),
    ]
    assert top_products(lines, product_of) == expected
    assert top_products(lines, product_of, limit=1) == expected[:1]
    assert top_products([], product_of) == []
