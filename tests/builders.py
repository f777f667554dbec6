"""Records that are valid as they come; a test names only what it is about. And a laptop's file with them in it."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from leora_core.domain.accounts.records import Account, Address, Contact, Licence
from leora_core.domain.activities.records import Activity, Note
from leora_core.domain.call_plans.plans import plan_id_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount
from leora_core.domain.catalogue.records import Product, Sku, Supplier
from leora_core.domain.command import Record, account_scope
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.samples.records import SampleGiven, SampleMovement
from leora_core.domain.tasks import Task
from leora_core.store.database import Database, open_sqlite
from leora_core.store.prepared import Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import BY_KIND, METADATA
from leora_core.store.unit_of_work import to_row
from leora_desktop.replica import search
from leora_desktop.replica.queries import Viewer

NEW_YORK = ZoneInfo("America/New_York")
TODAY = date(2026, 11, 25)
"""A Wednesday, in 2026-W48."""
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
WEEK = "2026-W48"
REP = "00000000-0000-7000-8000-00000000aaaa"
OTHER_REP = "00000000-0000-7000-8000-00000000bbbb"
MANAGER = "00000000-0000-7000-8000-00000000cccc"

_numbers = itertools.count(1)


def an_id() -> str:
    """An id nobody has had; later ids are greater."""
    return str(uuid.UUID(int=(7 << 76) | (8 << 60) | next(_numbers)))


def a_viewer(user_id: str = REP, *roles: str) -> Viewer:
    return Viewer(user_id, frozenset(roles or ("rep",)), NEW_YORK, TODAY, NOW)


def a_manager() -> Viewer:
    return a_viewer(MANAGER, "manager")


def a_user(id: str = REP, **fields: Any) -> User:
    return User(**{"id": id, "name": "Robin Rep", "email": f"{id}@wine.example", "roles": ("rep",), **fields})


def an_account(**fields: Any) -> Account:
    return Account(**{"id": an_id(), "name": "Blue Door", "opened_at": datetime(2024, 1, 1, tzinfo=UTC), **fields})


def assigned(account: Account, user_id: str = REP, **fields: Any) -> Grant:
    defaults = {"id": an_id(), "why": "assigned", "granted_at": datetime(2025, 1, 1, tzinfo=UTC)}
    return Grant(**{**defaults, "user_id": user_id, "held": account_scope(account.id), **fields})


def an_address(account: Account, **fields: Any) -> Address:
    return Address(**{"id": an_id(), "account_id": account.id, "city": "Albany", "state": "NY", **fields})


def a_contact(account: Account, **fields: Any) -> Contact:
    return Contact(**{"id": an_id(), "account_id": account.id, "name": "Maria Silva", **fields})


def a_licence(account: Account, **fields: Any) -> Licence:
    return Licence(**{"id": an_id(), "account_id": account.id, "number": "L-1", **fields})


def an_order(account: Account, delivered_on: date | None = TODAY, **fields: Any) -> Order:
    defaults = {"id": an_id(), "account_id": account.id, "ordered_on": delivered_on, "total_cents": 100_000}
    return Order(**{**defaults, "delivered_on": delivered_on, **fields})


def a_line(order: Order, sku: Sku, **fields: Any) -> OrderLine:
    defaults = {"id": an_id(), "account_id": order.account_id, "order_id": order.id, "sku_id": sku.id}
    return OrderLine(**{**defaults, "quantity": 12, "unit_price_cents": 1_000, **fields})


def an_activity(account: Account, **fields: Any) -> Activity:
    return Activity(
        **{"id": an_id(), "account_id": account.id, "type": "visit", "user_id": REP, "occurred_at": NOW, **fields}
    )


def a_note(account: Account, **fields: Any) -> Note:
    defaults = {"id": an_id(), "account_id": account.id, "author_id": REP, "text": "Back door", "written_at": NOW}
    return Note(**{**defaults, **fields})


def a_task(**fields: Any) -> Task:
    defaults = {"id": an_id(), "assignee_id": REP, "assigned_by": REP, "title": "Call back", "made_at": NOW}
    return Task(**{**defaults, **fields})


def a_plan(rep_id: str = REP, week: str = WEEK, **fields: Any) -> CallPlan:
    return CallPlan(**{"id": plan_id_of(rep_id, week), "rep_id": rep_id, "week": week, **fields})


def planned(plan: CallPlan, account: Account, **fields: Any) -> PlannedAccount:
    defaults = {"id": an_id(), "rep_id": plan.rep_id, "plan_id": plan.id, "account_id": account.id}
    return PlannedAccount(**{**defaults, **fields})


def a_supplier(**fields: Any) -> Supplier:
    return Supplier(**{"id": an_id(), "name": "Casa Nova", **fields})


def a_product(**fields: Any) -> Product:
    return Product(**{"id": an_id(), "name": "Château Margaux", **fields})


def a_sku(product: Product, **fields: Any) -> Sku:
    return Sku(**{"id": an_id(), "product_id": product.id, "code": f"SKU-{next(_numbers)}", **fields})


def a_movement(sku: Sku, **fields: Any) -> SampleMovement:
    defaults = {"id": an_id(), "rep_id": REP, "sku_id": sku.id, "kind": "receive", "quantity": 12}
    return SampleMovement(**{**defaults, "month": "2026-11", "moved_at": NOW, **fields})


def a_sample(account: Account, sku: Sku, **fields: Any) -> SampleGiven:
    defaults = {"id": an_id(), "account_id": account.id, "rep_id": REP, "sku_id": sku.id, "quantity": 1}
    return SampleGiven(**{**defaults, "given_at": NOW, **fields})


def store(transaction: Transaction, *records: Record) -> None:
    """Write records as a sync would, each as of version 1."""
    for record in records:
        synced = BY_KIND[type(record)]
        row = [*to_row(synced, record), record.scope, 1]
        transaction.execute(statements(synced, transaction.dialect).upsert, row)


def a_replica(folder: Path, *records: Record) -> Database:
    """A plain file as a laptop holds it, with these records and their search index."""
    database = open_sqlite(folder / "replica.db", foreign_keys=False)
    METADATA.create_all(database.engine)
    with database.writing() as transaction:
        store(transaction, *records)
        search.create(transaction)
        search.rebuild(transaction)
    return database


@contextmanager
def a_reader(folder: Path, *records: Record) -> Iterator[Transaction]:
    """A reading transaction over a replica with these records."""
    database = a_replica(folder, *records)
    with database.reading() as reader:
        yield reader
    database.close()
