"""Any sequence of ledger commands keeps the books: balances, use and allowance agree with what was done."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import Actor, Command, Context, Rejected, execute
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.samples.allowance import allowance_of
from leora_core.domain.samples.gifts import GiveSample
from leora_core.domain.samples.ledger import (
    BreakSamples,
    CountSamples,
    ReceiveSamples,
    ReturnSamples,
    TransferSamples,
    balance,
)
from leora_core.domain.samples.records import SampleGiven, SampleMovement
from leora_core.domain.samples.requests import AskAllowance, DecideAllowance
from tests.fakes import InMemoryRecords


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


PEOPLE = (uid(1), uid(2))
BOSS = uid(9)
SKUS = (uid(30), uid(31))
ACCOUNT = uid(5)
MONTHS = {
    "2026-11": datetime(2026, 12, 1, 4, tzinfo=UTC),
    "2026-12": datetime(2026, 12, 1, 5, tzinfo=UTC),
}
"""The last and the first hour of two months in New York."""
ALLOWANCE = 20

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "return", "break", "transfer", "count", "give", "extra"]),
        st.sampled_from([0, 1]),
        st.sampled_from([0, 1]),
        st.integers(1, 15),
        st.sampled_from(sorted(MONTHS)),
    ),
    max_size=40,
)


@dataclass
class Books:
    """What an honest clerk would have written beside the ledger."""

    stock: Counter[tuple[str, str]] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)
    extra: Counter[tuple[str, str]] = field(default_factory=Counter)


def run(records: InMemoryRecords, command: Command, user_id: str, month: str, n: int) -> None:
    context = Context(
        command_id=uid(10_000 + n),
        actor=Actor(user_id=user_id, roles=frozenset({"manager"})),
        at=MONTHS[month],
        zone=ZoneInfo("America/New_York"),
    )
    execute(command, records, context)


def take_step(
    records: InMemoryRecords, books: Books, n: int, what: str, who: int, which: int, quantity: int, month: str
) -> None:
    rep, other, sku, line = PEOPLE[who], PEOPLE[1 - who], SKUS[which], uid(1_000 + n)
    match what:
        case "receive":
            command: Command = ReceiveSamples(movement_id=line, sku_id=sku, quantity=quantity)
            books.stock[rep, sku] += quantity
        case "return":
            command = ReturnSamples(movement_id=line, sku_id=sku, quantity=quantity)
            books.stock[rep, sku] -= quantity
        case "break":
            command = BreakSamples(movement_id=line, sku_id=sku, quantity=quantity)
            books.stock[rep, sku] -= quantity
        case "transfer":
            command = TransferSamples(movement_id=line, sku_id=sku, quantity=quantity, to_rep_id=other)
            books.stock[rep, sku] -= quantity
            books.stock[other, sku] += quantity
        case "count":
            command = CountSamples(movement_id=line, sku_id=sku, counted=quantity)
            books.stock[rep, sku] = quantity
        case "extra":
            run(records, AskAllowance(request_id=line, month="2026-12", quantity=quantity, purpose="x"), rep, month, n)
            command = DecideAllowance(request_id=line, approve=quantity % 2 == 0)
            books.extra[rep, "2026-12"] += quantity if quantity % 2 == 0 else 0
            rep = BOSS
        case _:
            give_or_be_refused(records, books, n, rep, sku, quantity, month)
            return
    run(records, command, rep, month, n)


def give_or_be_refused(
    records: InMemoryRecords, books: Books, n: int, rep: str, sku: str, quantity: int, month: str
) -> None:
    fits = books.used[rep, month] + quantity <= ALLOWANCE + books.extra[rep, month]
    gift = GiveSample(movement_id=uid(1_000 + n), account_id=ACCOUNT, sku_id=sku, quantity=quantity)
    if not fits:
        with pytest.raises(Rejected) as refusal:
            run(records, gift, rep, month, n)
        assert refusal.value.code == "allowance_exceeded"
        return
    run(records, gift, rep, month, n)
    books.stock[rep, sku] -= quantity
    books.used[rep, month] += quantity


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_books_always_agree(steps: list[tuple[str, int, int, int, str]]) -> None:
    records = InMemoryRecords(
        TenantSettings(id=SETTINGS_ID, name="B", timezone="America/New_York", sample_allowance=ALLOWANCE),
        *(User(id=person, name=person, email=f"{person}@example.com", roles=("rep",)) for person in PEOPLE),
        Account(id=ACCOUNT, name="Shop", opened_at=MONTHS["2026-11"]),
        Product(id=uid(20), name="Chianti"),
        *(Sku(id=sku, product_id=uid(20), code=sku) for sku in SKUS),
    )
    books = Books()
    for n, step in enumerate(steps):
        take_step(records, books, n, *step)
        ledger = records.find(SampleMovement)
        gifts = records.find(SampleGiven)
        for rep in PEOPLE:
            for sku in SKUS:
                assert balance(records, rep, sku) == books.stock[rep, sku]
                assert books.stock[rep, sku] == sum(m.quantity for m in ledger if (m.rep_id, m.sku_id) == (rep, sku))
            for month in MONTHS:
                standing = allowance_of(records, rep, month)
                assert standing.used == books.used[rep, month]
                assert standing.used <= standing.allowance == ALLOWANCE + books.extra[rep, month]
        assert sum(g.quantity for g in gifts) == sum(books.used.values())
