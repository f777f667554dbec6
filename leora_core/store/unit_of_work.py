"""One transaction's view of the records: reads through, keeps writes in memory, knows what changed.

Writes wait until `flush`, so a refused command is undone without touching the database and a batch
of commands is written with one statement for each table. `flush` hands the changes, with what was
stored before, to the side that owns the transaction: the server stamps versions and sums, the laptop
keeps before-images.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from leora_core.domain.command import Absence, R, Record, Rejected, account_scope, rep_scope
from leora_core.domain.values import format_instant
from leora_core.store.columns import convert, dump_list
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements, where
from leora_core.store.tables import BY_KIND, Synced

Key = tuple[type[Record], str]


@dataclass(slots=True)
class Held:
    """A row as this transaction sees it; `stored` is what the database still has, None for nothing."""

    record: Record | None
    stored: list[Any] | None
    scope: str = ""
    """Where it lives, or lived if it was taken away; empty for a row that never was."""
    dirty: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A row to be written. `record` is None for a removal, `before` the stored values or None."""

    synced: Synced
    id: str
    scope: str
    record: Record | None
    before: list[Any] | None
    version: int

    @property
    def row(self) -> list[Any]:
        """The fields as the table stores them. Only for a change that is no removal."""
        assert self.record is not None  # noqa: S101 - callers ask only for rows that are there
        return to_row(self.synced, self.record)


def to_row(synced: Synced, record: Record) -> list[Any]:
    """The record's fields as the table stores them."""
    return convert([getattr(record, column.name) for column in synced.columns], synced.dumpers)


def to_record(synced: Synced, stored: list[Any]) -> Record:
    """The record of stored fields (hidden columns may follow; they are ignored)."""
    values = convert(list(stored[: len(synced.columns)]), synced.loaders)
    return synced.kind(**dict(zip(synced.column_names, values, strict=True)))


