"""Fakes for the edge of the machine; each passes the contract suite of the real thing."""

import dataclasses
from typing import Any

from leora_core.domain.command import Absence, R, Record, Rejected
from leora_desktop.keys import check_secret


class InMemoryRecords:
    """`Records` over a dict, for rule tests without a database. Holds everything, like the server."""

    def __init__(self, *records: Record) -> None:
        self.rows: dict[tuple[type[Record], str], Record] = {}
        self.left: dict[tuple[type[Record], str], str] = {}
        """The scopes that removed rows lived in."""
        for record in records:
            self.add(record)

    def get(self, kind: type[R], id: str) -> R | Absence:
        found = self.rows.get((kind, id))
        return found if isinstance(found, kind) else Absence.ABSENT

    def need(self, kind: type[R], id: str) -> R:
        found = self.get(kind, id)
        if isinstance(found, Absence):
            raise Rejected("not_found", what=kind.TABLE.replace("_", " "))
        return found

    def find(self, kind: type[R], /, **equal: object) -> list[R]:
        return sorted(
            (
                row
                for (stored, _), row in self.rows.items()
                if stored is kind and isinstance(row, kind) and all(getattr(row, f) == v for f, v in equal.items())
            ),
            key=lambda row: row.id,
        )

    def count(self, kind: type[R], /, **equal: object) -> int:
        return len(self.find(kind, **equal))

    def total(self, kind: type[R], amount: str, /, **equal: object) -> int:
        return sum(getattr(row, amount) for row in self.find(kind, **equal))

    def add(self, record: Record) -> None:
        key = (type(record), record.id)
        if key in self.rows or self.left.get(key, record.scope) != record.scope:
            raise Rejected("id_conflict")
        self.rows[key] = record

    def change(self, record: R, **fields: Any) -> R:
        changed = dataclasses.replace(record, **fields)
        if changed.scope != record.scope:
            raise ValueError("a row lives in one scope for life")
        self.rows[type(record), record.id] = changed
        return changed

    def remove(self, record: Record) -> None:
        del self.rows[type(record), record.id]
        self.left[type(record), record.id] = record.scope


class FakeSecrets:
    """`Secrets` in a dict."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        check_secret(name)
        return self.held.get(name)

    def set(self, name: str, secret: str) -> None:
        check_secret(name, secret)
        self.held[name] = secret

    def delete(self, name: str) -> None:
        check_secret(name)
        self.held.pop(name, None)
