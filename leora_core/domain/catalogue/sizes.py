"""Bottle and pack sizes read from what labels, lists and tills write: `750 ML`, `6/12 OZ`, `4 PK/187 ML`, `1.5L`."""

import re
from typing import NamedTuple

from leora_core.domain.values import round_half_up

_LITRE = 1_000.0
_US_GALLON = 3_785.411784
_UNITS = {
    "ML": 1.0,
    "CL": 10.0,
    "L": _LITRE,
    "OZ": _US_GALLON / 128,
    "PT": _US_GALLON / 8,
    "QT": _US_GALLON / 4,
    "GAL": _US_GALLON,
    "BBL": _US_GALLON * 31,
}
"""Millilitres in each unit; ounces are US fluid ounces, a BBL is a US beer barrel."""

_UNIT = (
    r"(?:(?P<ML>MLL?S?|MILLILIT(?:ER|RE)S?)|(?P<CL>CLS?)|(?P<L>LIT(?:ER|RE)S?|LTRS?|LTS?|LS?)"
    r"|(?P<OZ>(?:FL\.? ?)?OZS?)|(?P<PT>PTS?|PINTS?)|(?P<QT>QTS?|QUARTS?)|(?P<GAL>GALS?|GALLONS?)|(?P<BBL>BBLS?))"
    r"(?![A-Z])"
)
_NUMBER = r"(?<![\d.])(\d*\.\d+|\d+)"
_AMOUNT = re.compile(rf"(?:(?<![\d./])(?P<fraction>1/2|1/4|3/4|1/6) ?(?=L|GAL|QT|BBL)|{_NUMBER}) ?{_UNIT}")
_BARE_UNIT = re.compile(rf"^{_UNIT}$")
_PACK_WORD = r"(?:PKS?|PACKS?|P|CT|COUNT|CS|BTLS?|BOTTLES?|CANS?)(?![A-Z])"
_COUNT = re.compile(rf"(?<![\d.])(\d{{1,3}})(?= ?-? ?{_PACK_WORD}| ?[/X*-])|(?<=[/X*-]) ?(\d{{1,3}})(?![\d.%])")
_PACK_COUNT = re.compile(rf"(?<![\d.])(\d{{1,3}})(?: ?-? ?{_PACK_WORD}| ?[/X*])")
_LAST_NUMBER = re.compile(r"(\d*\.\d+|\d+)$")

_BOTTLES = frozenset(
    (50, 100, 187, 200, 250, 330, 355, 375, 500, 620, 700, 720, 750, 1000, 1500, 1750, 3000, 4000, 5000, 6000)
)
"""Millilitres that a number without a unit may be taken for."""
_CANS_OZ = (7.0, 40.0)
"""Ounces that a number without a unit may be taken for behind a count: `12 PK/11.2`, `24/12`."""
_SMALLEST_ML, _LARGEST_ML = 10, 200_000


class PackSize(NamedTuple):
    """What a size text tells; None for what it does not."""

    millilitres: int | None
    items: int | None
    """Bottles or cans in a pack."""


def parse_size(text: str | None) -> PackSize:
    """One bottle's millilitres (rounded half-up) and the items in a pack. Unknown shapes give None, never an error."""
    clean = _tidied(text or "")
    amount = _AMOUNT.search(clean)
    if amount is None:
        return _without_unit(clean)
    around = f"{clean[: amount.start()]}|{clean[amount.end() :]}"
    return PackSize(_millilitres(amount), _items([a or b for a, b in _COUNT.findall(around)]))


def _tidied(text: str) -> str:
    """Upper case, single spaces, a decimal point, and a letter O typed for a nought put right."""
    text = re.sub(r"[\s_]+", " ", text.upper().replace("×", "X")).strip().rstrip(" .")
    text = re.sub(r"(?<=[1-9]),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    return re.sub(r"(?<=\d) ?O(?= ?ML)", "0", text)


def _millilitres(amount: re.Match[str]) -> int | None:
    unit = next(name for name in _UNITS if amount[name])
    value = _number(amount["fraction"] or amount[2])
    if unit == "ML" and value < _SMALLEST_ML:
        unit = "L"  # `1.75 ML` and `.187 ML` are litres under the wrong name
    return _plausible(value * _UNITS[unit])


def _number(text: str) -> float:
    if "/" in text:
        above, below = text.split("/")
        return int(above) / int(below)
    return float(text)


def _plausible(millilitres: float) -> int | None:
    rounded = round_half_up(millilitres)
    return rounded if _SMALLEST_ML <= rounded <= _LARGEST_ML else None


def _items(counts: list[str]) -> int | None:
    """The product of the counts: `4/6/12 OZ` is four packs of six."""
    items = 1
    for count in counts:
        items *= int(count)
    return items if counts and items > 0 else None


def _without_unit(clean: str) -> PackSize:
    """A lone unit (`L`), a lone count (`6 PK`), or a number whose unit the shape tells (`6/750`, `12 PK/11.2`)."""
    bare = _BARE_UNIT.match(clean)
    if bare is not None:
        unit = next(name for name in _UNITS if bare[name])
        return PackSize(round_half_up(_LITRE) if unit == "L" else None, None)
    counts: list[str] = _PACK_COUNT.findall(clean)
    last = _LAST_NUMBER.search(clean)
    millilitres = _guessed(last[1], packed=bool(counts)) if last else None
    if millilitres is None:
        counts = [c for c in counts if re.search(rf"(?<!\d){c} ?-? ?{_PACK_WORD}", clean)]
    return PackSize(millilitres, _items(counts))


def _guessed(number: str, *, packed: bool) -> int | None:
    value = float(number)
    for millilitres in (value, value * _LITRE if "." in number else 0):
        if millilitres in _BOTTLES:
            return int(millilitres)
    low, high = _CANS_OZ
    return _plausible(value * _UNITS["OZ"]) if packed and low <= value <= high else None
