from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from leora_core.domain.accounts.health import Status
from leora_core.domain.accounts.records import Account, AccountTag, DeliveryWindow, TagDefinition
from leora_core.domain.command import Rejected
from leora_core.domain.edits import Conflict, FieldChange
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries import run
from leora_desktop.replica.queries.accounts import HealthStatus
from tests.builders import (
    NOW,
    OTHER_REP,
    REP,
    TODAY,
    a_contact,
    a_licence,
    a_line,
    a_manager,
    a_note,
    a_product,
    a_reader,
    a_sample,
    a_sku,
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


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def names(reader: Transaction, **params: str) -> list[str]:
    return [row.name for row in run("accounts", reader, a_viewer(), params).rows]


def test_an_account_s_row_tells_where_it_stands(tmp_path: Path) -> None:
    account = an_account(name="Blue Door", account_number="A-1", territory="North")
    orders = [an_order(account, ago(days), total_cents=100_000) for days in (50, 70, 90, 110, 130)]
    extra = [
        an_order(account, ago(1), status="cancelled"),
        an_order(account, None, ordered_on=ago(400)),
        an_order(account, TODAY + timedelta(days=3)),
    ]
    tag = AccountTag(id=an_id(), account_id=account.id, tag="organic", tagged_by=REP, tagged_at=NOW)
    grant = assigned(account, OTHER_REP, to_version=5)
    records = [account, *orders, *extra, tag, grant, assigned(account), a_user(), an_address(account)]
    with a_reader(tmp_path, *records) as reader:
        (row,) = run("accounts", reader, a_viewer()).rows
    assert (row.number, row.city, row.state, row.tags, row.rep_name) == (
        "A-1",
        "Albany",
        "NY",
        ("organic",),
        "Robin Rep",
    )
    assert (row.classification, row.priority, row.priority_source) == ("active", "low", "derived")
    assert (row.health, row.last_order, row.next_expected) == ("at_risk_cadence", ago(50), ago(5))
    assert (row.days_overdue, row.due, row.orders) == (5, True, 5)
    assert "orders every 20 days" in row.health_words
    assert (row.revenue_90_cents, row.revenue_ytd_cents, row.revenue_ttm_cents) == (200_000, 500_000, 500_000)
    assert row.monthly_cents == 83_333


def test_a_priority_set_by_hand_stands_over_revenue(tmp_path: Path) -> None:
    rich = an_account(name="Rich")
    poor = an_account(name="Set", priority="high")
    with a_reader(tmp_path, rich, poor, an_order(rich, ago(10), total_cents=1_500_000)) as reader:
        rows = run("accounts", reader, a_viewer(), {"priority": "high"}).rows
        assert [(row.name, row.priority_source) for row in rows] == [("Rich", "derived"), ("Set", "manual")]


def test_health_may_be_asked_for_by_every_status() -> None:
    assert set(get_args(HealthStatus)) == {status.value for status in Status}


def test_a_page_of_another_order_is_refused(tmp_path: Path) -> None:
    with a_reader(tmp_path, an_account(), an_account()) as reader:
        token = run("accounts", reader, a_viewer(), {"limit": "1"}).next
        with pytest.raises(Rejected, match="another order"):
            run("accounts", reader, a_viewer(), {"sort": "revenue", "after": token})


def test_last_love_is_the_later_of_order_and_visit_on_local_days(tmp_path: Path) -> None:
    called = an_account(name="Called")
    visited = an_account(name="Visited")
    ordered = an_account(name="Ordered")
    records = [
        an_activity(called, type="call"),
        an_activity(visited, occurred_at=NOW - timedelta(days=30)),
        an_activity(visited, occurred_at=NOW, removed_at=NOW),
        an_order(ordered, None, ordered_on=ago(5)),
    ]
    with a_reader(tmp_path, called, visited, ordered, *records) as reader:
        assert names(reader, unloved="yes") == ["Called"]
        late = run("accounts", reader, a_viewer(), {"text": "visited"}).rows[0]
        assert late.last_visit == ago(30)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"text": "CAFE"}, ["Café Un"]),
        ({"text": "troy bl"}, ["Blue Deux"]),
        ({"classification": "prospect"}, ["Green Trois"]),
        ({"health": "hold"}, ["Blue Deux"]),
        ({"health": "closed"}, ["Shut"]),
        ({"closed": "yes", "text": "shut"}, ["Shut"]),
        ({"territory": "North"}, ["Café Un"]),
        ({"premise": "off"}, ["Green Trois"]),
        ({"tag": "organic"}, ["Blue Deux"]),
        ({"rep": REP}, ["Café Un"]),
        ({"due": "true"}, ["Café Un"]),
    ],
)
def test_filters_narrow_the_list(tmp_path: Path, params: dict[str, str], expected: list[str]) -> None:
    one = an_account(name="Café Un", territory="North")
    two = an_account(name="Blue Deux", on_hold=True)
    three = an_account(name="Green Trois", premise="off")
    shut = an_account(name="Shut", closed_at=NOW)
    records = [
        an_order(one, ago(50)),
        an_order(two, ago(50)),
        an_address(two, city="Troy"),
        AccountTag(id=an_id(), account_id=two.id, tag="organic", tagged_by=REP, tagged_at=NOW),
        assigned(one),
        assigned(two, OTHER_REP),
    ]
    with a_reader(tmp_path, one, two, three, shut, *records) as reader:
        assert names(reader, **params) == expected
        assert run("accounts", reader, a_viewer(), params).total == len(expected)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["éclair", "Elm", "zoo", "Zoo"]),
        ("last_order", ["zoo", "éclair", "Zoo", "Elm"]),
        ("next_expected", ["Zoo", "éclair", "zoo", "Elm"]),
        ("revenue", ["Zoo", "éclair", "zoo", "Elm"]),
    ],
)
@pytest.mark.parametrize("limit", [1, 2, 3, 10])
def test_pages_follow_one_another_in_every_order(tmp_path: Path, sort: str, expected: list[str], limit: int) -> None:
    eclair, elm, zoo, second = (an_account(name=name) for name in ("éclair", "Elm", "zoo", "Zoo"))
    orders = [
        an_order(eclair, ago(20)),
        an_order(zoo, ago(10), total_cents=5),
        an_order(second, ago(30), total_cents=10**9),
    ]
    found: list[str] = []
    with a_reader(tmp_path, eclair, elm, zoo, second, *orders) as reader:
        after: dict[str, str] = {}
        while True:
            page = run("accounts", reader, a_viewer(), {"sort": sort, "limit": str(limit), **after})
            assert page.total == 4
            found += [row.name for row in page.rows]
            if page.next is None:
                break
            after = {"after": page.next}
    assert found == expected


