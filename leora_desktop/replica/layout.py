"""How a replica file is laid out: made bare for a fast first fill, indexed when it is full."""

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from leora_core.store.prepared import Transaction
from leora_core.store.tables import SYNCED, Synced
from leora_desktop.replica.local_tables import REPLICA
from leora_desktop.replica.state import REPLICA_STATE

_SQLITE = sqlite.dialect()

SCHEMA = "2026-11-2"
"""Rises with every change of the synced or local tables; a replica of another schema is filled anew."""


def make_bare(transaction: Transaction) -> None:
    """All tables, no secondary index: rows that come in key order go in an order of magnitude faster."""
    for synced in SYNCED:
        transaction.execute(_table_sql(synced))
    REPLICA.create_all(transaction.connection)
    REPLICA_STATE.set(transaction, schema=SCHEMA)


def add_indexes(transaction: Transaction) -> None:
    """The secondary indexes of the synced tables, as far as they are missing."""
    for synced in SYNCED:
        _add_indexes(transaction, synced, set(synced.table.columns.keys()))


def add_silent_indexes(transaction: Transaction) -> None:
    """Those that hold nothing but our own ids and times, which are all the large ones.

    They alone may be sorted in a temporary file: SQLCipher does not encrypt those.
    """
    for synced in SYNCED:
        _add_indexes(transaction, synced, _silent(synced))


def _add_indexes(transaction: Transaction, synced: Synced, columns: set[str]) -> None:
    """The table's indexes on none but these columns."""
    for index in sorted(synced.table.indexes, key=lambda index: str(index.name)):
        if columns.issuperset(index.columns.keys()):
            transaction.execute(_index_sql(index))


@cache
def _table_sql(synced: Synced) -> str:
    return str(CreateTable(synced.table, if_not_exists=True).compile(dialect=_SQLITE))


@cache
def _index_sql(index: sa.Index) -> str:
    return str(CreateIndex(index, if_not_exists=True).compile(dialect=_SQLITE))


def _silent(synced: Synced) -> set[str]:
    """The columns whose values say nothing to a stranger. An external id is somebody's number, not ours."""
    silent = {column.name for column in synced.columns if column.kind in ("id", "date", "instant")}
    return (silent - {"external_id"}) | {"row_scope"}


def is_current(transaction: Transaction) -> bool:
    """Whether the file has this program's tables."""
    if not sa.inspect(transaction.connection).has_table("replica_state"):
        return False
    return REPLICA_STATE.get(transaction, "schema") == SCHEMA
