"""What of accounts, contacts and products is searched: one document for each."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from leora_core.store.prepared import Transaction
from leora_desktop.replica.folding import digits_of, fold

Kind = Literal["account", "product", "contact"]


@dataclass(frozen=True, slots=True)
class Document:
    """A record as search knows it. `text` is folded; `part_ids` are the rows it is made of beside its own."""

    record_id: str
    row_scope: str
    account_id: str | None
    title: str
    subtitle: str
    text: str
    part_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """How documents of one kind are read: rows of one record stand together, its id first."""

    kind: Kind
    sql: str
    filter: str
    order: str
    build: Callable[[list[Any]], Document]

    def read(self, transaction: Transaction, ids: Iterable[str] | None = None) -> Iterator[Document]:
        """The documents of all records, or of those with these ids, by title."""
        if ids is None:
            cursor = transaction.execute(self.sql + self.order)
        else:
            cursor = transaction.execute(self.sql + self.filter + self.order, (json.dumps(sorted(ids)),))
        for _, rows in groupby(cursor, key=lambda row: row[0]):
            yield self.build(list(rows))


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)


def _dotted(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def _compact(number: str | None) -> str:
    """`A-10 023` as `a10023`, so that it is found however it is typed."""
    return fold(number or "").replace(" ", "")


def _phone(number: str | None) -> str:
    """The digits whole and from the places people begin at: area code, local number, last four."""
    digits = digits_of(number)
    ends = (digits[-size:] for size in (10, 7, 4) if len(digits) > size)
    return " ".join(dict.fromkeys((digits, *ends)))


def _account(rows: list[Any]) -> Document:
    id_, scope, name, number, external, phone, *_ = rows[0]
    places = [row[6:] for row in rows if row[6] is not None]
    city = next((", ".join(filter(None, (place[2], place[3]))) for place in places), None)
    where = (part for place in places for part in place[1:])
    text = fold(_joined(name, number, external, phone, *where))
    codes = dict.fromkeys((_compact(number), _phone(phone)))
    return Document(
        record_id=id_,
        row_scope=scope,
        account_id=id_,
        title=name,
        subtitle=_dotted(number, city),
        text=_joined(text, *codes),
        part_ids=tuple(place[0] for place in places),
    )


def _contact(rows: list[Any]) -> Document:
    id_, scope, account_id, name, role, phone, mobile, email, account = rows[0]
    return Document(
        record_id=id_,
        row_scope=scope,
        account_id=account_id,
        title=name,
        subtitle=_dotted(role, account),
        text=_joined(fold(_joined(name, email, phone, mobile)), _phone(phone), _phone(mobile)),
    )


def _product(rows: list[Any]) -> Document:
    id_, scope, name, brand, grapes, region, country, category, supplier, *_ = rows[0]
    skus = [row[9:] for row in rows if row[9] is not None]
    codes = [code for sku in skus for code in sku[1:] if code]
    words = fold(_joined(name, brand, *json.loads(grapes), region, country, category, supplier, *codes))
    return Document(
        record_id=id_,
        row_scope=scope,
        account_id=None,
        title=name,
        subtitle=_dotted(brand, supplier),
        text=_joined(words, *dict.fromkeys(_compact(code) for code in codes)),
        part_ids=tuple(sku[0] for sku in skus),
    )


SOURCES: dict[Kind, Source] = {
    "account": Source(
        kind="account",
        sql="SELECT a.id, a.row_scope, a.name, a.account_number, a.external_id, a.phone,"
        " d.id, d.street1, d.city, d.state, d.postal_code"
        " FROM account a LEFT JOIN address d ON d.row_scope = a.row_scope",
        filter=" WHERE a.id IN (SELECT value FROM json_each(?))",
        order=" ORDER BY a.name COLLATE NOCASE, a.id, d.label = 'primary' DESC, d.id",
        build=_account,
    ),
    "product": Source(
        kind="product",
        sql="SELECT p.id, p.row_scope, p.name, p.brand, p.grapes, p.region, p.country, p.category, s.name,"
        " k.id, k.code, k.bottle_barcode, k.case_barcode"
        " FROM product p LEFT JOIN supplier s ON s.id = p.supplier_id LEFT JOIN sku k ON k.product_id = p.id",
        filter=" WHERE p.id IN (SELECT value FROM json_each(?))",
        order=" ORDER BY p.name COLLATE NOCASE, p.id, k.id",
        build=_product,
    ),
    "contact": Source(
        kind="contact",
        sql="SELECT c.id, c.row_scope, c.account_id, c.name, c.role, c.phone, c.mobile, c.email, a.name"
        " FROM contact c LEFT JOIN account a ON a.id = c.account_id",
        filter=" WHERE c.id IN (SELECT value FROM json_each(?))",
        order=" ORDER BY c.name COLLATE NOCASE, c.id",
        build=_contact,
    ),
}
