"""What only the unit of work can say; what it shares with every `Records` is tried in tests/contracts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from leora_core.domain.accounts.records import Account, Contact
from leora_core.domain.command import Absence, Record, Rejected
from leora_core.domain.identity import User
from leora_core.store.database import Database, open_sqlite
from leora_core.store.statements import statements
from leora_core.store.tables import METADATA
from leora_core.store.unit_of_work import UnitOfWork
from tests.builders import a_contact, an_account, an_id
from tests.fakes import InMemoryRecords

SHOP, BAR = an_account(), an_account()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_sqlite(tmp_path / "records.db", foreign_keys=False)
    METADATA.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def work(database: Database) -> Iterator[UnitOfWork]:
    with database.writing() as transaction:
        yield UnitOfWork(transaction)


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


def stored(work: UnitOfWork, *rows: Record) -> UnitOfWork:
    """The unit of work over a database that has these rows."""
    for row in rows:
        work.add(row)
    write(work)
    return work


def test_beyond_the_scopes_it_holds_absence_is_unknown(database: Database) -> None:
    with database.reading() as reader:
        held = UnitOfWork(reader, holds={f"account:{SHOP.id}", "shared"}.__contains__)
        assert held.get(Account, SHOP.id) is Absence.ABSENT
        assert held.get(Account, BAR.id) is Absence.UNKNOWN
        assert held.get(Contact, an_id()) is Absence.UNKNOWN
        assert held.get(User, an_id()) is Absence.ABSENT
        with pytest.raises(Rejected) as refused:
            held.need(Account, BAR.id)
    assert refused.value.code == "not_on_this_laptop"


def test_discarding_takes_back_to_the_last_keep_and_no_further(work: UnitOfWork) -> None:
    kept = a_contact(SHOP, name="kept")
    work.add(kept)
    assert work.keep() == [(Contact, kept.id)]
    work.change(kept, name="changed")
    work.remove(work.need(Contact, kept.id))
    work.add(a_contact(SHOP))
    work.discard()
    assert work.find(Contact) == [kept]
    assert [change.record for change in work.changes()] == [kept]
    work.remove(kept)
    work.discard()
    write(work)
    assert work.find(Contact) == [kept]


def test_discarding_what_was_done_to_stored_rows_leaves_nothing_to_write(work: UnitOfWork) -> None:
    rows = stored(work, a_contact(SHOP), a_contact(SHOP)).find(Contact)
    work.change(rows[0], name="other")
    work.remove(rows[1])
    work.add(a_contact(SHOP))
    work.discard()
    assert work.changes() == []
    assert work.find(Contact) == rows


def test_a_row_is_written_once_in_its_last_state_with_what_was_stored_before(work: UnitOfWork) -> None:
    contact = a_contact(SHOP, name="first")
    stored(work, contact)
    work.version = 7
    second = work.change(contact, name="second")
    work.keep()
    work.version = 8
    third = work.change(second, name="third")
    work.keep()
    (change,) = work.changes()
    assert (change.record, change.version, change.scope) == (third, 8, f"account:{SHOP.id}")
    assert change.before is not None
    assert change.before[2] == "first"


def test_a_row_that_came_and_went_is_not_written(work: UnitOfWork) -> None:
    contact = a_contact(SHOP)
    work.add(contact)
    work.keep()
    work.remove(contact)
    work.keep()
    assert work.changes() == []
    assert work.get(Contact, contact.id) is Absence.ABSENT


def test_a_stored_row_that_was_removed_cannot_come_back_in_another_scope(work: UnitOfWork) -> None:
    contact = a_contact(SHOP)
    for records in (stored(work, contact), InMemoryRecords(contact)):
        records.remove(contact)
        with pytest.raises(Rejected) as refused:
            records.add(replace(contact, account_id=BAR.id))
        assert refused.value.code == "id_conflict"
        records.add(contact)
        assert records.find(Contact) == [contact]
