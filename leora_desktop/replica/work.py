"""The laptop's unit of work: what pending commands change, with the server's row kept below it."""

from collections import defaultdict
from collections.abc import Callable

import msgspec

from leora_core.store.prepared import Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import BY_NAME, Synced
from leora_core.store.unit_of_work import Change, UnitOfWork

RowKey = tuple[str, str]
"""(table, id)"""


class ReplicaWork(UnitOfWork):
    """Writes predictions: each row the server knows is first put aside as its before-image."""

    def __init__(self, transaction: Transaction, *, holds: Callable[[str], bool]) -> None:
        super().__init__(transaction, holds=holds)
        self.touched: set[RowKey] = set()

    def flush(self) -> None:
        """Write what waits, images first."""
        changes = self.changes()
        if not changes:
            return
        self.transaction.executemany(
            "INSERT OR IGNORE INTO before_image (table_name, id, row) VALUES (?, ?, ?)",
            [(c.synced.name, c.id, _image(c)) for c in changes],
        )
        by_table: dict[str, list[Change]] = defaultdict(list)
        for change in changes:
            self.touched.add((change.synced.name, change.id))
            by_table[change.synced.name].append(change)
        for group in by_table.values():
            self._write_table(group[0].synced, group)
        self.written()

    def _write_table(self, synced: Synced, changes: list[Change]) -> None:
        said = statements(synced, "sqlite")
        kept = [[*c.row, c.scope, c.before[-1] if c.before else 0] for c in changes if c.record is not None]
        gone = [(c.id,) for c in changes if c.record is None]
        if kept:
            self.transaction.executemany(said.upsert, kept)
        if gone:
            self.transaction.executemany(said.delete, gone)


def _image(change: Change) -> str | None:
    return None if change.before is None else msgspec.json.encode(change.before).decode()


def put_back_images(transaction: Transaction) -> set[RowKey]:
    """Undo every prediction: the replica shows the server's rows alone. Returns the rows undone."""
    by_table: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for table, id_, row in transaction.execute("SELECT table_name, id, row FROM before_image").fetchall():
        by_table[table].append((id_, row))
    for table, images in by_table.items():
        said = statements(BY_NAME[table], "sqlite")
        known = [msgspec.json.decode(row) for _, row in images if row is not None]
        made_here = [(id_,) for id_, row in images if row is None]
        if known:
            transaction.executemany(said.upsert, known)
        if made_here:
            transaction.executemany(said.delete, made_here)
    transaction.execute("DELETE FROM before_image")
    return {(table, id_) for table, images in by_table.items() for id_, _ in images}
