"""A rep's sample stock, the month's allowance, the ledger, and what was given to whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import account_scope, rep_scope
from leora_core.domain.samples.allowance import Month, allowance_of, month_of
from leora_core.domain.samples.records import AllowanceRequest, SampleGiven, SampleMovement
from leora_core.store.prepared import Transaction
from leora_core.store.unit_of_work import UnitOfWork
from leora_desktop.replica.queries.reading import account_names, by_ids, find, select_page, selected, table, user_names
from leora_desktop.replica.queries.registry import Limit, Viewer, query


@dataclass(frozen=True, slots=True)
class SkuName:
    """A SKU as people name it."""

    sku_id: str
    code: str | None
    product_id: str | None
    product_name: str | None
    size: str | None
    vintage: int | None


@dataclass(frozen=True, slots=True)
class StockRow:
    """Bottles of one SKU in a rep's sample stock; negative while something is unbooked."""

    sku: SkuName
    bottles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceRow:
    """Where a rep stands in a month, in bottles; `level` is ok, warn above 80 %, over beyond the allowance."""

    month: str
    used: int
    allowance: int
    left: int
    level: Literal["ok", "warn", "over"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A rep's wish for bottles beyond the allowance."""

    id: str
    rep_id: str
    rep_name: str | None
    month: str
    quantity: int
    purpose: str
    status: str
    granted: int
    asked_at: datetime
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplesPage:
    """A rep's samples."""

    rep_id: str
    rep_name: str | None
    stock: tuple[StockRow, ...]
    allowance: AllowanceRow
    requests: tuple[RequestRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One line of the ledger. `quantity` in bottles, positive into the stock."""

    id: str
    kind: str
    sku: SkuName
    quantity: int
    moved_at: datetime
    account_id: str | None
    account_name: str | None
    other_rep_name: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """One page; `total` counts all lines that match, `bottles` sums them."""

    rows: tuple[LedgerRow, ...]
    total: int
    bottles: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRow:
    """A sample given to an account."""

    id: str
    account_id: str
    account_name: str | None
    rep_id: str
    rep_name: str | None
    sku: SkuName
    quantity: int
    given_at: datetime
    day: date
    feedback: str | None
    follow_up_task_id: str | None


@dataclass(frozen=True, slots=True)
class GivenList:
    """One page; `total` counts all that match, `bottles` sums them."""

    rows: tuple[GivenRow, ...]
    total: int
    bottles: int
    next: str | None


@query("samples")
def samples(reader: Transaction, viewer: Viewer, *, rep: str | None = None, month: Month | None = None) -> SamplesPage:
    """A rep's sample stock by product, the month's allowance and the month's requests."""
    rep_id, month = viewer.rep(rep), month or month_of(viewer.today)
    requests = find(reader, AllowanceRequest, rep_id=rep_id, month=month)
    return SamplesPage(
        rep_id=rep_id,
        rep_name=user_names(reader).get(rep_id),
        stock=_stock(reader, rep_id),
        allowance=allowance_row(reader, rep_id, month),
        requests=_request_rows(reader, requests),
    )


@query("sample_ledger")
def sample_ledger(
    reader: Transaction,
    viewer: Viewer,
    *,
    rep: str | None = None,
    sku: str | None = None,
    month: Month | None = None,
    kind: Literal["receive", "give", "return", "break", "transfer_out", "transfer_in", "count"] | None = None,
    limit: Limit = 200,
    after: str | None = None,
) -> Ledger:
    """The lines of a rep's sample ledger, newest first."""
    movement = table("sample_movement")
    conditions = [movement.c.row_scope == rep_scope(viewer.rep(rep))]
    for column, value in ((movement.c.sku_id, sku), (movement.c.month, month), (movement.c.kind, kind)):
        if value is not None:
            conditions.append(column == value)
    statement = sa.select(movement.c.id).where(*conditions)
    rows, following = select_page(
        reader, statement, movement.c.moved_at, movement.c.id, newest_first=True, after=after, limit=limit
    )
    found = by_ids(reader, SampleMovement, (row.id for row in rows))
    total, bottles = _totals(reader, movement, conditions)
    return Ledger(_ledger_rows(reader, [found[row.id] for row in rows]), total, bottles, following)


@query("samples_given")
def samples_given(
    reader: Transaction,
    viewer: Viewer,
    *,
    account: str | None = None,
    rep: str | None = None,
    sku: str | None = None,
    day_from: date | None = None,
    day_to: date | None = None,
    limit: Limit = 200,
    after: str | None = None,
) -> GivenList:
    """Samples given to accounts, newest first; both days are included."""
    given = table("sample_given")
    conditions: list[sa.ColumnElement[bool]] = []
    if account is not None:
        conditions.append(given.c.row_scope == account_scope(account))
    if rep is not None:
        conditions.append(given.c.rep_id == rep)
    if sku is not None:
        conditions.append(given.c.sku_id == sku)
    if day_from is not None:
        conditions.append(given.c.given_at >= viewer.begin_of(day_from))
    if day_to is not None:
        conditions.append(given.c.given_at < viewer.end_of(day_to))
    statement = sa.select(given.c.id).where(*conditions)
    rows, following = select_page(
        reader, statement, given.c.given_at, given.c.id, newest_first=True, after=after, limit=limit
    )
    found = by_ids(reader, SampleGiven, (row.id for row in rows))
    total, bottles = _totals(reader, given, conditions)
    return GivenList(given_rows(reader, viewer, [found[row.id] for row in rows]), total, bottles, following)


@query("allowance_requests")
def allowance_requests(
    reader: Transaction,
    viewer: Viewer,
    *,
    rep: str | None = None,
    status: Literal["open", "approved", "rejected"] | None = "open",
) -> list[RequestRow]:
    """Requests for bottles beyond the allowance, oldest first; everybody's for a manager."""
    request = table("allowance_request")
    conditions: list[sa.ColumnElement[bool]] = []
    asked = rep if rep is None and viewer.manages else viewer.rep(rep)
    if asked is not None:
        conditions.append(request.c.rep_id == asked)
    if status is not None:
        conditions.append(request.c.status == status)
    return list(_request_rows(reader, selected(reader, AllowanceRequest, *conditions)))


def allowance_row(reader: Transaction, rep_id: str, month: str) -> AllowanceRow:
    """Where a rep stands in a month."""
    found = allowance_of(UnitOfWork(reader), rep_id, month)
    return AllowanceRow(month=month, used=found.used, allowance=found.allowance, left=found.left, level=found.level)


def sku_names(reader: Transaction, sku_ids: Iterable[str]) -> dict[str, SkuName]:
    """How people name these SKUs; one that is not here keeps its id alone."""
    wanted = set(sku_ids)
    skus = by_ids(reader, Sku, wanted)
    products = by_ids(reader, Product, (sku.product_id for sku in skus.values()))
    return {id_: _sku_name(id_, skus.get(id_), products) for id_ in wanted}


def _sku_name(id_: str, sku: Sku | None, products: dict[str, Product]) -> SkuName:
    if sku is None:
        return SkuName(id_, None, None, None, None, None)
    product = products.get(sku.product_id)
    return SkuName(id_, sku.code, sku.product_id, product.name if product else None, sku.size, sku.vintage)


def given_rows(reader: Transaction, viewer: Viewer, found: list[SampleGiven]) -> tuple[GivenRow, ...]:
    """The rows of these samples, in their order."""
    names, users = sku_names(reader, (given.sku_id for given in found)), user_names(reader)
    accounts = account_names(reader, (given.account_id for given in found))
    return tuple(
        GivenRow(
            id=given.id,
            account_id=given.account_id,
            account_name=accounts.get(given.account_id),
            rep_id=given.rep_id,
            rep_name=users.get(given.rep_id),
            sku=names[given.sku_id],
            quantity=given.quantity,
            given_at=given.given_at,
            day=viewer.local_date(given.given_at),
            feedback=given.feedback,
            follow_up_task_id=given.follow_up_task_id,
        )
        for given in found
    )


def _stock(reader: Transaction, rep_id: str) -> tuple[StockRow, ...]:
    sql = "SELECT sku_id, SUM(quantity) FROM sample_movement WHERE row_scope = ? GROUP BY sku_id"
    sums = dict(reader.execute(sql, (rep_scope(rep_id),)).fetchall())
    names = sku_names(reader, sums)
    rows = [StockRow(names[sku_id], bottles) for sku_id, bottles in sums.items() if bottles]
    return tuple(sorted(rows, key=lambda row: ((row.sku.product_name or "").casefold(), row.sku.code or "")))


def _totals(reader: Transaction, source: Any, conditions: list[sa.ColumnElement[bool]]) -> tuple[int, int]:
    bottles = sa.func.coalesce(sa.func.sum(source.c.quantity), 0)
    found = reader.connection.execute(sa.select(sa.func.count(), bottles).select_from(source).where(*conditions)).one()
    return found[0], found[1]


def _ledger_rows(reader: Transaction, found: list[SampleMovement]) -> tuple[LedgerRow, ...]:
    names, users = sku_names(reader, (line.sku_id for line in found)), user_names(reader)
    accounts = account_names(reader, (line.account_id for line in found))
    return tuple(
        LedgerRow(
            id=line.id,
            kind=line.kind,
            sku=names[line.sku_id],
            quantity=line.quantity,
            moved_at=line.moved_at,
            account_id=line.account_id,
            account_name=accounts.get(line.account_id or ""),
            other_rep_name=users.get(line.other_rep_id or ""),
            reason=line.reason,
        )
        for line in found
    )


def _request_rows(reader: Transaction, found: list[AllowanceRequest]) -> tuple[RequestRow, ...]:
    users = user_names(reader)
    return tuple(
        RequestRow(
            id=request.id,
            rep_id=request.rep_id,
            rep_name=users.get(request.rep_id),
            month=request.month,
            quantity=request.quantity,
            purpose=request.purpose,
            status=request.status,
            granted=request.granted,
            asked_at=request.asked_at,
            answer=request.answer,
        )
        for request in sorted(found, key=lambda request: (request.asked_at, request.id))
    )