def test_many_accounts_have_the_same_facts_as_few(tmp_path: Path) -> None:
    accounts = [an_account(name=f"Bar {n:04d}") for n in range(450)]
    records: list[Any] = [an_order(account, ago(40 + n % 100)) for n, account in enumerate(accounts)]
    records += [an_activity(account) for account in accounts[::7]]
    with a_reader(tmp_path, *accounts, *records) as reader:
        few = run("accounts", reader, a_viewer(), {"limit": "10"})
        many = run("accounts", reader, a_viewer(), {"limit": "10", "classification": "active"})
        assert few == many


def test_the_summary_s_numbers_are_the_totals_of_the_lists(tmp_path: Path) -> None:
    accounts = [an_account(name=f"Bar {n}", territory="North") for n in range(12)]
    orders = [an_order(account, ago(17 * n + 1)) for n, account in enumerate(accounts[:9])]
    with a_reader(tmp_path, *accounts, *orders) as reader:
        summary = run("account_summary", reader, a_viewer())
        assert summary.total == run("accounts", reader, a_viewer()).total == 12
        assert summary.due == run("accounts", reader, a_viewer(), {"due": "yes"}).total
        assert summary.unloved == run("accounts", reader, a_viewer(), {"unloved": "yes"}).total
        for health, number in summary.by_health.items():
            assert number == run("accounts", reader, a_viewer(), {"health": health}).total
        assert summary.territories == ("North",)


