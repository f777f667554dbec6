"""A tenant of a given size, made once and kept: accounts, a catalogue, orders, lines and activities.

Rows are about 300 bytes as JSON objects. Their ids ascend with time, their accounts are drawn at
random, so that a page of rows belongs to a great many scopes, as it does in a company's history.
"""

import hashlib
import itertools
import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.schema import CreateTable

from benchmarks.people import MANAGER, OTHER_REP, PASSWORD, REP, SLUG
from leora_core.domain.accounts.records import Account, Address, Contact
from leora_core.domain.activities.records import Activity
from leora_core.domain.catalogue.records import Product, Sku, Supplier
from leora_core.domain.command import Context, Record, account_scope
from leora_core.domain.grants import Grant
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.store.tables import METADATA
from leora_desktop.replica.local_tables import OUTBOX, REPLICA
from sync import authority
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.passwords import password_hash, store_password
from sync.server_tables import SERVER
from sync.tenants import Tenant, Tenants
from sync.visibility import total_sum

OUTPUT = Path(__file__).resolve().parent.parent / "benchmark-output"
ACCOUNTS = 2_000
PRODUCTS = 500
_RECIPE = "4"
"""Rises when the made rows change, so that kept ones are not mistaken for them."""
_TEXT = (
    "shelf talker chilled Barolo Chianti cellar buyer asked about case price by the glass pours list menu tasting "
    "staff training reorder stock back vintage Rioja Sancerre Malbec spring patio display endcap delivery Thursday"
)
_WORDS = _TEXT.split()


def fingerprint() -> str:
    """Names the made rows and the tables they are in; what was kept under another name is out of date."""
    tables = [table for metadata in (METADATA, SERVER, REPLICA, OUTBOX) for table in metadata.sorted_tables]
    text = _RECIPE + "".join(str(CreateTable(table)) for table in tables)
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


@dataclass(frozen=True)
class Prepared:
    """A server's data directory with `rows` rows that the manager sees."""

    folder: Path
    rows: int

    @property
    def database(self) -> Path:
        """The tenant's SQLite file."""
        return self.folder / "tenants" / f"{SLUG}.db"


def prepare(size: int, database_url: str | None = None) -> Prepared:
    """The tenant of `size` rows, made if it is not there yet. On PostgreSQL it is always made."""
    folder = OUTPUT / f"data-{size}-{fingerprint()}" if database_url is None else OUTPUT / f"data-postgres-{new_id()}"
    if folder.exists():
        return Prepared(folder, size)
    making = folder.with_suffix(f".making-{os.getpid()}")
    shutil.rmtree(making, ignore_errors=True)
    tenants = Tenants(making, database_url)
    tenant = tenants.create(SLUG, "Acme Wine", "America/New_York")
    people = {email: _add_person(tenant, email, role) for email, role in _PEOPLE.items()}
    _fill(tenant, people, size)
    tenants.close()
    making.rename(folder)
    return Prepared(folder, size)


_PEOPLE = {MANAGER: "manager", REP: "rep", OTHER_REP: "rep"}


def _add_person(tenant: Tenant, email: str, role: str) -> str:
    user_id = new_id()
    payload = {"user_id": user_id, "name": email.partition("@")[0].title(), "email": email, "roles": [role]}
    authority.run_command(tenant, authority.SYSTEM, "AddUser", payload)
    with tenant.database.writing() as transaction:
        store_password(transaction, user_id, password_hash(PASSWORD))
    return user_id


def _fill(tenant: Tenant, people: dict[str, str], size: int) -> None:
    with tenant.database.reading() as transaction:
        present, _ = total_sum(transaction, people[MANAGER])
    made = Made(people[REP], size - present)

    def work(records: ServerWork, context: Context) -> dict[str, Any]:
        for record in made.rows(context.version or 1):
            records.add(record)
        return {"rows": size}

    authority.commit_work(tenant, name="Benchmark", actor=authority.SYSTEM, command_id=new_id(), payload={}, work=work)


