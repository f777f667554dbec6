"""The word lists sample data is drawn from."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Town:
    """A real town, one of its ZIP codes, and the territory it is in here."""

    name: str
    state: str
    postal_code: str
    territory: str


@dataclass(frozen=True)
class Region:
    """A wine region, how its makers call themselves, and its grapes."""

    name: str
    country: str
    style: str
    red: tuple[str, ...]
    white: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """All lists. `of(name)` gives a plain one."""

    towns: tuple[Town, ...]
    regions: tuple[Region, ...]
    lists: dict[str, list[str]]

    def of(self, name: str) -> list[str]:
        """The list called `name` in the file."""
        return self.lists[name]


@cache
def words() -> Words:
    """The lists, read once."""
    raw = tomllib.loads(resources.files("sync.demo").joinpath("words.toml").read_text(encoding="utf-8"))
    regions = []
    for line in raw.pop("regions"):
        name, country, style, red, white = line.split("|")
        regions.append(Region(name, country, style, tuple(red.split(",")), tuple(white.split(","))))
    towns = tuple(Town(*line.split("|")) for line in raw.pop("towns"))
    return Words(towns, tuple(regions), raw)
