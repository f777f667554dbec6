"""The sample trade: accounts, their people, and years of orders in a believable rhythm."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from sync.demo.cellar import Item
from sync.demo.words import Town, words

_YEARS = 4
_TERMS = (("1", 52), ("30", 30), ("15P", 14), ("45", 4))
"""Codes of the ERP: cash on delivery, net 30, the 15th of next month, net 45."""
_STANDING = (("healthy", 40), ("late", 15), ("shrinking", 8), ("dormant", 37))
_BOTTLES = (("6", 30), ("12", 40), ("24", 17), ("36", 6), ("60", 2), ("3", 3), ("2", 2))
_MOST_ORDERS = 189


@dataclass(frozen=True)
class Customer:
    """One account as an ERP's customer file has it."""

    number: str
    name: str
    on_premise: bool
    town: Town
    street: str
    phone: str
    email: str
    terms: str
    licence: str
    licence_expires: date
    opened: date
    rep: str
    contact: str
    role: str


@dataclass(frozen=True)
class Line:
    """One line of an order."""

    item: Item
    quantity: int
    is_sample: bool = False


@dataclass(frozen=True)
class Sale:
    """One order."""

    customer: Customer
    ordered: date
    delivered: date | None
    status: str
    """D delivered, C cancelled, O open."""
    lines: list[Line]


def open_accounts(random: Random, count: int, reps: list[str], today: date) -> list[Customer]:
    """`count` accounts with names of their own, spread over the reps as unevenly as territories are."""
    weights = [_unevenly(i, len(reps)) for i in range(len(reps))]
    names: set[str] = set()
    customers: list[Customer] = []
    while len(customers) < count:
        on_premise = random.random() < 0.62
        name = _firm(random, on_premise)
        town = random.choice(words().towns)
        if name in names:
            name = f"{name} of {town.name}"
            if name in names:
                continue
        names.add(name)
        rep = random.choices([*reps, ""], [*weights, sum(weights) * 0.03])[0]
        customers.append(_customer(random, len(customers), name, on_premise, town, rep, today))
    return customers


def _unevenly(place: int, count: int) -> float:
    """From 1,907 accounts for the first rep down to 127 for the last."""
    return float(1_907 * (127 / 1_907) ** (place / max(count - 1, 1)))


def _firm(random: Random, on_premise: bool) -> str:
    kind = random.choice(words().of("on_premise" if on_premise else "off_premise"))
    first, second = random.choice(words().of("first_words")), random.choice(words().of("second_words"))
    owner = random.choice(words().of("last_names"))
    shapes = (
        f"{first} {second} {kind}",
        f"The {first} {second} {kind}",
        f"{owner}'s {first} {kind}",
        f"{owner} & {second} {kind}",
    )
    return random.choices(shapes, [50, 20, 20, 10])[0]


def _customer(random: Random, number: int, name: str, on_premise: bool, town: Town, rep: str, today: date) -> Customer:
    person = f"{random.choice(words().of('first_names'))} {random.choice(words().of('last_names'))}"
    mail = "".join(c for c in name.lower() if c.isascii() and c.isalpha())[:24]
    return Customer(
        number=f"{10_001 + number}",
        name=name,
        on_premise=on_premise,
        town=town,
        street=f"{random.randrange(1, 900)} {random.choice(words().of('streets'))}",
        phone=f"({random.choice(['617', '508', '413', '401', '603'])}) 555-{random.randrange(100, 200):04d}",
        email=f"orders@{mail}.example" if random.random() < 0.8 else "",
        terms=random.choices([code for code, _ in _TERMS], [weight for _, weight in _TERMS])[0],
        licence=f"{town.state}-{200_000 + number}" if random.random() < 0.9 else "",
        licence_expires=today + timedelta(days=random.randrange(-40, 400)),
        opened=today - timedelta(days=_days_known(random)),
        rep=rep,
        contact=person,
        role=random.choice(words().of("roles")),
    )


def _days_known(random: Random) -> int:
    """Most accounts are older than the orders on file."""
    recent, old = random.randrange(30, _YEARS * 365), random.randrange(_YEARS * 365 + 1, 9 * 365)
    return recent if random.random() < 0.15 else old


