from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.accounts.health import (
    Facts,
    Limits,
    Status,
    baseline_order,
    cadence,
    health,
    limits,
    revenue,
)

FIRST = date(2026, 1, 1)


def on_days(*days: int) -> list[date]:
    return [FIRST + timedelta(days=day) for day in days]


def judged(today: date, **facts: Any) -> Status:
    return health(Facts(**({"opened_on": FIRST} | facts)), today).status


@pytest.mark.parametrize(
    ("pace", "expected"),
    [
        (None, Limits(45, 14, 59)),
        (20, Limits(45, 14, 59)),
        (60, Limits(60, 18, 78)),
        (70, Limits(70, 21, 90)),
        (75, Limits(75, 23, 90)),
        (80, Limits(75, 23, 90)),
        (91, Limits(75, 23, 90)),
    ],
)
def test_limits_of_the_worked_examples(pace: int | None, expected: Limits) -> None:
    assert limits(pace) == expected


def test_a_slower_customer_never_becomes_dormant_earlier() -> None:
    steps = [limits(pace) for pace in range(1, 401)]
    for faster, slower in pairwise(steps):
        assert faster.baseline <= slower.baseline
        assert faster.dormant_after <= slower.dormant_after
    assert all(step.baseline < step.dormant_after <= 90 for step in steps)


def test_grace_is_rounded_half_up() -> None:
    assert [limits(pace).grace for pace in (45, 55, 65, 75)] == [14, 17, 20, 23]


def test_the_rhythm_of_one_who_orders_every_twenty_days() -> None:
    rhythm = cadence(on_days(0, 20, 40, 60, 80))
    assert rhythm is not None
    assert (rhythm.pace, rhythm.baseline, rhythm.grace, rhythm.dormant_after) == (20, 45, 14, 59)
    assert (rhythm.next_expected, rhythm.dormant_on) == (on_days(125)[0], on_days(139)[0])


def test_only_the_latest_five_deliveries_set_the_pace() -> None:
    rhythm = cadence(on_days(400, 0, 300, 310, 320, 340))
    assert rhythm is not None
    assert rhythm.pace == 25


def test_two_deliveries_on_one_day_are_no_rhythm() -> None:
    twice = cadence(on_days(0, 20, 20, 40))
    same_day = cadence(on_days(5, 5))
    assert twice is not None
    assert same_day is not None
    assert (twice.pace, same_day.pace) == (20, None)


def test_the_mean_of_the_days_is_rounded_half_up() -> None:
    rhythm = cadence(on_days(0, 50, 101))
    assert rhythm is not None
    assert rhythm.pace == 51


def test_who_never_ordered_has_no_rhythm() -> None:
    assert cadence([]) is None


@given(st.lists(st.dates(date(2020, 1, 1), date(2026, 1, 1)), min_size=1, max_size=12))
def test_the_order_of_deliveries_does_not_matter_and_the_last_one_counts(days: list[date]) -> None:
    rhythm = cadence(days)
    assert rhythm == cadence(sorted(days, reverse=True))
    assert rhythm is not None
    assert rhythm.last_on == max(days)
    assert rhythm.last_on < rhythm.next_expected < rhythm.dormant_on


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (0, Status.HEALTHY),
        (44, Status.HEALTHY),
        (45, Status.AT_RISK_CADENCE),
        (58, Status.AT_RISK_CADENCE),
        (59, Status.DORMANT),
    ],
)
def test_health_follows_the_days_since_the_last_delivery(since: int, expected: Status) -> None:
    deliveries = on_days(0, 20, 40, 60, 80)
    assert judged(deliveries[-1] + timedelta(days=since), deliveries=deliveries) is expected


@given(st.integers(1, 400), st.integers(1, 400), st.integers(0, 120))
def test_of_two_customers_the_slower_is_never_worse_off(one: int, other: int, since: int) -> None:
    badness = {Status.HEALTHY: 0, Status.AT_RISK_CADENCE: 1, Status.DORMANT: 2}
    found = []
    for pace in sorted((one, other)):
        deliveries = on_days(0, pace)
        found.append(badness[judged(deliveries[-1] + timedelta(days=since), deliveries=deliveries)])
    assert found[1] <= found[0]


@pytest.mark.parametrize(
    ("worked", "age", "expected"),
    [
        (True, 0, Status.PROSPECT),
        (True, 89, Status.PROSPECT),
        (True, 90, Status.PROSPECT_COLD),
        (True, 400, Status.PROSPECT_COLD),
        (False, 0, Status.PROSPECT_COLD),
        (False, 180, Status.PROSPECT_COLD),
        (False, 181, Status.UNQUALIFIED),
    ],
)
def test_who_never_ordered_is_judged_by_age_and_work(worked: bool, age: int, expected: Status) -> None:
    assert judged(FIRST + timedelta(days=age), worked=worked) is expected


