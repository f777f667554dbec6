"""Small values the records are made of, and the limits a payload field carries in its type."""

import math
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

Cents = int
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Length:
    """Bounds of a text, in characters."""

    max: int
    min: int = 0


@dataclass(frozen=True, slots=True)
class Between:
    """Bounds of a whole number, both inclusive."""

    min: int
    max: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that the whole text must match."""

    regex: str


UUID_REGEX = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

# What a payload field may hold; the codec turns these into checks and into JSON Schema.
Id = Annotated[str, Pattern(UUID_REGEX)]
Name = Annotated[str, Length(200, min=1)]
ShortText = Annotated[str, Length(200)]
Objective = Annotated[str, Length(100)]
LongText = Annotated[str, Length(2_000)]
NoteText = Annotated[str, Length(2_000_000)]
IsoWeek = Annotated[str, Pattern(r"^\d{4}-W\d{2}$")]
ClockTime = Annotated[str, Pattern(r"^([01]\d|2[0-3]):[0-5]\d$")]
Bottles = Annotated[int, Between(1, 100_000)]
MoneyCents = Annotated[int, Between(-(10**12), 10**12)]

_UUID = re.compile(UUID_REGEX)


def is_id(text: str) -> bool:
    """Whether `text` is a canonical lower-case UUID."""
    return _UUID.fullmatch(text) is not None


def child_id(parent: str, name: str) -> str:
    """The same id on every machine for the thing called `name` that `parent` gives rise to (UUIDv5)."""
    return str(uuid.uuid5(uuid.UUID(parent), name))


def round_half_up(value: float) -> int:
    """The nearest whole number; a half goes up (2.5 -> 3, -2.5 -> -2)."""
    return math.floor(value + 0.5)


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in whole cents of one currency (ISO 4217). Adding two currencies raises ValueError."""

    cents: int
    currency: str = "USD"

    def __add__(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(self.cents + other.cents, self.currency)

    def times(self, factor: float) -> "Money":
        """The amount times `factor`, rounded half-up to a cent."""
        return Money(round_half_up(self.cents * factor), self.currency)

    def __str__(self) -> str:
        sign = "-" if self.cents < 0 else ""
        whole, cents = divmod(abs(self.cents), 100)
        return f"{sign}{whole:,}.{cents:02d} {self.currency}"


def parse_instant(text: str) -> datetime:
    """An aware UTC instant from `2026-11-22T10:42:07.123Z`. Raises ValueError on anything else."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"instant without a zone: {text}")
    return instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """`2026-11-22T10:42:07.123Z`, always with three decimals, so that text order is time order."""
    utc = instant.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def iso_week_of(day: date) -> str:
    """`2026-W48` for any day from that Monday to that Sunday."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def monday_of(week: str) -> date:
    """The Monday of an ISO week written `2026-W48`. Raises ValueError for a week the year lacks."""
    year, number = week.split("-W")
    return date.fromisocalendar(int(year), int(number), 1)


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or that month's last day where it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
