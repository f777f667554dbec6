"""What an editable field may hold: each function gives a parser from a wire value to the record's value.

A parser raises ValueError with the reason in words that fit behind "is not valid:".
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.values import Scalar

Parse = Callable[[Scalar], Any]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LARGEST = 10**12


def parsed(field: str, parse: Parse, value: Scalar) -> Any:
    """The value parsed. Raises Rejected `field_invalid` in the name of `field`."""
    try:
        return parse(value)
    except ValueError as error:
        raise Rejected("field_invalid", field=field, why=str(error)) from None


def text(max_length: int = 200) -> Parse:
    """Text without outer blanks; empty becomes None."""

    def parse(value: Scalar) -> str | None:
        return _trimmed(value, max_length) or None

    return parse


def required_text(max_length: int = 200) -> Parse:
    """Text without outer blanks that may not be empty."""

    def parse(value: Scalar) -> str:
        trimmed = _trimmed(value, max_length)
        if not trimmed:
            raise ValueError("it may not be empty")
        return trimmed

    return parse


def _trimmed(value: Scalar, max_length: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or "\0" in value:
        raise ValueError("it must be a text without NUL characters")
    trimmed = value.strip()
    if len(trimmed) > max_length:
        raise ValueError(f"it is longer than {max_length} characters")
    return trimmed


def email(*, required: bool = False) -> Parse:
    """An address with one @ and no blanks."""
    as_text = required_text() if required else text()

    def parse(value: Scalar) -> str | None:
        address: str | None = as_text(value)
        if address is not None and not _EMAIL.fullmatch(address):
            raise ValueError("it must look like name@example.com")
        return address

    return parse


def whole(minimum: int = 0, maximum: int = _LARGEST, *, required: bool = False) -> Parse:
    """A whole number within bounds, both inclusive."""

    def parse(value: Scalar) -> int | None:
        if value is None and not required:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise ValueError(f"it must be a whole number from {minimum:,} to {maximum:,}")
        return value

    return parse


def decimal(minimum: float, maximum: float) -> Parse:
    """A number within bounds, both inclusive."""

    def parse(value: Scalar) -> float | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value <= maximum:
            raise ValueError(f"it must be a number from {minimum:g} to {maximum:g}")
        return float(value)

    return parse


def flag(value: Scalar) -> bool:
    """Yes or no."""
    if value is not True and value is not False:
        raise ValueError("it must be yes or no")
    return value


def day(value: Scalar) -> date | None:
    """A date, written `2026-11-22` on the wire."""
    if value is None or value == "":
        return None
    try:
        parsed = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.isoformat() != value:
        raise ValueError("it must be a date like 2026-11-22")
    return parsed


def choice(*allowed: str, required: bool = False) -> Parse:
    """One of a few words."""

    def parse(value: Scalar) -> str | None:
        if (value is None or value == "") and not required:
            return None
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"it must be one of {', '.join(allowed)}")
        return value

    return parse


def some_of(*allowed: str) -> Parse:
    """Several of a few words in their usual order; on the wire one text, `mon,thu`."""

    def parse(value: Scalar) -> tuple[str, ...]:
        if value is not None and not isinstance(value, str):
            raise ValueError("it must be a text of words with commas")
        words = {word.strip() for word in (value or "").split(",")} - {""}
        if not words.issubset(allowed):
            raise ValueError(f"it may only hold {', '.join(allowed)}")
        return tuple(word for word in allowed if word in words)

    return parse
