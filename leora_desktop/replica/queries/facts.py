"""The facts of many accounts at once, and what the rules make of them.

Revenue is the product revenue of orders that are not cancelled, on the day of delivery, up to today.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from leora_core.domain.accounts.health import Facts, Health, baseline_order, health
from leora_core.domain.accounts.records import Account
from leora_core.domain.accounts.standing import Classification, classify, due, priority_from_revenue, unloved
from leora_core.domain.values import Cents, add_months, iso_week_of, parse_instant
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import settings
from leora_desktop.replica.queries.registry import Viewer

_FEW = 400
"""Up to so many accounts are looked up one by one; for more, reading everything once is quicker."""
_HEALTH_ORDERS = 12
_WORKED_DAYS = 30

_ORDERS = (
    'SELECT account_id, COALESCE(delivered_on, ordered_on), delivered_on, total_cents FROM "order"'
    " WHERE status <> 'cancelled'"
)
_ACTIVITIES = (
    "SELECT account_id, MAX(occurred_at),"
    " MAX(CASE WHEN type IN ('visit', 'tasting', 'event') THEN occurred_at END)"
    " FROM activity WHERE removed_at IS NULL"
)
_PLANNED = (
    "SELECT DISTINCT p.account_id FROM planned_account p JOIN call_plan c ON c.id = p.plan_id"
    " WHERE c.week >= ? AND (p.result IS NULL OR p.result <> 'refused')"
)
_OF_ACCOUNTS = " AND row_scope IN (SELECT 'account:' || value FROM json_each(?))"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What is known and concluded of one account. Money in cents, days tenant-local."""

    account: Account
    classification: Classification
    priority: str
    by_hand: bool
    """Whether a person set the priority; else it comes from revenue."""
    health: Health
    last_order: date | None
    last_visit: date | None
    """The last visit, tasting or event."""
    next_expected: date | None
    due: bool
    unloved: bool
    orders: int
    revenue_90_cents: Cents
    revenue_ytd_cents: Cents
    revenue_ttm_cents: Cents
    revenue_six_months_cents: Cents
    established_cents: Cents
    """Revenue of the twelve months that end with the last order."""

    @property
    def days_overdue(self) -> int:
        """Days since the next order was expected; 0 while it is not."""
        since = self.health.explanation.days_since_order
        cadence = self.health.explanation.cadence
        return max(0, since - cadence.baseline) if cadence is not None and since is not None else 0


@dataclass(slots=True)
class _History:
    deliveries: list[tuple[str, Cents]] = field(default_factory=list)
    last_order: str = ""
    last_activity: str | None = None
    last_visit: str | None = None


@dataclass(frozen=True, slots=True)
class _Days:
    """The days from which revenue counts, as stored."""

    today: str
    ninety: str
    year: str
    six_months: str
    twelve_months: str


def facts_of(reader: Transaction, viewer: Viewer, accounts: Sequence[Account]) -> dict[str, AccountFacts]:
    """The facts of each account, by id, in the order given."""
    few = [account.id for account in accounts] if len(accounts) <= _FEW else None
    histories = _histories(reader, few)
    worked = _worked(reader, viewer, histories)
    drop = settings(reader).revenue_drop_percent
    days = _days(viewer.today)
    none = _History()
    return {
        account.id: _facts(account, histories.get(account.id, none), account.id in worked, drop, days, viewer)
        for account in accounts
    }


def _days(today: date) -> _Days:
    return _Days(
        today=today.isoformat(),
        ninety=(today - timedelta(days=90)).isoformat(),
        year=f"{today.year}-01-01",
        six_months=add_months(today, -6).isoformat(),
        twelve_months=add_months(today, -12).isoformat(),
    )


def _histories(reader: Transaction, few: list[str] | None) -> dict[str, _History]:
    histories: defaultdict[str, _History] = defaultdict(_History)
    for account_id, ordered, delivered, cents in _rows(reader, _ORDERS, few):
        history = histories[account_id]
        if delivered is not None:
            history.deliveries.append((delivered, cents))
        if ordered is not None and ordered > history.last_order:
            history.last_order = ordered
    for account_id, latest, visit in _rows(reader, _ACTIVITIES, few, " GROUP BY account_id"):
        history = histories[account_id]
        history.last_activity, history.last_visit = latest, visit
    return histories


def _rows(reader: Transaction, sql: str, few: list[str] | None, tail: str = "") -> Iterable[Any]:
    if few is None:
        rows: Iterable[Any] = reader.execute(sql + tail).fetchall()
    else:
        rows = reader.execute(sql + _OF_ACCOUNTS + tail, (json.dumps(few),)).fetchall()
    return rows


def _worked(reader: Transaction, viewer: Viewer, histories: dict[str, _History]) -> set[str]:
    since = viewer.begin_of(viewer.today - timedelta(days=_WORKED_DAYS))
    planned = {row[0] for row in reader.execute(_PLANNED, (iso_week_of(viewer.today),))}
    return planned | {id_ for id_, history in histories.items() if (history.last_activity or "") >= since}


def _facts(
    account: Account, history: _History, worked: bool, drop_percent: int, days: _Days, viewer: Viewer
) -> AccountFacts:
    deliveries = sorted(delivery for delivery in history.deliveries if delivery[0] <= days.today)
    totals = [cents for _, cents in deliveries]
    last_order = date.fromisoformat(deliveries[-1][0]) if deliveries else None
    six_months = _since(deliveries, days.six_months)
    priority = account.priority or priority_from_revenue(six_months)
    found = health(_health_facts(account, deliveries, totals, worked, viewer), viewer.today, drop_percent)
    rhythm = found.explanation.cadence
    expected = rhythm.next_expected if rhythm else None
    visit = viewer.local_date(parse_instant(history.last_visit)) if history.last_visit else None
    ordered = date.fromisoformat(history.last_order) if history.last_order else None
    return AccountFacts(
        account=account,
        classification=classify(last_order, viewer.today),
        priority=priority,
        by_hand=account.priority is not None,
        health=found,
        last_order=last_order,
        last_visit=visit,
        next_expected=expected,
        due=due(expected, found.status, viewer.today),
        unloved=unloved(priority, max((day for day in (ordered, visit) if day), default=None), viewer.today),
        orders=len(deliveries),
        revenue_90_cents=_since(deliveries, days.ninety),
        revenue_ytd_cents=sum(cents for day, cents in deliveries if day >= days.year),
        revenue_ttm_cents=_since(deliveries, days.twelve_months),
        revenue_six_months_cents=six_months,
        established_cents=_since(deliveries, add_months(last_order, -12).isoformat()) if last_order else 0,
    )


def _health_facts(
    account: Account, deliveries: list[tuple[str, Cents]], totals: list[Cents], worked: bool, viewer: Viewer
) -> Facts:
    return Facts(
        opened_on=viewer.local_date(account.opened_at),
        deliveries=[date.fromisoformat(day) for day, _ in deliveries[-_HEALTH_ORDERS:]],
        totals=totals[-_HEALTH_ORDERS:],
        baseline_order_cents=account.baseline_order_cents or baseline_order(totals),
        worked=worked,
        on_hold=account.on_hold,
        closed=account.closed_at is not None,
    )


def _since(deliveries: list[tuple[str, Cents]], day: str) -> Cents:
    """Revenue after `day`."""
    return sum(cents for delivered, cents in deliveries if delivered > day)
