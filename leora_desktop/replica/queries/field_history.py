"""Who changed which field of an account, when, from what to what."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leora_core.domain.edits import FieldChange
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import user_names


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChangeRow:
    """One change of one field."""

    id: str
    table: str
    record_id: str
    field: str
    old: Any
    new: Any
    by: str
    by_name: str | None
    at: datetime


def field_change_rows(reader: Transaction, found: Sequence[FieldChange]) -> tuple[FieldChangeRow, ...]:
    """The rows of these changes, newest first."""
    users = user_names(reader)
    newest = sorted(found, key=lambda change: (change.at, change.id), reverse=True)
    return tuple(
        FieldChangeRow(
            id=change.id,
            table=change.record_table,
            record_id=change.record_id,
            field=change.field,
            old=json.loads(change.old),
            new=json.loads(change.new),
            by=change.by,
            by_name=users.get(change.by),
            at=change.at,
        )
        for change in newest
    )
