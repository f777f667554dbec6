"""How a record's fields become columns, stored values and wire values.

Values are stored as they travel (ids, dates and instants as text, money and quantities as whole
numbers), so that a million rows need no conversion on their way; only flags and lists do.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from leora_core.domain.command import Record
from leora_core.domain.values import format_instant, parse_instant

ColumnKind = Literal["id", "text", "integer", "number", "boolean", "date", "instant", "list"]

_C_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that orders by bytes on every database, as resumable pages need."""

SQL_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "id": _C_TEXT,
    "text": sa.Text(),
    "integer": sa.BigInteger(),
    "number": sa.Double(),
    "boolean": sa.Boolean(create_constraint=False),
    "date": sa.Text(),
    "instant": sa.Text(),
    "list": sa.Text(),
}

_BY_TYPE: dict[Any, ColumnKind] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "date",
    datetime: "instant",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Column:
    """One field of a record as the store sees it."""

    name: str
    kind: ColumnKind
    nullable: bool


def columns_of(record: type[Record]) -> tuple[Column, ...]:
    """The columns of a record, in the order of its fields. Raises TypeError for a type the store does not know."""
    hints = typing.get_type_hints(record)
    return tuple(_column(field.name, hints[field.name]) for field in dataclasses.fields(record))


def _column(name: str, hint: Any) -> Column:
    nullable = False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        nullable = len(options) < len(typing.get_args(hint))
        hint = options[0]
    if name == "id" or name.endswith("_id"):
        return Column(name, "id", nullable)
    if typing.get_origin(hint) is Literal:
        hint = type(typing.get_args(hint)[0])
    if typing.get_origin(hint) is tuple:
        return Column(name, "list", nullable)
    if hint not in _BY_TYPE:
        raise TypeError(f"no column type for field {name}: {hint!r}")
    return Column(name, _BY_TYPE[hint], nullable)


def sql_column(column: Column) -> sa.Column[Any]:
    """The table column; `id` is the primary key."""
    primary = column.name == "id"
    return sa.Column(column.name, SQL_TYPES[column.kind], primary_key=primary, nullable=column.nullable)


def dump_list(values: tuple[Any, ...]) -> str:
    """A list as it is stored: compact JSON text."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _load_list(text: str) -> tuple[Any, ...]:
    return tuple(json.loads(text))


_LOADERS: dict[str, Callable[[Any], Any]] = {
    "boolean": bool,
    "date": date.fromisoformat,
    "instant": parse_instant,
    "list": _load_list,
}
_DUMPERS: dict[str, Callable[[Any], Any]] = {
    "date": date.isoformat,
    "instant": format_instant,
    "list": dump_list,
}
_TO_WIRE: dict[str, Callable[[Any], Any]] = {"boolean": bool, "list": json.loads}
_FROM_WIRE: dict[str, Callable[[Any], Any]] = {"boolean": bool, "list": dump_list}

Converters = tuple[tuple[int, Callable[[Any], Any]], ...]


def _converters(columns: tuple[Column, ...], table: dict[str, Callable[[Any], Any]]) -> Converters:
    return tuple((i, table[c.kind]) for i, c in enumerate(columns) if c.kind in table)


def loaders(columns: tuple[Column, ...]) -> Converters:
    """Which stored values need what to become record values."""
    return _converters(columns, _LOADERS)


def dumpers(columns: tuple[Column, ...]) -> Converters:
    """Which record values need what to be stored."""
    return _converters(columns, _DUMPERS)


def to_wire(columns: tuple[Column, ...]) -> Converters:
    """Which stored values need what to travel."""
    return _converters(columns, _TO_WIRE)


def from_wire(columns: tuple[Column, ...]) -> Converters:
    """Which travelled values need what to be stored."""
    return _converters(columns, _FROM_WIRE)


def convert(values: list[Any], converters: Converters) -> list[Any]:
    """Convert `values` in place, leaving None alone, and return them."""
    for index, change in converters:
        value = values[index]
        if value is not None:
            values[index] = change(value)
    return values
