"""Prices: each row the price of one bottle of a SKU on a price list, from a quantity upward."""

from collections.abc import Iterable
from datetime import date

from leora_core.domain.catalogue.records import PriceList, PriceListItem
from sync.imports.dates import Day
from sync.imports.fields import Barcode, Code, Text, YesNo, choice
from sync.imports.matching import SkuBook, mentioned_sku, normal_name
from sync.imports.numbers import Positive, Price
from sync.imports.planning import Field, Kind, Planner, Row, Status

_RULES = {
    **dict.fromkeys(("global", "all", "everyone"), "global"),
    "state": "state",
    "custom": "custom",
    **dict.fromkeys(("federal property", "federal"), "federal_property"),
}
FIELDS = {
    "price_list": Field(Text, required=True),
    "sku_code": Field(Code),
    "barcode": Field(Barcode),
    "price": Field(Price, required=True),
    "min_quantity": Field(Positive),
    "max_quantity": Field(Positive),
    "rule": Field(choice(_RULES)),
    "rule_value": Field(Text),
    "effective_on": Field(Day),
    "expires_on": Field(Day),
    "allow_manual": Field(YesNo),
}
_LIST = ("rule", "rule_value", "effective_on", "expires_on", "allow_manual")


class _Prices:
    """One run over the rows of a file."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.skus = SkuBook(planner.records)
        self.lists = {normal_name(one.name): one for one in planner.records.find(PriceList)}
        self.items = {(i.price_list_id, i.sku_id, i.min_quantity): i for i in planner.records.find(PriceListItem)}
        self.first_of_list: dict[str, Row] = {}
        self.seen: dict[tuple[str, str, int], Row] = {}

    def take(self, row: Row) -> None:
        """Plan one row."""
        sku = mentioned_sku(self.planner, self.skus, row)
        if sku is None or not self._quantities_fit(row) or not self._span_fits(row):
            return
        price_list = self._list(row)
        if price_list is None:
            return
        step: int = row.get("min_quantity") or 1
        key = (price_list.id, sku.id, step)
        if key in self.seen:
            self._again(row, self.seen[key])
            return
        self.seen[key] = row
        self.planner.plan.settle(row.number, self._item(row, key), about=f"{sku.code} on {price_list.name}")

    def _item(self, row: Row, key: tuple[str, str, int]) -> Status:
        known = self.items.get(key)
        values = {"price_cents": row.get("price")} | row.given("max_quantity")
        if known is not None:
            return "same" if self.planner.change(known, values) is known else "updated"
        price_list_id, sku_id, step = key
        self.planner.add(
            PriceListItem(
                id=self.planner.new_id(), price_list_id=price_list_id, sku_id=sku_id, min_quantity=step, **values
            )
        )
        return "added"

    def _again(self, row: Row, first: Row) -> None:
        differs = next((n for n in ("price", "max_quantity") if row.get(n) != first.get(n)), None)
        self.planner.duplicate(row, first.number, differs=differs)

    def _quantities_fit(self, row: Row) -> bool:
        most = row.get("max_quantity")
        if most is not None and most < (row.get("min_quantity") or 1):
            self.planner.refuse(row, "max_quantity", "is below the smallest quantity. Correct one of them.")
            return False
        return True

    def _span_fits(self, row: Row) -> bool:
        first: date | None = row.get("effective_on")
        last: date | None = row.get("expires_on")
        if first and last and last < first:
            self.planner.refuse(row, "expires_on", "is before the first day. Correct one of them.")
            return False
        if row.get("rule") in ("state", "custom") and row.get("rule_value") is None:
            self.planner.empty(row, "rule_value")
            return False
        return True

    def _list(self, row: Row) -> PriceList | None:
        """The list a row is on. Its first row in the file says for whom and when it holds; the others must agree."""
        name: str = row.get("price_list")
        first = self.first_of_list.get(normal_name(name))
        if first is not None:
            differs = next((n for n in _LIST if n in row.values and row.get(n) != first.get(n)), None)
            if differs is not None:
                self.planner.refuse(row, differs, f"is not what row {first.number} says of {name}. Make them agree.")
                return None
            return self.lists[normal_name(name)]
        known = self.lists.get(normal_name(name))
        values = row.given(*_LIST)
        if known is None:
            known = self.planner.add(
                PriceList(id=self.planner.new_id(), name=name, currency=self.planner.currency, **values)
            )
        else:
            known = self.planner.change(known, values)
        self.lists[normal_name(name)] = known
        self.first_of_list[normal_name(name)] = row
        return known


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    prices = _Prices(planner)
    for row in rows:
        prices.take(row)


PRICES = Kind("prices", FIELDS, (("price_list",), ("sku_code", "barcode"), ("price",)), _plan)
