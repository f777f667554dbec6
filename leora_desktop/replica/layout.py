"""How a replica file is laid out: made bare for a fast first fill, indexed when it is full."""

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from leora_core.store.prepared import Transaction
from leora_core.store.tables import SYNCED, Synced
from leora_desktop.replica.local_tables import REPLICA
from leora_desktop.replica.state import REPLICA_STATE

SCHEMA = "2026-11-1"
"""Rises with every change of the synced or local tables; a replica of another schema is filled anew."""


def make_bare(transaction: Transaction) -> None:
    """All tables, no secondary index: rows that come in key order go in an order of magnitude faster."""
    for synced in SYNCED:
        transaction.connection.execute(CreateTable(synced.table, if_not_exists=True))
    REPLICA.create_all(transaction.connection)
    REPLICA_STATE.set(transaction, schema=SCHEMA)


def add_indexes(transaction: Transaction) -> None:
    """The secondary indexes of the synced tables, in memory that does not grow with their rows.

    What does not fit while an index is sorted goes to a temporary file, which SQLCipher does not
    encrypt: so only ids and times may, never a name or a number.
    """
    for synced in SYNCED:
        for index in sorted(synced.table.indexes, key=lambda index: str(index.name)):
            tells_nothing = {column.name for column in index.columns} <= _opaque(synced)
            transaction.execute(f"PRAGMA temp_store={'FILE' if tells_nothing else 'MEMORY'}")
            transaction.connection.execute(CreateIndex(index, if_not_exists=True))
    transaction.execute("PRAGMA temp_store=MEMORY")


def _opaque(synced: Synced) -> set[str]:
    """The columns whose values say nothing to a stranger: our own ids, and times. Others' ids are numbers of theirs."""
    silent = {column.name for column in synced.columns if column.kind in ("id", "date", "instant")}
    return (silent - {"external_id"}) | {"row_scope"}


def is_current(transaction: Transaction) -> bool:
    """Whether the file has this program's tables."""
    if not sa.inspect(transaction.connection).has_table("replica_state"):
        return False
    return REPLICA_STATE.get(transaction, "schema") == SCHEMA


