"""Finding accounts, products and contacts by what is typed.

Each entry has a number in its kind's range, by title when the index was built, so that a common
prefix gives its first matches in a sensible order without ranking them all.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from leora_core.store.prepared import Transaction
from leora_desktop.replica.folding import fold
from leora_desktop.replica.search_documents import SOURCES, Document, Kind

KINDS: tuple[Kind, ...] = ("account", "product", "contact")
RANKED = 200
"""Up to so many candidates are put in order; beyond, the first ones found are shown."""
_LEAST_LETTERS = 2
_MOST_WORDS = 8
_LONGEST_WORD = 40
_RANGE = 1 << 40
_BATCH = 5_000
_MANY = 500
_SECURE_DELETE_SINCE = (3, 42)

_TABLES = (
    "CREATE TABLE IF NOT EXISTS search_entry ("
    " id INTEGER PRIMARY KEY, kind TEXT NOT NULL, record_id TEXT NOT NULL, row_scope TEXT NOT NULL,"
    " account_id TEXT, title TEXT NOT NULL, subtitle TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS search_part (part_id TEXT NOT NULL, record_id TEXT NOT NULL)",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_fts USING fts5("
    "text, columnsize=0, tokenize='unicode61 remove_diacritics 2', prefix='2 3 4')",
)
_INDEXES = (
    "CREATE UNIQUE INDEX IF NOT EXISTS ix_search_entry_record_id ON search_entry (record_id)",
    "CREATE INDEX IF NOT EXISTS ix_search_entry_row_scope ON search_entry (row_scope)",
    "CREATE INDEX IF NOT EXISTS ix_search_part_part_id ON search_part (part_id)",
    "CREATE INDEX IF NOT EXISTS ix_search_part_record_id ON search_part (record_id)",
)
_OPTIMIZE = "INSERT INTO search_fts (search_fts) VALUES ('optimize')"
_INSERT_ENTRY = "INSERT INTO search_entry VALUES (?, ?, ?, ?, ?, ?, ?)"
_INSERT_TEXT = "INSERT INTO search_fts (rowid, text) VALUES (?, ?)"
_DELETE_TEXT = "DELETE FROM search_fts WHERE rowid = ?"
_INSERT_PART = "INSERT INTO search_part VALUES (?, ?)"
_PART_OF = {"address": "account", "sku": "product"}
"""Tables whose rows belong to the document of another."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that was found. `account_id` is the account to open, None for a product."""

    kind: str
    id: str
    title: str
    subtitle: str
    account_id: str | None


def create(transaction: Transaction) -> None:
    """Make the index's tables where they are missing."""
    _create_tables(transaction)
    _create_indexes(transaction)


def rebuild(transaction: Transaction) -> None:
    """Index everything anew; for after a load."""
    transaction.execute("DROP TABLE IF EXISTS search_fts")
    transaction.execute("DROP TABLE IF EXISTS search_part")
    transaction.execute("DROP TABLE IF EXISTS search_entry")
    _create_tables(transaction)
    for number, kind in enumerate(KINDS):
        documents = enumerate(SOURCES[kind].read(transaction), number * _RANGE + 1)
        for batch in _batches(documents):
            _insert(transaction, kind, batch)
    _create_indexes(transaction)
    transaction.execute(_OPTIMIZE)


def refresh(transaction: Transaction, changed: Iterable[tuple[str, str]]) -> None:
    """Bring the index up to date with changed, new or removed rows, given as (table, id)."""
    ids: dict[str, set[str]] = defaultdict(set)
    for table, id_ in changed:
        ids[table].add(id_)
    stale: dict[Kind, set[str]] = {kind: set(ids[kind]) for kind in KINDS}
    for part, owner in _PART_OF.items():
        stale["account" if owner == "account" else "product"] |= _owners(transaction, part, owner, ids[part])
    if ids["supplier"]:
        sql = "SELECT id FROM product WHERE supplier_id IN (SELECT value FROM json_each(?))"
        stale["product"] |= _ids(transaction, sql, ids["supplier"])
    if ids["account"]:
        sql = "SELECT id FROM contact WHERE row_scope IN (SELECT 'account:' || value FROM json_each(?))"
        stale["contact"] |= _ids(transaction, sql, ids["account"])
    for kind in KINDS:
        if stale[kind]:
            _refresh_kind(transaction, kind, stale[kind])