def test_closed_comes_before_hold_and_hold_before_all_else() -> None:
    deliveries = on_days(0)
    assert judged(on_days(500)[0], deliveries=deliveries, on_hold=True, closed=True) is Status.CLOSED
    assert judged(on_days(500)[0], deliveries=deliveries, on_hold=True) is Status.HOLD
    assert judged(on_days(500)[0], on_hold=True) is Status.HOLD


def test_the_established_value_is_the_mean_of_orders_four_to_twelve() -> None:
    assert baseline_order([1, 1, 1]) is None
    assert baseline_order([1, 1, 1, 700]) == 700
    assert baseline_order([9, 9, 9, *[100, 200, 300] * 3, 99_999]) == 200
    assert baseline_order([1, 0, 1, -50, 1, 700, 701]) == 701


def test_revenue_has_declined_below_85_per_cent_of_one_order() -> None:
    exactly = revenue([85_00, 85_00, 85_00], 100_00)
    below = revenue([85_00, 85_00, 84_99], 100_00)
    assert exactly is not None
    assert below is not None
    assert (exactly.declined, below.declined) == (False, True)


def test_only_the_latest_three_paid_orders_are_compared() -> None:
    value = revenue([1, 1, 100_00, 0, 100_00, -7_00, 100_00], 100_00)
    assert value is not None
    assert (value.recent_mean, value.orders, value.declined) == (100_00, 3, False)
    one = revenue([50_00], 100_00)
    assert one is not None
    assert (one.orders, one.declined) == (1, True)


@pytest.mark.parametrize(("totals", "baseline"), [([], 100), ([0, -5], 100), ([100], None), ([100], 0)])
def test_without_orders_or_baseline_nothing_is_compared(totals: list[int], baseline: int | None) -> None:
    assert revenue(totals, baseline) is None


@given(st.lists(st.integers(1, 10**9), min_size=4, max_size=30))
def test_one_who_orders_as_ever_has_not_declined(totals: list[int]) -> None:
    steady = [totals[0]] * len(totals)
    value = revenue(steady, baseline_order(steady))
    assert value is not None
    assert not value.declined


def test_falling_orders_put_a_punctual_customer_at_risk() -> None:
    deliveries = on_days(0, 30, 60)
    facts = {"deliveries": deliveries, "totals": [700_00, 400_00, 410_00, 420_00], "baseline_order_cents": 700_00}
    assert judged(on_days(70)[0], **facts) is Status.AT_RISK_REVENUE
    assert judged(on_days(110)[0], **facts) is Status.AT_RISK_CADENCE
    assert judged(on_days(200)[0], **facts) is Status.DORMANT


def test_the_tenant_sets_how_far_revenue_may_drop() -> None:
    facts = Facts(opened_on=FIRST, deliveries=on_days(0), totals=[80_00], baseline_order_cents=100_00)
    assert health(facts, on_days(1)[0]).status is Status.AT_RISK_REVENUE
    assert health(facts, on_days(1)[0], drop_percent=25).status is Status.HEALTHY


def test_the_explanation_has_the_words_and_the_numbers() -> None:
    deliveries = [date(2025, 12, 25), date(2026, 1, 26)]
    found = health(Facts(opened_on=FIRST, deliveries=deliveries), date(2026, 2, 1))
    assert found.explanation.words == "orders every 32 days; due 12 Mar; dormant from 26 Mar"
    assert found.explanation.days_since_order == 6
    assert found.explanation.cadence == cadence(deliveries)


def test_the_explanation_says_by_how_much_orders_fell() -> None:
    facts = Facts(
        opened_on=FIRST,
        deliveries=[date(2025, 12, 1)],
        totals=[400_00, 410_00, 420_00],
        baseline_order_cents=700_00,
    )
    words = health(facts, date(2025, 12, 5)).explanation.words
    assert words == (
        "ordered once; due 15 Jan 2026; dormant from 29 Jan 2026; "
        "last 3 orders 410.00 USD on average, 41 % below the usual 700.00 USD"
    )


def test_the_explanation_of_one_who_never_ordered() -> None:
    words = health(Facts(opened_on=FIRST, worked=True), FIRST + timedelta(days=1)).explanation.words
    assert words == "never ordered; open for 1 day; being worked"
