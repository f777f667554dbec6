"""What every `Records` promises: the one in memory, and the unit of work over each database.

Each promise is tried on rows that still wait in the transaction and on rows the database has already.
"""

import typing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest

from leora_core.domain.accounts.records import Account, Address, Contact, DeliveryWindow
from leora_core.domain.activities.records import Activity
from leora_core.domain.command import Absence, Record, Records, Rejected
from leora_core.domain.identity import User
from leora_core.domain.orders.records import Order
from leora_core.domain.samples.records import SampleMovement
from leora_core.domain.tasks import Task
from leora_core.store.database import Database, open_postgres, open_sqlite
from leora_core.store.statements import statements
from leora_core.store.tables import METADATA, SYNCED, Synced
from leora_core.store.unit_of_work import UnitOfWork
from leora_desktop.replica.database import open_encrypted
from tests.builders import (
    NOW,
    OTHER_REP,
    REP,
    TODAY,
    a_contact,
    a_movement,
    a_product,
    a_sku,
    a_task,
    a_user,
    an_account,
    an_activity,
    an_address,
    an_id,
    an_order,
)
from tests.fakes import InMemoryRecords
from tests.postgres import postgres_cluster

__all__ = ["postgres_cluster"]

SHOP, BAR = an_account(name="Blue Door"), an_account(name="Bar Luis")
WINE = a_sku(a_product())


class _Undone(Exception):
    """Ends a test's transaction, so that the next one finds the tables empty."""


