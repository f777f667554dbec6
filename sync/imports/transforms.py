"""What a recipe may do to a row's texts before they are read: named steps from one row to some."""

import ast
import re
from collections.abc import Callable

from leora_core.domain.catalogue.sizes import parse_size

Texts = dict[str, str]
Transform = Callable[[Texts], list[Texts]]

TRANSFORMS: dict[str, Transform] = {}


def transform(step: Transform) -> Transform:
    """Make `step` available to recipes under its own name."""
    TRANSFORMS[step.__name__] = step
    return step


_DOING_BUSINESS = re.compile(r"[,\s]+(?:d\s*/?\s*b\s*/?\s*a|doing business as)\b[.:]?\s*", re.IGNORECASE)
_FIRM = re.compile(r"[,\s]+(?:l\.?l\.?c|inc|incorporated|corp|corporation|ltd|co)\b\.?$", re.IGNORECASE)
_STATE_ZIP = re.compile(r"^(?P<rest>.*?)[,\s]+(?P<state>[A-Z]{2})[,\s]+(?P<zip>\d{5}(?:-\d{4})?)$")


@transform
def trade_name(texts: Texts) -> list[Texts]:
    """`name` is the trade name where there is one, else the firm's without `LLC d/b/a …,`."""
    firm, trade = texts.pop("firm", ""), texts.pop("trade", "")
    if not trade:
        parts = _DOING_BUSINESS.split(firm, maxsplit=1)
        trade = _FIRM.sub("", parts[-1].strip(" ,."))
    texts["name"] = trade.strip(" ,") or firm
    return [texts]


@transform
def split_address(texts: Texts) -> list[Texts]:
    """`1 High St, Boston, MA 02113` in `address` becomes street1, city, state and postal_code."""
    address = " ".join(texts.pop("address", "").split())
    match = _STATE_ZIP.match(address)
    if match is None:
        return [texts]
    street, _, city = match["rest"].rpartition(",")
    parts = {"street1": street.strip(" ,"), "city": city.strip(), "state": match["state"], "postal_code": match["zip"]}
    for name, part in parts.items():
        texts[name] = texts.get(name) or part
    return [texts]


@transform
def newest_vintages(texts: Texts) -> list[Texts]:
    """One row for each of the three newest years in `vintages`, with a code made of id and year."""
    years = {int(year) for year in _listed(texts.pop("vintages", "")) if year.isdigit()}
    newest = sorted(years, reverse=True)[:3]
    return [{**texts, "vintage": str(year), "code": f"XW-{texts['external_id']}-{year}"} for year in newest] or [
        {**texts, "vintage": "NV", "code": f"XW-{texts['external_id']}-NV"}
    ]


def _listed(text: str) -> list[str]:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return []
    return [str(one) for one in found] if isinstance(found, list | tuple) else []


@transform
def name_with_maker(texts: Texts) -> list[Texts]:
    """`name` begins with the supplier's, unless it does already."""
    maker, name = texts.get("supplier", ""), texts.get("name", "")
    if maker and not name.casefold().startswith(maker.casefold()):
        texts["name"] = f"{maker} {name}"
    return [texts]


@transform
def grocer_name(texts: Texts) -> list[Texts]:
    """A name of brand, type and size with the product's number, as the till has none; the pack from the size."""
    size, number = texts.get("size", ""), texts.get("code", "")
    kind = _title(texts.pop("product_type", ""))
    brand = texts.get("brand", "")
    texts["name"] = " ".join(part for part in (brand, kind, size.title().replace("Ml", "ml"), f"No. {number}") if part)
    texts["supplier"] = f"Manufacturer {texts.pop('manufacturer', '?')}"
    texts["category"] = _title(texts.get("category", ""))
    pack = parse_size(size)
    texts["millilitres"] = str(pack.millilitres or "")
    texts["items_per_case"] = str(min(pack.items or 12, 1_000))
    return [texts]


def _title(text: str) -> str:
    """Capital letters of a till made readable."""
    return " ".join(text.replace("/", " / ").replace(":", ": ").split()).title()


@transform
def store_name(texts: Texts) -> list[Texts]:
    """`Store 381` for a shop known by its number alone."""
    texts["name"] = f"Store {texts.get('external_id', '')}"
    return [texts]


@transform
def name_case(texts: Texts) -> list[Texts]:
    """A name all in capitals, as old systems write them, gets small letters again."""
    for name in ("name", "account_name", "supplier", "street1", "city"):
        text = texts.get(name, "")
        if text.isupper() and len(text) > 4:
            texts[name] = re.sub(r"[^\W\d_]+(?:['’][^\W\d_]+)?", lambda word: word[0].capitalize(), text)
    return [texts]
