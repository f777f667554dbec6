from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem
from leora_core.domain.samples.records import AllowanceRequest
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries import run
from tests.builders import (
    NOW,
    OTHER_REP,
    REP,
    TODAY,
    a_line,
    a_manager,
    a_movement,
    a_product,
    a_reader,
    a_sample,
    a_sku,
    a_supplier,
    a_task,
    a_user,
    a_viewer,
    an_account,
    an_activity,
    an_address,
    an_id,
    an_order,
    assigned,
)


def pages(reader: Transaction, name: str, limit: int, **params: str) -> list[Any]:
    """All rows of a query, page after page."""
    rows: list[Any] = []
    after: dict[str, str] = {}
    while True:
        page = run(name, reader, a_viewer(), {**params, **after, "limit": str(limit)})
        rows += page.rows
        if page.next is None:
            assert len(rows) == page.total
            return rows
        after = {"after": page.next}


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_activities_come_newest_first_over_all_pages(tmp_path: Path, limit: int) -> None:
    account = an_account()
    made = [an_activity(account, occurred_at=NOW - timedelta(hours=n // 2)) for n in range(7)]
    with a_reader(tmp_path, account, *made, an_activity(account, removed_at=NOW)) as reader:
        rows = pages(reader, "activities", limit)
    assert [row.id for row in rows] == [
        row.id for row in sorted(made, key=lambda row: (row.occurred_at, row.id), reverse=True)
    ]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"type": "call"}, {"b"}),
        ({"outcome": "INTERESTED"}, {"a"}),
        ({"outcome": "NOT_INTERESTED"}, {"b"}),
        ({"rep": OTHER_REP}, {"c"}),
        ({"text": "50% MORE"}, {"a"}),
        ({"text": "100%"}, set()),
        ({"day_to": "2026-11-20"}, {"c"}),
    ],
)
def test_activities_are_filtered(tmp_path: Path, params: dict[str, str], expected: set[str]) -> None:
    account = an_account(name="Bar")
    records = [
        an_activity(account, subject="a", outcomes=("INTERESTED",), note="Wants 50% more"),
        an_activity(account, subject="b", type="call", outcomes=("NOT_INTERESTED",)),
        an_activity(account, subject="c", user_id=OTHER_REP, occurred_at=NOW - timedelta(days=9)),
    ]
    with a_reader(tmp_path, account, *records) as reader:
        found = run("activities", reader, a_viewer(), params)
        assert {row.subject for row in found.rows} == expected
        assert found.total == len(expected)
        account_rows = run("activities", reader, a_viewer(), {"account": account.id})
        assert {row.account_name for row in account_rows.rows} == {"Bar"}


def test_tasks_come_by_day_with_the_dayless_last(tmp_path: Path) -> None:
    account = an_account(name="Bar")
    records = [
        a_task(title="dayless"),
        a_task(title="late", due_on=TODAY - timedelta(days=3)),
        a_task(title="today", due_on=TODAY, account_id=account.id, source="sample:1"),
        a_task(title="done", status="done", due_on=TODAY),
        a_task(title="theirs", assignee_id=OTHER_REP, source="activity:1", due_on=TODAY + timedelta(days=1)),
    ]
    with a_reader(tmp_path, account, a_user(), *records) as reader:

        def titles(**params: str) -> list[str]:
            return [row.title for row in pages(reader, "tasks", 2, **params)]

        assert titles() == ["late", "today", "theirs", "dayless"]
        assert titles(assignee=REP, due_by=TODAY.isoformat()) == ["late", "today"]
        assert titles(source="sample") == titles(account=account.id) == ["today"]
        assert titles(source="activity") == ["theirs"]
        assert titles(source="typed") == ["late", "dayless"]
        assert titles(status="done") == ["done"]
        late = run("tasks", reader, a_viewer()).rows[0]
        assert (late.days_overdue, late.assignee_name) == (3, "Robin Rep")


