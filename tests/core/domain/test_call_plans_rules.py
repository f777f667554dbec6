from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.call_plans.blocks import PlacedAccount, minutes_saved, suggest_blocks
from leora_core.domain.call_plans.progress import contact_mix, counter_band, mark_of, progress_of, trend
from leora_core.domain.call_plans.records import Recurrence
from leora_core.domain.call_plans.recurrence import occurrences
from leora_core.domain.call_plans.suggestions import Candidate, score, skipped, suggest

SUNDAY = date(2026, 11, 29)


def rule(every, anchor, **more):
    return Recurrence(id="r", rep_id="anna", account_id="bar", every=every, anchor=anchor, **more)


def days_of(every, anchor, first, last, **more):
    return list(occurrences(rule(every, anchor, **more), first, last))


def test_weekly_from_a_monday_gives_mondays():
    days = days_of("week", date(2026, 1, 5), date(2026, 2, 1), date(2026, 2, 28))
    assert days == [date(2026, 2, day) for day in (2, 9, 16, 23)]


def test_every_two_weeks_keeps_its_parity_across_a_year_of_53_weeks():
    days = days_of("two_weeks", date(2026, 12, 14), date(2026, 12, 1), date(2027, 1, 31))
    assert days == [date(2026, 12, 14), date(2026, 12, 28), date(2027, 1, 11), date(2027, 1, 25)]
    assert date(2026, 12, 28).isocalendar().week == 53


def test_monthly_repeats_the_place_of_the_weekday():
    days = days_of("month", date(2026, 1, 5), date(2026, 1, 1), date(2026, 6, 30))
    assert days == [
        date(2026, 1, 5),
        date(2026, 2, 2),
        date(2026, 3, 2),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 6, 1),
    ]


def test_a_fifth_weekday_means_the_months_last():
    days = days_of("month", date(2026, 1, 30), date(2026, 1, 1), date(2026, 4, 30))
    assert days == [date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 27), date(2026, 4, 24)]


def test_nothing_recurs_before_the_anchor_or_after_the_end():
    days = days_of("week", date(2026, 2, 9), date(2026, 1, 1), date(2026, 3, 31), ends_on=date(2026, 2, 16))
    assert days == [date(2026, 2, 9), date(2026, 2, 16)]


def test_nine_o_clock_stays_nine_o_clock_when_the_clocks_change():
    zone = ZoneInfo("America/New_York")
    days = days_of("week", date(2026, 10, 26), date(2026, 10, 26), date(2026, 11, 2))
    starts = [datetime.combine(day, datetime.min.time(), zone).replace(hour=9) for day in days]
    assert [start.hour for start in starts] == [9, 9]
    assert starts[0].utcoffset() != starts[1].utcoffset()


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(DAYS, DAYS, st.integers(0, 120))
def test_whatever_day_one_asks_from_the_parity_is_the_anchors(anchor, first, length):
    days = days_of("two_weeks", anchor, first, first + timedelta(days=length))
    assert all((day - anchor).days % 14 == 0 and day >= anchor for day in days)
    expected = [first + timedelta(days=n) for n in range(length + 1)]
    assert days == [day for day in expected if day >= anchor and (day - anchor).days % 14 == 0]


@given(st.sampled_from(["week", "two_weeks", "month"]), DAYS, DAYS, st.integers(0, 60), st.integers(0, 60))
def test_two_spans_asked_apart_give_the_days_of_both_together(every, anchor, first, one, two):
    middle = first + timedelta(days=one)
    last = middle + timedelta(days=1 + two)
    apart = days_of(every, anchor, first, middle) + days_of(every, anchor, middle + timedelta(days=1), last)
    assert apart == days_of(every, anchor, first, last)


@given(DAYS, DAYS)
def test_monthly_gives_each_month_one_day_of_the_anchors_weekday(anchor, first):
    first = max(first, anchor + timedelta(days=31)).replace(day=1)
    days = days_of("month", anchor, first, first + timedelta(days=364))
    assert all(day.weekday() == anchor.weekday() for day in days)
    assert len({(day.year, day.month) for day in days}) == len(days) >= 11


def test_five_accounts_two_met_two_in_progress_one_blank():
    progress = progress_of(["met", "met", "progress", "progress", None])
    assert (progress.completion_percent, progress.success_percent) == (80, 50)
    assert (progress.met, progress.progress, progress.refused, progress.blank) == (2, 2, 0, 1)


def test_refused_and_not_reached_complete_nothing():
    progress = progress_of(["refused", "not_reached"])
    assert (progress.completion_percent, progress.success_percent) == (0, None)
    assert progress_of([]).completion_percent is None
    assert progress_of(["met"] + [None] * 7).completion_percent == 13


def test_the_trend_compares_two_weeks():
    assert trend(80, 65) == 15
    assert trend(80, None) is None


def test_marks_need_a_contact():
    assert mark_of("phone", "met") == "X"
    assert mark_of("email", "progress") == "Y"
    assert mark_of("text", "refused") == "no"
    assert mark_of("in_person", "not_reached") == ""
    assert mark_of(None, None) == ""


@pytest.mark.parametrize(
    ("planned", "band"),
    [(0, "red"), (59, "red"), (60, "amber"), (69, "amber"), (70, "green"), (75, "green"), (76, "over")],
)
def test_the_counter_has_its_colour(planned, band):
    assert counter_band(planned) == band