def _stored_filter(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return dump_list(value)
    return value


class UnitOfWork:
    """`Records` over one open transaction. `holds(scope)` says whether absence in it can be known."""

    def __init__(self, transaction: Transaction, *, holds: Callable[[str], bool] = lambda _: True) -> None:
        self.transaction = transaction
        self.version = 0
        """The version the next writes belong to."""
        self._holds = holds
        self._rows: dict[Key, Held] = {}
        self._dirty: dict[type[Record], dict[str, Held]] = {}
        self._journal: dict[Key, Held] = {}
        """The rows written since the last keep or discard, as they were before."""

    # -- Records ---------------------------------------------------------------------------------

    def get(self, kind: type[R], id: str) -> R | Absence:
        """The row, or why there is none."""
        record = self._held(kind, id).record
        if record is None:
            return Absence.ABSENT if self._holds(_scope_of(kind, id)) else Absence.UNKNOWN
        return cast(R, record)

    def need(self, kind: type[R], id: str) -> R:
        """The row. Raises Rejected `not_found` or `not_on_this_laptop`."""
        found = self.get(kind, id)
        if isinstance(found, Absence):
            code = "not_found" if found is Absence.ABSENT else "not_on_this_laptop"
            raise Rejected(code, what=kind.TABLE.replace("_", " "))
        return found

    def find(self, kind: type[R], /, **equal: object) -> list[R]:
        """The rows whose fields equal all of `equal`, by id."""
        synced = BY_KIND[kind]
        found: dict[str, R] = {}
        for stored in self._select(statements(synced, self.transaction.dialect).read, kind, equal):
            held = self._remember(synced, stored)
            if held.record is not None and (not held.dirty or _matches(held.record, equal)):
                found[held.record.id] = cast(R, held.record)
        for id_, held in self._dirty.get(kind, {}).items():
            if id_ not in found and held.record is not None and _matches(held.record, equal):
                found[id_] = cast(R, held.record)
        return [found[id_] for id_ in sorted(found)]

    def count(self, kind: type[R], /, **equal: object) -> int:
        """How many rows `find` would give."""
        return self._aggregate(kind, "COUNT(*)", equal, lambda _: 1)

    def total(self, kind: type[R], amount: str, /, **equal: object) -> int:
        """The sum of `amount` over the rows `find` would give."""
        column = quote(self.transaction.dialect, amount)
        return self._aggregate(kind, f"COALESCE(SUM({column}), 0)", equal, lambda record: getattr(record, amount))

    def add(self, record: Record) -> None:
        """Store a new row. Raises Rejected `id_conflict` when the id is taken."""
        held = self._held(type(record), record.id)
        # Whoever holds the scope a stored row was in is told of its removal there, so it cannot come back elsewhere.
        if held.record is not None or (held.stored is not None and held.scope != record.scope):
            raise Rejected("id_conflict")
        self._write(record, held, record)

    def change(self, record: R, **fields: Any) -> R:
        """Store `record` with `fields` replaced and return it. Raises ValueError if its scope moves."""
        changed = dataclasses.replace(record, **fields)
        if changed.scope != record.scope:
            raise ValueError(f"{record.TABLE} {record.id} lives in {record.scope} for life")
        self._write(record, self._held(type(record), record.id), changed)
        return changed

    def remove(self, record: Record) -> None:
        """Take the row away."""
        self._write(record, self._held(type(record), record.id), None)

    # -- one command after another ---------------------------------------------------------------

    def keep(self) -> list[Key]:
        """Accept what was written since the last keep or discard; returns the rows it touched."""
        touched = list(self._journal)
        self._journal.clear()
        return touched

    def discard(self) -> None:
        """Forget what was written since the last keep or discard."""
        for (kind, id_), before in self._journal.items():
            self._rows[kind, id_] = before
            if before.dirty:
                self._dirty[kind][id_] = before
            else:
                self._dirty[kind].pop(id_, None)
        self._journal.clear()

    def changes(self) -> list[Change]:
        """What waits to be written, each row once, in its last state."""
        waiting = []
        for kind, rows in self._dirty.items():
            synced = BY_KIND[kind]
            for id_, held in rows.items():
                if held.record is not None or held.stored is not None:
                    waiting.append(Change(synced, id_, held.scope, held.record, held.stored, held.version))
        return waiting

    def written(self) -> None:
        """Call when `changes` have been written: later reads start from them."""
        self._rows.clear()
        self._dirty.clear()

    # -- inside ----------------------------------------------------------------------------------

    def _held(self, kind: type[Record], id_: str) -> Held:
        held = self._rows.get((kind, id_))
        if held is None:
            synced = BY_KIND[kind]
            row = self.transaction.execute(statements(synced, self.transaction.dialect).get, (id_,)).fetchone()
            held = self._rows[kind, id_] = _from_stored(synced, row)
        return held

    def _remember(self, synced: Synced, stored: Any) -> Held:
        key = (synced.kind, stored[0])
        held = self._rows.get(key)
        if held is None:
            held = self._rows[key] = _from_stored(synced, stored)
        return held

    def _write(self, said: Record, held: Held, record: Record | None) -> None:
        """Let `record`, None to take it away, stand for the row that `said` names."""
        key = (type(said), said.id)
        if key not in self._journal:
            self._journal[key] = dataclasses.replace(held)
        held.record, held.scope, held.dirty, held.version = record, said.scope, True, self.version
        self._dirty.setdefault(type(said), {})[said.id] = held

    def _select(self, select: str, kind: type[Record], equal: dict[str, object]) -> list[Any]:
        filters = _with_scope(kind, equal)
        condition = where(self.transaction.dialect, tuple((name, value is None) for name, value in filters.items()))
        values = [_stored_filter(value) for value in filters.values() if value is not None]
        rows: list[Any] = self.transaction.execute(select + condition, values).fetchall()
        return rows

    def _aggregate(
        self, kind: type[Record], aggregate: str, equal: dict[str, object], measure: Callable[[Record], int]
    ) -> int:
        synced = BY_KIND[kind]
        table = quote(self.transaction.dialect, synced.name)
        select = f"SELECT {aggregate} FROM {table}"  # noqa: S608 - names come from our own tables
        result = int(self._select(select, kind, equal)[0][0])
        for held in self._dirty.get(kind, {}).values():
            if held.stored is not None:
                before = to_record(synced, held.stored)
                result -= measure(before) if _matches(before, equal) else 0
            if held.record is not None:
                result += measure(held.record) if _matches(held.record, equal) else 0
        return result


def _from_stored(synced: Synced, stored: Any) -> Held:
    if stored is None:
        return Held(None, None)
    row = list(stored)
    return Held(to_record(synced, row), row, row[-2])


def _matches(record: Record, equal: dict[str, object]) -> bool:
    return all(getattr(record, name) == value for name, value in equal.items())


def _scope_of(kind: type[Record], id_: str) -> str:
    """The scope a row of `kind` with this id would live in, where its kind tells; else all scopes."""
    if kind.TABLE == "account":
        return account_scope(id_)
    return kind.HOME


def _with_scope(kind: type[Record], equal: dict[str, object]) -> dict[str, object]:
    """`equal` plus the scope it implies, whose index every table has."""
    owner = equal.get(kind.LIVES_BY) if kind.LIVES_BY else None
    if owner is None:
        return equal
    return {"row_scope": account_scope(str(owner)) if kind.LIVES_BY == "account_id" else rep_scope(str(owner)), **equal}
