"""How a week's plan goes: X met, Y progress, blank; the counter's colours; the mix of contacts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Mark = Literal["X", "Y", "no", ""]
Band = Literal["red", "amber", "green", "over"]
Approach = Literal["in_person", "tasting", "electronic"]

_MARKS: dict[str, Mark] = {"met": "X", "progress": "Y", "refused": "no"}

_APPROACHES: dict[str, Approach] = {
    "visit": "in_person",
    "tasting": "tasting",
    "event": "tasting",
    "call": "electronic",
    "email": "electronic",
    "text": "electronic",
}

RECOMMENDED_MIX: dict[Approach, tuple[int, int]] = {
    "in_person": (40, 55),
    "tasting": (20, 35),
    "electronic": (20, 35),
}
"""The share of a week's contacts each approach should have, per cent, both ends included."""


def mark_of(method: str | None, result: str | None) -> Mark:
    """The plan sheet's mark: `X` objective met, `Y` progress, `no` refused, blank not reached or not tried."""
    return _MARKS.get(result or "", "") if method else ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The counts of a plan and its rates in whole per cent, rounded half-up; None where nothing is counted."""

    planned: int
    met: int
    progress: int
    refused: int
    blank: int

    @property
    def completion_percent(self) -> int | None:
        """(X + Y) / planned."""
        return percent(self.met + self.progress, self.planned)

    @property
    def success_percent(self) -> int | None:
        """X / (X + Y)."""
        return percent(self.met, self.met + self.progress)


def progress_of(results: Iterable[str | None]) -> Progress:
    """The progress of a plan from its accounts' results; None is an account not contacted yet."""
    marks = [_MARKS.get(result or "", "") for result in results]
    return Progress(len(marks), marks.count("X"), marks.count("Y"), marks.count("no"), marks.count(""))


def trend(now: int | None, before: int | None) -> int | None:
    """Percentage points gained on the week before, None where either week has no rate."""
    return None if now is None or before is None else now - before


def percent(part: int, whole: int) -> int | None:
    """Whole per cent, a half goes up; None of nothing."""
    return None if whole == 0 else (200 * part + whole) // (2 * whole)


def counter_band(planned: int, cap: int = 75) -> Band:
    """The colour of the `n/75` counter: below 60 red, below 70 amber, up to the cap green."""
    if planned > cap:
        return "over"
    if planned >= 70 or planned == cap:
        return "green"
    return "amber" if planned >= 60 else "red"


@dataclass(frozen=True, slots=True)
class Share:
    """One approach's part of the week's contacts against the recommended range, all in whole per cent."""

    approach: Approach
    count: int
    percent: int | None
    low: int
    high: int

    @property
    def verdict(self) -> Literal["none", "below", "within", "above"]:
        """Where the share lies; `none` in a week without contacts."""
        if self.percent is None:
            return "none"
        if self.percent < self.low:
            return "below"
        return "above" if self.percent > self.high else "within"


def contact_mix(types: Iterable[str]) -> list[Share]:
    """The mix of a week's activity types. Types that are no contact (note, order) are left out."""
    approaches = [_APPROACHES[type] for type in types if type in _APPROACHES]
    return [
        Share(approach, approaches.count(approach), percent(approaches.count(approach), len(approaches)), low, high)
        for approach, (low, high) in RECOMMENDED_MIX.items()
    ]
