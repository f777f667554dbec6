"""The reps side by side, for managers, and the people of the tenant."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import sqlalchemy as sa

from leora_core.domain.call_plans.plans import plan_id_of
from leora_core.domain.call_plans.progress import counter_band, progress_of
from leora_core.domain.call_plans.records import PlannedAccount
from leora_core.domain.identity import User, is_active_rep
from leora_core.domain.samples.allowance import month_of
from leora_core.domain.values import Cents, IsoWeek, iso_week_of, monday_of
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.activities import types_of_week
from leora_desktop.replica.queries.call_plan import week_or_this
from leora_desktop.replica.queries.orders import is_revenue, totals
from leora_desktop.replica.queries.reading import assigned, find, settings, table
from leora_desktop.replica.queries.registry import Viewer, query
from leora_desktop.replica.queries.samples import AllowanceRow, allowance_row

_IN_PERSON = ("visit", "tasting", "event")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    """One rep's week. Revenue is that of the accounts assigned to the rep now, in cents."""

    rep_id: str
    name: str
    territory: str | None
    accounts: int
    planned: int
    band: str
    contacted: int
    met: int
    completion_percent: int | None
    visits: int
    """Visits, tastings and events of the week."""
    activities: int
    samples: AllowanceRow
    revenue_week_cents: Cents
    revenue_month_cents: Cents
    weekly_quota_cents: Cents | None
    monthly_quota_cents: Cents | None


@dataclass(frozen=True, slots=True)
class Team:
    """The reps by name, for one week; the month is that of the week's last day that has come."""

    week: str
    monday: date
    rows: tuple[TeamRow, ...]
    unassigned: int
    """Open accounts without a rep."""


@query("team")
def team(reader: Transaction, viewer: Viewer, *, week: IsoWeek | None = None) -> Team:
    """Every active rep's accounts, visits against plan, samples and revenue. Managers only."""
    viewer.require_manager()
    week = week_or_this(viewer, week)
    reps = sorted((user for user in find(reader, User) if is_active_rep(user)), key=lambda user: (user.name, user.id))
    sql = (
        "SELECT COUNT(*) FROM account WHERE closed_at IS NULL AND row_scope NOT IN"
        " (SELECT held FROM scope_grant WHERE why = 'assigned' AND to_version IS NULL)"
    )
    (unassigned,) = reader.execute(sql).fetchone()
    return Team(week, monday_of(week), tuple(_row(reader, viewer, rep, week) for rep in reps), unassigned)


def _row(reader: Transaction, viewer: Viewer, rep: User, week: str) -> TeamRow:
    monday = monday_of(week)
    sunday = monday + timedelta(days=6)
    last = min(sunday, viewer.today) if week == iso_week_of(viewer.today) else sunday
    planned = find(reader, PlannedAccount, plan_id=plan_id_of(rep.id, week))
    progress = progress_of(row.result for row in planned)
    types = types_of_week(reader, viewer, rep.id, monday, sunday)
    return TeamRow(
        rep_id=rep.id,
        name=rep.name,
        territory=rep.territory,
        accounts=accounts_of(reader, rep.id),
        planned=len(planned),
        band=counter_band(len(planned), settings(reader).plan_cap),
        contacted=sum(row.method is not None for row in planned),
        met=progress.met,
        completion_percent=progress.completion_percent,
        visits=sum(type in _IN_PERSON for type in types),
        activities=len(types),
        samples=allowance_row(reader, rep.id, month_of(last)),
        revenue_week_cents=revenue_of(reader, rep.id, monday, last),
        revenue_month_cents=revenue_of(reader, rep.id, last.replace(day=1), last),
        weekly_quota_cents=rep.weekly_quota_cents,
        monthly_quota_cents=rep.monthly_quota_cents,
    )


def accounts_of(reader: Transaction, rep_id: str) -> int:
    """How many open accounts a rep has."""
    account = table("account")
    statement = sa.select(sa.func.count()).where(
        account.c.closed_at.is_(None), account.c.row_scope.in_(assigned(rep_id))
    )
    return reader.connection.scalar(statement.select_from(account)) or 0


def revenue_of(reader: Transaction, rep_id: str | None, first: date, last: date) -> Cents:
    """Revenue of a rep's accounts (of all for None) delivered from `first` to `last`, both included."""
    order = table("order")
    conditions = [
        is_revenue(order),
        order.c.delivered_on >= first.isoformat(),
        order.c.delivered_on <= last.isoformat(),
    ]
    if rep_id is not None:
        conditions.append(order.c.row_scope.in_(assigned(rep_id)))
    cents: int = reader.connection.execute(totals(order, *conditions)).one()[1]
    return cents


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """A person of the tenant."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...]
    active: bool
    territory: str | None


@query("users")
def users(
    reader: Transaction, _viewer: Viewer, *, role: Literal["rep", "manager", "admin", "warehouse"] | None = None
) -> list[UserRow]:
    """The people of the tenant by name, those who can sign in first."""
    found = sorted(find(reader, User), key=lambda user: (not user.active, user.name.casefold(), user.id))
    return [
        UserRow(
            id=user.id,
            name=user.name,
            email=user.email,
            roles=user.roles,
            active=user.active,
            territory=user.territory,
        )
        for user in found
        if role is None or role in user.roles
    ]
