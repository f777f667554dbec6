import time
from datetime import date

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.orders.records import Order, OrderLine
from tests.sync.imports.bench import Bench, sentences, statuses

HEADER = "Invoice number,Account number,Date,Item code,Qty,Unit price\n"


@pytest.fixture
def trading(bench: Bench) -> Bench:
    bench.take("accounts", "Account number,Name,Zip\n1,Café Anna,02116\n2,Bar Two,02118\n")
    bench.take("products", "SKU,Name,Case pack,UPC\nA,Merlot,12,012345678905\nB,Malbec,6,\n")
    return bench


def test_lines_of_one_number_make_an_order_wherever_they_stand(trading: Bench) -> None:
    text = HEADER + "I1,1,03/14/2024,A,12,14.99\nI2,2,03/15/2024,A,6,15\nI1,1,03/14/2024,B,-6,10.00\n"
    assert trading.take("orders", text).ok
    first, second = trading.rows(Order)
    assert (first.number, first.total_cents, first.delivered_on) == ("I1", 12 * 1499 - 6 * 1000, date(2024, 3, 14))
    assert (first.status, second.total_cents) == ("delivered", 9000)
    lines = trading.rows(OrderLine, account_id=first.account_id, order_id=first.id)
    assert [(line.quantity, line.unit_price_cents) for line in lines] == [(12, 1499), (-6, 1000)]
    again = trading.take("orders", text)
    assert statuses(again) == {2: "same", 3: "same", 4: "same"}


def test_a_corrected_order_replaces_only_the_lines_that_differ(trading: Bench) -> None:
    text = HEADER + "I1,1,03/14/2024,A,12,14.99\nI1,1,03/14/2024,B,6,10.00\n"
    trading.take("orders", text)
    kept = trading.rows(OrderLine)[0].id
    report = trading.take("orders", text.replace("B,6", "B,12"))
    assert statuses(report) == {2: "updated", 3: "updated"}
    lines = trading.rows(OrderLine)
    assert [line.quantity for line in lines] == [12, 12]
    assert lines[0].id == kept
    assert trading.one(Order).total_cents == 12 * 1499 + 12 * 1000


def test_an_order_goes_in_whole_or_not_at_all(trading: Bench) -> None:
    text = (
        HEADER + "I1,1,03/14/2024,A,12,14.99\nI1,1,03/14/2024,X,6,10.00\nI2,1,03/15/2024,A,0,9\nI3,1,03/16/2024,A,6,9\n"
    )
    report = trading.take("orders", text, skip_bad=True)
    assert sentences(report) == [
        "Row 2: left out with its order, because row 3 is wrong.",
        'Row 3, column Item code: "X" is no SKU here. Import the products first, or correct it.',
        'Row 4, column Qty: "0" is no quantity from 1 to 100,000 bottles. Correct it.',
    ]
    assert trading.one(Order).number == "I3"


def test_a_line_that_cannot_be_read_takes_its_order_along(trading: Bench) -> None:
    text = HEADER + "I1,1,03/14/2024,A,12,14.99\nI1,1,03/14/2024,B,six,10.00\n"
    report = trading.take("orders", text, skip_bad=True)
    assert statuses(report) == {2: "bad", 3: "bad"}
    assert trading.rows(Order) == []


def test_lines_of_one_order_must_agree(trading: Bench) -> None:
    text = HEADER + "I1,1,03/14/2024,A,12,14.99\nI1,2,03/14/2024,B,6,10.00\n"
    assert 'Row 3, column Account number: "2" is not what row 2 says of the same order. Make them agree.' in sentences(
        trading.take("orders", text)
    )


def test_line_values_are_kept_to_the_cent_and_rounded_prices_told(trading: Bench) -> None:
    text = "Order number,Account number,Date,UPC,Qty,Net price\nO1,1,2024-03-14,012345678905,3,$10.00\n"
    report = trading.take("orders", text)
    assert trading.one(Order).total_cents == 1000
    assert trading.one(OrderLine).unit_price_cents == 333
    assert any("rounded half-up" in note for note in report.plan.notes)


def test_cases_become_bottles(trading: Bench) -> None:
    text = "Order number,Account number,Date,SKU,Cases,Price\nO1,1,2024-03-14,A,1.5,10\nO1,1,2024-03-14,B,2,10\n"
    trading.take("orders", text)
    assert [line.quantity for line in trading.rows(OrderLine)] == [18, 12]
    bad = trading.take("orders", "Order number,Account number,Date,SKU,Cases,Price\nO2,1,2024-03-14,A,0.3,10\n")
    assert "cases of 12 make no whole bottles" in sentences(bad)[0]


def test_status_and_days_fit_together(trading: Bench) -> None:
    header = "Order number,Account number,Order date,Delivery date,Status,SKU,Qty,Price,Sample\n"
    text = header + (
        "1,1,2024-03-01,2024-03-03,Shipped,A,6,10,\n2,1,2024-03-01,,Void,A,6,10,\n3,1,2024-03-01,,,A,6,10,\n"
        "4,1,2024-03-01,2024-03-03,,A,1,,Y\n"
    )
    assert trading.take("orders", text).ok
    assert [(order.status, order.delivered_on, order.total_cents) for order in trading.rows(Order)] == [
        ("delivered", date(2024, 3, 3), 6000), ("cancelled", None, 6000), ("open", None, 6000),
        ("delivered", date(2024, 3, 3), 0),
    ]  # fmt: skip
    late = trading.take("orders", header + "5,1,2024-03-01,2099-01-01,,A,6,10,\n6,1,2024-03-01,,Paid,A,6,10,\n")
    assert sentences(late) == [
        'Row 2, column Delivery date: "2099-01-01" lies ahead. Correct it.',
        "Row 3, column Delivery date: the cell is empty. Fill it in or leave the row out.",
    ]


def test_four_orders_establish_what_an_order_comes_to(trading: Bench) -> None:
    rows = "".join(f"I{i},1,0{i}/14/2024,A,{i},10.00\n" for i in range(1, 4))
    trading.take("orders", HEADER + rows)
    assert trading.one(Account, account_number="1").baseline_order_cents is None
    trading.take("orders", HEADER + "I4,1,04/14/2024,A,4,10.00\nI5,1,05/14/2024,A,6,10.00\n")
    assert trading.one(Account, account_number="1").baseline_order_cents == 5000


def test_an_order_recorded_for_another_account_is_refused(trading: Bench) -> None:
    trading.take("orders", HEADER + "I1,1,03/14/2024,A,12,14.99\n")
    report = trading.take("orders", HEADER + "I1,2,03/14/2024,A,12,14.99\n")
    assert sentences(report) == ["Row 2: this order stands already for another account. Correct one of them."]


@pytest.mark.slow
def test_twenty_thousand_lines_take_seconds(trading: Bench) -> None:
    lines = "".join(f"I{i // 4},1,03/14/2024,{'AB'[i % 2]},12,14.99\n" for i in range(20_000))
    started = time.perf_counter()
    assert trading.take("orders", HEADER + lines).counts["added"] == 20_000
    assert time.perf_counter() - started < 20
