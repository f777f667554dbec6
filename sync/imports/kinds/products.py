"""Products: each row a SKU, with its product, supplier, barcodes and cost."""

from collections.abc import Iterable
from typing import Any

from leora_core.domain.catalogue.records import Product, Sku, SkuCost, Supplier
from leora_core.domain.catalogue.sizes import parse_size
from sync.imports.fields import Barcode, Code, LongText, Text, Vintage, Words, YesNo
from sync.imports.matching import SkuBook, normal_name, same_code
from sync.imports.numbers import Percent, Positive, Price
from sync.imports.planning import Field, Kind, Planner, Row, Status
from sync.imports.problems import counted

FIELDS = {
    "name": Field(Text, required=True),
    "external_id": Field(Code),
    "supplier": Field(Text),
    "brand": Field(Text),
    "category": Field(Text),
    "grapes": Field(Words),
    "country": Field(Text),
    "region": Field(Text),
    "description": Field(LongText),
    "sample_only": Field(YesNo),
    "archived": Field(YesNo),
    "code": Field(Code, required=True),
    "size": Field(Text),
    "millilitres": Field(Positive),
    "items_per_case": Field(Positive),
    "vintage": Field(Vintage),
    "abv": Field(Percent),
    "bottle_barcode": Field(Barcode),
    "case_barcode": Field(Barcode),
    "active": Field(YesNo),
    "cost": Field(Price),
}
_PRODUCT = (
    "external_id", "name", "brand", "category", "grapes", "country", "region", "description", "sample_only", "archived",
)  # fmt: skip
_SKU = (
    "code", "size", "millilitres", "items_per_case", "vintage", "abv", "bottle_barcode", "case_barcode", "active",
)  # fmt: skip


class _Products:
    """One run over the rows of a file."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        records = planner.records
        self.skus = SkuBook(records)
        self.suppliers = {normal_name(supplier.name): supplier for supplier in records.find(Supplier)}
        self.products = {product.id: product for product in records.find(Product)}
        self.by_external = {same_code(p.external_id): p.id for p in self.products.values() if p.external_id}
        self.by_name = {(p.supplier_id, normal_name(p.name)): p.id for p in self.products.values()}
        self.costs = {cost.sku_id: cost for cost in records.find(SkuCost)}
        self.seen_skus: dict[str, Row] = {}
        self.seen_products: dict[str, Row] = {}
        self.disagreeing: list[int] = []

    def take(self, row: Row) -> None:
        """Plan one row."""
        known = self.skus.by_code(row.get("code"))
        if not self._barcodes_are_free(row, known) or not self._case_is_sane(row):
            return
        if known is not None and known.id in self.seen_skus:
            first = self.seen_skus[known.id]
            differs = next((n for n in row.values if row.get(n) != first.get(n)), None)
            self.planner.duplicate(row, first.number, differs=differs)
            return
        product, product_changed = self._product(row, known)
        sku, sku_changed = self._sku(row, known, product)
        self.skus.enter(sku)
        self.seen_skus[sku.id] = row
        changed = self._cost(row, sku) or product_changed or sku_changed
        status: Status = "added" if known is None else "updated" if changed else "same"
        self.planner.plan.settle(row.number, status, about=f"{sku.code} {product.name}")

    def _barcodes_are_free(self, row: Row, known: Sku | None) -> bool:
        for name in ("bottle_barcode", "case_barcode"):
            other = self.skus.by_barcode(row.get(name))
            if other is not None and (known is None or other.id != known.id):
                self.planner.refuse(row, name, f"is the barcode of SKU {other.code}. Correct one of them.")
                return False
        return True

    def _case_is_sane(self, row: Row) -> bool:
        items = row.get("items_per_case")
        if items is not None and items > 1_000:
            self.planner.refuse(row, "items_per_case", "is more than fits in a case. Correct it.")
            return False
        return True

    def _supplier(self, row: Row) -> Supplier | None:
        name = row.get("supplier")
        if name is None:
            return None
        known = self.suppliers.get(normal_name(name))
        if known is None:
            known = self.planner.add(Supplier(id=self.planner.new_id(), name=name))
            self.suppliers[normal_name(name)] = known
        return known

    def _product(self, row: Row, sku: Sku | None) -> tuple[Product, bool]:
        supplier = self._supplier(row)
        values = row.given(*_PRODUCT) | ({"supplier_id": supplier.id} if supplier else {})
        id_ = self._known_product(row, sku, supplier)
        if id_ is None:
            product = self.planner.add(Product(id=self.planner.new_id(), **values))
            self._enter(product, row)
            return product, True
        product = self.products[id_]
        if id_ in self.seen_products:
            if any(getattr(product, name) != value for name, value in values.items()):
                self.disagreeing.append(row.number)
            return product, False
        changed = self.planner.change(product, values)
        self._enter(changed, row)
        return changed, changed is not product

    def _known_product(self, row: Row, sku: Sku | None, supplier: Supplier | None) -> str | None:
        """By external id, then as the product of a known SKU, then by supplier and name."""
        external_id = row.get("external_id")
        if external_id is not None and same_code(external_id) in self.by_external:
            return self.by_external[same_code(external_id)]
        if sku is not None:
            return sku.product_id
        found = self.by_name.get((supplier.id if supplier else None, normal_name(row.get("name"))))
        if found is None or external_id is None or self.products[found].external_id in (None, external_id):
            return found
        return None

    def _enter(self, product: Product, row: Row) -> None:
        self.products[product.id] = product
        self.seen_products[product.id] = row
        self.by_name[product.supplier_id, normal_name(product.name)] = product.id
        if product.external_id:
            self.by_external[same_code(product.external_id)] = product.id

    def _sku(self, row: Row, known: Sku | None, product: Product) -> tuple[Sku, bool]:
        values: dict[str, Any] = row.given(*_SKU)
        pack = parse_size(values.get("size"))
        if pack.millilitres is not None:
            values.setdefault("millilitres", pack.millilitres)
        if known is None:
            if pack.items is not None and 1 <= pack.items <= 1_000:
                values.setdefault("items_per_case", pack.items)
            return self.planner.add(Sku(id=self.planner.new_id(), product_id=product.id, **values)), True
        changed = self.planner.change(known, values | {"product_id": product.id})
        return changed, changed is not known

    def _cost(self, row: Row, sku: Sku) -> bool:
        cents = row.get("cost")
        if cents is None:
            return False
        known = self.costs.get(sku.id)
        if known is None:
            self.planner.add(SkuCost(id=self.planner.new_id(), sku_id=sku.id, cost_cents=cents))
            return True
        return self.planner.change(known, {"cost_cents": cents}) is not known


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    products = _Products(planner)
    for row in rows:
        products.take(row)
    if products.disagreeing:
        where = ", ".join(str(number) for number in products.disagreeing[:5])
        planner.plan.notes.append(
            f"{counted(len(products.disagreeing), 'row')} with other words about a product than its first row has "
            f"({where}); the first row's were taken."
        )


PRODUCTS = Kind("products", FIELDS, (("name",), ("code",)), _plan)
