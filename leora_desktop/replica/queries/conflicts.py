"""Fields that two people changed, waiting for somebody to choose."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leora_core.domain.edits import Conflict
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import account_names, find, user_names
from leora_desktop.replica.queries.registry import Viewer, query


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRow:
    """One field of one record: what both started from, what each wants, who and when."""

    id: str
    table: str
    record_id: str
    field: str
    account_id: str | None
    account_name: str | None
    base: Any
    mine: Any
    theirs: Any
    """The value that stands until the conflict is settled."""
    mine_by: str
    mine_name: str | None
    mine_at: datetime
    theirs_by: str | None
    theirs_name: str | None
    theirs_at: datetime | None


@query("conflicts")
def conflicts(reader: Transaction, _viewer: Viewer, *, account: str | None = None) -> list[ConflictRow]:
    """The open conflicts, newest first."""
    rows = conflict_rows(reader, find(reader, Conflict, status="open"))
    return [row for row in rows if account is None or row.account_id == account]


def conflict_rows(reader: Transaction, found: Sequence[Conflict]) -> list[ConflictRow]:
    """The rows of these conflicts, newest first."""
    users = user_names(reader)
    accounts = account_names(reader, (_account_of(conflict) for conflict in found))
    newest = sorted(found, key=lambda conflict: (conflict.made_at, conflict.id), reverse=True)
    return [_row(conflict, users, accounts) for conflict in newest]


def _account_of(conflict: Conflict) -> str | None:
    scope = conflict.lives_in
    return scope.removeprefix("account:") if scope.startswith("account:") else None


def _row(conflict: Conflict, users: dict[str, str], accounts: dict[str, str]) -> ConflictRow:
    account_id = _account_of(conflict)
    return ConflictRow(
        id=conflict.id,
        table=conflict.record_table,
        record_id=conflict.record_id,
        field=conflict.field,
        account_id=account_id,
        account_name=accounts.get(account_id or ""),
        base=json.loads(conflict.base),
        mine=json.loads(conflict.mine),
        theirs=json.loads(conflict.theirs),
        mine_by=conflict.mine_by,
        mine_name=users.get(conflict.mine_by),
        mine_at=conflict.made_at,
        theirs_by=conflict.theirs_by,
        theirs_name=users.get(conflict.theirs_by or ""),
        theirs_at=conflict.theirs_at,
    )
