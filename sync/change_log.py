"""How changes are written on the server: rows with their version, removals, scope sums, the chain.

All of it happens in the transaction that holds the clock row, so versions commit in order and a
reader never sees one without those before it.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from leora_core.domain.command import ALL_SCOPES, Record, Rejected
from leora_core.domain.values import format_instant
from leora_core.protocol.proof import EMPTY_CHAIN, next_chain, row_digest, to_signed
from leora_core.store.prepared import Prepared, Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import Synced
from leora_core.store.unit_of_work import Change, Held, Key, UnitOfWork
from sync import moment
from sync.server_tables import clock, removal, settled

_MANY = 200
"""Above so many scopes a commit does not list them; everyone is told something may have changed."""
_FLUSH_AT = 5_000

_LOCK = Prepared(sa.select(clock.c.version, clock.c.chain).where(clock.c.id == 1).with_for_update())
_ADVANCE = Prepared(
    sa.update(clock).where(clock.c.id == 1).values(version=sa.bindparam("new_version"), chain=sa.bindparam("new_chain"))
)
_HEAD = Prepared(sa.select(clock.c.version, clock.c.chain, clock.c.horizon).where(clock.c.id == 1))
_CHAIN_AT = Prepared(sa.select(settled.c.chain).where(settled.c.version == sa.bindparam("version")))
_TOUCHED = Prepared(
    sa.select(settled.c.touched).where(
        settled.c.version > sa.bindparam("after"), settled.c.version <= sa.bindparam("upto")
    )
)
_LEFT = Prepared(
    sa.select(removal.c.row_scope).where(
        removal.c.table_name == sa.bindparam("table"), removal.c.id == sa.bindparam("id")
    )
)
_ANY_REMOVAL = Prepared(sa.select(removal.c.version).limit(1))


@dataclass(frozen=True)
class Head:
    """Where the tenant stands."""

    version: int
    chain: str | None
    horizon: int


def read_head(transaction: Transaction) -> Head:
    """The last committed version in this snapshot."""
    version, chain, horizon = _HEAD.run(transaction).fetchone()
    return Head(int(version), chain, int(horizon))


def chain_at(transaction: Transaction, version: int) -> str | None:
    """The chain up to `version`, or None when the history has no such version."""
    row = _CHAIN_AT.run(transaction, version=version).fetchone()
    return str(row[0]) if row else None


@dataclass(frozen=True)
class Touched:
    """Where rows changed between two versions."""

    scopes: frozenset[str]
    tables: frozenset[str]


def touched_between(transaction: Transaction, after: int, upto: int) -> Touched | None:
    """Scopes and tables that changed in (after, upto], or None when there are too many to say."""
    if upto - after > 2_000:
        return None
    scopes: set[str] = set()
    tables: set[str] = set()
    for (text,) in _TOUCHED.run(transaction, after=after, upto=upto).fetchall():
        if text is None:
            return None
        said = msgspec.json.decode(text)
        scopes.update(said["scopes"])
        tables.update(said["tables"])
    return Touched(frozenset(scopes), frozenset(tables))


class Commit:
    """The open write transaction of a tenant: hands out versions and writes what they changed."""

    def __init__(self, transaction: Transaction) -> None:
        self.transaction = transaction
        version, chain = _LOCK.run(transaction).fetchone()
        self.version = int(version)
        self.chain: str = chain or EMPTY_CHAIN
        self.records = ServerWork(self)
        self._entries: list[dict[str, Any]] = []

    def begin(self) -> int:
        """Take the next version; what is written from now on belongs to it."""
        self.records.version = self.version + 1
        return self.version + 1

    def settle(self, entry: dict[str, Any]) -> None:
        """End the version taken by `begin` with its `settled` row (all but version, chain, touched)."""
        self.version += 1
        keys, scopes = self.records.take_touched()
        self.chain = next_chain(self.chain, self.version, entry["command_id"], keys)
        tables = {key.partition("|")[0] for key in keys}
        touched = None if len(scopes) > _MANY else _json({"scopes": sorted(scopes), "tables": sorted(tables)})
        self._entries.append({**entry, "version": self.version, "chain": self.chain, "touched": touched})

    def write(self) -> None:
        """Write all that waits. Call once, at the end of the transaction."""
        self.records.flush()
        if self._entries:
            _insert_settled(self.transaction, self._entries)
            self._entries = []
        _ADVANCE.run(self.transaction, new_version=self.version, new_chain=self.chain or None)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_SETTLED_COLUMNS = [column.name for column in settled.c]


def _insert_settled(transaction: Transaction, entries: list[dict[str, Any]]) -> None:
    marks = ", ".join([transaction.placeholder] * len(_SETTLED_COLUMNS))
    sql = f"INSERT INTO settled ({', '.join(_SETTLED_COLUMNS)}) VALUES ({marks})"  # noqa: S608 - our own names
    transaction.executemany(sql, [[entry.get(name) for name in _SETTLED_COLUMNS] for entry in entries])


class ServerWork(UnitOfWork):
    """The server's records: every write is stamped with its version and counted in its scope's sum."""

    def __init__(self, commit: Commit) -> None:
        super().__init__(commit.transaction)
        self._touched: set[str] = set()
        self._scopes: set[str] = set()
        self._bulk = False
        self._removals = _ANY_REMOVAL.run(commit.transaction).fetchone() is not None
        """Whether any row was ever removed: if not, no add needs to look for its grave."""

    def bulk(self) -> None:
        """One command with very many rows: they are kept as they come and written every few thousand."""
        self._bulk = True

    def take_touched(self) -> tuple[set[str], set[str]]:
        """The `table|id` and the scopes written since the last call; keeps them."""
        self._note(self.keep())
        touched, scopes = self._touched, self._scopes
        self._touched, self._scopes = set(), set()
        return touched, scopes

    def scopes_in_hand(self) -> set[str]:
        """The scopes written since the last kept command."""
        return {self._rows[key].scope for key in self._journal}

    def _note(self, keys: list[Key]) -> None:
        for kind, id_ in keys:
            self._touched.add(f"{kind.TABLE}|{id_}")
            self._scopes.add(self._rows[kind, id_].scope)

    def _left(self, record: Record) -> Any:
        return _LEFT.run(self.transaction, table=record.TABLE, id=record.id).fetchone()

    def add(self, record: Record) -> None:
        """Store a new row. Raises Rejected `id_conflict` when the id is taken, or was in another scope."""
        # Bulk work makes its ids itself.
        left = None if self._bulk or not self._removals else self._left(record)
        if left is not None and left[0] != record.scope:
            raise Rejected("id_conflict")
        super().add(record)

    def _write(self, said: Record, held: Held, record: Record | None) -> None:
        super()._write(said, held, record)
        if self._bulk and len(self._journal) >= _FLUSH_AT:
            self._note(self.keep())
            self.flush()

    def flush(self) -> None:
        """Write what waits: rows, removals, sums."""
        changes = self.changes()
        if not changes:
            return
        by_table: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            by_table[change.synced.name].append(change)
        for group in by_table.values():
            _write_rows(self.transaction, group[0].synced, group)
        _write_removals(self.transaction, changes)
        self._removals |= any(change.record is None for change in changes)
        _write_sums(self.transaction, _sum_changes(changes))
        self.written()


def _write_rows(transaction: Transaction, synced: Synced, changes: list[Change]) -> None:
    said = statements(synced, transaction.dialect)
    new = [[*c.row, c.scope, c.version] for c in changes if c.record is not None and c.before is None]
    changed = [[*c.row[1:], c.version, c.id] for c in changes if c.record is not None and c.before is not None]
    gone = [(c.id,) for c in changes if c.record is None]
    for sql, rows in ((said.insert, new), (said.update, changed), (said.delete, gone)):
        if rows:
            transaction.executemany(sql, rows)


def _write_removals(transaction: Transaction, changes: list[Change]) -> None:
    mark = transaction.placeholder
    back = [(c.synced.name, c.id) for c in changes if c.record is not None and c.before is None]
    if back and _ANY_REMOVAL.run(transaction).fetchone():
        transaction.executemany(f"DELETE FROM removal WHERE table_name = {mark} AND id = {mark}", back)  # noqa: S608
    removed_at = format_instant(moment.now())
    gone = [(c.synced.name, c.id, c.scope, c.version, removed_at) for c in changes if c.record is None]
    if gone:
        sql = f"INSERT INTO removal (table_name, id, row_scope, version, removed_at) VALUES ({', '.join([mark] * 5)})"  # noqa: S608
        transaction.executemany(sql, gone)


def _sum_changes(changes: Iterable[Change]) -> dict[str, tuple[int, int]]:
    """scope -> (rows more, checksum more)"""
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, int] = defaultdict(int)
    for change in changes:
        table = change.synced.name
        if change.before is not None:
            counts[change.scope] -= 1
            sums[change.scope] -= row_digest(table, change.id, change.before[-1])
        if change.record is not None:
            counts[change.scope] += 1
            sums[change.scope] += row_digest(table, change.id, change.version)
    more = {scope: (counts[scope], sums[scope]) for scope in counts}
    more[ALL_SCOPES] = (sum(counts.values()), sum(sums.values()))
    return more


def _write_sums(transaction: Transaction, more: dict[str, tuple[int, int]]) -> None:
    present = _read_sums(transaction, list(more))
    rows = []
    for scope, (count, total) in more.items():
        old_count, old_total = present.get(scope, (0, 0))
        rows.append((scope, old_count + count, to_signed(old_total + total)))
    mark = transaction.placeholder
    transaction.executemany(
        f"INSERT INTO scope_sum (scope, count, checksum) VALUES ({mark}, {mark}, {mark}) "  # noqa: S608
        "ON CONFLICT (scope) DO UPDATE SET count = excluded.count, checksum = excluded.checksum",
        rows,
    )


def _read_sums(transaction: Transaction, scopes: list[str]) -> dict[str, tuple[int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for start in range(0, len(scopes), 500):
        part = scopes[start : start + 500]
        marks = ", ".join([transaction.placeholder] * len(part))
        rows = transaction.execute(f"SELECT scope, count, checksum FROM scope_sum WHERE scope IN ({marks})", part)  # noqa: S608
        found.update((scope, (int(count), int(total))) for scope, count, total in rows.fetchall())
    return found
