"""A file made ready: its cells named by the recipe, transformed, and read column by column."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sync.imports.fields import Column, Hints
from sync.imports.kinds import KINDS
from sync.imports.planning import Kind, Row
from sync.imports.problems import CellError, FileRefused, Problem, cell_problem, empty_problem, row_problem
from sync.imports.reading import grid_of
from sync.imports.recipe import Named, Recipe, missing_column, name_cells, recipe_for
from sync.imports.transforms import TRANSFORMS

Texts = dict[str, str]


@dataclass(frozen=True)
class Source:
    """Where rows come from: the file and how it is to be understood."""

    name: str
    data: bytes
    kind: str
    recipe: str | None = None
    constants: Mapping[str, str] = field(default_factory=dict)
    """Fields given for every row, over the recipe's own."""

    @property
    def sha256(self) -> str:
        """The content's name."""
        return hashlib.sha256(self.data).hexdigest()


def source_of(path: Path, kind: str, recipe: str | None = None, constants: Mapping[str, str] | None = None) -> Source:
    """The file at `path`. Raises FileRefused when it cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused(f"{path} cannot be opened: {error.strerror}. Check the name and your rights to it.") from None
    return Source(path.name, data, kind, recipe, constants or {})


@dataclass
class Prepared:
    """Rows with values, and what could not be read."""

    source: Source
    kind: Kind
    recipe: Recipe
    currency: str
    headers: dict[str, str]
    rows: list[Row]
    problems: list[Problem]
    unread: list[tuple[int, Texts]]
    notes: list[str]
    rows_read: int


def prepare(source: Source, *, zone: ZoneInfo, currency: str = "USD") -> Prepared:
    """Read the whole file. Raises FileRefused; what is wrong with single rows is in `problems`."""
    kind = KINDS.get(source.kind)
    if kind is None:
        raise FileRefused(f"There is no kind {source.kind}. Choose one of {', '.join(KINDS)}.")
    recipe = recipe_for(source.kind, source.recipe)
    named = name_cells(grid_of(source.data), recipe)
    numbered = _transformed(named, recipe, source.constants)
    headers = _headers(named, recipe, numbered, source.constants)
    _know_constants(kind, source.constants)
    _need_columns(kind, recipe, named, headers)
    hints = Hints(zone=zone, currency=currency, date_order=recipe.date_order, decimal_comma=recipe.decimal_comma)
    reader = _Reader(kind, headers, numbered, hints)
    rows, unread = reader.rows(numbered)
    too_long = "it has more cells than the header. A comma inside a text needs quotes around the text."
    problems = [*(row_problem(number, None, cell, too_long) for number, cell in named.too_long), *reader.problems]
    return Prepared(
        source=source,
        kind=kind,
        recipe=recipe,
        currency=currency,
        headers=headers,
        rows=rows,
        problems=problems,
        unread=unread,
        notes=[*named.notes, *reader.notes()],
        rows_read=len(named.rows) + len(named.too_long),
    )


def _transformed(named: Named, recipe: Recipe, constants: Mapping[str, str]) -> list[tuple[int, Texts]]:
    current = [
        (number, {**recipe.constants, **{name: text for name, text in texts.items() if text}, **constants})
        for number, texts in named.rows
    ]
    for step in recipe.transforms:
        current = [(number, after) for number, texts in current for after in TRANSFORMS[step](texts)]
    for name, words in recipe.values.items():
        for _, texts in current:
            said = texts.get(name)
            if said is not None:
                texts[name] = words.get(" ".join(said.casefold().split()), said)
    return current


def _headers(
    named: Named, recipe: Recipe, numbered: list[tuple[int, Texts]], constants: Mapping[str, str]
) -> dict[str, str]:
    """Field -> what the file calls it; fields made by a transform go by the column they come from."""
    headers = dict(named.headers)
    made = dict.fromkeys(name for _, texts in numbered for name in texts)
    for name in (*made, *recipe.constants, *constants):
        origin = recipe.origins.get(name, name)
        headers.setdefault(name, named.headers.get(origin, origin))
    return headers


def _need_columns(kind: Kind, recipe: Recipe, named: Named, headers: Mapping[str, str]) -> None:
    missing = [group for group in kind.needs if not any(name in headers for name in group)]
    if missing and named.rows:
        raise FileRefused(" ".join(missing_column(recipe, group, named) for group in missing))
    if not named.rows and not named.too_long:
        raise FileRefused("There are no rows below the header. Export the file again, or choose another one.")


def _know_constants(kind: Kind, constants: Mapping[str, str]) -> None:
    unknown = [name for name in constants if name not in kind.fields]
    if unknown:
        raise FileRefused(f"{kind.name} have no field {unknown[0]}. Choose one of {', '.join(kind.fields)}.")


class _Reader:
    """Reads named texts into values, one Column for each field."""

    def __init__(self, kind: Kind, headers: Mapping[str, str], numbered: list[tuple[int, Texts]], hints: Hints) -> None:
        self.kind = kind
        self.headers = headers
        self.problems: list[Problem] = []
        self.columns: dict[str, Column] = {
            name: spec.column(dict.fromkeys(t for _, texts in numbered if (t := texts.get(name))), hints)
            for name, spec in kind.fields.items()
            if name in headers
        }
        self._required = [name for name, spec in kind.fields.items() if spec.required]

    def rows(self, numbered: list[tuple[int, Texts]]) -> tuple[list[Row], list[tuple[int, Texts]]]:
        """The rows that could be read, and the others as they are."""
        read, unread = [], []
        broken: set[int] = set()
        for number, texts in numbered:
            row = self._row(number, texts)
            if row is None:
                broken.add(number)
                unread.append((number, texts))
            else:
                read.append(row)
        return [row for row in read if row.number not in broken], unread

    def _row(self, number: int, texts: Texts) -> Row | None:
        values: dict[str, Any] = {}
        sound = True
        for name, column in self.columns.items():
            text = texts.get(name)
            if not text:
                values[name] = None
                continue
            try:
                values[name] = column.read(text)
            except CellError as error:
                self.problems.append(cell_problem(number, self.headers[name], text, str(error)))
                sound = False
        for name in self._required:
            if not texts.get(name):
                self.problems.append(empty_problem(number, self.headers.get(name, name)))
                sound = False
        return Row(number, values) if sound else None

    def notes(self) -> list[str]:
        """What the columns put right."""
        return [note for name, column in self.columns.items() for note in column.notes(self.headers[name])]