class Made:
    """Rows of one company, the same for the same arguments."""

    def __init__(self, rep_id: str, count: int, *, seed: int = 7) -> None:
        self._rep_id = rep_id
        self._count = count
        self._chance = random.Random(seed)
        self._ids = itertools.count(1)
        self._now = datetime(2026, 11, 20, 9, tzinfo=UTC)
        self.accounts: list[str] = []
        self.skus: list[str] = []

    def rows(self, version: int) -> Iterator[Record]:
        """All of them, what others refer to first."""
        yield from itertools.islice(self._all(version), self._count)

    def _all(self, version: int) -> Iterator[Record]:
        accounts = max(min(ACCOUNTS, self._count // 20), 1)
        yield from self._catalogue(max(min(PRODUCTS, self._count // 20), 1))
        for number in range(accounts):
            yield from self._account(number, version)
        while True:
            yield from self._visit()

    def _catalogue(self, products: int) -> Iterator[Record]:
        supplier = Supplier(id=self._id(), name="Cantina del Nord")
        yield supplier
        for number in range(products):
            product = Product(id=self._id(), name=f"{self._words(2).title()} {number}", supplier_id=supplier.id)
            yield product
            sku = Sku(id=self._id(), product_id=product.id, code=f"W{number:06}", size="750 ml", millilitres=750)
            self.skus.append(sku.id)
            yield sku

    def _account(self, number: int, version: int) -> Iterator[Record]:
        id_ = self._id()
        self.accounts.append(id_)
        yield Account(
            id=id_,
            name=f"{self._words(2).title()} {number}",
            account_number=f"A{number:06}",
            phone="617-555-0100",
            territory="Boston North",
            opened_at=self._now,
        )
        yield Grant(
            id=self._id(),
            user_id=self._rep_id,
            held=account_scope(id_),
            why="assigned",
            granted_at=self._now,
            from_version=version,
        )
        yield Address(id=self._id(), account_id=id_, street1=f"{number} Main Street", city="Boston", state="MA")
        yield Contact(id=self._id(), account_id=id_, name=f"Sam {number}", role="Buyer", phone="617-555-0101")

    def _visit(self) -> Iterator[Record]:
        """Ten rows: an order with its seven lines, and two activities."""
        account_id = self._chance.choice(self.accounts)
        order = self._order(account_id)
        yield order
        for _ in range(7):
            yield OrderLine(
                id=self._id(),
                account_id=account_id,
                order_id=order.id,
                sku_id=self._chance.choice(self.skus),
                quantity=self._chance.randrange(1, 36),
                unit_price_cents=self._chance.randrange(500, 9_000),
            )
        for _ in range(2):
            yield self._activity()

    def _order(self, account_id: str) -> Order:
        delivered = date(2024, 1, 1) + timedelta(days=self._chance.randrange(1_000))
        return Order(
            id=self._id(),
            account_id=account_id,
            number=f"SO-{self._chance.randrange(10**7)}",
            rep_id=self._rep_id,
            delivered_on=delivered,
            total_cents=self._chance.randrange(10_000, 900_000),
        )

    def _activity(self) -> Activity:
        return Activity(
            id=self._id(),
            account_id=self._chance.choice(self.accounts),
            type="visit",
            user_id=self._rep_id,
            occurred_at=self._now - timedelta(minutes=self._chance.randrange(1_000_000)),
            note=self._words(12),
            outcomes=("samples_left",),
        )

    def _words(self, count: int) -> str:
        return " ".join(self._chance.choices(_WORDS, k=count))

    def _id(self) -> str:
        """An id like a UUIDv7: it ascends, and its tail is random."""
        tail = f"{self._chance.getrandbits(60):015x}"
        head = f"0193{next(self._ids):08x}"
        return f"{head[:8]}-{head[8:]}-7{tail[:3]}-8{tail[3:6]}-{tail[3:15]}"
