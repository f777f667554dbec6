"""Files as they really are, from public sources."""

import csv
import gzip
from collections import Counter

import pytest

from leora_core.domain.accounts.records import Account, Address, Licence
from leora_core.domain.catalogue.records import Product, Sku, Supplier
from leora_core.domain.orders.records import Order, OrderLine
from tests.sync.imports.bench import SHARED_DATA, Bench

pytestmark = pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real files are not here")


def read(name: str) -> bytes:
    return (SHARED_DATA / name).read_bytes()


def test_bostons_licences(bench: Bench) -> None:
    report = bench.take("accounts", read("boston_licences.json"), "boston_licences")
    assert report.ok
    assert report.counts == {"added": 121, "updated": 0, "same": 0, "duplicate": 3, "bad": 0}
    names = {account.name for account in bench.rows(Account)}
    assert {"Notch Brighton Tap Room", "From Scratch", "Blasi’s Kitchen & Bar", "Con Sabor A Colombia"} <= names
    assert not any("d/b/a" in name for name in names)
    assert len({licence.number for licence in bench.rows(Licence)}) == 121
    assert all(address.postal_code.startswith("02") for address in bench.rows(Address))
    twice = bench.one(Account, name="El Centro")
    assert len(bench.rows(Licence, account_id=twice.id)) == 2


def test_a_hundred_wines(bench: Bench) -> None:
    report = bench.take("products", read("xwines_100.csv"), "xwines")
    assert report.counts["added"] == 100
    assert len(bench.rows(Product)) == 100
    skus = bench.rows(Sku)
    assert len(skus) == 300
    assert {(sku.size, sku.millilitres, sku.items_per_case) for sku in skus} == {("750 ml", 750, 12)}
    bandol = bench.one(Product, external_id="132977")
    assert bandol.name == "Domaine Tempier Bandol Cuvée Spéciale La Louffe"
    assert bandol.grapes == ("Mourvedre", "Grenache", "Cinsault")
    assert [sku.vintage for sku in bench.rows(Sku, product_id=bandol.id)] == [2020, 2018, 2017]


def test_a_grocers_products_stores_and_baskets(bench: Bench) -> None:
    assert bench.take("products", read("grocer_alcohol_products.csv"), "grocer_products").counts["added"] == 2_971
    assert len(bench.rows(Supplier)) == 310
    cans = bench.one(Sku, code="38975")
    assert (cans.size, cans.millilitres) == ("12 OZ", 355)
    lines = read("grocer_alcohol_lines.csv.gz")
    assert bench.take("accounts", lines, "grocer_stores").counts["added"] == 193
    assert bench.one(Account, external_id="381").name == "Store 381"
    report = bench.take("orders", lines, "grocer_orders")
    assert report.ok
    wanted: Counter[str] = Counter()
    for row in csv.DictReader(gzip.decompress(lines).decode().splitlines()):
        if row["quantity"] != "0":
            wanted[row["basket_id"]] += round(float(row["sales_value"]) * 100)
    orders = bench.rows(Order)
    assert {order.number: order.total_cents for order in orders} == dict(wanted)
    assert len(bench.rows(OrderLine)) == report.counts["added"] == 16_623
    assert any("1 line with no whole cents" in note for note in report.plan.notes)
