from datetime import date, timedelta

import pytest

from leora_core.domain.accounts.licences import licence_alert, severity

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("days_left", "level"),
    [
        (-400, "critical"),
        (-1, "critical"),
        (0, "critical"),
        (7, "critical"),
        (8, "high"),
        (30, "high"),
        (31, "medium"),
        (60, "medium"),
        (61, None),
    ],
)
def test_a_licence_is_warned_of_as_it_runs_out(days_left: int, level: str | None) -> None:
    assert licence_alert(TODAY + timedelta(days=days_left), TODAY) == level


def test_a_missing_licence_is_as_urgent_as_one_ending_this_month() -> None:
    assert licence_alert(None, TODAY) == "missing"
    assert severity("missing") == "high"
    assert severity("critical") == "critical"
