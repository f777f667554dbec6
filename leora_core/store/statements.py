"""The SQL of each synced table, written once per dialect."""

from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from leora_core.store.tables import Synced

_DIALECTS: dict[str, sa.Dialect] = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect()}
HIDDEN = ("row_scope", "row_version")
"""The columns every synced table has beside its record's fields."""


@dataclass(frozen=True)
class Statements:
    """What is said to one table in one dialect. Parameters are positional."""

    get: str
    """id -> fields, row_scope, row_version"""
    insert: str
    """fields, row_scope, row_version"""
    upsert: str
    """fields, row_scope, row_version; whatever is there is replaced"""
    update: str
    """fields but id, row_version, id"""
    delete: str
    """id"""
    read: str
    """SELECT fields, row_scope, row_version FROM table, to be continued with WHERE"""


def quote(dialect: str, name: str) -> str:
    """`name` as an identifier of `dialect`, quoted where it must be (`order`)."""
    return _DIALECTS[dialect].identifier_preparer.quote(name)


@cache
def statements(synced: Synced, dialect: str) -> Statements:
    """The statements of `synced` in `dialect`."""
    mark = "?" if dialect == "sqlite" else "%s"
    table = quote(dialect, synced.name)
    names = [quote(dialect, name) for name in (*synced.column_names, *HIDDEN)]
    fields = [quote(dialect, name) for name in synced.column_names if name != "id"]
    marks = ", ".join([mark] * len(names))
    read = f"SELECT {', '.join(names)} FROM {table}"  # noqa: S608 - names come from our own tables
    insert = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
    return Statements(
        get=f"{read} WHERE id = {mark}",
        insert=insert,
        upsert=f"{insert} ON CONFLICT (id) DO UPDATE SET {replaced}",
        update=f"UPDATE {table} SET {', '.join(f'{name} = {mark}' for name in fields)}, "  # noqa: S608
        f"row_version = {mark} WHERE id = {mark}",
        delete=f"DELETE FROM {table} WHERE id = {mark}",  # noqa: S608
        read=read,
    )


@cache
def where(dialect: str, filters: tuple[tuple[str, bool], ...]) -> str:
    """`WHERE a = ? AND b IS NULL` for (name, is None) pairs; empty for none."""
    mark = "?" if dialect == "sqlite" else "%s"
    parts = [
        f"{quote(dialect, name)} IS NULL" if null else f"{quote(dialect, name)} = {mark}" for name, null in filters
    ]
    return f" WHERE {' AND '.join(parts)}" if parts else ""