def test_one_account_with_all_that_hangs_on_it(tmp_path: Path) -> None:
    account = an_account(name="Blue Door")
    wine, beer = a_product(name="Wine"), a_product(name="Beer")
    wine_sku, beer_sku = a_sku(wine), a_sku(beer)
    old, new = an_order(account, date(2026, 6, 1)), an_order(account, date(2026, 11, 2), total_cents=24_000)
    elsewhere = an_account(name="Other")
    records = [
        *(account, wine, beer, wine_sku, beer_sku, old, new, elsewhere, a_user(), assigned(account)),
        a_line(old, beer_sku, quantity=6),
        a_line(new, wine_sku, quantity=24),
        a_line(new, beer_sku, is_sample=True),
        a_licence(account, number="Old", expires_on=date(2026, 1, 1)),
        a_licence(account, number="New", expires_on=date(2026, 12, 20)),
        a_contact(account, name="Ann"),
        a_contact(account, name="Zed", is_buyer=True),
        an_address(account),
        DeliveryWindow(id=an_id(), account_id=account.id, kind="before", end="11:00"),
        AccountTag(id=an_id(), account_id=account.id, tag="organic", tagged_by=REP, tagged_at=NOW),
        TagDefinition(id=an_id(), code="organic", name="Organic"),
        an_activity(account, note="Good talk"),
        an_activity(account, removed_at=NOW),
        a_note(account, text="Newer", written_at=NOW),
        a_note(account, text="Pinned", pinned=True, written_at=NOW - timedelta(days=9)),
        a_task(account_id=account.id, title="Later", due_on=ago(-9)),
        a_task(account_id=account.id, title="Done", status="done"),
        a_sample(account, wine_sku, feedback="Lovely"),
        a_note(elsewhere, text="Not here"),
        *a_conflict_and_its_history(account),
    ]
    with a_reader(tmp_path, *records) as reader:
        page = run("account", reader, a_viewer(), {"id": account.id})
    assert (page.row.rep_name, page.account, page.last_visit) == ("Robin Rep", account, TODAY)
    assert [(line.licence.number, line.alert) for line in page.licences] == [("Old", "critical"), ("New", "high")]
    assert page.licence_alert == "high"
    assert [contact.name for contact in page.contacts] == ["Zed", "Ann"]
    assert [window.words for window in page.windows] == ["Before 11:00"]
    assert [tag.name for tag in page.tags] == ["Organic"]
    assert [(month.month, month.cents) for month in page.months] == [("2026-06", 100_000), ("2026-11", 24_000)]
    assert [order.id for order in page.orders] == [new.id, old.id]
    assert [(row.product_name, row.bottles) for row in page.products.top] == [("Wine", 24), ("Beer", 6)]
    assert [(row.product_name, row.last_on) for row in page.products.lapsed] == [("Beer", date(2026, 6, 1))]
    assert [activity.note for activity in page.activities] == ["Good talk"]
    assert [note.text for note in page.notes] == ["Pinned", "Newer"]
    assert [task.title for task in page.tasks] == ["Later", "Done"]
    assert [(given.sku.product_name, given.feedback) for given in page.samples] == [("Wine", "Lovely")]
    assert [(row.base, row.mine, row.theirs, row.account_name) for row in page.conflicts] == [
        ("a", "b", "c", "Blue Door")
    ]
    assert [(change.field, change.old, change.new, change.by_name) for change in page.history] == [
        ("phone", "a", "c", "Robin Rep")
    ]


def a_conflict_and_its_history(account: Account) -> list[Any]:
    common = {"record_table": "account", "record_id": account.id, "field": "phone", "lives_in": account.scope}
    conflict = {"base": '"a"', "mine": '"b"', "theirs": '"c"', "mine_by": OTHER_REP, "theirs_by": REP, "made_at": NOW}
    return [
        Conflict(id=an_id(), **common, **conflict),
        Conflict(id=an_id(), status="settled", **common, **conflict),
        FieldChange(id=an_id(), old='"a"', new='"c"', by=REP, at=NOW, **common),
    ]


def test_open_conflicts_tell_both_sides(tmp_path: Path) -> None:
    account = an_account(name="Blue Door")
    with a_reader(tmp_path, account, a_user(), *a_conflict_and_its_history(account)) as reader:
        (row,) = run("conflicts", reader, a_manager())
        assert (row.account_name, row.field, row.mine_by, row.theirs_name) == (
            "Blue Door",
            "phone",
            OTHER_REP,
            "Robin Rep",
        )
        assert isinstance(row.mine_at, datetime)
        assert run("conflicts", reader, a_manager(), {"account": "none"}) == []
