"""Text as search and sorting see it: without case, accents or punctuation."""

import re
import unicodedata

_WORDS = re.compile(r"[^\W_]+")
_OTHERS = re.compile(r"[^0-9]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
"""Letters that Unicode does not take apart into a plain letter and a mark."""


def fold(text: str) -> str:
    """The words of `text` in small plain letters with one space between them; empty if it has none."""
    if text.isascii():
        return " ".join(_WORDS.findall(text.lower()))
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(_plain(letter) for letter in apart if not unicodedata.combining(letter))
    return " ".join(_WORDS.findall(plain.translate(_LETTERS)))


def _plain(letter: str) -> str:
    """A letter younger than Unicode 3.2 is a space: SQLite's tokenizer may not know it as a letter."""
    return " " if unicodedata.ucd_3_2_0.category(letter) == "Cn" else letter


def digits_of(text: str | None) -> str:
    """The ASCII digits of `text` alone."""
    return _OTHERS.sub("", text) if text else ""