def trade(
    random: Random, customers: list[Customer], items: list[Item], *, buying: int, orders: int, lines: int, today: date
) -> list[Sale]:
    """`orders` orders with `lines` lines by `buying` of the customers, oldest first."""
    oldest = sorted(customers, key=lambda customer: customer.opened)
    chosen = random.sample(oldest[: max(buying, len(oldest) * 4 // 5)], buying)
    rhythms = [_Rhythm(random, customer, today) for customer in chosen]
    shares = _shared_out(orders, [rhythm.wish for rhythm in rhythms], most=_MOST_ORDERS)
    dated = sorted(
        ((day, rhythm, i >= share - 3) for rhythm, share in zip(rhythms, shares, strict=True)
         for i, day in enumerate(rhythm.days(share))),
        key=lambda entry: (entry[0], entry[1].customer.number),
    )  # fmt: skip
    sizes = _shared_out(lines, [1 + random.expovariate(1 / 3) for _ in dated], most=30)
    favourites = {id(rhythm): random.sample(items, min(len(items), random.randrange(30, 50))) for rhythm in rhythms}
    return [
        _sale(random, rhythm, day, size, favourites[id(rhythm)], recent=recent, today=today)
        for (day, rhythm, recent), size in zip(dated, sizes, strict=True)
    ]


class _Rhythm:
    """How an account buys: how often, until when, how much of late."""

    def __init__(self, random: Random, customer: Customer, today: date) -> None:
        self.random = random
        self.customer = customer
        self.today = today
        self.pace = min(max(random.lognormvariate(math.log(24), 0.5), 7), 70)
        self.standing = random.choices([name for name, _ in _STANDING], [weight for _, weight in _STANDING])[0]
        away = {"late": (47, 58), "dormant": (95, 760)}.get(self.standing, (1, 40))
        self.last = today - timedelta(days=random.randrange(*away))
        self.wish = random.uniform(0.3, _YEARS) * 365 / self.pace

    def days(self, count: int) -> Iterator[date]:
        """`count` order days that end with the last one, nearer together where the years would not hold them."""
        room = _YEARS * 365 - (self.today - self.last).days
        pace = min(self.pace, room / max(count, 1))
        gaps = [pace * self.random.uniform(0.7, 1.3) for _ in range(count - 1)]
        day = self.last - timedelta(days=round(sum(gaps)))
        yield day
        passed = 0.0
        for gap in gaps:
            passed += gap
            yield day + timedelta(days=round(passed))


def _shared_out(total: int, wishes: list[float], *, most: int) -> list[int]:
    """Whole shares of `total` in proportion to the wishes, each from 1 to `most`."""
    factor = total / sum(wishes)
    shares = [min(max(1, round(wish * factor)), most) for wish in wishes]
    step = 1 if sum(shares) < total else -1
    place = 0
    while sum_left := total - sum(shares):
        for _ in range(abs(sum_left)):
            place = next(
                i % len(shares)
                for i in range(place, place + 2 * len(shares))
                if 1 <= shares[i % len(shares)] + step <= most
            )
            shares[place] += step
            place += 1
    return shares


def _sale(
    random: Random, rhythm: _Rhythm, day: date, size: int, favourites: list[Item], *, recent: bool, today: date
) -> Sale:
    factor = _season(day) * (0.4 if recent and rhythm.standing == "shrinking" else 1.0)
    picked = random.sample(favourites, min(size, len(favourites)))
    lines = [Line(item, _bottles(random, item, factor), is_sample=random.random() < 0.004) for item in picked]
    delivered: date | None = _working_day(day + timedelta(days=random.randrange(1, 4)))
    status = "D"
    if delivered is not None and delivered >= today:
        delivered, status = None, "O"
    elif random.random() < 0.008:
        delivered, status = None, "C"
    elif random.random() < 0.004:
        lines = [Line(line.item, -min(line.quantity, 6)) for line in lines]
    return Sale(rhythm.customer, day, delivered, status, lines)


def _season(day: date) -> float:
    """The weeks before the holidays sell two fifths more, the summer one fifth."""
    if (day.month, day.day) >= (11, 15):
        return 1.4
    return 1.2 if day.month in (6, 7, 8) else 1.0


def _bottles(random: Random, item: Item, factor: float) -> int:
    if item.pack == 1:
        return random.randrange(1, 4)
    bottles = int(random.choices([count for count, _ in _BOTTLES], [weight for _, weight in _BOTTLES])[0])
    scaled = bottles * factor
    return max(6, round(scaled / 6) * 6) if bottles >= 6 else bottles


def _working_day(day: date) -> date:
    """The day itself from Monday to Friday, else the Monday after."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day