def test_the_contact_mix_is_held_against_the_recommended_shares():
    mix = contact_mix(["visit"] * 9 + ["tasting", "event"] + ["call", "email", "text", "call"] * 2 + ["note"])
    found = {share.approach: (share.count, share.percent, share.verdict) for share in mix}
    assert found == {
        "in_person": (9, 47, "within"),
        "tasting": (2, 11, "below"),
        "electronic": (8, 42, "above"),
    }
    assert {share.verdict for share in contact_mix([])} == {"none"}


GOOD = Candidate(
    account_id="bar",
    kind="active",
    days_since_order=95,
    established_cents=1_200_000,
    orders=11,
    interval_days=28,
)


def test_the_worked_example_scores_90():
    points, parts = score(GOOD, extras=False)
    assert points == 90
    assert [(part.code, part.points) for part in parts] == [
        ("days_since_order", 40),
        ("revenue", 20),
        ("orders", 15),
        ("interval", 15),
    ]
    (suggestion,) = suggest([GOOD], SUNDAY, extras=False)
    assert (suggestion.urgency, suggestion.priority) == ("critical", "high")


def test_a_quiet_active_account_scores_100():
    assert score(replace(GOOD, days_since_order=121), extras=False)[0] == 100
    assert score(replace(GOOD, days_since_order=121, kind="target"), extras=False)[0] == 90


def test_one_that_ordered_29_days_ago_is_left_out():
    assert skipped(replace(GOOD, days_since_order=29), SUNDAY) == "ordered_lately"
    assert skipped(replace(GOOD, days_since_order=30), SUNDAY) is None


def test_one_that_never_ordered_stays_below_40_without_the_extras():
    never = Candidate(account_id="new", kind="prospect", established_cents=6_000_000, assigned_days=10)
    assert score(never, extras=False)[0] == 30
    assert suggest([never], SUNDAY, extras=False) == []
    assert [s.score for s in suggest([never], SUNDAY)] == [45]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"closed": True}, "closed"),
        ({"on_hold": True}, "on_hold"),
        ({"planned": True}, "planned"),
        ({"do_not_contact_until": SUNDAY + timedelta(days=1)}, "do_not_contact"),
        ({"do_not_contact_until": SUNDAY}, None),
    ],
)
def test_some_are_never_suggested(change, why):
    candidate = replace(GOOD, **change)
    assert skipped(candidate, SUNDAY) == why
    assert bool(suggest([candidate], SUNDAY)) == (why is None)


@pytest.mark.parametrize("extra", ["overdue", "sample_follow_up_open", "unloved"])
def test_each_extra_adds_ten_when_extras_count(extra):
    candidate = replace(GOOD, days_since_order=45, **{extra: True})
    assert score(candidate)[0] == score(candidate, extras=False)[0] + 10 == 80


def test_a_score_never_passes_100_and_each_part_says_why():
    points, parts = score(replace(GOOD, days_since_order=200, overdue=True, unloved=True))
    assert points == 100
    assert all(part.words and part.points for part in parts)


@pytest.mark.parametrize(
    ("days", "cents", "orders", "interval", "points"),
    [
        (89, 0, 0, None, 30),
        (59, 100_000, 2, 60, 45),
        (44, 99_999, 4, 61, 15),
        (30, 500_000, 5, 30, 50),
        (30, 2_500_000, 9, 31, 55),
        (30, 5_000_000, 10, 30, 70),
    ],
)
def test_thresholds_count_from_the_number_itself(days, cents, orders, interval, points):
    candidate = Candidate(
        account_id="a",
        kind="target",
        days_since_order=days,
        established_cents=cents,
        orders=orders,
        interval_days=interval,
    )
    assert score(candidate, extras=False)[0] == points


@given(st.permutations(range(30)))
def test_the_best_twenty_come_in_one_order_however_they_are_given(order):
    candidates = [replace(GOOD, account_id=f"a{n:02}", established_cents=1_000_000 * (n % 3)) for n in range(30)]
    shown = suggest([candidates[n] for n in order], SUNDAY)
    assert len(shown) == 20
    assert shown == suggest(candidates, SUNDAY)
    assert [s.score for s in shown] == sorted((s.score for s in shown), reverse=True)


def test_a_suggestion_names_the_day_blocked_for_its_territory():
    (suggestion,) = suggest([replace(GOOD, territory="North")], SUNDAY, weekdays={"North": 2})
    assert suggestion.weekday == 2
    assert suggest([GOOD], SUNDAY, weekdays={"North": 2})[0].weekday is None


def place(name, territory, latitude=None, longitude=None):
    return PlacedAccount(name, territory, latitude, longitude)


def test_territories_with_two_accounts_get_the_free_days_largest_first():
    accounts = [
        place("a", "North"),
        place("b", "North"),
        place("c", "South"),
        place("d", "South"),
        place("e", "South"),
        place("f", "West"),
        place("g", None),
    ]
    found = [(s.territory, s.weekday, s.accounts, s.minutes_saved) for s in suggest_blocks(accounts, taken={1})]
    assert found == [("South", 2, 3, 45), ("North", 3, 2, 45)]
    assert suggest_blocks(accounts, taken={1, 2, 3, 4, 5}) == []


def test_minutes_saved_follow_the_distance_within_bounds():
    near = [place("a", "N", 40.0, -74.0), place("b", "N", 40.001, -74.0)]
    far = [place("a", "N", 40.0, -74.0), place("b", "N", 44.0, -74.0)]
    some = [place("a", "N", 40.0, -74.0), place("b", "N", 40.5, -74.0)]
    assert minutes_saved(near) == 30
    assert minutes_saved(far) == 180
    assert minutes_saved(some) == 59
    assert minutes_saved([some[0], place("b", "N")]) == 45
