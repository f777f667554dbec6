"""Products with their SKUs, and what a bottle costs an account."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import sqlalchemy as sa

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.prices import Buyer, Candidate, PriceChoice, choose_price
from leora_core.domain.catalogue.records import (
    ContractPrice,
    PriceList,
    PriceListItem,
    Product,
    Sku,
    Supplier,
)
from leora_core.domain.values import Between, Cents
from leora_core.store.prepared import Transaction
from leora_desktop.replica.folding import fold
from leora_desktop.replica.queries.accounts import places_of
from leora_desktop.replica.queries.reading import by_field, by_ids, find, need, page, selected, table
from leora_desktop.replica.queries.registry import Limit, Viewer, query

Quantity = Annotated[int, Between(1, 100_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """The price of one bottle and the rule it comes from; without a price, `why` says so in words."""

    cents: Cents | None
    rule: str | None
    list_name: str | None
    needs_approval: bool
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuRow:
    """A SKU of a product; `price` is there when an account was named."""

    id: str
    code: str
    size: str | None
    vintage: int | None
    items_per_case: int
    active: bool
    price: PriceRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductRow:
    """A product in a list."""

    id: str
    name: str
    brand: str | None
    supplier_id: str | None
    supplier_name: str | None
    category: str | None
    grapes: tuple[str, ...]
    country: str | None
    region: str | None
    sample_only: bool
    archived: bool
    skus: tuple[SkuRow, ...]


@dataclass(frozen=True, slots=True)
class ProductList:
    """One page; `total` counts all that match."""

    rows: tuple[ProductRow, ...]
    total: int
    next: str | None


@query("products")
def products(
    reader: Transaction,
    viewer: Viewer,
    *,
    text: str | None = None,
    category: str | None = None,
    supplier: str | None = None,
    archived: bool = False,
    account: str | None = None,
    quantity: Quantity = 1,
    limit: Limit = 200,
    after: str | None = None,
) -> ProductList:
    """Products by name, with prices for `account` when `quantity` bottles are bought today."""
    product = table("product")
    conditions: list[sa.ColumnElement[bool]] = []
    if not archived:
        conditions.append(product.c.archived.is_(False))
    if category is not None:
        conditions.append(product.c.category == category)
    if supplier is not None:
        conditions.append(product.c.supplier_id == supplier)
    found = selected(reader, Product, *conditions)
    suppliers = {row.id: row.name for row in find(reader, Supplier)}
    if text:
        found = _containing(reader, found, suppliers, text)
    keyed = sorted((((fold(row.name), row.id), row) for row in found), key=lambda pair: pair[0])
    shown, following = page(keyed, lambda pair: pair[0], after, limit)
    rows = _rows(reader, [row for _, row in shown], suppliers, _Prices.of(reader, viewer, account, quantity))
    return ProductList(rows, len(found), following)


@query("product")
def product(
    reader: Transaction, viewer: Viewer, *, id: str, account: str | None = None, quantity: Quantity = 1
) -> ProductRow:
    """One product with its SKUs, and prices for `account`."""
    found = need(reader, Product, id)
    suppliers = {row.id: row.name for row in by_ids(reader, Supplier, [found.supplier_id]).values()}
    return _rows(reader, [found], suppliers, _Prices.of(reader, viewer, account, quantity))[0]


@query("price")
def price(
    reader: Transaction,
    viewer: Viewer,
    *,
    account: str,
    sku: str,
    quantity: Quantity = 1,
    day: date | None = None,
) -> PriceRow:
    """What one bottle of a SKU costs an account when `quantity` are bought on `day` (today)."""
    need(reader, Sku, sku)
    return _Prices(reader, need(reader, Account, account), quantity, day or viewer.today).rows([sku])[sku]


class _Prices:
    """Prices for one account, quantity and day."""

    def __init__(self, reader: Transaction, account: Account, quantity: int, day: date) -> None:
        self._reader = reader
        _, state = places_of(reader, [account.id]).get(account.id, (None, None))
        self._buyer = Buyer(account.id, account.name, account.territory, state)
        self._quantity = quantity
        self._day = day

    @classmethod
    def of(cls, reader: Transaction, viewer: Viewer, account: str | None, quantity: int) -> "_Prices | None":
        """Prices for the account today; None without an account."""
        return cls(reader, need(reader, Account, account), quantity, viewer.today) if account else None

    def rows(self, sku_ids: Iterable[str]) -> dict[str, PriceRow]:
        """The price of each SKU."""
        wanted = list(sku_ids)
        lists = {row.id: row for row in find(self._reader, PriceList)}
        items: defaultdict[str, list[Candidate]] = defaultdict(list)
        for item in by_field(self._reader, PriceListItem, "sku_id", wanted).values():
            if item.price_list_id in lists:
                items[item.sku_id].append(Candidate(item, lists[item.price_list_id]))
        contracts: defaultdict[str, list[ContractPrice]] = defaultdict(list)
        for contract in find(self._reader, ContractPrice, account_id=self._buyer.account_id):
            contracts[contract.sku_id].append(contract)
        return {sku_id: self._row(items[sku_id], contracts[sku_id]) for sku_id in wanted}

    def _row(self, candidates: list[Candidate], contracts: list[ContractPrice]) -> PriceRow:
        choice = choose_price(
            self._buyer, day=self._day, quantity=self._quantity, candidates=candidates, contracts=contracts
        )
        if not isinstance(choice, PriceChoice):
            return PriceRow(cents=None, rule=None, list_name=None, needs_approval=False, why=choice.value)
        return PriceRow(
            cents=choice.price_cents,
            rule=choice.rule,
            list_name=choice.list_name,
            needs_approval=choice.needs_approval,
            why=None,
        )


def _containing(reader: Transaction, found: list[Product], suppliers: dict[str, str], text: str) -> list[Product]:
    """The products whose name, brand, supplier, grapes, place or SKU codes contain every word."""
    words = fold(text).split()
    codes: defaultdict[str, list[str]] = defaultdict(list)
    for product_id, code in reader.execute("SELECT product_id, code FROM sku"):
        codes[product_id].append(code)
    kept = []
    for row in found:
        parts = (row.name, row.brand, row.region, row.country, row.category, suppliers.get(row.supplier_id or ""))
        hay = fold(" ".join([*(part for part in parts if part), *row.grapes, *codes[row.id]]))
        if all(word in hay for word in words):
            kept.append(row)
    return kept


def _rows(
    reader: Transaction, found: list[Product], suppliers: dict[str, str], prices: _Prices | None
) -> tuple[ProductRow, ...]:
    skus: defaultdict[str, list[Sku]] = defaultdict(list)
    for sku in by_field(reader, Sku, "product_id", (row.id for row in found)).values():
        skus[sku.product_id].append(sku)
    priced = prices.rows(sku.id for row in found for sku in skus[row.id]) if prices else {}
    return tuple(_row(row, suppliers, sorted(skus[row.id], key=_sku_order), priced) for row in found)


def _sku_order(sku: Sku) -> tuple[bool, int, int, str]:
    """What is sold first, small bottles before large, young years before old."""
    return (not sku.active, sku.millilitres or 0, -(sku.vintage or 0), sku.code)


def _row(row: Product, suppliers: dict[str, str], skus: list[Sku], priced: dict[str, PriceRow]) -> ProductRow:
    return ProductRow(
        id=row.id,
        name=row.name,
        brand=row.brand,
        supplier_id=row.supplier_id,
        supplier_name=suppliers.get(row.supplier_id or ""),
        category=row.category,
        grapes=row.grapes,
        country=row.country,
        region=row.region,
        sample_only=row.sample_only,
        archived=row.archived,
        skus=tuple(
            SkuRow(
                id=sku.id,
                code=sku.code,
                size=sku.size,
                vintage=sku.vintage,
                items_per_case=sku.items_per_case,
                active=sku.active,
                price=priced.get(sku.id),
            )
            for sku in skus
        ),
    )