@dataclass
class Store:
    """`Records` under trial. `settle` brings what was written where the trial wants it."""

    records: Records
    settle: Callable[[], None] = lambda: None

    def holding(self, *rows: Record) -> Records:
        """The records with these rows in them."""
        for row in rows:
            self.records.add(row)
        self.settle()
        return self.records


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Opens each database once: making the tables takes longer than all that is done to them."""
    made: dict[str, Database] = {}

    def database(kind: str) -> Database:
        if kind not in made:
            made[kind] = _database(kind, tmp_path_factory.mktemp(kind), request)
            METADATA.create_all(made[kind].engine)
        return made[kind]

    yield database
    for one in made.values():
        one.close()


def _database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Database:
    if kind == "sqlite":
        return open_sqlite(folder / "records.db")
    if kind == "sqlcipher":
        return open_encrypted(folder / "records.db", "0a" * 32)
    return open_postgres(request.getfixturevalue("postgres_cluster").fresh_database(), "public", pool_size=1)


DATABASES = ("sqlite", "sqlcipher", "postgresql")


@pytest.fixture(params=["memory", *(f"{kind} {state}" for kind in DATABASES for state in ("waiting", "written"))])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    kind, _, state = request.param.partition(" ")
    if kind == "memory":
        yield Store(InMemoryRecords())
        return
    database: Database = request.getfixturevalue("opened")(kind)
    with suppress(_Undone), database.writing() as transaction:
        work = UnitOfWork(transaction)
        yield Store(work, (lambda: write(work)) if state == "written" else lambda: keep(work))
        raise _Undone


def keep(work: UnitOfWork) -> None:
    """Let what was written wait in the transaction."""
    work.keep()


def write(work: UnitOfWork) -> None:
    """Write what waits, in the plainest way."""
    work.keep()
    for change in work.changes():
        said = statements(change.synced, work.transaction.dialect)
        if change.record is None:
            work.transaction.execute(said.delete, (change.id,))
        else:
            work.transaction.execute(said.upsert, [*change.row, change.scope, change.version])
    work.written()


# -- get and need ----------------------------------------------------------------------------------


def test_a_row_that_was_added_is_got_needed_and_found(store: Store) -> None:
    records = store.holding(SHOP, BAR)
    assert records.get(Account, SHOP.id) == SHOP
    assert records.need(Account, SHOP.id) == SHOP
    assert records.find(Account, name="Blue Door") == [SHOP]


def test_a_row_that_is_not_there_is_absent_and_needing_it_is_refused(store: Store) -> None:
    records = store.holding(SHOP)
    assert records.get(Account, BAR.id) is Absence.ABSENT
    assert not records.get(Account, BAR.id)
    with pytest.raises(Rejected) as refused:
        records.need(SampleMovement, an_id())
    assert refused.value.code == "not_found"
    assert "sample movement" in refused.value.sentence


def test_a_row_is_not_found_as_one_of_another_kind(store: Store) -> None:
    contact = a_contact(SHOP, id=SHOP.id)
    records = store.holding(SHOP, contact)
    assert records.need(Account, SHOP.id) == SHOP
    assert records.need(Contact, SHOP.id) == contact


# -- find ------------------------------------------------------------------------------------------


def test_rows_come_ordered_by_id_however_they_were_added(store: Store) -> None:
    tasks = [a_task() for _ in range(5)]
    records = store.holding(tasks[3], tasks[0], tasks[4])
    records.add(tasks[2])
    records.add(tasks[1])
    assert records.find(Task) == tasks


def test_all_equalities_must_hold(store: Store) -> None:
    maria = a_contact(SHOP, name="Maria", is_buyer=True)
    records = store.holding(
        maria,
        a_contact(SHOP, name="Maria"),
        a_contact(BAR, name="Maria", is_buyer=True),
        a_contact(SHOP, is_buyer=True),
    )
    assert records.find(Contact, account_id=SHOP.id, name="Maria", is_buyer=True) == [maria]
    assert records.find(Contact, account_id=SHOP.id, name="maria") == []
    assert records.find(Contact, account_id=an_id()) == []
    assert records.count(Contact, is_buyer=True, name="Maria") == 2


def test_none_finds_what_has_no_value(store: Store) -> None:
    alone, about = a_task(), a_task(account_id=SHOP.id)
    records = store.holding(alone, about)
    assert records.find(Task, account_id=None) == [alone]
    assert records.find(Task, account_id=None, due_on=None, status="open") == [alone]
    assert records.find(Task, account_id=SHOP.id) == [about]


@pytest.mark.parametrize(
    ("row", "name", "other"),
    [
        (a_task(due_on=date(2026, 11, 30)), "due_on", date(2026, 12, 1)),
        (an_activity(SHOP, occurred_at=NOW), "occurred_at", NOW + timedelta(milliseconds=1)),
        (a_user(roles=("rep", "manager")), "roles", ("manager", "rep")),
        (a_user(active=False), "active", True),
        (an_address(SHOP, latitude=42.65), "latitude", 42.66),
        (an_order(SHOP, total_cents=0), "total_cents", 1),
        (DeliveryWindow(id=an_id(), account_id=SHOP.id, kind="before", end="11:30"), "kind", "after"),
        (DeliveryWindow(id=an_id(), account_id=SHOP.id, kind="before", end="11:30"), "end", "11:31"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_filter_may_be_of_any_type_a_field_has(store: Store, row: Record, name: str, other: object) -> None:
    records = store.holding(row)
    same = {name: getattr(row, name)}
    assert records.find(type(row), **same) == [row]
    assert records.count(type(row), **same) == 1
    assert records.find(type(row), **{name: other}) == []
    assert records.count(type(row), **{name: other}) == 0


def test_instants_of_other_zones_are_the_same_instants(store: Store) -> None:
    activity = an_activity(SHOP, occurred_at=NOW)
    records = store.holding(activity)
    elsewhere = NOW.astimezone(datetime.fromisoformat("2026-11-25T00:00:00+02:00").tzinfo)
    assert records.find(Activity, occurred_at=elsewhere) == [activity]


# -- count and total -------------------------------------------------------------------------------


def ledger() -> list[Record]:
    return [
        a_movement(WINE, kind="receive", quantity=24),
        a_movement(WINE, kind="give", quantity=-5),
        a_movement(WINE, kind="give", quantity=-2, account_id=SHOP.id),
        a_movement(WINE, kind="give", quantity=-9, rep_id=OTHER_REP),
    ]


def test_count_is_how_many_find_would_give(store: Store) -> None:
    records = store.holding(*ledger())
    assert records.count(SampleMovement) == 4
    assert records.count(SampleMovement, rep_id=REP) == 3
    assert records.count(SampleMovement, rep_id=REP, account_id=None) == 2
    assert records.count(Task) == 0


def test_total_sums_what_find_would_give_and_is_0_for_none(store: Store) -> None:
    records = store.holding(*ledger())
    assert records.total(SampleMovement, "quantity", rep_id=REP) == 17
    assert records.total(SampleMovement, "quantity", rep_id=REP, account_id=SHOP.id) == -2
    assert records.total(SampleMovement, "quantity", rep_id=an_id()) == 0
    assert type(records.total(SampleMovement, "quantity")) is int


def test_a_field_named_kind_can_be_filtered_by(store: Store) -> None:
    records = store.holding(*ledger())
    assert len(records.find(SampleMovement, kind="give", rep_id=REP)) == 2
    assert records.count(SampleMovement, kind="give", rep_id=REP) == 2
    assert records.total(SampleMovement, "quantity", kind="give", rep_id=REP) == -7


def test_sums_follow_what_is_written_on_top_of_them(store: Store) -> None:
    records = store.holding(*(rows := ledger()))
    received, given, *_ = rows
    assert isinstance(given, SampleMovement)
    records.change(given, quantity=-6)
    records.remove(received)
    records.add(a_movement(WINE, kind="give", quantity=-1))
    assert records.total(SampleMovement, "quantity", rep_id=REP) == -6 - 2 - 1
    records.change(records.need(SampleMovement, given.id), kind="break")
    assert records.total(SampleMovement, "quantity", rep_id=REP, kind="give") == -2 - 1
    assert records.count(SampleMovement, rep_id=REP, kind="break") == 1


def test_a_table_named_like_a_word_of_sql_works_like_any_other(store: Store) -> None:
    order = an_order(SHOP, total_cents=12_345)
    records = store.holding(order, an_order(BAR, total_cents=1))
    assert records.find(Order, account_id=SHOP.id) == [order]
    assert records.total(Order, "total_cents") == 12_346


# -- add, change, remove ---------------------------------------------------------------------------


def test_an_id_that_is_taken_is_refused_and_the_row_stays(store: Store) -> None:
    records = store.holding(SHOP)
    with pytest.raises(Rejected) as refused:
        records.add(replace(SHOP, name="Another"))
    assert refused.value.code == "id_conflict"
    assert records.find(Account) == [SHOP]


def test_a_change_replaces_fields_and_is_returned(store: Store) -> None:
    records = store.holding(SHOP)
    changed = records.change(SHOP, name="Red Door", on_hold=True)
    assert changed == replace(SHOP, name="Red Door", on_hold=True)
    assert records.get(Account, SHOP.id) == changed
    assert records.find(Account, name="Blue Door") == []
    assert records.find(Account, name="Red Door", on_hold=True) == [changed]
    store.settle()
    assert records.find(Account, name="Red Door") == [changed]


def test_a_value_can_be_taken_out_again(store: Store) -> None:
    records = store.holding(task := a_task(due_on=TODAY))
    records.change(task, due_on=None)
    store.settle()
    assert [row.id for row in records.find(Task, due_on=None)] == [task.id]
    assert records.find(Task, due_on=TODAY) == []


def test_a_row_cannot_move_to_another_scope(store: Store) -> None:
    contact = a_contact(SHOP)
    records = store.holding(contact)
    with pytest.raises(ValueError):
        records.change(contact, account_id=BAR.id)
    with pytest.raises(ValueError):
        records.change(contact, account_id=BAR.id, name="Moved")
    assert records.find(Contact) == [contact]


def test_a_removed_row_is_nowhere(store: Store) -> None:
    contact, stays = a_contact(SHOP), a_contact(SHOP)
    records = store.holding(contact, stays)
    for _ in range(2):
        if records.get(Contact, contact.id):
            records.remove(contact)
        assert records.get(Contact, contact.id) is Absence.ABSENT
        assert records.find(Contact) == [stays]
        assert records.count(Contact, account_id=SHOP.id) == 1
        store.settle()


def test_a_removed_row_may_come_back_with_other_values(store: Store) -> None:
    contact = a_contact(SHOP)
    records = store.holding(contact)
    records.remove(contact)
    records.add(replace(contact, name="Ines"))
    assert records.find(Contact) == [replace(contact, name="Ines")]
    assert records.count(Contact, name=contact.name) == 0
    store.settle()
    assert records.find(Contact, account_id=SHOP.id) == [replace(contact, name="Ines")]
    with pytest.raises(Rejected):
        records.add(contact)


def test_what_was_changed_is_found_among_what_was_not(store: Store) -> None:
    rows = [a_contact(SHOP, name=name) for name in ("a", "b", "c", "d")]
    records = store.holding(*rows)
    records.change(rows[0], name="b")
    records.change(rows[1], name="a")
    records.remove(rows[2])
    added = a_contact(SHOP, name="b")
    records.add(added)
    assert [row.id for row in records.find(Contact, name="b")] == [rows[0].id, added.id]
    assert [row.id for row in records.find(Contact, account_id=SHOP.id)] == [
        rows[0].id,
        rows[1].id,
        rows[3].id,
        added.id,
    ]


# -- every table -----------------------------------------------------------------------------------

SAMPLES: dict[str, Any] = {
    "text": "Château d'Éléphant 🍷 «مرحبا» ' \" \\ %s ?",
    "integer": -(2**53),
    "number": 41.403_38,
    "boolean": True,
    "date": date(2024, 2, 29),
    "instant": datetime(2026, 11, 22, 10, 42, 7, 123_000, tzinfo=UTC),
    "list": ("mon", "a,b", 'say "hi"', ""),
}


def full_row(synced: Synced, *, bare: bool) -> Record:
    """A row with every field filled; `bare` leaves those empty that may be."""
    hints = typing.get_type_hints(synced.kind)
    values: dict[str, Any] = {}
    for column in synced.columns:
        if column.nullable and bare:
            values[column.name] = None
        elif typing.get_origin(hints[column.name]) is Literal:
            values[column.name] = typing.get_args(hints[column.name])[-1]
        else:
            values[column.name] = an_id() if column.kind == "id" else SAMPLES[column.kind]
    return synced.kind(**values)


@pytest.mark.parametrize("synced", SYNCED, ids=lambda synced: synced.name)
def test_every_kind_of_row_comes_back_as_it_went_in(store: Store, synced: Synced) -> None:
    full, bare = full_row(synced, bare=False), full_row(synced, bare=True)
    records = store.holding(full, bare)
    assert records.find(synced.kind) == sorted([full, bare], key=lambda row: row.id)
    assert records.need(synced.kind, full.id) == full
    for column in synced.columns:
        assert full in records.find(synced.kind, **{column.name: getattr(full, column.name)})
        assert bare in records.find(synced.kind, **{column.name: getattr(bare, column.name)})


def test_users_and_addresses_are_rows_like_any_other(store: Store) -> None:
    user, address = a_user(delivery_days=("mon", "thu")), an_address(SHOP, latitude=1.5)
    records = store.holding(user, address)
    assert records.need(User, user.id).delivery_days == ("mon", "thu")
    assert records.need(Address, address.id).latitude == 1.5
