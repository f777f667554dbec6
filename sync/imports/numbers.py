"""How columns of numbers are read. Whether a comma or a point ends the whole number is told by the whole column."""

import re
from collections.abc import Iterable
from decimal import ROUND_FLOOR, Decimal

from sync.imports.fields import Column
from sync.imports.problems import CellError

_COMMA_ENDS = re.compile(r"\d,\d{1,2}$|\d\.\d{3},\d*$|\d,\d{4,}$|\.\d{3}\.\d{3}$")
_POINT_ENDS = re.compile(r"\d\.\d{1,2}$|\d,\d{3}\.\d*$|\d\.\d{4,}$|,\d{3},\d{3}$")
_EITHER = re.compile(r"-?\d{1,3}[.,]\d{3}")
_SYMBOLS = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "CHF": "CHF", "USD": "USD", "EUR": "EUR", "GBP": "GBP"}
_LARGEST = 10**12


class Number(Column):
    """What numbers of all kinds share: signs, groups of thousands, the decimal mark."""

    def look(self, cells: Iterable[str]) -> None:
        shown = {_bare(cell) for cell in cells}
        comma = any(_COMMA_ENDS.search(cell) for cell in shown)
        point = any(_POINT_ENDS.search(cell) for cell in shown)
        self.mixed = comma and point and self.hints.decimal_comma is None
        self.decimal_comma = self.hints.decimal_comma if self.hints.decimal_comma is not None else comma and not point
        if self.decimal_comma and self.hints.decimal_comma is None:
            self.counts["the comma was read as the decimal mark"] += sum(1 for cell in shown if "," in cell)

    def number(self, text: str) -> Decimal:
        """The exact number of a cell. Raises CellError."""
        bare = _bare(text)
        if self.mixed and _EITHER.fullmatch(bare):
            raise CellError(
                "may be thousands or decimals, because the column mixes both ways of writing. "
                "Write it without the mark."
            )
        comma = self.decimal_comma if not self.mixed else bool(_COMMA_ENDS.search(bare))
        group, mark = (".", ",") if comma else (",", ".")
        if not re.fullmatch(rf"-?(\d+|\d{{1,3}}(\{group}\d{{3}})+)?(\{mark}\d*)?", bare) or not re.search(r"\d", bare):
            raise CellError("is not a number. Write digits only, such as 1234.50.")
        return Decimal(bare.replace(group, "").replace(mark, "."))


def _bare(text: str) -> str:
    """Without currency, blanks and apostrophes; parentheses and a minus behind mean below zero."""
    bare = re.sub(r"[\s'’_]|USD|EUR|GBP|CHF|US\$|[$€£]", "", text, flags=re.IGNORECASE).replace("−", "-")
    below = re.fullmatch(r"\((.+)\)|(.+)-|(.+)CR", bare, flags=re.IGNORECASE)
    if below:
        return "-" + next(part for part in below.groups() if part)
    return bare.removeprefix("+")


def half_up(number: Decimal) -> int:
    """The nearest whole number; a half goes up."""
    return int((number + Decimal("0.5")).to_integral_value(rounding=ROUND_FLOOR))


class Exact(Number):
    """A number with whatever decimals it has."""

    def parse(self, text: str) -> Decimal:
        return self.number(text)


class Whole(Number):
    """A whole number: `1,200`, `12.0`."""

    lowest = -(10**9)

    def parse(self, text: str) -> int:
        number = self.number(text)
        if number != number.to_integral_value():
            hint = (
                " If the point separates thousands, use a recipe with decimal_comma." if _EITHER.fullmatch(text) else ""
            )
            raise CellError(f"is not a whole number. Write it without decimals.{hint}")
        if not self.lowest <= number <= 10**9:
            raise CellError(f"is too {'small' if number < self.lowest else 'large'} to be right. Correct it.")
        return int(number)


class Positive(Whole):
    """A whole number of one or more."""

    lowest = 1


class Money(Number):
    """An amount in cents, rounded half-up: `$1,234.50`, `(12.00)`, `1.234,50`."""

    def parse(self, text: str) -> int:
        named = next((code for symbol, code in _SYMBOLS.items() if symbol in text.upper()), None)
        if named is not None and named != self.hints.currency:
            raise CellError(f"is in {named}, but amounts here are in {self.hints.currency}. Convert it first.")
        cents = self.number(text) * 100
        if abs(cents) > _LARGEST:
            raise CellError("is too large to be right. Correct it.")
        if cents != cents.to_integral_value():
            self.counts["more than two decimals were rounded to cents"] += 1
        return half_up(cents)


class Price(Money):
    """An amount in cents that is not below zero."""

    def parse(self, text: str) -> int:
        cents = super().parse(text)
        if cents < 0:
            raise CellError("is below zero. Write a price of 0 or more.")
        return cents


class Percent(Number):
    """A percentage from 0 to 100; a workbook's fraction (0.135) counts as 13.5."""

    def look(self, cells: Iterable[str]) -> None:
        seen = [cell.replace("%", "") for cell in cells]
        super().look(seen)
        self.fractions = bool(seen) and all(re.fullmatch(r"0?\.\d+|0", cell) for cell in seen)

    def parse(self, text: str) -> float:
        number = self.number(text.replace("%", "").strip())
        if self.fractions and "%" not in text:
            number *= 100
        if not 0 <= number <= 100:
            raise CellError("is not a percentage from 0 to 100. Correct it.")
        return round(float(number), 4)
