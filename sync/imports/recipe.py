"""Recipes: which column of a file is which field, and what is done to it on the way. They are TOML files."""

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from sync.imports.fields import DateOrder
from sync.imports.problems import FileRefused, counted
from sync.imports.reading import Cells, Grid

_FOLDER = "recipes"
_HEADER_WITHIN = 25
"""Rows above which no header is looked for."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one shape of file is understood."""

    name: str
    kind: str
    summary: str
    columns: Mapping[str, tuple[str, ...]]
    """Field -> headers it may stand under, the better one first."""
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Field -> what the file writes -> what is meant."""
    skip: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field -> values that mean: leave this row out."""
    once: str | None = None
    """A field of which each value counts once: later rows with it are left out."""
    transforms: tuple[str, ...] = ()
    origins: Mapping[str, str] = field(default_factory=dict)
    """A field that a transform makes -> the field it comes from, to name the column in messages."""
    date_order: DateOrder | None = None
    decimal_comma: bool | None = None


def plain(header: str) -> str:
    """A header without regard to case, blanks, underscores and punctuation."""
    return re.sub(r"[^\w#%]+|_+", "", header.casefold())


def recipes() -> dict[str, Recipe]:
    """Every recipe there is, by name."""
    folder = resources.files("sync.imports").joinpath(_FOLDER)
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    found = (_parsed(file.name.removesuffix(".toml"), file.read_text(encoding="utf-8")) for file in files)
    return {recipe.name: recipe for recipe in found}


def recipe_for(kind: str, name: str | None = None) -> Recipe:
    """The recipe called `name`, or the one for common headers of `kind`. Raises FileRefused."""
    known = recipes()
    wanted = name or kind
    found = known.get(wanted) or known.get(f"{wanted}_{kind}")
    if found is None:
        raise FileRefused(f"There is no recipe {name}. Choose one of {', '.join(sorted(known))}.")
    if found.kind != kind:
        raise FileRefused(f"The recipe {found.name} is for {found.kind}, not for {kind}. Choose another one.")
    return found


def _parsed(name: str, text: str) -> Recipe:
    raw: dict[str, Any] = tomllib.loads(text)
    return Recipe(
        name=name,
        kind=raw["kind"],
        summary=raw["summary"],
        columns={field_name: tuple(headers) for field_name, headers in raw["columns"].items()},
        constants=raw.get("constants", {}),
        values={f: {_value(k): v for k, v in words.items()} for f, words in raw.get("values", {}).items()},
        skip={f: tuple(_value(word) for word in words) for f, words in raw.get("skip", {}).items()},
        once=raw.get("once"),
        transforms=tuple(raw.get("transforms", ())),
        origins=raw.get("origins", {}),
        date_order=raw.get("date_order"),
        decimal_comma=raw.get("decimal_comma"),
    )


def _value(text: str) -> str:
    return " ".join(text.casefold().split())


@dataclass
class Named:
    """A file's rows with their cells by field, and the header each field stands under."""

    headers: dict[str, str]
    rows: list[tuple[int, dict[str, str]]]
    found: list[str]
    """Every header of the file."""
    notes: list[str]
    too_long: list[tuple[int, str]]
    """Rows with cells beyond the header, and the first such cell."""


def name_cells(grid: Grid, recipe: Recipe) -> Named:
    """Find the header and name each row's cells by field. Raises FileRefused where there is no header."""
    place = _header_place(grid, recipe)
    header = grid.rows[place][1]
    where = _columns(header, recipe)
    headers = {name: header[i] for name, i in where.items()}
    named = Named(headers, [], [cell for cell in header if cell], list(grid.notes), [])
    if place:
        named.notes.append(f"{counted(place, 'row')} above the header in row {grid.rows[place][0]} left out.")
    unused = [cell for i, cell in enumerate(header) if cell and i not in where.values()]
    if unused:
        named.notes.append(f"Columns not used: {', '.join(unused)}.")
    _fill(named, grid.rows[place + 1 :], where, len(header), recipe)
    return named


def _fill(named: Named, rows: list[tuple[int, Cells]], where: dict[str, int], width: int, recipe: Recipe) -> None:
    skipped = 0
    repeated = 0
    met: set[str] = set()
    for number, cells in rows:
        beyond = next((cell for cell in cells[width:] if cell), None)
        if beyond is not None:
            named.too_long.append((number, beyond))
            continue
        texts = {name: cells[i] if i < len(cells) else "" for name, i in where.items()}
        if any(_value(texts.get(name, "")) in words for name, words in recipe.skip.items()):
            skipped += 1
        elif recipe.once is not None and texts.get(recipe.once, "") in met:
            repeated += 1
        elif any(texts.values()):
            met.add(texts.get(recipe.once or "", ""))
            named.rows.append((number, texts))
    if skipped:
        rule = "; ".join(f"{named.headers.get(f, f)} is {' or '.join(words)}" for f, words in recipe.skip.items())
        named.notes.append(f"{counted(skipped, 'row')} left out, as the recipe says: {rule}.")
    if repeated and recipe.once is not None:
        header = named.headers.get(recipe.once, recipe.once)
        named.notes.append(f"{counted(repeated, 'row')} left out, as the recipe says: each {header} counts once.")


def _header_place(grid: Grid, recipe: Recipe) -> int:
    """The row with the most headers the recipe knows; the first of equals."""
    scores = [len(_columns(cells, recipe)) for _, cells in grid.rows[:_HEADER_WITHIN]]
    best = max(scores)
    if best == 0:
        first = ", ".join(cell for cell in grid.rows[0][1] if cell)
        wanted = ", ".join(headers[0] for headers in list(recipe.columns.values())[:6])
        raise FileRefused(
            f"No row holds column names that the recipe {recipe.name} knows. The first row is: {first[:200]}. "
            f"Name the columns, for example {wanted}, or choose another recipe."
        )
    return scores.index(best)


def _columns(header: Cells, recipe: Recipe) -> dict[str, int]:
    """Field -> its place, the better spelling first, each column used once."""
    places: dict[str, int] = {}
    for i, cell in enumerate(header):
        if cell:
            places.setdefault(plain(cell), i)
    found: dict[str, int] = {}
    for name, spellings in recipe.columns.items():
        for spelling in (name, *spellings):
            place = places.get(plain(spelling))
            if place is not None and place not in found.values():
                found[name] = place
                break
    return found


def missing_column(recipe: Recipe, alternatives: tuple[str, ...], named: Named) -> str:
    """The sentence for a column that has to be there and is not."""
    names = [recipe.columns.get(name, (name,))[0] for name in alternatives]
    spellings = [plain(s) for name in alternatives for s in (name, *recipe.columns.get(name, ()))]
    free = [cell for cell in named.found if cell not in named.headers.values()]
    close = next((cell for cell in free if difflib.get_close_matches(plain(cell), spellings, n=1, cutoff=0.7)), None)
    guess = f' Perhaps "{close}" is meant: rename it.' if close else " Add it, or name it in a recipe."
    wanted = " or ".join(f'"{name}"' for name in names)
    return f"The column {wanted} is missing. Found: {', '.join(named.found)}.{guess}"
