"""How the cells of a column are read: text, choices, e-mail, ZIP, barcode, state, year, lists.

A column sees all its cells before it reads one, so that it can tell a European number or date from an
American one. Reading raises CellError with the words that follow the value in a sentence.
"""

import ast
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from leora_core.domain.catalogue.barcodes import barcode_kind
from sync.imports.decoding import UNREADABLE
from sync.imports.problems import CellError
from sync.imports.states import STATES

DateOrder = Literal["mdy", "dmy"]


@dataclass(frozen=True, kw_only=True)
class Hints:
    """What recipe and tenant say about the file where its cells do not."""

    zone: ZoneInfo
    currency: str = "USD"
    date_order: DateOrder | None = None
    decimal_comma: bool | None = None


class Column:
    """Reads the cells of one column. `counts` gathers what was put right, told once in `notes`."""

    def __init__(self, cells: Iterable[str], hints: Hints) -> None:
        self.hints = hints
        self.counts: Counter[str] = Counter()
        self._known: dict[str, Any] = {}
        self.look(cells)

    def look(self, cells: Iterable[str]) -> None:
        """See all cells before reading one."""

    def read(self, text: str) -> Any:
        """The value of a cell that is not empty. Raises CellError."""
        if text not in self._known:
            if UNREADABLE in text or any(unicodedata.category(c) == "Cc" and c not in "\t\r\n" for c in text):
                raise CellError("holds bytes that are no letters. Save the file as UTF-8 and import it again.")
            self._known[text] = self.parse(text)
        return self._known[text]

    def parse(self, text: str) -> Any:
        """The value of a cell. Raises CellError."""
        raise NotImplementedError

    def notes(self, name: str) -> list[str]:
        """What a person should know about how the column `name` was read."""
        return [
            f"Column {name}: {what} ({count} {'value' if count == 1 else 'different values'})."
            for what, count in self.counts.items()
        ]


MakeColumn = Callable[[Iterable[str], Hints], Column]


class Text(Column):
    """Text in one line; runs of blanks become one."""

    longest = 200

    def parse(self, text: str) -> str:
        tidy = unicodedata.normalize("NFC", " ".join(text.split()))
        if len(tidy) > self.longest:
            raise CellError(f"is longer than {self.longest} characters. Shorten it.")
        return tidy


class LongText(Column):
    """Text that may have lines."""

    def parse(self, text: str) -> str:
        tidy = unicodedata.normalize("NFC", text.replace("\r\n", "\n").strip())
        if len(tidy) > 2_000:
            raise CellError("is longer than 2,000 characters. Shorten it.")
        return tidy


class Code(Text):
    """A number that is a name: account number, SKU code, licence. What a spreadsheet did to it shows."""

    def parse(self, text: str) -> str:
        if _POWER.fullmatch(text):
            raise CellError("was shortened by a spreadsheet. Format the column as text and export again.")
        return re.sub(r"^(\d+)\.0$", r"\1", super().parse(text))


_POWER = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)


class YesNo(Column):
    """Yes or no in the usual spellings."""

    _WORDS: Mapping[str, bool] = {
        **dict.fromkeys(("yes", "y", "true", "t", "1", "1.0", "x", "on", "ja", "j", "si", "sí", "oui"), True),
        **dict.fromkeys(("no", "n", "false", "f", "0", "0.0", "-", "off", "nein", "non"), False),
    }

    def parse(self, text: str) -> bool:
        try:
            return self._WORDS[text.casefold()]
        except KeyError:
            raise CellError("is neither yes nor no. Write yes or no.") from None


class Email(Column):
    """One e-mail address, in lower case."""

    def parse(self, text: str) -> str:
        address = re.sub(r"^(?:mailto:)?<?|>$", "", text.strip()).lower()
        if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+", address):
            raise CellError("is not one e-mail address. Write one like name@example.com.")
        return address


class PostalCode(Column):
    """A US ZIP code, or a Canadian one; zeros lost in a spreadsheet are put back."""

    def parse(self, text: str) -> str:
        code = re.sub(r"\.0$", "", text.strip().upper())
        if re.fullmatch(r"[A-Z]\d[A-Z][ -]?\d[A-Z]\d", code):
            return f"{code[:3]} {code[-3:]}"
        match = re.fullmatch(r"(\d{3,5})(?:[- ]?(\d{4}))?-?", code) or re.fullmatch(r"(\d{4,5})(\d{4})", code)
        if match is None:
            raise CellError("is not a ZIP code. Write five digits, such as 02134.")
        if len(match[1]) < 5:
            self.counts["a leading zero lost in a spreadsheet was put back"] += 1
        return match[1].zfill(5) + (f"-{match[2]}" if match[2] else "")


class Barcode(Column):
    """UPC-A, EAN-13 or ITF-14 with its check digit."""

    def parse(self, text: str) -> str:
        digits = re.sub(r"\.0$", "", re.sub(r"[ -]", "", text))
        if _POWER.fullmatch(digits):
            raise CellError("was shortened by a spreadsheet. Format the column as text and export again.")
        if barcode_kind(digits):
            return digits
        if digits.isdigit() and 10 <= len(digits) < 12 and barcode_kind(digits.zfill(12)):
            self.counts["a leading zero lost in a spreadsheet was put back"] += 1
            return digits.zfill(12)
        if digits.isdigit() and len(digits) in (12, 13, 14):
            raise CellError("has a wrong check digit. Compare it with the label.")
        raise CellError("is not a barcode of 12, 13 or 14 digits. Format the column as text and export again.")


class State(Column):
    """A state or province, as its two letters."""

    def parse(self, text: str) -> str:
        code = STATES.get(re.sub(r"[^a-z]+", " ", text.casefold()).strip())
        if code is None:
            raise CellError("is not a state. Write its two letters, such as MA.")
        return code


class Country(Column):
    """Two letters; the names of the United States and Canada are understood."""

    _NAMES = {"usa": "US", "united states": "US", "united states of america": "US", "canada": "CA"}

    def parse(self, text: str) -> str:
        code = self._NAMES.get(re.sub(r"[^a-z ]", "", text.casefold()), text.strip().upper())
        if not re.fullmatch(r"[A-Z]{2}", code):
            raise CellError("is not a country's two letters. Write them, such as US.")
        return code


class Vintage(Column):
    """A year; NV and N.V. mean a blend without one."""

    def parse(self, text: str) -> int | None:
        word = re.sub(r"[^a-z0-9]", "", text.removesuffix(".0").casefold())
        if word in ("nv", "none", "0", "na"):
            return None
        if not re.fullmatch(r"(18|19|20)\d\d", word):
            raise CellError("is not a year. Write four digits, or NV for a blend without one.")
        return int(word)


class Words(Column):
    """Several words: `Merlot; Malbec`, `Merlot, Malbec` or `['Merlot', 'Malbec']`."""

    def parse(self, text: str) -> tuple[str, ...]:
        parts: list[Any] = re.split(r"[;,|]", text)
        if text.startswith("["):
            try:
                parts = list(ast.literal_eval(text))
            except (ValueError, SyntaxError):
                raise CellError("is not a list. Separate the words with semicolons.") from None
        return tuple(dict.fromkeys(word for part in parts if (word := str(part).strip())))


def choice(words: Mapping[str, str]) -> MakeColumn:
    """One of a few words in any of their spellings; spelling -> word, small letters and digits only."""

    class Choice(Column):
        def parse(self, text: str) -> str:
            word = words.get(re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip())
            if word is None:
                allowed = ", ".join(dict.fromkeys(words.values()))
                raise CellError(f"is not known here. Write one of {allowed}.")
            return word

    return Choice
