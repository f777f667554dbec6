"""Files to rows of text: CSV and its kin, gzip, Excel workbooks, JSON lists.

Values stay text, so that ZIP codes, barcodes and licence numbers keep their leading zeros. Rows keep
the number a spreadsheet shows.
"""

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import python_calamine

from sync.imports.decoding import decode
from sync.imports.problems import FileRefused

Cells = list[str]
LARGEST_FILE = 256 * 1024 * 1024
"""Bytes, unpacked."""

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 40


@dataclass
class Grid:
    """The rows of a file that hold anything, each with its number; notes tell how it was read."""

    rows: list[tuple[int, Cells]]
    notes: list[str] = field(default_factory=list)


def grid_of(data: bytes) -> Grid:
    """Every row of a file's content, whatever its name says. Raises FileRefused."""
    data = _unpacked(data)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        grid = _workbook(data)
    else:
        text, notes = decode(data)
        grid = _json(text) if text.lstrip()[:1] in ("[", "{") else _delimited(text)
        grid.notes[:0] = notes
    if not grid.rows:
        raise FileRefused("The file holds no rows. Export it again, or choose another file.")
    return grid


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            data = packed.read(LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error):
        raise FileRefused("The gzip file is damaged or cut short. Fetch it again.") from None
    if len(data) > LARGEST_FILE:
        raise FileRefused(f"The file unpacks to more than {LARGEST_FILE >> 20} MiB. Import it in parts.")
    return data


def _delimited(text: str) -> Grid:
    delimiter, text = _delimiter(text)
    rows: list[tuple[int, Cells]] = []
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1):
            tidy = [_tidy(cell) for cell in cells]
            if any(tidy):
                rows.append((number, tidy))
    except csv.Error as error:
        raise FileRefused(f"Row {number + 1} cannot be read: {error}. Look for a quote that is never closed.") from None
    if rows and '"' in text and _swallowed(rows[-1][1]):
        raise FileRefused(
            f"Row {rows[-1][0]} opens a quote that is never closed, so the rest of the file is in one cell. "
            "Close it, or remove it."
        )
    return Grid(rows)


def _swallowed(cells: Cells) -> bool:
    """Whether the last cell looks like the rest of a file behind an open quote."""
    return cells[-1].count("\n") >= 2 and any(cells[-1].count(mark) >= 2 for mark in _DELIMITERS)


def _tidy(cell: str) -> str:
    return cell.replace("\u00a0", " ").strip()


def _delimiter(text: str) -> tuple[str, str]:
    """The character between cells, and the text without Excel's own `sep=` line."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return first.strip()[4], rest
    lines = text.splitlines(keepends=True)[: _SAMPLE_ROWS * 2]
    return max(_DELIMITERS, key=lambda mark: _fits(lines, mark)), text


def _fits(lines: list[str], delimiter: str) -> tuple[int, int]:
    """How many sample rows have the commonest width above one, and that width."""
    try:
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter) if len(cells) > 1)
    except csv.Error:
        return (0, 0)
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
    return (count, width)


def _workbook(data: bytes) -> Grid:
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets = [(name, workbook.get_sheet_by_name(name)) for name in workbook.sheet_names]
        filled = [(name, sheet.to_python(skip_empty_area=False)) for name, sheet in sheets if sheet.height]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        why = "it has a password" if "password" in str(error).lower() else f"it may be damaged ({error})"
        raise FileRefused(f"The workbook cannot be read: {why}. Save it again as XLSX without a password.") from None
    if not filled:
        return Grid([])
    numbered = ((number, [_as_text(cell) for cell in row]) for number, row in enumerate(filled[0][1], start=1))
    grid = Grid([(number, cells) for number, cells in numbered if any(cells)])
    if len(filled) > 1:
        others = ", ".join(name for name, _ in filled[1:])
        grid.notes.append(f"Only the first sheet, {filled[0][0]}, was read; not {others}.")
    return grid


def _as_text(cell: Any) -> str:
    """A workbook's value as the text a CSV export would have."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return _tidy(str(cell))


def _json(text: str) -> Grid:
    entries = _entries(text)
    names = list(dict.fromkeys(name for entry in entries for name in entry))
    rows = [(1, [str(name) for name in names])] if names else []
    for number, entry in enumerate(entries, start=2):
        cells = [_json_text(entry.get(name)) for name in names]
        if any(cells):
            rows.append((number, cells))
    return Grid(rows, ["Row numbers count the names as row 1: the first entry is row 2."] if rows else [])


def _entries(text: str) -> list[dict[str, Any]]:
    try:
        loaded = json.loads(text)
    except ValueError as error:
        loaded = _json_lines(text, error)
    if isinstance(loaded, dict):
        lists = [value for value in loaded.values() if isinstance(value, list)]
        loaded = lists[0] if len(lists) == 1 else [loaded]
    if not isinstance(loaded, list) or not all(isinstance(entry, dict) for entry in loaded):
        raise FileRefused("The JSON is no list of objects. Export one object for each row, in a list.")
    return loaded


def _json_lines(text: str, error: ValueError) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError:
        raise FileRefused(f"The JSON is not well formed: {error}. Export it again.") from None


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return _tidy(value)
    if isinstance(value, bool | float | int):
        return _as_text(float(value) if isinstance(value, float) else value)
    return json.dumps(value, ensure_ascii=False)
