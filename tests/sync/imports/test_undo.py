from contextlib import closing
from pathlib import Path

import pytest

from leora_core.domain.accounts.records import Account, Address
from leora_core.domain.catalogue.records import Sku
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from leora_core.domain.orders.records import Order, OrderLine
from sync.imports.problems import FileRefused
from sync.imports.undo import list_imports, undo_import
from sync.tenants import Tenants
from tests.sync.conftest import Company
from tests.sync.imports.bench import Bench

ACCOUNTS = "Account number,Name,Zip,Phone,Rep\n1,Café Anna,02116,5,ann@acme.example\n2,Bar Two,02118,6,\n"
PRODUCTS = "SKU,Name\nA,Merlot\nB,Malbec\n"
ORDERS = "Order number,Account number,Date,SKU,Qty,Price\n1,1,2024-03-14,A,6,10\n1,1,2024-03-14,B,6,10\n"


def take(bench: Bench, kind: str, text: str) -> str:
    batch = bench.take(kind, text).batch_id
    assert batch is not None
    return batch


def test_what_nobody_touched_vanishes_and_every_laptop_is_told(bench: Bench) -> None:
    batch = take(bench, "accounts", ACCOUNTS)
    undone = undo_import(bench.tenant, batch)
    assert dict(undone.removed) == {"account": 2, "address": 2, "scope_grant": 1}
    assert (undone.kept, bench.rows(Account), bench.rows(Address)) == ([], [], [])
    with bench.tenant.database.reading() as transaction:
        gone = transaction.execute("SELECT COUNT(*) FROM removal WHERE version = ?", (bench.version(),)).fetchone()[0]
    assert gone == 4
    assert bench.one(Grant, why="assigned").to_version == bench.version()


def test_what_an_import_changed_goes_back_to_what_it_was(bench: Bench) -> None:
    take(bench, "accounts", ACCOUNTS)
    batch = take(bench, "accounts", ACCOUNTS.replace(",5,", ",55,").replace("ann@", "bob@"))
    assert bench.one(Account, account_number="1").phone == "55"
    undone = undo_import(bench.tenant, batch)
    assert undone.restored["account"] == 1
    assert bench.one(Account, account_number="1").phone == "5"
    live = bench.one(Grant, why="assigned", to_version=None)
    assert live.user_id == bench.one(User, email="ann@acme.example").id


def test_imports_can_be_undone_one_after_the_other_back_to_nothing(bench: Bench) -> None:
    first = take(bench, "accounts", ACCOUNTS)
    second = take(bench, "accounts", ACCOUNTS.replace(",5,", ",55,"))
    undo_import(bench.tenant, second)
    assert undo_import(bench.tenant, first).kept == []
    assert bench.rows(Account) == []


def test_rows_edited_since_stay_and_are_told_with_who_and_when(bench: Bench, company: Company) -> None:
    batch = take(bench, "accounts", ACCOUNTS)
    account = bench.one(Account, account_number="2")
    edit = {"account_id": account.id, "fields": {"phone": {"was": "6", "now": "66"}}}
    company.command("EditAccount", edit)
    undone = undo_import(bench.tenant, batch)
    (kept,) = [one for one in undone.kept if one.table == "account"]
    assert kept.name == "Bar Two"
    assert kept.why.startswith("it was changed since by the server on 20")
    assert kept.why.endswith("(EditAccount).")
    assert [row.name for row in bench.rows(Account)] == ["Bar Two"]


def test_rows_others_refer_to_stay(bench: Bench) -> None:
    accounts, products = take(bench, "accounts", ACCOUNTS), take(bench, "products", PRODUCTS)
    take(bench, "orders", ORDERS)
    undone = undo_import(bench.tenant, accounts)
    assert [(one.name, one.why) for one in undone.kept] == [("Café Anna", "an order that stays refers to it.")]
    assert [row.name for row in bench.rows(Account)] == ["Café Anna"]
    assert {one.why for one in undo_import(bench.tenant, products).kept} == {
        "an order line that stays refers to it.",
        "a sku that stays refers to it.",
    }
    assert len(bench.rows(Sku)) == 2


def test_an_account_somebody_was_given_since_stays(bench: Bench, company: Company) -> None:
    batch = take(bench, "accounts", ACCOUNTS)
    account = bench.one(Account, account_number="2")
    rep = bench.one(User, email="bob@acme.example")
    company.command("AssignAccount", {"account_id": account.id, "rep_id": rep.id})
    undo_import(bench.tenant, batch)
    assert [row.name for row in bench.rows(Account)] == ["Bar Two"]


def test_an_order_goes_back_with_the_lines_it_had(bench: Bench) -> None:
    take(bench, "accounts", ACCOUNTS)
    take(bench, "products", PRODUCTS)
    take(bench, "orders", ORDERS)
    before = {(line.id, line.quantity) for line in bench.rows(OrderLine)}
    batch = take(bench, "orders", ORDERS.replace("B,6", "B,12"))
    undo_import(bench.tenant, batch)
    assert {(line.id, line.quantity) for line in bench.rows(OrderLine)} == before
    assert bench.one(Order).total_cents == 12_000


def test_an_import_is_undone_once_and_listed(bench: Bench) -> None:
    batch = take(bench, "products", PRODUCTS)
    undo_import(bench.tenant, batch)
    with pytest.raises(FileRefused, match="was undone already"):
        undo_import(bench.tenant, batch)
    with pytest.raises(FileRefused, match="There is no import nonsense"):
        undo_import(bench.tenant, "nonsense")
    (listed,) = list_imports(bench.tenant)
    assert (listed["id"], listed["kind"], listed["rows_read"]) == (batch, "products", 2)
    assert listed["undone_at"] is not None


def test_import_and_undo_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with closing(Tenants(tmp_path, postgres_url)) as tenants:
        bench = Bench(tenants.create("acme", "Acme Wines", "America/New_York"))
        accounts = take(bench, "accounts", ACCOUNTS.replace("ann@acme.example", ""))
        take(bench, "products", PRODUCTS)
        orders = take(bench, "orders", ORDERS)
        changed = take(bench, "accounts", ACCOUNTS.replace("ann@acme.example", "").replace(",5,", ",55,"))
        for batch in (changed, orders, accounts):
            assert undo_import(bench.tenant, batch).kept == []
        assert (bench.rows(Account), bench.rows(Order), len(bench.rows(Sku))) == ([], [], 2)