def drop_scope(transaction: Transaction, scope: str) -> None:
    """Forget every entry of a scope."""
    drop_scopes(transaction, [scope])


def drop_scopes(transaction: Transaction, scopes: Iterable[str]) -> None:
    """Forget every entry of these scopes, leaving none of their words in the index."""
    sql = "SELECT id, record_id FROM search_entry WHERE row_scope IN (SELECT value FROM json_each(?))"
    rows = transaction.execute(sql, (json.dumps(sorted(scopes)),)).fetchall()
    _delete(transaction, rows)


def search(reader: Transaction, text: str, limit: int = 20, kinds: Sequence[Kind] | None = None) -> list[Hit]:
    """The best matches of all words, the last by its beginning; nothing below two letters. Never raises on any text."""
    words = _words(text)
    expression = _expression(words)
    if expression is None or limit < 1:
        return []
    wanted = [kind for kind in KINDS if kinds is None or kind in kinds]
    found = {kind: _candidates(reader, expression, kind) for kind in wanted}
    if sum(len(rows) for rows in found.values()) > RANKED:
        return list(_hits(reader, _fair_share(list(found.values()), limit)).values())
    hits = _hits(reader, [rowid for rows in found.values() for rowid in rows])
    folded = " ".join(words)
    return sorted(hits.values(), key=lambda hit: _rank(hit, folded, words))[:limit]


# -- asking ------------------------------------------------------------------------------------------


def _words(text: str) -> list[str]:
    words = [word[:_LONGEST_WORD] for word in fold(text).split()[:_MOST_WORDS]]
    if len(words) > 1 and len(words[-1]) == 1:
        words.pop()  # one letter begins too much to say anything
    return words


def _expression(words: list[str]) -> str | None:
    """The words as the index is asked for them; None where there is too little to ask for."""
    if not words or len("".join(words)) < _LEAST_LETTERS:
        return None
    *whole, last = words
    plain = " AND ".join([*(f'"{word}"' for word in whole), f'"{last}"*'])
    number = "".join(words)
    numbers: list[str] = []
    if number.isascii() and number.isdigit():
        numbers = [number] if whole else []
        if len(number) == 11 and number[0] == "1":
            numbers.append(number[1:])
    return " OR ".join([f"({plain})", *(f'"{digits}"*' for digits in numbers)])


def _candidates(reader: Transaction, expression: str, kind: Kind) -> list[int]:
    first = KINDS.index(kind) * _RANGE
    sql = "SELECT rowid FROM search_fts WHERE search_fts MATCH ? AND rowid BETWEEN ? AND ? LIMIT ?"
    rows = reader.execute(sql, (expression, first, first + _RANGE - 1, RANKED + 1))
    return [rowid for (rowid,) in rows]


def _fair_share(found: list[list[int]], limit: int) -> list[int]:
    """The first `limit` entries with every kind in turn, kind by kind."""
    taken: list[list[int]] = [[] for _ in found]
    while limit and any(len(part) < len(rows) for part, rows in zip(taken, found, strict=True)):
        for part, rows in zip(taken, found, strict=True):
            if limit and len(part) < len(rows):
                part.append(rows[len(part)])
                limit -= 1
    return [rowid for part in taken for rowid in part]


