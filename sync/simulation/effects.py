"""What an accepted command must have left in the server's rows."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from leora_core.store.tables import BY_NAME
from sync.simulation.device import Given
from sync.simulation.server import Row, RowKey

Rows = dict[RowKey, Row]
Removed = frozenset[RowKey]


def missing_effect(given: Given, rows: Rows, removed: Removed) -> str | None:
    """None when the effect is there; else what is the matter: `missing …` or `twice …`."""
    look = _LOOKS.get(given.name)
    return None if look is None else look(given, rows, removed)


def removed_by_command(accepted: Iterable[tuple[str, dict[str, Any]]]) -> Removed:
    """Rows that accepted commands (name, payload) took away; one made and removed in one commit leaves no removal."""
    return frozenset((table, payload[field]) for name, payload in accepted for table, field in _REMOVES.get(name, ()))


_REMOVES = {
    "RemoveContact": [("contact", "contact_id")],
    "UnplanAccount": [("planned_account", "planned_id")],
}


def _value(rows: Rows, table: str, id_: str, field: str) -> Any:
    row = rows.get((table, id_))
    return None if row is None else row[2][BY_NAME[table].column_names.index(field)]


def _is_there(table: str, field: str) -> Callable[[Given, Rows, Removed], str | None]:
    """The row named in `field` of the payload exists, or was removed since."""

    def look(given: Given, rows: Rows, removed: Removed) -> str | None:
        key = (table, given.payload[field])
        return None if key in rows or key in removed else f"missing in {table}"

    return look


def _text_once(table: str, column: str, field: str) -> Callable[[Given, Rows, Removed], str | None]:
    """The text typed stands exactly once in the whole table."""

    def look(given: Given, rows: Rows, _: Removed) -> str | None:
        place = BY_NAME[table].column_names.index(column)
        text = given.payload[field]
        count = sum((row[2][place] or "").count(text) for (name, _), row in rows.items() if name == table)
        if count == 1:
            return None
        return f"missing in {table}" if not count else f"twice in {table}"

    return look


def _assigned(given: Given, rows: Rows, _: Removed) -> str | None:
    names = BY_NAME["scope_grant"].column_names
    wanted = (given.payload["rep_id"], f"account:{given.payload['account_id']}")
    held = {
        (row[2][names.index("user_id")], row[2][names.index("held")])
        for (table, _), row in rows.items()
        if table == "scope_grant"
    }
    return None if wanted in held else "missing in scope_grant"


def _edited(given: Given, rows: Rows, _: Removed) -> str | None:
    """Each value typed is the field's, or was at some time, or stands in a conflict."""
    for field, edit in given.payload["fields"].items():
        wanted = msgspec.json.encode(edit["now"]).decode()
        in_place = _value(rows, "account", given.payload["account_id"], field) == edit["now"]
        if not in_place and not _said_of(rows, given.payload["account_id"], field, wanted):
            return f"missing: {field} {wanted} is neither there, nor history, nor a conflict"
    return None


def _said_of(rows: Rows, record_id: str, field: str, wanted: str) -> bool:
    return any(
        _value(rows, table, id_, "record_id") == record_id
        and _value(rows, table, id_, "field") == field
        and _value(rows, table, id_, column) == wanted
        for (table, id_) in rows
        for column in {"field_change": ("new",), "conflict": ("mine",)}.get(table, ())
    )


def _planned(given: Given, rows: Rows, removed: Removed) -> str | None:
    planned_id = given.payload["planned_id"]
    known = {planned_id}
    known |= {id_ for (table, id_) in rows if table == "planned_account" and planned_id in _others(rows, id_)}
    there = any(("planned_account", id_) in rows or ("planned_account", id_) in removed for id_ in known)
    # Taken out again, a row takes the other ids it was known by with it.
    return None if there or any(table == "planned_account" for table, _ in removed) else "missing in planned_account"


def _others(rows: Rows, id_: str) -> list[str]:
    return list(_value(rows, "planned_account", id_, "other_ids") or [])


def _is(table: str, id_field: str, column: str, wanted: str) -> Callable[[Given, Rows, Removed], str | None]:
    """The row's column has the value the command gives it, for nothing in a simulation takes it back."""

    def look(given: Given, rows: Rows, _: Removed) -> str | None:
        return None if _value(rows, table, given.payload[id_field], column) == wanted else f"missing in {table}"

    return look


def _gone(table: str, id_field: str) -> Callable[[Given, Rows, Removed], str | None]:
    def look(given: Given, rows: Rows, _: Removed) -> str | None:
        return "missing: the row is still there" if (table, given.payload[id_field]) in rows else None

    return look


_LOOKS: dict[str, Callable[[Given, Rows, Removed], str | None]] = {
    "OpenAccount": _is_there("account", "account_id"),
    "EditAccount": _edited,
    "AssignAccount": _assigned,
    "AddContact": _is_there("contact", "contact_id"),
    "RemoveContact": _gone("contact", "contact_id"),
    "PlanAccount": _planned,
    "LogActivity": _text_once("activity", "note", "note"),
    "AppendNote": _text_once("activity", "note", "text"),
    "GiveSample": _is_there("sample_movement", "movement_id"),
    "AddTask": _text_once("task", "title", "title"),
    "CompleteTask": _is("task", "task_id", "status", "done"),
    "AddNote": _text_once("note", "text", "text"),
    "ResolveConflict": _is("conflict", "conflict_id", "status", "settled"),
}
