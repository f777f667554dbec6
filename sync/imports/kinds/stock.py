"""Stock: each row the bottles of a SKU a rep has for samples when the books are opened.

The ledger is never rewritten, so an opening line is taken only where the rep has none of that SKU yet;
later corrections are counts made by the rep.
"""

from collections.abc import Iterable

from leora_core.domain.samples.records import SampleMovement
from sync.imports.fields import Barcode, Code, Email
from sync.imports.matching import RepBook, SkuBook, mentioned_sku
from sync.imports.numbers import Positive
from sync.imports.planning import Field, Kind, Planner, Row

OPENING = "opening stock"
"""The reason on an opening line."""

FIELDS = {
    "rep_email": Field(Email, required=True),
    "sku_code": Field(Code),
    "barcode": Field(Barcode),
    "quantity": Field(Positive, required=True),
}


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    skus, reps = SkuBook(planner.records), RepBook(planner.records)
    ledger: dict[tuple[str, str], list[SampleMovement]] = {}
    for movement in planner.records.find(SampleMovement):
        ledger.setdefault((movement.rep_id, movement.sku_id), []).append(movement)
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        rep, sku = reps.mentioned(planner, row), mentioned_sku(planner, skus, row)
        if rep is None or sku is None:
            continue
        key = (rep.id, sku.id)
        if key in seen:
            differs = "quantity" if row.get("quantity") != seen[key].get("quantity") else None
            planner.duplicate(row, seen[key].number, differs=differs)
            continue
        seen[key] = row
        _take(planner, row, key, ledger.get(key, []), about=f"{sku.code} of {rep.name}")


def _take(planner: Planner, row: Row, key: tuple[str, str], known: list[SampleMovement], about: str) -> None:
    quantity: int = row.get("quantity")
    if any(line.reason == OPENING and line.quantity == quantity for line in known):
        planner.plan.settle(row.number, "same", about=about)
    elif known:
        planner.refuse(row, "quantity", "comes too late: this rep's ledger of the SKU is open. Let the rep count it.")
    else:
        month = f"{planner.at.astimezone(planner.zone):%Y-%m}"
        planner.add(
            SampleMovement(
                id=planner.new_id(),
                rep_id=key[0],
                sku_id=key[1],
                kind="receive",
                quantity=quantity,
                month=month,
                moved_at=planner.at,
                reason=OPENING,
            )
        )
        planner.plan.settle(row.number, "added", about=about)


STOCK = Kind("stock", FIELDS, (("rep_email",), ("sku_code", "barcode"), ("quantity",)), _plan)
