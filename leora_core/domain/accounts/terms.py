"""Payment terms: one spelling for each, and the day an invoice is due."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from leora_core.domain.values import add_months

_CASH = frozenset({"cod", "c o d", "cash on delivery", "collect on delivery"})
_DAYS = re.compile(r"(?:net ?(\d{1,3})(?: days?)?|(\d{1,3}) days?)")
_DAY_OF_NEXT_MONTH = re.compile(
    r"(?:net )?(?:the )?(\d{1,2})(?:st|nd|rd|th)(?: of)?(?: the)?(?: (?:next|following) month)?"
)

_Read = tuple[Literal["cash", "days", "day_of_next_month"], int]


@dataclass(frozen=True, slots=True)
class Due:
    """When an invoice is due. `known` is False where the terms could not be read and the same day was taken."""

    on: date
    known: bool = True


def normalise(text: str) -> str:
    """The one spelling of these terms: `C.O.D.`, `Net 30`, `Net 15th of next month`; others only trimmed."""
    match _read(text):
        case ("cash", _):
            return "C.O.D."
        case ("days", days):
            return f"Net {days}"
        case ("day_of_next_month", day):
            return f"Net {_ordinal(day)} of next month"
    return " ".join(text.split())


def due_date(terms: str | None, delivered_on: date) -> Due:
    """The day an invoice for goods delivered on a day is due.

    The month is added first and its day taken after, so that 31 January and `Net 15th of next month`
    give 15 February. The 30th and 31st mean the month's last day.
    """
    match _read(terms or ""):
        case ("cash", _):
            return Due(delivered_on)
        case ("days", days):
            return Due(delivered_on + timedelta(days=days))
        case ("day_of_next_month", day):
            following = add_months(delivered_on.replace(day=1), 1)
            last = calendar.monthrange(following.year, following.month)[1]
            return Due(following.replace(day=last if day >= 30 else min(day, last)))
    return Due(delivered_on, known=False)


def _read(text: str) -> _Read | None:
    words = " ".join(re.sub(r"[^a-z0-9]+", " ", text.lower()).split())
    if words in _CASH:
        return "cash", 0
    if (found := _DAYS.fullmatch(words)) and 1 <= (days := int(found[1] or found[2])) <= 365:
        return "days", days
    if (found := _DAY_OF_NEXT_MONTH.fullmatch(words)) and 1 <= (day := int(found[1])) <= 31:
        return "day_of_next_month", day
    return None


def _ordinal(number: int) -> str:
    suffix = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
