"""How columns of dates are read. Whether the day or the month comes first is told by the whole column."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sync.imports.fields import Column
from sync.imports.problems import CellError

_CLOCK = r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AaPp]\.?[Mm]\.?)?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK}")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_NUMERIC = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_CLOCK}")
_SERIAL = re.compile(r"(\d{5})(?:[.,]\d+)?")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[-/ .]*([A-Za-z]{{3,9}})\.?[-/ ,]*(\d{{4}}|\d{{2}}){_CLOCK}")
_MONTH_FIRST = re.compile(rf"([A-Za-z]{{3,9}})\.?[-/ ]*(\d{{1,2}})(?:st|nd|rd|th)?[-/ ,]+(\d{{4}}|\d{{2}}){_CLOCK}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_EPOCH = date(1899, 12, 30)
"""Day 0 of a workbook's serial numbers from March 1900 on."""
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 73_050
"""1954 to 2099: other numbers of five digits are no dates."""
_PIVOT = 70
_WRITE = "Write it as 2024-03-31."


class Day(Column):
    """A date; a clock time behind it is dropped. A time with a zone gives the tenant's local date."""

    def look(self, cells: Iterable[str]) -> None:
        pairs = {(int(m[1]), int(m[3])) for cell in cells if (m := _NUMERIC.fullmatch(cell)) and m[2] != "."}
        day_first = any(first > 12 for first, _ in pairs)
        month_first = any(second > 12 for _, second in pairs)
        self.mixed = day_first and month_first
        self.day_first = day_first
        open_pairs = [pair for pair in pairs if pair[0] != pair[1]]
        if open_pairs and not day_first and not month_first:
            self.day_first = self.hints.date_order == "dmy"
            order = "day/month/year" if self.day_first else "month/day/year"
            source = "as the recipe says" if self.hints.date_order else "the American order"
            self.counts[f"dates could be read two ways and were read as {order}, {source}"] += len(open_pairs)

    def parse(self, text: str) -> date:
        day = self._zoned(text) or self._iso(text) or self._numeric(text) or self._named(text) or self._serial(text)
        if day is None:
            raise CellError(f"is not a date. {_WRITE}")
        if not 1900 <= day.year <= 2100:
            raise CellError(f"is a date in the year {day.year}, which cannot be right. {_WRITE}")
        return day

    def _zoned(self, text: str) -> date | None:
        if not re.search(r"\d:\d{2}.*(Z|[+-]\d{2}:?\d{2})$", text):
            return None
        try:
            return datetime.fromisoformat(text).astimezone(self.hints.zone).date()
        except ValueError:
            return None

    def _iso(self, text: str) -> date | None:
        match = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
        return _day(int(match[1]), int(match[2]), int(match[3])) if match else None

    def _numeric(self, text: str) -> date | None:
        match = _NUMERIC.fullmatch(text)
        if match is None:
            return None
        first, second, year = int(match[1]), int(match[3]), _year(match[4])
        if match[2] == ".":
            return _day(year, second, first)
        if not self.mixed:
            return _day(year, second, first) if self.day_first else _day(year, first, second)
        if first <= 12 and second <= 12 and first != second:
            raise CellError(f"may be two days, because the column mixes day/month and month/day. {_WRITE}")
        return _day(year, second, first) if first > 12 else _day(year, first, second)

    def _named(self, text: str) -> date | None:
        if match := _DAY_FIRST.fullmatch(text):
            day, month, year = match[1], match[2], match[3]
        elif match := _MONTH_FIRST.fullmatch(text):
            month, day, year = match[1], match[2], match[3]
        else:
            return None
        if month[:3].lower() not in _MONTHS:
            return None
        return _day(_year(year), _MONTHS.index(month[:3].lower()) + 1, int(day))

    def _serial(self, text: str) -> date | None:
        match = _SERIAL.fullmatch(text)
        if match is None or not _FIRST_SERIAL <= int(match[1]) <= _LAST_SERIAL:
            return None
        self.counts["a workbook's serial number was read as a date"] += 1
        return _EPOCH + timedelta(days=int(match[1]))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= _PIVOT else 2000)


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise CellError(f"is no day of the calendar. {_WRITE}") from None
