"""How an account is doing: its ordering rhythm, the value of its orders, and why it is called what it is.

All days are tenant-local dates, all money is in cents. Nothing here is stored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from leora_core.domain.values import Cents, Money

_LATEST_ORDERS = 5
_SHORTEST_BASELINE, _LONGEST_BASELINE = 45, 75
_SHORTEST_GRACE = 7
_LATEST_DORMANT = 90
_COMPARED_ORDERS = 3
_FIRST_ESTABLISHED, _LAST_ESTABLISHED = 4, 12
_NEW_PROSPECT_DAYS = 90
_FORGOTTEN_DAYS = 180
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Status(StrEnum):
    """How an account is doing."""

    HEALTHY = "healthy"
    AT_RISK_CADENCE = "at_risk_cadence"
    AT_RISK_REVENUE = "at_risk_revenue"
    DORMANT = "dormant"
    PROSPECT = "prospect"
    PROSPECT_COLD = "prospect_cold"
    UNQUALIFIED = "unqualified"
    HOLD = "hold"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Days after the last delivery: `baseline` to the next order, then `grace`, dormant from `dormant_after`."""

    baseline: int
    grace: int
    dormant_after: int


def limits(pace: int | None) -> Limits:
    """The limits for an account that orders every `pace` days; None takes the shortest.

    The baseline is the pace held within 45 and 75 days, the grace 30 % of it (half up, at least 7),
    and nobody is dormant later than day 90. Hence a slower customer never becomes dormant earlier (a
    baseline that fell back to 60 for paces above 90 made that happen), and days at risk always come
    before dormancy: a pace of 80 is held to 75, grace 23, dormant after 90.
    """
    baseline = min(max(pace or 0, _SHORTEST_BASELINE), _LONGEST_BASELINE)
    grace = max((3 * baseline + 5) // 10, _SHORTEST_GRACE)
    return Limits(baseline, grace, min(baseline + grace, _LATEST_DORMANT))


@dataclass(frozen=True, kw_only=True)
class Cadence:
    """An account's ordering rhythm in days, and the dates that follow from it."""

    last_on: date
    pace: int | None
    """The usual days between orders; None with fewer than two."""
    baseline: int
    grace: int
    dormant_after: int

    @property
    def next_expected(self) -> date:
        """The day the next order is due."""
        return self.last_on + timedelta(days=self.baseline)

    @property
    def dormant_on(self) -> date:
        """The first day the account counts as dormant."""
        return self.last_on + timedelta(days=self.dormant_after)


def cadence(delivery_dates: Iterable[date]) -> Cadence | None:
    """The rhythm of the latest five deliveries, two on one day counting once; None without any."""
    latest = sorted(delivery_dates)[-_LATEST_ORDERS:]
    if not latest:
        return None
    gaps = [days for a, b in pairwise(latest) if (days := (b - a).days) > 0]
    pace = _mean(gaps)
    bounds = limits(pace)
    return Cadence(
        last_on=latest[-1],
        pace=pace,
        baseline=bounds.baseline,
        grace=bounds.grace,
        dormant_after=bounds.dormant_after,
    )


def baseline_order(totals: Sequence[Cents]) -> Cents | None:
    """The established value of one order: the mean of paid orders 4 to 12, oldest first; None with fewer than 4."""
    paid = [total for total in totals if total > 0]
    return _mean(paid[_FIRST_ESTABLISHED - 1 : _LAST_ESTABLISHED])


@dataclass(frozen=True, kw_only=True)
class Revenue:
    """The latest orders against the established value of one order."""

    recent_mean: Cents
    baseline: Cents
    orders: int
    declined: bool


def revenue(totals: Sequence[Cents], baseline: Cents | None, drop_percent: int = 15) -> Revenue | None:
    """The mean of the latest three paid orders (oldest first) against the baseline; None where one is missing.

    Declined means below the baseline by more than `drop_percent`.
    """
    latest = [total for total in totals if total > 0][-_COMPARED_ORDERS:]
    mean = _mean(latest)
    if mean is None or not baseline:
        return None
    declined = 100 * sum(latest) < (100 - drop_percent) * baseline * len(latest)
    return Revenue(recent_mean=mean, baseline=baseline, orders=len(latest), declined=declined)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What health is judged by. Cancelled orders are left out; dates and totals come oldest first."""

    opened_on: date
    deliveries: Sequence[date] = ()
    totals: Sequence[Cents] = ()
    baseline_order_cents: Cents | None = None
    worked: bool = False
    """Planned for without a refusal, or an activity in the last 30 days."""
    on_hold: bool = False
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why: a sentence for people and the numbers behind it."""

    words: str
    cadence: Cadence | None = None
    revenue: Revenue | None = None
    days_since_order: int | None = None
    days_open: int


@dataclass(frozen=True, kw_only=True)
class Health:
    """How an account is doing, and why."""

    status: Status
    explanation: Explanation


def health(facts: Facts, today: date, drop_percent: int = 15) -> Health:
    """The account's health today. Closed and hold come first, then never ordered, rhythm, value of orders."""
    rhythm = cadence(facts.deliveries)
    value = revenue(facts.totals, facts.baseline_order_cents, drop_percent)
    since = (today - rhythm.last_on).days if rhythm else None
    days_open = (today - facts.opened_on).days
    if facts.closed:
        status, words = Status.CLOSED, "closed"
    elif facts.on_hold:
        status, words = Status.HOLD, "on hold"
    elif rhythm is None or since is None:
        status = _never_ordered(facts.worked, days_open)
        words = f"never ordered; open for {_days(days_open)}; {'being worked' if facts.worked else 'not being worked'}"
    else:
        status = _by_rhythm(rhythm, since, declined=value is not None and value.declined)
        words = _rhythm_words(rhythm, today)
        if value is not None and value.declined:
            words = f"{words}; {_decline_words(value)}"
    explanation = Explanation(words=words, cadence=rhythm, revenue=value, days_since_order=since, days_open=days_open)
    return Health(status=status, explanation=explanation)


def _never_ordered(worked: bool, days_open: int) -> Status:
    if worked:
        return Status.PROSPECT if days_open < _NEW_PROSPECT_DAYS else Status.PROSPECT_COLD
    return Status.UNQUALIFIED if days_open > _FORGOTTEN_DAYS else Status.PROSPECT_COLD


def _by_rhythm(rhythm: Cadence, since: int, *, declined: bool) -> Status:
    if since >= rhythm.dormant_after:
        return Status.DORMANT
    if since >= rhythm.baseline:
        return Status.AT_RISK_CADENCE
    return Status.AT_RISK_REVENUE if declined else Status.HEALTHY


def _rhythm_words(rhythm: Cadence, today: date) -> str:
    habit = "ordered once" if rhythm.pace is None else f"orders every {_days(rhythm.pace)}"
    due, dormant = _day(rhythm.next_expected, today), _day(rhythm.dormant_on, today)
    return f"{habit}; due {due}; dormant from {dormant}"


def _decline_words(value: Revenue) -> str:
    below = (100 * (value.baseline - value.recent_mean)) // value.baseline
    latest = "last order" if value.orders == 1 else f"last {value.orders} orders"
    return f"{latest} {Money(value.recent_mean)} on average, {below} % below the usual {Money(value.baseline)}"


def _day(day: date, today: date) -> str:
    """`12 Mar`, with the year where it is not this one; the same in every locale."""
    short = f"{day.day} {_MONTHS[day.month - 1]}"
    return short if day.year == today.year else f"{short} {day.year}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _mean(numbers: Sequence[int]) -> int | None:
    """The mean of positive whole numbers, rounded half up; None of none."""
    return (2 * sum(numbers) + len(numbers)) // (2 * len(numbers)) if numbers else None
