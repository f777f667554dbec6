"""What the server sends waits here, unseen, until a checkpoint says it is whole."""

from collections.abc import Iterable
from typing import Any

import msgspec

from leora_core.protocol.messages import Gone, Rows, Verdict
from leora_core.store.columns import convert
from leora_core.store.prepared import Transaction
from leora_core.store.tables import BY_NAME, Synced

_STAGE = (
    "INSERT INTO staged (table_name, id, row_scope, version, row) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (table_name, id) DO UPDATE SET row_scope = excluded.row_scope, version = excluded.version, "
    "row = excluded.row WHERE excluded.version >= staged.version"
)


def stored_rows(synced: Synced, line: Rows) -> list[list[Any]]:
    """The line's rows as the table stores them, hidden columns last. A column we lack is left out."""
    rows = line.rows
    if line.columns != synced.column_names:
        places = [line.columns.index(name) if name in line.columns else None for name in synced.column_names]
        rows = [[None if place is None else row[place] for place in places] for row in rows]
    if synced.from_wire:
        for row in rows:
            convert(row, synced.from_wire)
    scope = line.scope
    for row, version in zip(rows, line.versions, strict=True):
        row.append(scope)
        row.append(version)
    return rows


def stage_rows(transaction: Transaction, line: Rows) -> int:
    """Keep rows for the checkpoint; returns how many. Tables we do not know are passed over."""
    synced = BY_NAME.get(line.table)
    if synced is None:
        return 0
    encode = msgspec.json.encode
    rows = stored_rows(synced, line)
    transaction.executemany(_STAGE, [(line.table, row[0], line.scope, row[-1], encode(row).decode()) for row in rows])
    return len(rows)


def stage_gone(transaction: Transaction, line: Gone) -> None:
    """Keep removals for the checkpoint."""
    if line.table in BY_NAME:
        pairs = zip(line.ids, line.versions, strict=True)
        transaction.executemany(_STAGE, [(line.table, id_, line.scope, version, None) for id_, version in pairs])


def stage_drop(transaction: Transaction, scope: str, *, ours: bool = False) -> None:
    """The scope is to be erased at the checkpoint; what was staged of it goes at once.

    `ours` is our own wish to have it filled anew; the server's word that it is lost outweighs that.
    """
    transaction.execute(
        "INSERT INTO staged_drop (scope, ours) VALUES (?, ?) "
        "ON CONFLICT (scope) DO UPDATE SET ours = MIN(ours, excluded.ours)",
        (scope, ours),
    )
    transaction.execute("DELETE FROM staged WHERE row_scope = ?", (scope,))


def forget_drops(transaction: Transaction) -> None:
    """Every answer names all scopes the server wants erased; what a cut one said may no longer be so."""
    transaction.execute("DELETE FROM staged_drop WHERE NOT ours")


def stage_verdicts(transaction: Transaction, verdicts: Iterable[Verdict]) -> None:
    """Keep verdicts until the rows up to them are shown."""
    transaction.executemany(
        "INSERT OR REPLACE INTO staged_verdict (command_id, verdict) VALUES (?, ?)",
        [(verdict.id, msgspec.json.encode(verdict).decode()) for verdict in verdicts],
    )


def clear(transaction: Transaction) -> None:
    """Forget everything staged but the verdicts."""
    transaction.execute("DELETE FROM staged")
    transaction.execute("DELETE FROM staged_drop")
