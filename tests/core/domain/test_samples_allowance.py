from datetime import UTC, date, datetime

import pytest

from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.samples.allowance import Allowance, allowance_of, month_of, monthly_allowance
from leora_core.domain.samples.records import AllowanceRequest, MovementKind, SampleMovement
from tests.fakes import InMemoryRecords

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def moved(n: int, kind: MovementKind, quantity: int, *, rep_id: str = "ana", month: str = "2026-11") -> SampleMovement:
    return SampleMovement(
        id=f"m{n}", rep_id=rep_id, sku_id="sku", kind=kind, quantity=quantity, month=month, moved_at=AT
    )


def asked(n: int, status: str, granted: int, *, rep_id: str = "ana", month: str = "2026-11") -> AllowanceRequest:
    return AllowanceRequest(
        id=f"r{n}",
        rep_id=rep_id,
        month=month,
        quantity=50,
        purpose="Tasting",
        status=status,  # type: ignore[arg-type]
        granted=granted,
        asked_at=AT,
    )


@pytest.mark.parametrize(
    ("used", "level"), [(0, "ok"), (47, "ok"), (48, "ok"), (49, "warn"), (60, "warn"), (61, "over")]
)
def test_the_warning_begins_above_four_fifths(used: int, level: str) -> None:
    assert Allowance(used, 60).level == level


def test_no_allowance_is_fine_until_something_is_given() -> None:
    assert Allowance(0, 0).level == "ok"
    assert Allowance(1, 0).level == "over"


def test_what_is_left_is_never_negative() -> None:
    assert [Allowance(used, 60).left for used in (0, 59, 60, 61)] == [60, 1, 0, 0]
    assert Allowance(10, 60).after(5) == Allowance(15, 60)


def test_a_reps_own_allowance_stands_over_the_tenants() -> None:
    records = InMemoryRecords(
        User(id="ana", name="Ana", email="a@example.com", roles=("rep",), sample_allowance=0),
        User(id="bo", name="Bo", email="b@example.com", roles=("rep",)),
    )
    assert [monthly_allowance(records, rep) for rep in ("ana", "bo", "nobody")] == [0, 60, 60]
    records.add(TenantSettings(id=SETTINGS_ID, name="Bevco", timezone="America/New_York", sample_allowance=40))
    assert [monthly_allowance(records, rep) for rep in ("ana", "bo", "nobody")] == [0, 40, 40]


def test_only_gifts_of_the_rep_and_month_are_used_up() -> None:
    records = InMemoryRecords(
        moved(1, "give", -3),
        moved(2, "give", -2),
        moved(3, "give", -7, month="2026-10"),
        moved(4, "give", -7, rep_id="bo"),
        moved(5, "receive", 24),
        moved(6, "break", -1),
        moved(7, "transfer_out", -6),
        moved(8, "count", -4),
    )
    assert allowance_of(records, "ana", "2026-11") == Allowance(5, 60)


def test_approved_extra_counts_in_its_month_alone() -> None:
    records = InMemoryRecords(
        asked(1, "approved", 20),
        asked(2, "approved", 5),
        asked(3, "open", 0),
        asked(4, "rejected", 0),
        asked(5, "approved", 100, month="2026-12"),
        asked(6, "approved", 100, rep_id="bo"),
    )
    assert allowance_of(records, "ana", "2026-11") == Allowance(0, 85)


def test_a_month_is_written_as_year_and_month() -> None:
    assert month_of(date(2026, 3, 31)) == "2026-03"
