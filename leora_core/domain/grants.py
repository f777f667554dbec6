"""Grants: a user's right to a scope, from a version to a version.

Assigning an account is ending one grant and making another: two rows, nothing else is rewritten.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from leora_core.domain.command import SHARED, Context, Record, Records, account_scope

GRACE = timedelta(hours=72)
"""How long work done before a revocation was known is still taken (docs/sync.md, Wipe)."""


@dataclass(frozen=True, kw_only=True)
class Grant(Record):
    """`held` is the scope the user may see; it is live while `to_version` is None."""

    TABLE: ClassVar[str] = "scope_grant"

    user_id: str
    held: str
    why: Literal["role", "assigned"]
    granted_at: datetime
    revoked_at: datetime | None = None
    from_version: int = 0
    to_version: int | None = None

    @property
    def scope(self) -> str:
        return self.held if self.held.startswith("account:") else SHARED


def live_grants(records: Records, held: str) -> list[Grant]:
    """Who holds `held` by a grant of its own right now."""
    return records.find(Grant, held=held, to_version=None)


def owners_of(records: Records, account_id: str) -> list[str]:
    """The ids of the users the account is assigned to."""
    return [g.user_id for g in live_grants(records, account_scope(account_id)) if g.why == "assigned"]


def grant(
    records: Records, context: Context, *, name: str, user_id: str, held: str, why: Literal["role", "assigned"]
) -> None:
    """Give `user_id` the scope `held` unless it is held already. `name` tells grants of one command apart."""
    if any(g.user_id == user_id for g in live_grants(records, held)):
        return
    records.add(
        Grant(
            id=context.child_id(f"grant-{name}"),
            user_id=user_id,
            held=held,
            why=why,
            granted_at=context.at,
            from_version=context.version,
        )
    )


def revoke(records: Records, context: Context, old: Grant) -> None:
    """End a grant with this command."""
    records.change(old, revoked_at=context.received_at or context.at, to_version=context.version)


def late_grant(records: Records, context: Context, held: str) -> Grant | None:
    """The actor's ended grant that still excuses this command, or None.

    It does when the sending replica had not yet seen the end, and the server takes it within 72 hours.
    """
    if context.base_version is None or context.received_at is None:
        return None
    for old in records.find(Grant, user_id=context.actor.user_id, held=held):
        if old.to_version is None or old.revoked_at is None:
            continue
        unseen = old.from_version <= context.base_version < old.to_version
        if unseen and context.received_at - old.revoked_at <= GRACE:
            return old
    return None
