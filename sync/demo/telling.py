"""What the demo says: plain lines with the time before them, on the screen and in a file."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

WIDTH = 110
_MARGIN = 10


class DemoFailed(Exception):  # noqa: N818 - told to whoever runs the demo
    """A step did not do what it must; the text says which and what was found."""


class Transcript:
    """Every line goes to the screen and to the file at once."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("w", encoding="utf-8", newline="\n")

    def __enter__(self) -> "Transcript":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def heading(self, text: str) -> None:
        """A new part of the story."""
        self._write("")
        self._write(f"-- {text} ".ljust(WIDTH, "-"))

    def say(self, text: str) -> None:
        """A step, with the time of day; long ones go on below."""
        clock = f"{datetime.now().astimezone():%H:%M:%S}".ljust(_MARGIN)
        self._fill(text, clock, " " * _MARGIN)

    def show(self, text: str) -> None:
        """Something that was read back, below its step."""
        indent = " " * (_MARGIN + 2)
        self._fill(text, indent, indent + "  ")

    def table(self, head: Sequence[Any], rows: Sequence[Sequence[Any]]) -> None:
        """Columns: the first to the left, numbers and all others to the right."""
        cells = [[words(cell) for cell in row] for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for first, *others in cells:
            right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            self._write(" " * (_MARGIN + 2) + "  ".join([first.ljust(widths[0]), *right]).rstrip())

    def plain(self, text: str) -> None:
        """A line as it is."""
        self._write(text)

    def _fill(self, text: str, first: str, further: str) -> None:
        filled = textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=further, break_on_hyphens=False)
        self._write(filled)

    def _write(self, text: str) -> None:
        print(text, flush=True)
        self._file.write(text + "\n")
        self._file.flush()


def words(value: Any) -> str:
    """A value for people: thousands with commas, nothing as a dash."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def instant(text: str | None) -> str:
    """`2026-11-22 10:42:07 UTC`."""
    return f"{text[:19].replace('T', ' ')} UTC" if text else "-"


def clip(text: str, width: int) -> str:
    """The text in one line, cut to `width` characters."""
    return textwrap.shorten(text, width, placeholder=" …")


def ledger(counts: Sequence[tuple[int, str]]) -> str:
    """`12 added, 3 bad`: what is nothing is left out."""
    return ", ".join(f"{number:,} {name}" for number, name in counts if number) or "nothing"
