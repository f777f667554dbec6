from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.accounts.terms import Due, due_date, normalise

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("cod", "C.O.D."),
        ("C.O.D", "C.O.D."),
        ("Cash on delivery", "C.O.D."),
        ("net30", "Net 30"),
        ("NET 30 days", "Net 30"),
        ("30 Days", "Net 30"),
        ("net-07", "Net 7"),
        ("Net-15th", "Net 15th of next month"),
        ("15th of the following month", "Net 15th of next month"),
        ("Net 30th of next month.", "Net 30th of next month"),
        ("net 1st", "Net 1st of next month"),
        ("net 22nd", "Net 22nd of next month"),
        ("  whenever   you like ", "whenever you like"),
        ("30", "30"),
        ("Net 0", "Net 0"),
        ("Net 32nd of next month", "Net 32nd of next month"),
        ("", ""),
    ],
)
def test_terms_have_one_spelling(written: str, canonical: str) -> None:
    assert normalise(written) == canonical


@given(st.one_of(st.text(max_size=30), st.from_regex(r"(net|Net)[ -]\d{1,3}(st|th)?( of next month)?", fullmatch=True)))
def test_one_spelling_stays_as_it_is(written: str) -> None:
    assert normalise(normalise(written)) == normalise(written)


@pytest.mark.parametrize(
    ("terms", "delivered", "due"),
    [
        ("Net-15th", "2026-01-31", "2026-02-15"),
        ("Net-30th", "2025-12-31", "2026-01-31"),
        ("Net-30th", "2026-01-15", "2026-02-28"),
        ("Net-30th", "2028-01-15", "2028-02-29"),
        ("Net 30", "2026-02-01", "2026-03-03"),
        ("COD", "2026-02-01", "2026-02-01"),
        ("Net 29th of next month", "2026-01-31", "2026-02-28"),
    ],
)
def test_an_invoice_is_due(terms: str, delivered: str, due: str) -> None:
    assert due_date(terms, date.fromisoformat(delivered)) == Due(date.fromisoformat(due))


@pytest.mark.parametrize("terms", [None, "", "whenever", "Net 0", "Net 400"])
def test_terms_that_cannot_be_read_mean_the_same_day_and_say_so(terms: str | None) -> None:
    assert due_date(terms, date(2026, 2, 1)) == Due(date(2026, 2, 1), known=False)


@given(DAYS, st.integers(1, 31))
def test_a_day_of_next_month_is_in_the_next_month(delivered: date, day: int) -> None:
    due = due_date(f"Net {day}th of next month", delivered).on
    assert (due.year * 12 + due.month) - (delivered.year * 12 + delivered.month) == 1
    assert due.day == day or due.day >= 28


@given(DAYS, st.integers(1, 365))
def test_net_days_are_counted_from_the_delivery(delivered: date, days: int) -> None:
    assert due_date(f"Net {days}", delivered) == Due(delivered + timedelta(days=days))