def test_orders_of_a_rep_are_those_of_the_accounts_assigned_now(tmp_path: Path) -> None:
    mine, lost = an_account(name="Mine"), an_account(name="Lost")
    orders = [
        an_order(mine, date(2026, 11, 2), number="1", rep_id=OTHER_REP),
        an_order(mine, date(2026, 11, 3), number="2", status="cancelled"),
        an_order(mine, None, number="3", ordered_on=date(2026, 11, 4)),
        an_order(lost, date(2026, 11, 5), number="4", rep_id=REP),
    ]
    records = [mine, lost, assigned(mine), assigned(lost, to_version=3), *orders]
    with a_reader(tmp_path, *records) as reader:
        assert [row.number for row in pages(reader, "orders", 2)] == ["4", "3", "2", "1"]
        assert [row.number for row in pages(reader, "orders", 2, rep=REP)] == ["3", "2", "1"]
        revenue = run("orders", reader, a_viewer(), {"rep": REP, "revenue": "yes"})
        assert ([row.number for row in revenue.rows], revenue.revenue_cents) == (["1"], 100_000)
        assert run("orders", reader, a_viewer(), {"account": mine.id}).revenue_cents == 100_000
        days = {"delivered_from": "2026-11-03", "delivered_to": "2026-11-05"}
        assert [row.number for row in pages(reader, "orders", 9, **days)] == ["4", "2"]


def test_an_order_shows_its_lines(tmp_path: Path) -> None:
    account, product = an_account(name="Bar"), a_product(name="Wine")
    sku, order = a_sku(product, size="750 ml", vintage=2019), an_order(account, number="N-1", rep_id=REP)
    lines = [a_line(order, sku, quantity=-2), a_line(order, sku, is_sample=True)]
    with a_reader(tmp_path, account, product, sku, order, *lines, a_user()) as reader:
        page = run("order", reader, a_viewer(), {"id": order.id})
    assert (page.order.account_name, page.rep_name, page.counts_as_revenue) == ("Bar", "Robin Rep", True)
    assert [(line.product_name, line.vintage, line.total_cents) for line in page.lines] == [
        ("Wine", 2019, -2_000),
        ("Wine", 2019, 0),
    ]


def test_my_samples_are_the_sums_of_the_ledger(tmp_path: Path) -> None:
    account, product = an_account(name="Bar"), a_product(name="Wine")
    one, two = a_sku(product, code="A"), a_sku(product, code="B")
    ledger = [
        a_movement(one, quantity=24, moved_at=NOW - timedelta(days=2)),
        a_movement(one, kind="give", quantity=-50, account_id=account.id),
        a_movement(two, quantity=5),
        a_movement(two, kind="transfer_out", quantity=-5, other_rep_id=OTHER_REP),
        a_movement(one, rep_id=OTHER_REP, quantity=99),
    ]
    request = AllowanceRequest(
        id=an_id(), rep_id=REP, month="2026-11", quantity=10, purpose="Fair", status="approved", granted=2, asked_at=NOW
    )
    records = [account, product, one, two, *ledger, request, a_user(), a_user(OTHER_REP, name="Olga")]
    with a_reader(tmp_path, *records) as reader:
        page = run("samples", reader, a_viewer())
        assert [(row.sku.code, row.bottles) for row in page.stock] == [("A", -26)]
        assert (page.allowance.used, page.allowance.allowance, page.allowance.left) == (50, 62, 12)
        assert page.allowance.level == "warn"
        assert [row.granted for row in page.requests] == [2]
        lines = pages(reader, "sample_ledger", 2)
        assert [line.quantity for line in lines if line.sku.code == "A"] == [-50, 24]
        given = run("sample_ledger", reader, a_viewer(), {"kind": "give"})
        assert (given.total, given.bottles, given.rows[0].account_name) == (1, -50, "Bar")
        moved = run("sample_ledger", reader, a_viewer(), {"kind": "transfer_out", "sku": two.id})
        assert moved.rows[0].other_rep_name == "Olga"
        assert run("allowance_requests", reader, a_manager()) == []
        (asked,) = run("allowance_requests", reader, a_manager(), {"status": "approved"})
        assert asked.rep_name == "Robin Rep"


