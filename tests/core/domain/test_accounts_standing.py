from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.accounts.health import Status
from leora_core.domain.accounts.records import Account
from leora_core.domain.accounts.standing import (
    Classification,
    Standing,
    classify,
    due,
    priority_from_revenue,
    standing,
    unloved,
)

TODAY = date(2026, 11, 22)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-3, Classification.ACTIVE),
        (0, Classification.ACTIVE),
        (180, Classification.ACTIVE),
        (181, Classification.TARGET),
        (365, Classification.TARGET),
        (366, Classification.PROSPECT),
    ],
)
def test_the_class_follows_the_last_order(days: int, expected: Classification) -> None:
    assert classify(ago(days), TODAY) is expected


def test_who_never_ordered_is_a_prospect() -> None:
    assert classify(None, TODAY) is Classification.PROSPECT


@pytest.mark.parametrize("on_hold", [True, False])
def test_a_hold_stands_beside_the_class_and_survives_it(on_hold: bool) -> None:
    opened = datetime(2020, 1, 1, tzinfo=ZoneInfo("UTC"))
    account = Account(id="a", name="A", opened_at=opened, on_hold=on_hold)
    for days, expected in ((10, Classification.ACTIVE), (200, Classification.TARGET)):
        assert standing(account, ago(days), TODAY) == Standing(expected, on_hold=on_hold, closed=False)


@pytest.mark.parametrize(
    ("cents", "priority"),
    [
        (1_500_000, "high"),
        (1_499_999, "medium"),
        (600_000, "medium"),
        (599_999, "low"),
        (0, "low"),
        (-5_000, "low"),
    ],
)
def test_priority_follows_the_revenue_of_six_months(cents: int, priority: str) -> None:
    assert priority_from_revenue(cents) == priority


@pytest.mark.parametrize(("days_ahead", "expected"), [(-30, True), (0, True), (7, True), (8, False)])
def test_an_order_is_due_from_a_week_before_it_is_expected(days_ahead: int, expected: bool) -> None:
    assert due(TODAY + timedelta(days=days_ahead), Status.HEALTHY, TODAY) is expected


def test_who_is_closed_dormant_on_hold_or_new_is_never_due() -> None:
    for status in Status:
        expected = status not in {Status.CLOSED, Status.DORMANT, Status.HOLD}
        assert due(TODAY, status, TODAY) is expected
        assert not due(None, status, TODAY)


@pytest.mark.parametrize(("priority", "limit"), [("high", 7), ("medium", 14), ("low", 30), (None, 30)])
def test_an_account_is_unloved_once_its_days_are_over(priority: str | None, limit: int) -> None:
    assert not unloved(priority, ago(limit), TODAY)
    assert unloved(priority, ago(limit + 1), TODAY)
    assert unloved(priority, None, TODAY)
