"""The sample catalogue: suppliers, products and SKUs with prices and costs."""

import math
from dataclasses import dataclass
from random import Random

from leora_core.domain.catalogue.barcodes import check_digit
from sync.demo.words import Region, words

_MEDIAN_CENTS = 1_400
_SPREAD = 0.55
"""Of the lognormal price of a bottle."""
_LEAST_CENTS, _MOST_CENTS = 400, 65_000
_KEG_CENTS = 16_000


@dataclass(frozen=True)
class Item:
    """One SKU as an ERP's item file has it."""

    code: str
    name: str
    supplier: str
    category: str
    grapes: str
    country: str
    region: str
    size: str
    pack: int
    vintage: str
    abv: str
    bottle_barcode: str
    case_barcode: str
    price_cents: int
    cost_cents: int


def stock_cellar(random: Random, count: int) -> list[Item]:
    """`count` SKUs: nine of ten wine, the others beer and spirits."""
    makers = _makers()
    names: set[str] = set()
    items: list[Item] = []
    while len(items) < count:
        maker, region = random.choice(makers)
        draw = random.random()
        if draw < 0.9:
            items += _wine(random, maker, region, len(items), names)
        else:
            items.append(_beer(random, len(items)) if draw < 0.95 else _spirit(random, len(items)))
    return items[:count]


def _makers() -> list[tuple[str, Region]]:
    """Every invented estate once, each in a region whose style its name follows."""
    regions = words().regions
    made = []
    for i, estate in enumerate(words().of("estate_words")):
        for region in (regions[i % len(regions)], regions[(i * 7 + 3) % len(regions)]):
            after = region.style in ("Cellars", "Vineyards", "Estate")
            made.append((f"{estate} {region.style}" if after else f"{region.style} {estate}", region))
    return made


def _wine(random: Random, maker: str, region: Region, number: int, names: set[str]) -> list[Item]:
    """One wine in one to three years; none when its name is taken."""
    red = random.random() < 0.6
    grape = random.choice(region.red if red else region.white)
    name = f"{maker} {random.choice(words().of('cuvees'))} {grape}"
    if name in names:
        return []
    names.add(name)
    price, abv = _price(random), f"{random.randrange(240, 310) / 20:.1f}"
    size, pack = random.choices([("750 ML", 12), ("750 ML", 6), ("1.5 L", 6), ("375 ML", 24)], [70, 20, 6, 4])[0]
    newest = random.randrange(2018, 2025)
    years = [str(newest - i) for i in range(random.choices([1, 2, 3], [60, 30, 10])[0])]
    if random.random() < 0.06:
        years = ["NV"]
    factor = {"1.5 L": 1.9, "375 ML": 0.55}.get(size, 1.0)
    return [
        _item(random, number + i, name=name, supplier=maker, category="Red" if red else "White", grapes=grape,
              country=region.country, region=region.name, size=size, pack=pack, vintage=year, abv=abv,
              price_cents=_tidy(price * factor * (1 + 0.05 * i)))
        for i, year in enumerate(years)
    ]  # fmt: skip


def _beer(random: Random, number: int) -> Item:
    brewer = f"{random.choice(words().of('first_words'))} {random.choice(words().of('second_words'))} Brewing"
    keg = random.random() < 0.25
    return _item(
        random, number, name=f"{brewer} {random.choice(words().of('beers'))}", supplier=brewer, category="Beer",
        grapes="", country="United States", region="", size="1/2 BBL" if keg else "4/16 OZ", pack=1 if keg else 24,
        vintage="", abv=f"{random.randrange(40, 90) / 10:.1f}",
        price_cents=_KEG_CENTS if keg else random.randrange(180, 420),
    )  # fmt: skip


def _spirit(random: Random, number: int) -> Item:
    maker = f"{random.choice(words().of('first_words'))} {random.choice(words().of('second_words'))} Distillers"
    return _item(
        random, number, name=f"{maker} {random.choice(words().of('spirits'))}", supplier=maker, category="Spirits",
        grapes="", country="United States", region="", size=random.choice(["750 ML", "1 L"]), pack=6, vintage="",
        abv=str(random.choice([38, 40, 43, 46])), price_cents=_tidy(_price(random) * 2),
    )  # fmt: skip


def _item(
    random: Random, number: int, *, name: str, supplier: str, category: str, grapes: str, country: str, region: str,
    size: str, pack: int, vintage: str, abv: str, price_cents: int,
) -> Item:  # fmt: skip
    body = f"0{81_000_000_00 + number:010d}"
    case = f"1{body[:11]}0"
    return Item(
        code=f"{category[:2].upper()}{10_000 + number}",
        name=name,
        supplier=supplier,
        category=category,
        grapes=grapes,
        country=country,
        region=region,
        size=size,
        pack=pack,
        vintage=vintage,
        abv=abv,
        bottle_barcode=body + check_digit(body),
        case_barcode=case + check_digit(case),
        price_cents=price_cents,
        cost_cents=round(price_cents * random.uniform(0.6, 0.75)),
    )


def _price(random: Random) -> float:
    return random.lognormvariate(math.log(_MEDIAN_CENTS), _SPREAD)


def _tidy(cents: float) -> int:
    """A price as lists have them: so many dollars and 0, 25, 50, 75 or 99 cents."""
    bounded = min(max(cents, _LEAST_CENTS), _MOST_CENTS)
    dollars, rest = divmod(int(bounded), 100)
    return dollars * 100 + min((0, 25, 50, 75, 99), key=lambda end: abs(end - rest))