def test_samples_given_to_an_account(tmp_path: Path) -> None:
    account, other, product = an_account(name="Bar"), an_account(), a_product(name="Wine")
    sku = a_sku(product)
    given = [a_sample(account, sku, quantity=2), a_sample(account, sku, given_at=NOW - timedelta(days=40))]
    with a_reader(tmp_path, account, other, product, sku, *given, a_sample(other, sku)) as reader:
        assert [row.quantity for row in pages(reader, "samples_given", 1, account=account.id)] == [2, 1]
        recent = run("samples_given", reader, a_viewer(), {"account": account.id, "day_from": "2026-11-01"})
        assert (recent.total, recent.bottles, recent.rows[0].sku.product_name) == (1, 2, "Wine")


def a_price(sku_id: str, price_list: PriceList, cents: int, **fields: Any) -> PriceListItem:
    return PriceListItem(id=an_id(), price_list_id=price_list.id, sku_id=sku_id, price_cents=cents, **fields)


def test_products_carry_the_account_s_prices(tmp_path: Path) -> None:
    account = an_account(name="Bar")
    supplier = a_supplier(name="Casa Nova")
    wine = a_product(name="Éclat", category="Red", grapes=("Merlot",), supplier_id=supplier.id)
    beer, gone = a_product(name="Beer"), a_product(name="Gone", archived=True)
    listed, agreed, none = a_sku(wine, code="W-1"), a_sku(wine, code="W-2"), a_sku(beer)
    everyone = PriceList(id=an_id(), name="Everyone")
    local = PriceList(id=an_id(), name="New York", rule="state", rule_value="NY")
    records = [
        *(account, an_address(account, state="NY"), supplier, wine, beer, gone, listed, agreed, none, everyone, local),
        a_price(listed.id, everyone, 2_000),
        a_price(listed.id, local, 1_900),
        a_price(listed.id, local, 1_500, min_quantity=12),
        a_price(agreed.id, everyone, 2_000),
        ContractPrice(id=an_id(), account_id=account.id, sku_id=agreed.id, price_cents=1_111),
    ]
    with a_reader(tmp_path, *records) as reader:
        found = run("products", reader, a_viewer(), {"account": account.id})
        assert [row.name for row in found.rows] == ["Beer", "Éclat"]
        prices = {sku.code: sku.price for row in found.rows for sku in row.skus}
        assert (prices["W-1"].cents, prices["W-1"].rule, prices["W-1"].list_name) == (1_900, "state", "New York")
        assert (prices["W-2"].cents, prices["W-2"].rule) == (1_111, "contract")
        assert prices[none.code].cents is None
        assert "no price list" in prices[none.code].why
        dozen = run("price", reader, a_viewer(), {"account": account.id, "sku": listed.id, "quantity": "12"})
        assert dozen.cents == 1_500
        for text in ("eclat", "merl nova", "w-2"):
            assert [row.name for row in run("products", reader, a_viewer(), {"text": text}).rows] == ["Éclat"]
        assert [row.name for row in pages(reader, "products", 1, archived="yes")] == ["Beer", "Éclat", "Gone"]
        assert run("product", reader, a_viewer(), {"id": wine.id}).supplier_name == "Casa Nova"


def test_the_search_box_is_a_query_too(tmp_path: Path) -> None:
    with a_reader(tmp_path, an_account(name="Blue Door"), a_product(name="Blue Wine")) as reader:
        assert [hit.title for hit in run("search", reader, a_viewer(), {"text": "blu"})] == ["Blue Door", "Blue Wine"]
        assert [hit.title for hit in run("search", reader, a_viewer(), {"text": "blu", "kind": "product"})] == [
            "Blue Wine"
        ]


def test_users_are_listed_by_name_and_role(tmp_path: Path) -> None:
    people = [a_user(), a_user(OTHER_REP, name="Ann", active=False), a_user(an_id(), name="Mo", roles=("manager",))]
    with a_reader(tmp_path, *people) as reader:
        assert [row.name for row in run("users", reader, a_viewer())] == ["Mo", "Robin Rep", "Ann"]
        assert [row.name for row in run("users", reader, a_viewer(), {"role": "rep"})] == ["Robin Rep", "Ann"]
