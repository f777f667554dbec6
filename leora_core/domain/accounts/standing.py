"""Where an account stands: class, priority, due, unloved. Functions of facts, never stored."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from leora_core.domain.accounts.health import Status
from leora_core.domain.accounts.records import Account, Priority
from leora_core.domain.values import Cents

_ACTIVE_DAYS = 180
_TARGET_DAYS = 365
_DUE_AHEAD = timedelta(days=7)
_LOVE_DAYS: dict[str | None, int] = {"high": 7, "medium": 14, "low": 30}
_LOVE_DAYS_UNSET = 30
_HIGH_MONTHLY_CENTS = 250_000
_MEDIUM_MONTHLY_CENTS = 100_000
_NEVER_DUE = frozenset({Status.CLOSED, Status.DORMANT, Status.HOLD})


class Classification(StrEnum):
    """How recently an account ordered."""

    ACTIVE = "active"
    TARGET = "target"
    PROSPECT = "prospect"


@dataclass(frozen=True, slots=True)
class Standing:
    """The class of an account with its hold and closure beside it; neither hides the class."""

    classification: Classification
    on_hold: bool
    closed: bool


def classify(last_order_on: date | None, today: date) -> Classification:
    """ACTIVE to 180 days since the last order, TARGET to 365, else PROSPECT; tenant-local dates."""
    if last_order_on is None:
        return Classification.PROSPECT
    days = (today - last_order_on).days
    if days <= _ACTIVE_DAYS:
        return Classification.ACTIVE
    return Classification.TARGET if days <= _TARGET_DAYS else Classification.PROSPECT


def standing(account: Account, last_order_on: date | None, today: date) -> Standing:
    """The account's class, hold and closure."""
    return Standing(classify(last_order_on, today), account.on_hold, account.closed_at is not None)


def priority_from_revenue(last_six_months_cents: Cents) -> Priority:
    """high from 2,500.00 a month on average over six months, medium from 1,000.00, else low."""
    if last_six_months_cents >= 6 * _HIGH_MONTHLY_CENTS:
        return "high"
    return "medium" if last_six_months_cents >= 6 * _MEDIUM_MONTHLY_CENTS else "low"


def due(next_expected: date | None, status: Status, today: date) -> bool:
    """Whether an order is expected within 7 days or overdue, from an account that is open and not dormant."""
    return next_expected is not None and status not in _NEVER_DUE and next_expected <= today + _DUE_AHEAD


def unloved(priority: str | None, last_love: date | None, today: date) -> bool:
    """Whether the last order or visit in person is more than 7 (high), 14 (medium) or 30 days ago, or never was."""
    return last_love is None or (today - last_love).days > _LOVE_DAYS.get(priority, _LOVE_DAYS_UNSET)