def _hits(reader: Transaction, rowids: list[int]) -> dict[int, Hit]:
    sql = (
        "SELECT id, kind, record_id, title, subtitle, account_id FROM search_entry"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    return {row[0]: Hit(*row[1:]) for row in reader.execute(sql, (json.dumps(rowids),))}


def _rank(hit: Hit, folded: str, words: list[str]) -> tuple[int, int, str, str]:
    """Titles that begin with what was typed, then titles with every word, then the rest."""
    title = fold(hit.title)
    if title.startswith(folded):
        nearness = 0
    else:
        spaced = f" {title}"
        nearness = 1 if all(f" {word}" in spaced for word in words) else 2
    return (nearness, KINDS.index(hit.kind), title, hit.id)


# -- keeping -----------------------------------------------------------------------------------------


def _create_indexes(transaction: Transaction) -> None:
    for statement in _INDEXES:
        transaction.execute(statement)


def _create_tables(transaction: Transaction) -> None:
    for statement in _TABLES:
        transaction.execute(statement)
    _secure_delete(transaction, on=True)


def _secure_delete(transaction: Transaction, *, on: bool) -> None:
    """Whether removed words leave the index at once rather than when its segments happen to merge."""
    if _version(transaction) >= _SECURE_DELETE_SINCE:
        transaction.execute("INSERT INTO search_fts (search_fts, rank) VALUES ('secure-delete', ?)", (int(on),))


def _version(transaction: Transaction) -> tuple[int, ...]:
    (text,) = transaction.execute("SELECT sqlite_version()").fetchone()
    return tuple(int(part) for part in text.split("."))


def _batches(documents: Iterator[tuple[int, Document]]) -> Iterator[list[tuple[int, Document]]]:
    while batch := list(islice(documents, _BATCH)):
        yield batch


def _insert(transaction: Transaction, kind: Kind, numbered: list[tuple[int, Document]]) -> None:
    transaction.executemany(
        _INSERT_ENTRY,
        [(n, kind, d.record_id, d.row_scope, d.account_id, d.title, d.subtitle) for n, d in numbered],
    )
    transaction.executemany(_INSERT_TEXT, [(n, d.text) for n, d in numbered])
    transaction.executemany(_INSERT_PART, [(part, d.record_id) for _, d in numbered for part in d.part_ids])


def _delete(transaction: Transaction, rows: Iterable[tuple[int, str]]) -> None:
    """Remove entries given as (number, record id)."""
    rows = list(rows)
    numbers = [(number,) for number, _ in rows]
    if len(rows) > _MANY:
        # Leaving marks and then writing the whole index anew is quicker than cutting out so many one by one.
        _secure_delete(transaction, on=False)
        transaction.executemany(_DELETE_TEXT, numbers)
        transaction.execute(_OPTIMIZE)
        _secure_delete(transaction, on=True)
    else:
        transaction.executemany(_DELETE_TEXT, numbers)
    transaction.executemany("DELETE FROM search_entry WHERE id = ?", numbers)
    transaction.executemany("DELETE FROM search_part WHERE record_id = ?", [(record_id,) for _, record_id in rows])


def _refresh_kind(transaction: Transaction, kind: Kind, ids: set[str]) -> None:
    """Write the documents of `ids` anew where they differ from what is indexed."""
    present = {document.record_id: document for document in SOURCES[kind].read(transaction, ids)}
    sql = (
        "SELECT e.record_id, e.id, e.title, e.subtitle, f.text FROM search_entry e JOIN search_fts f ON f.rowid = e.id"
        " WHERE e.record_id IN (SELECT value FROM json_each(?))"
    )
    indexed = {row[0]: row for row in transaction.execute(sql, (json.dumps(sorted(ids)),)).fetchall()}
    stale = [id_ for id_, row in indexed.items() if id_ not in present or not _same(present[id_], row)]
    # Before the stale go: they take their own numbers again, and a new one must not have the last of them.
    following = _next_number(transaction, kind)
    _delete(transaction, [(indexed[id_][1], id_) for id_ in stale])
    added: list[tuple[int, Document]] = []
    for id_, document in present.items():
        if id_ in indexed and id_ not in stale:
            continue
        if id_ in indexed:
            added.append((indexed[id_][1], document))
        else:
            added.append((following, document))
            following += 1
    _insert(transaction, kind, added)


def _same(document: Document, row: Any) -> bool:
    return (document.title, document.subtitle, document.text) == tuple(row[2:])


def _next_number(transaction: Transaction, kind: Kind) -> int:
    first = KINDS.index(kind) * _RANGE
    sql = "SELECT MAX(id) FROM search_entry WHERE id BETWEEN ? AND ?"
    (last,) = transaction.execute(sql, (first, first + _RANGE - 1)).fetchone()
    return int(last or first) + 1


def _owners(transaction: Transaction, part: str, owner: str, ids: set[str]) -> set[str]:
    """The records that rows of `part` belong to now, or did when they were indexed."""
    if not ids:
        return set()
    present = f"SELECT {owner}_id FROM {part} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own names
    before = "SELECT record_id FROM search_part WHERE part_id IN (SELECT value FROM json_each(?))"
    return _ids(transaction, present, ids) | _ids(transaction, before, ids)


def _ids(transaction: Transaction, sql: str, ids: set[str]) -> set[str]:
    return {row[0] for row in transaction.execute(sql, (json.dumps(sorted(ids)),))}
