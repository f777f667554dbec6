from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.accounts.delivery_windows import AddDeliveryWindow, RemoveDeliveryWindow, window_text
from leora_core.domain.accounts.records import DeliveryWindow
from leora_core.domain.command import Rejected
from tests.core.domain.cast import REP, SHOP, Office, an_id, by

WINDOW = an_id("window")


def add(**more: Any) -> AddDeliveryWindow:
    return AddDeliveryWindow(**({"window_id": WINDOW, "account_id": SHOP} | more))


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ({"kind": "before", "end": "11:00"}, "Before 11:00"),
        ({"kind": "after", "start": "14:00"}, "After 14:00"),
        ({"kind": "between", "start": "09:00", "end": "11:30"}, "Between 09:00 and 11:30"),
    ],
)
def test_a_window_is_kept_and_told_in_words(window: dict[str, Any], words: str) -> None:
    office = Office()
    office.do(add(**window), by(REP))
    assert window_text(office.need(DeliveryWindow, WINDOW)) == words
    office.do(RemoveDeliveryWindow(account_id=SHOP, window_id=WINDOW), by(REP))
    assert office.count(DeliveryWindow) == 0


@pytest.mark.parametrize(
    ("window", "code", "field"),
    [
        ({"kind": "before"}, "window_times", "end"),
        ({"kind": "before", "start": "09:00", "end": "11:00"}, "window_times", "start"),
        ({"kind": "after", "end": "11:00"}, "window_times", "start"),
        ({"kind": "after", "start": "09:00", "end": "11:00"}, "window_times", "end"),
        ({"kind": "between", "start": "09:00"}, "window_times", "end"),
        ({"kind": "between", "start": "11:00", "end": "09:00"}, "window_backwards", "end"),
        ({"kind": "between", "start": "11:00", "end": "11:00"}, "window_backwards", "end"),
        ({"kind": "before", "end": "24:00"}, "field_invalid", "end"),
        ({"kind": "after", "start": "9:00"}, "field_invalid", "start"),
    ],
)
def test_times_must_fit_the_kind(window: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(add(**window), by(REP))
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_the_same_window_is_kept_once_and_another_weekday_is_another_window() -> None:
    office = Office()
    office.do(add(kind="before", end="11:00"), by(REP))
    office.do(add(kind="before", end="11:00", window_id=an_id("again")), by(REP))
    office.do(add(kind="before", end="11:00", weekday="mon", window_id=an_id("monday")), by(REP))
    assert [window.weekday for window in office.find(DeliveryWindow)].count(None) == 1
    assert office.count(DeliveryWindow) == 2


@given(st.times(), st.times())
def test_a_window_between_two_times_is_kept_exactly_when_it_runs_forward(start: Any, end: Any) -> None:
    office = Office()
    window = add(kind="between", start=f"{start:%H:%M}", end=f"{end:%H:%M}")
    if (start.hour, start.minute) < (end.hour, end.minute):
        office.do(window, by(REP))
        assert office.count(DeliveryWindow) == 1
    else:
        with pytest.raises(Rejected):
            office.do(window, by(REP))
