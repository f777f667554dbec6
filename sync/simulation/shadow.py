"""What a laptop ought to show, worked out a second time: the base rows in memory, the commands run on them.

Shares nothing with the laptop's own way but the handlers.
"""

import dataclasses
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from leora_core.domain.command import (
    ALL_SCOPES,
    Absence,
    Actor,
    Context,
    R,
    Record,
    Rejected,
    account_scope,
    execute,
)
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from leora_core.domain.values import parse_instant
from leora_core.protocol.codec import NewerCommand, decode_command
from leora_core.store.tables import BY_KIND, BY_NAME
from leora_core.store.unit_of_work import to_record, to_row
from leora_desktop.replica.outbox import Waiting

RowKey = tuple[str, str]
StoredRow = tuple[list[Any], str]
"""The fields as a laptop stores them, and the scope."""


class ShadowRecords:
    """`Records` in plain dictionaries."""

    def __init__(self, rows: Iterable[Record], holds: Callable[[str], bool]) -> None:
        self._rows: dict[type[Record], dict[str, Record]] = {kind: {} for kind in BY_KIND}
        for row in rows:
            self._rows[type(row)][row.id] = row
        self._holds = holds
        self._before: list[tuple[type[Record], str, Record | None]] = []

    def get(self, kind: type[R], id: str) -> R | Absence:
        found = self._rows[kind].get(id)
        if found is not None:
            return cast(R, found)
        scope = account_scope(id) if kind.TABLE == "account" else kind.HOME
        return Absence.ABSENT if self._holds(scope) else Absence.UNKNOWN

    def need(self, kind: type[R], id: str) -> R:
        found = self.get(kind, id)
        if isinstance(found, Absence):
            code = "not_found" if found is Absence.ABSENT else "not_on_this_laptop"
            raise Rejected(code, what=kind.TABLE)
        return found

    def find(self, kind: type[R], /, **equal: object) -> list[R]:
        rows = sorted(self._rows[kind].values(), key=lambda row: row.id)
        return [cast(R, row) for row in rows if all(getattr(row, name) == value for name, value in equal.items())]

    def count(self, kind: type[R], /, **equal: object) -> int:
        return len(self.find(kind, **equal))

    def total(self, kind: type[R], amount: str, /, **equal: object) -> int:
        return sum(getattr(row, amount) for row in self.find(kind, **equal))

    def add(self, record: Record) -> None:
        if record.id in self._rows[type(record)]:
            raise Rejected("id_conflict")
        self._put(type(record), record.id, record)

    def change(self, record: R, **fields: Any) -> R:
        changed = dataclasses.replace(record, **fields)
        self._put(type(record), record.id, changed)
        return changed

    def remove(self, record: Record) -> None:
        self._put(type(record), record.id, None)

    def keep(self) -> None:
        """What was done stays."""
        self._before.clear()

    def take_back(self) -> None:
        """Undo everything since the last `keep`."""
        for kind, id_, row in reversed(self._before):
            self._store(kind, id_, row)
        self._before.clear()

    def all(self) -> dict[RowKey, StoredRow]:
        """Every row as a laptop would store it."""
        return {
            (kind.TABLE, row.id): (to_row(BY_KIND[kind], row), row.scope)
            for kind, rows in self._rows.items()
            for row in rows.values()
        }

    def _put(self, kind: type[Record], id_: str, row: Record | None) -> None:
        self._before.append((kind, id_, self._rows[kind].get(id_)))
        self._store(kind, id_, row)

    def _store(self, kind: type[Record], id_: str, row: Record | None) -> None:
        if row is None:
            self._rows[kind].pop(id_, None)
        else:
            self._rows[kind][id_] = row


def shown(
    base: dict[RowKey, StoredRow], user_id: str, zone: ZoneInfo, waiting: Iterable[Waiting]
) -> dict[RowKey, StoredRow]:
    """What stands on the screens when `waiting` is done, in order, on top of `base`."""
    records = [to_record(BY_NAME[table], row) for (table, _), (row, _) in base.items()]
    held = {row.held for row in records if isinstance(row, Grant) and row.user_id == user_id and row.to_version is None}
    shadow = ShadowRecords(records, (lambda _: True) if ALL_SCOPES in held else held.__contains__)
    for command in waiting:
        try:
            _run(shadow, command, user_id, zone, parse_instant(command.at))
        except (Rejected, NewerCommand):
            shadow.take_back()
        except Exception:  # noqa: BLE001 - a command that cannot be shown is not shown
            shadow.take_back()
        else:
            shadow.keep()
    return shadow.all()


def _run(shadow: ShadowRecords, command: Waiting, user_id: str, zone: ZoneInfo, at: datetime) -> None:
    user = shadow.get(User, user_id)
    roles = frozenset(user.roles) if isinstance(user, User) and user.active else frozenset()
    context = Context(command_id=command.id, actor=Actor(user_id=user_id, roles=roles), at=at, zone=zone)
    execute(decode_command(command.name, command.v, command.payload), shadow, context)
