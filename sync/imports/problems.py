"""What is wrong with a file or a cell of it, in sentences that say where and what to do."""

from dataclasses import dataclass


class FileRefused(Exception):  # noqa: N818 - the file is refused as a whole; the message is for people
    """The file cannot be imported as it is. The message says why and what to do."""


class CellError(ValueError):
    """A cell cannot be read: the words that follow its value, with the remedy."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row. `row` is the number a spreadsheet shows, `column` the file's own header."""

    row: int
    column: str | None
    value: str | None
    sentence: str


def cell_problem(row: int, column: str, value: str, why: str) -> Problem:
    """`Row 4, column Zip: "213" is not a ZIP code. Write five digits.`"""
    shown = value if len(value) <= 60 else value[:59] + "…"
    return Problem(row, column, value, f'Row {row}, column {column}: "{shown}" {why}')


def empty_problem(row: int, column: str) -> Problem:
    """A value that has to be there is not."""
    return Problem(
        row, column, None, f"Row {row}, column {column}: the cell is empty. Fill it in or leave the row out."
    )


def row_problem(row: int, column: str | None, value: str | None, sentence: str) -> Problem:
    """Something wrong with a row as it relates to other rows or to what is known already."""
    place = f"Row {row}, column {column}" if column else f"Row {row}"
    return Problem(row, column, value, f"{place}: {sentence}")


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
