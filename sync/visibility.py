"""Which rows a user may hold: those whose scope one of the user's grants names.

A grant is live from a version to a version, so what was held at any cursor can be told for ever.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from leora_core.domain.command import ALL_SCOPES
from leora_core.store.prepared import Prepared, Transaction
from leora_core.store.tables import BY_NAME
from sync.server_tables import scope_sum

_grant = BY_NAME["scope_grant"].table
_user: sa.BindParameter[str] = sa.bindparam("user")
_since: sa.BindParameter[int] = sa.bindparam("since")

_LIVE = Prepared(
    sa.select(_grant.c.held, _grant.c.from_version).where(_grant.c.user_id == _user, _grant.c.to_version.is_(None))
)
_ENDED = Prepared(
    sa.select(_grant.c.held, _grant.c.from_version, _grant.c.to_version).where(
        _grant.c.user_id == _user, _grant.c.to_version > _since
    )
)
_NEWS = Prepared(
    sa.select(sa.func.count()).select_from(_grant).where(_grant.c.user_id == _user, _grant.c.row_version > _since)
)
_EVERYTHING = Prepared(
    sa.select(_grant.c.from_version).where(
        _grant.c.user_id == _user, _grant.c.held == ALL_SCOPES, _grant.c.to_version.is_(None)
    )
)
_HOLDS = Prepared(
    sa.select(sa.literal(1)).where(
        _grant.c.user_id == _user, _grant.c.held == sa.bindparam("scope"), _grant.c.to_version.is_(None)
    )
)
_SCOPES = Prepared(sa.select(scope_sum.c.scope).where(scope_sum.c.scope != ALL_SCOPES))
_SUM_ALL = Prepared(
    sa.select(scope_sum.c.count, scope_sum.c.checksum).where(scope_sum.c.scope == sa.bindparam("scope"))
)
_SUMS_HELD = Prepared(
    sa.select(scope_sum.c.scope, scope_sum.c.count, scope_sum.c.checksum)
    .join(_grant, _grant.c.held == scope_sum.c.scope)
    .where(_grant.c.user_id == _user, _grant.c.to_version.is_(None))
)
_SUMS = Prepared(
    sa.select(scope_sum.c.scope, scope_sum.c.count, scope_sum.c.checksum).where(scope_sum.c.scope != ALL_SCOPES)
)


@dataclass(frozen=True)
class Held:
    """The scopes a user holds now, each with the version it was granted at."""

    since: dict[str, int]

    @property
    def everything(self) -> bool:
        """Whether the user holds every scope there is and will be."""
        return ALL_SCOPES in self.since

    def contains(self, scope: str) -> bool:
        """Whether rows of `scope` may be shown."""
        return self.everything or scope in self.since


def held_scopes(transaction: Transaction, user_id: str) -> Held:
    """What the user holds in this snapshot."""
    return Held(dict(_LIVE.run(transaction, user=user_id).fetchall()))


def holds_everything(transaction: Transaction, user_id: str) -> bool:
    """Whether the user sees the whole tenant, as managers do."""
    return _EVERYTHING.run(transaction, user=user_id).fetchone() is not None


def holds(transaction: Transaction, user_id: str, scope: str) -> bool:
    """Whether the user holds `scope` now."""
    if holds_everything(transaction, user_id):
        return True
    return _HOLDS.run(transaction, user=user_id, scope=scope).fetchone() is not None


@dataclass(frozen=True)
class ScopeNews:
    """How a user's scopes changed since a version: what must be erased, what must be sent whole."""

    dropped: list[str]
    added: dict[str, int]
    """scope -> version of the grant; `*` alone when everything was granted"""


def scope_news(transaction: Transaction, user_id: str, since: int, *, ended_since: int) -> ScopeNews:
    """What to drop and to add on a replica that stands at version `since` (0: it has nothing).

    Grants that ended after `ended_since` are dropped: later than `since` only on a first sync.
    """
    if since and not _NEWS.run(transaction, user=user_id, since=since).fetchone()[0]:
        return ScopeNews([], {})
    held = held_scopes(transaction, user_id)
    ended = _ENDED.run(transaction, user=user_id, since=ended_since).fetchall()
    held_then = {scope for scope, start, end in ended if start <= since < end}
    held_then |= {scope for scope, start in held.since.items() if start <= since}
    return ScopeNews(
        dropped=_dropped(transaction, held, {scope for scope, _, _ in ended}),
        added=_added(held, held_then if since else set()),
    )


def _dropped(transaction: Transaction, held: Held, ended: set[str]) -> list[str]:
    if held.everything:
        return []
    if ALL_SCOPES in ended:
        ended = {scope for (scope,) in _SCOPES.run(transaction).fetchall()}
    return sorted(scope for scope in ended if scope not in held.since)


def _added(held: Held, held_then: set[str]) -> dict[str, int]:
    if ALL_SCOPES in held_then:
        return {}
    if held.everything:
        return {ALL_SCOPES: held.since[ALL_SCOPES]}
    return {scope: start for scope, start in held.since.items() if scope not in held_then}


def scope_sums(transaction: Transaction, user_id: str) -> list[tuple[str, int, int]]:
    """(scope, count, checksum as a signed number) of each scope the user holds that has rows."""
    prepared = _SUMS if holds_everything(transaction, user_id) else _SUMS_HELD
    rows = (
        prepared.run(transaction, user=user_id).fetchall()
        if prepared is _SUMS_HELD
        else _SUMS.run(transaction).fetchall()
    )
    return sorted({(str(scope), int(count), int(checksum)) for scope, count, checksum in rows})


def total_sum(transaction: Transaction, user_id: str) -> tuple[int, int]:
    """Count and checksum (not reduced) of all rows the user may hold."""
    if holds_everything(transaction, user_id):
        row = _SUM_ALL.run(transaction, scope=ALL_SCOPES).fetchone()
        return (int(row[0]), int(row[1])) if row else (0, 0)
    sums = scope_sums(transaction, user_id)
    return sum(count for _, count, _ in sums), sum(checksum for _, _, checksum in sums)
