"""Which accounts to plan next (R-SUGGEST): a score of 0 to 100 made of parts that each say why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Level = Literal["critical", "high", "medium", "low"]

LEAST_SCORE = 40
MOST_SHOWN = 20
FULL_SCORE = 100
_FRESH_DAYS = 30
_NEW_PROSPECT_DAYS = 90
_LONG_SILENCE_DAYS = 120

# From the largest threshold down: the first one reached gives the points.
_BY_SILENCE = ((90, 40), (60, 30), (45, 20), (30, 10))
_BY_DOLLARS = ((50_000, 30), (25_000, 25), (10_000, 20), (5_000, 15), (1_000, 10))
_BY_ORDERS = ((10, 15), (5, 10), (2, 5))
_BY_INTERVAL = ((30, 15), (60, 10))


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """What is known of an account when the week is planned."""

    account_id: str
    kind: Literal["active", "target", "prospect"]
    days_since_order: int | None = None
    """None: never ordered."""
    established_cents: int = 0
    """Established revenue, in cents."""
    orders: int = 0
    interval_days: float | None = None
    """Mean days between orders; None with fewer than two."""
    territory: str | None = None
    closed: bool = False
    on_hold: bool = False
    do_not_contact_until: date | None = None
    planned: bool = False
    overdue: bool = False
    """The expected next order is past."""
    sample_follow_up_open: bool = False
    unloved: bool = False
    assigned_days: int | None = None
    """Days since the rep was given the account."""


@dataclass(frozen=True, slots=True)
class Part:
    """One reason: a stable code, its points, and words for people."""

    code: str
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An account worth planning; `weekday` (1 Monday to 7 Sunday) is its territory's day, where one is blocked."""

    account_id: str
    score: int
    parts: tuple[Part, ...]
    weekday: int | None = None

    @property
    def priority(self) -> Level:
        """70 and more high, 50 and more medium, else low."""
        return _level(self.score, high=70, medium=50)

    @property
    def urgency(self) -> Level:
        """80 and more critical, 60 and more high, 40 and more medium, else low."""
        return "critical" if self.score >= 80 else _level(self.score, high=60, medium=40)


def suggest(
    candidates: Iterable[Candidate],
    week_end: date,
    *,
    extras: bool = True,
    least: int = LEAST_SCORE,
    most: int = MOST_SHOWN,
    weekdays: Mapping[str, int] | None = None,
) -> list[Suggestion]:
    """The best accounts for the week that ends on `week_end`, best first, the same order on every machine.

    `weekdays` maps a territory to the weekday blocked for it. Without `extras` the score counts orders alone.
    """
    scored = [(c, *score(c, extras=extras)) for c in candidates if skipped(c, week_end) is None]
    kept = [item for item in scored if item[1] >= least]
    kept.sort(key=lambda item: (-item[1], -_silence(item[0]), -item[0].established_cents, item[0].account_id))
    days = weekdays or {}
    return [Suggestion(c.account_id, points, parts, days.get(c.territory or "")) for c, points, parts in kept[:most]]


def skipped(candidate: Candidate, week_end: date) -> str | None:
    """Why an account is not suggested at all, None if it may be."""
    if candidate.closed:
        return "closed"
    if candidate.on_hold:
        return "on_hold"
    if candidate.do_not_contact_until is not None and candidate.do_not_contact_until > week_end:
        return "do_not_contact"
    if candidate.planned:
        return "planned"
    if candidate.days_since_order is not None and candidate.days_since_order < _FRESH_DAYS:
        return "ordered_lately"
    return None


def score(candidate: Candidate, *, extras: bool = True) -> tuple[int, tuple[Part, ...]]:
    """The points of an account, at most 100, and the parts they are made of, most points first."""
    parts = [*_order_parts(candidate), *(_extra_parts(candidate) if extras else ())]
    parts = sorted((part for part in parts if part.points), key=lambda part: -part.points)
    return min(FULL_SCORE, sum(part.points for part in parts)), tuple(parts)


def _order_parts(candidate: Candidate) -> list[Part]:
    days, dollars = candidate.days_since_order, candidate.established_cents // 100
    parts = [
        Part("revenue", _points(_BY_DOLLARS, dollars), f"${dollars:,} of established revenue"),
        Part("orders", _points(_BY_ORDERS, candidate.orders), f"{candidate.orders} orders so far"),
    ]
    if days is not None:
        parts.append(Part("days_since_order", _points(_BY_SILENCE, days), f"{days} days since the last order"))
        if candidate.kind == "active" and days >= _LONG_SILENCE_DAYS:
            parts.append(Part("long_silence", 10, "an active account that has gone quiet"))
    if candidate.interval_days is not None:
        interval = next((points for most, points in _BY_INTERVAL if candidate.interval_days <= most), 0)
        parts.append(Part("interval", interval, f"orders every {candidate.interval_days:.0f} days"))
    return parts


def _extra_parts(candidate: Candidate) -> list[Part]:
    assigned = candidate.assigned_days
    fresh = candidate.kind == "prospect" and assigned is not None and assigned < _NEW_PROSPECT_DAYS
    return [
        Part("overdue", 10 * candidate.overdue, "the next order is overdue"),
        Part("sample_follow_up", 10 * candidate.sample_follow_up_open, "a sample waits for follow-up"),
        Part("unloved", 10 * candidate.unloved, "neither visited nor ordering within its time"),
        Part("new_prospect", 15 * fresh, f"a prospect of {assigned} days"),
    ]


def _points(steps: tuple[tuple[int, int], ...], value: int) -> int:
    return next((points for threshold, points in steps if value >= threshold), 0)


def _silence(candidate: Candidate) -> int:
    return -1 if candidate.days_since_order is None else candidate.days_since_order


def _level(points: int, *, high: int, medium: int) -> Level:
    if points >= high:
        return "high"
    return "medium" if points >= medium else "low"
