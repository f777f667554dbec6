"""Taking an import back: what nobody touched since vanishes or goes back to what it was, the rest stays and is told."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Absence, Actor, Context, Record
from leora_core.domain.grants import Grant, grant, live_grants, revoke
from leora_core.domain.orders.records import Order
from leora_core.domain.values import format_instant
from leora_core.store.tables import BY_NAME, METADATA, Synced
from leora_core.store.unit_of_work import to_record
from sync import authority, moment
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.imports.applying import change_with_history
from sync.imports.problems import FileRefused
from sync.server_tables import import_batch, import_row, removal, settled
from sync.tenants import Tenant

UNDO = "UndoImport"
Key = tuple[str, str]
"""Table and id."""


@dataclass(frozen=True)
class Kept:
    """A row that stays as it is, and why."""

    table: str
    id: str
    name: str | None
    why: str


@dataclass
class Undone:
    """What an undo did."""

    batch_id: str
    removed: Counter[str] = field(default_factory=Counter)
    restored: Counter[str] = field(default_factory=Counter)
    kept: list[Kept] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        kept = [{"table": k.table, "id": k.id, "name": k.name, "why": k.why} for k in self.kept]
        return {"batch": self.batch_id, "removed": dict(self.removed), "restored": dict(self.restored), "kept": kept}

    def lines(self) -> list[str]:
        """A summary for the screen."""
        told = [f"Removed: {_counted(self.removed)}. Put back as before: {_counted(self.restored)}."]
        told += [f"Kept {k.table} {k.name or k.id}: {k.why}" for k in self.kept[:50]]
        if len(self.kept) > 50:
            told.append(f"… and {len(self.kept) - 50:,} more kept; --json lists them all.")
        return told


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number:,} {table}" for table, number in sorted(counts.items())) or "nothing"


@dataclass
class _Entry:
    """A row the import wrote: what it was before, and the version it stands at now (None for gone)."""

    before: dict[str, Any] | None
    version: int | None


def undo_import(tenant: Tenant, batch_id: str, *, actor: Actor = authority.SYSTEM) -> Undone:
    """Take an import back as one version. Raises FileRefused for a batch that is unknown or undone already."""
    undone = Undone(batch_id)

    def work(records: ServerWork, context: Context) -> dict[str, Any]:
        _Undo(records, context, undone).run()
        return {"batch": batch_id, "removed": undone.removed.total(), "kept": len(undone.kept)}

    authority.commit_work(tenant, name=UNDO, actor=actor, command_id=new_id(), payload={"batch": batch_id}, work=work)
    return undone


class _Undo:
    """One undo inside its transaction."""

    def __init__(self, records: ServerWork, context: Context, undone: Undone) -> None:
        self.records = records
        self.context = context
        self.undone = undone
        self.connection = records.transaction.connection
        self.batch = self._batch(undone.batch_id)
        self.entries: dict[Key, _Entry] = {}
        self._orders: dict[str, str] | None = None
        self.why_kept: dict[Key, str] = {}

    def run(self) -> None:
        """Decide for every row, then write."""
        self._load()
        self._keep_edited()
        self._keep_whole_orders()
        for table in reversed(METADATA.sorted_tables):
            self._keep_referenced(table.name)
            if table.name == Order.TABLE:
                self._keep_whole_orders()
        for table in reversed(METADATA.sorted_tables):
            self._write(BY_NAME[table.name])
        self.undone.kept = [Kept(*key, self._name(key), why) for key, why in self.why_kept.items()]
        done = sa.update(import_batch).where(import_batch.c.id == self.undone.batch_id)
        self.connection.execute(done.values(undone_at=format_instant(moment.now())))

    def _batch(self, batch_id: str) -> Any:
        query = sa.select(import_batch).where(import_batch.c.id == batch_id)
        row = self.connection.execute(query).mappings().fetchone()
        if row is None:
            raise FileRefused(f"There is no import {batch_id}. `import SLUG list` shows them.")
        if row["undone_at"] is not None:
            raise FileRefused(f"The import {batch_id} was undone already, at {row['undone_at']}.")
        return row

    def _load(self) -> None:
        mine = import_row.c.batch_id == self.undone.batch_id
        tables = self.connection.execute(sa.select(import_row.c.table_name).where(mine).distinct()).scalars()
        for name in list(tables):
            table = BY_NAME[name].table
            query = (
                sa.select(import_row.c.id, import_row.c.before, table.c.row_version)
                .outerjoin(table, table.c.id == import_row.c.id)
                .where(mine, import_row.c.table_name == name)
            )
            for id_, before, version in self.connection.execute(query):
                self.entries[name, id_] = _Entry(json.loads(before) if before else None, version)

    def _keep_edited(self) -> None:
        """Whatever has another version than the import's was changed since."""
        by_import = self._removed_by_import()
        for key, entry in self.entries.items():
            if entry.version is None:
                if entry.before is not None and key not in by_import:
                    self.why_kept[key] = "it was removed since."
            elif self._import_left(key, entry.version) != self.batch["version"]:
                self.why_kept[key] = f"it was changed since{self._who(entry.version)}."

    def _import_left(self, key: Key, version: int) -> int:
        """The version whose state the row has: undoing a later import brought an earlier one's state back."""
        while version != self.batch["version"]:
            query = sa.select(settled.c.payload).where(settled.c.version == version, settled.c.name == UNDO)
            payload = self.connection.execute(query).scalar()
            if payload is None:
                break
            later = sa.select(import_row.c.before).where(
                import_row.c.batch_id == json.loads(payload)["batch"],
                import_row.c.table_name == key[0],
                import_row.c.id == key[1],
            )
            before = self.connection.execute(later).scalar()
            if before is None:
                break
            version = json.loads(before)["row_version"]
        return version

    def _removed_by_import(self) -> set[Key]:
        query = sa.select(removal.c.table_name, removal.c.id).where(removal.c.version == self.batch["version"])
        return {(table, id_) for table, id_ in self.connection.execute(query)}

    def _who(self, version: int) -> str:
        """` by Ann Lee on 2026-11-22T10:42:07.123Z (EditAccount)`."""
        query = sa.select(settled.c.user_id, settled.c.received_at, settled.c.name).where(settled.c.version == version)
        row = self.connection.execute(query).fetchone()
        if row is None:
            return ""
        people = BY_NAME["app_user"].table
        name = self.connection.execute(sa.select(people.c.name).where(people.c.id == row[0])).scalar()
        return f" by {name or 'the server'} on {row[1]} ({row[2]})"

    def _keep_whole_orders(self) -> None:
        """An order goes back whole or not at all, or its total would not be that of its lines."""
        order_of = {key: self._order_of(key) for key in self.entries if key[0] == "order_line"}
        for key, order_id in order_of.items():
            if key in self.why_kept and ("order", order_id) in self.entries:
                self.why_kept.setdefault(("order", order_id), "one of its lines was kept.")
        for key, order_id in order_of.items():
            if ("order", order_id) in self.why_kept:
                self.why_kept.setdefault(key, "its order was kept.")

    def _order_of(self, key: Key) -> str:
        entry = self.entries[key]
        if entry.before is not None:
            return str(entry.before["order_id"])
        lines = BY_NAME["order_line"].table
        if self._orders is None:
            mine = (import_row.c.batch_id == self.undone.batch_id) & (import_row.c.table_name == "order_line")
            query = sa.select(lines.c.id, lines.c.order_id).join(import_row, import_row.c.id == lines.c.id).where(mine)
            self._orders = {row[0]: row[1] for row in self.connection.execute(query)}
        return self._orders.get(key[1], "")

    def _keep_referenced(self, name: str) -> None:
        """A row the import made stays while something that stays points to it."""
        for child, child_id, parent_id in self._references(name):
            key = (name, parent_id)
            entry = self.entries.get(key)
            if entry is None or entry.before is not None or key in self.why_kept:
                continue
            if not self._vanishes((child, child_id)):
                what = child.replace("_", " ")
                self.why_kept[key] = f"{'an' if what[0] in 'aeo' else 'a'} {what} that stays refers to it."

    def _references(self, name: str) -> Iterator[tuple[str, str, str]]:
        """(child table, child id, id in `name`) for every row that points to a row of the import."""
        if not any(key[0] == name and entry.before is None for key, entry in self.entries.items()):
            return
        made = sa.select(import_row.c.id).where(
            import_row.c.batch_id == self.undone.batch_id,
            import_row.c.table_name == name,
            import_row.c.before.is_(None),
        )
        for table in METADATA.sorted_tables:
            for key in table.foreign_keys:
                if key.column.table.name == name:
                    query = sa.select(table.c.id, key.parent).where(key.parent.in_(made))
                    for child_id, parent_id in self.connection.execute(query):
                        yield table.name, child_id, parent_id
        if name == Account.TABLE:
            yield from self._assigned_since()

    def _assigned_since(self) -> Iterator[tuple[str, str, str]]:
        """Accounts somebody was given after the import are in use."""
        table = BY_NAME[Grant.TABLE].table
        query = sa.select(table.c.id, table.c.held).where(table.c.to_version.is_(None), table.c.why == "assigned")
        for id_, held in self.connection.execute(query):
            yield Grant.TABLE, id_, held.removeprefix("account:")

    def _vanishes(self, key: Key) -> bool:
        entry = self.entries.get(key)
        return entry is not None and entry.before is None and key not in self.why_kept

    def _write(self, synced: Synced) -> None:
        for key, entry in self.entries.items():
            if key[0] != synced.name or key in self.why_kept:
                continue
            found = self.records.get(synced.kind, key[1])
            present = None if isinstance(found, Absence) else found
            if synced.kind is Grant:
                self._give_back(key, entry, present)
            elif entry.before is None:
                self._remove(present)
            else:
                self._restore(synced, entry.before, present)

    def _remove(self, present: Record | None) -> None:
        if present is not None:
            self.records.remove(present)
            self.undone.removed[present.TABLE] += 1

    def _restore(self, synced: Synced, before: dict[str, Any], present: Record | None) -> None:
        record = to_record(synced, [before.get(name) for name in synced.column_names])
        if present is None:
            self.records.add(record)
        else:
            values = {name: getattr(record, name) for name in synced.column_names}
            differing = {name: value for name, value in values.items() if value != getattr(present, name)}
            change_with_history(self.records, self.context, present, differing)
        self.undone.restored[synced.name] += 1

    def _give_back(self, key: Key, entry: _Entry, present: Record | None) -> None:
        """Grants are never rewritten: the import's ends, and whoever held the account before gets a new one."""
        if not isinstance(present, Grant):
            return
        if entry.before is None:
            if present.to_version is None:
                revoke(self.records, self.context, present)
                self.undone.removed[Grant.TABLE] += 1
        elif not self._held_by_another(present):
            user_id, held = present.user_id, present.held
            grant(self.records, self.context, name=f"back-{key[1]}", user_id=user_id, held=held, why="assigned")
            self.undone.restored[Grant.TABLE] += 1

    def _held_by_another(self, ended: Grant) -> bool:
        """Whether somebody was given the account since the import."""
        live = [one for one in live_grants(self.records, ended.held) if one.why == "assigned"]
        return any((Grant.TABLE, one.id) not in self.entries for one in live)

    def _name(self, key: Key) -> str | None:
        found = self.records.get(BY_NAME[key[0]].kind, key[1])
        if isinstance(found, Absence):
            return None
        return next((str(v) for n in ("name", "code", "number") if (v := getattr(found, n, None))), None)


def list_imports(tenant: Tenant) -> list[dict[str, Any]]:
    """Every import of the tenant, the newest first."""
    with tenant.database.reading() as transaction:
        rows = transaction.connection.execute(sa.select(import_batch).order_by(import_batch.c.id.desc())).mappings()
        return [dict(row) for row in rows]
