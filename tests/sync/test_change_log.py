"""The server's records: whatever commands do, they say what a dict would say, and sums and removals fit the rows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leora_core.domain.accounts.records import Contact
from leora_core.domain.command import Record, Rejected
from leora_core.domain.samples.records import SampleMovement
from leora_core.protocol.proof import digest_sum, to_signed
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote
from leora_core.store.tables import SYNCED
from sync.change_log import Commit, read_head, touched_between
from sync.ids import new_id
from sync.tenants import Tenant, Tenants
from tests.builders import NOW, OTHER_REP, REP, a_contact, a_movement, a_product, a_sku, an_account, an_id
from tests.fakes import InMemoryRecords


class _Undone(Exception):
    """Ends a test's transaction, so that the next one finds a new tenant."""


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with closing(Tenants(tmp_path_factory.mktemp("server"))) as tenants:
        yield tenants.create("acme", "Acme Wines", "America/New_York")


@contextmanager
def undone(tenant: Tenant) -> Iterator[Transaction]:
    with suppress(_Undone), tenant.database.writing() as transaction:
        yield transaction
        raise _Undone


def settle(commit: Commit) -> None:
    """End the command that was begun, as an accepted one."""
    at = "2026-11-25T15:00:00.000Z"
    entry = {"command_id": new_id(), "name": "Trial", "v": 1, "payload": "{}", "at": at, "received_at": at}
    commit.settle(entry | {"status": "accepted", "verdict": "{}"})


SHOP, BAR, WINE = an_account(), an_account(), a_sku(a_product())
# Which id lives where is fixed: a row has one scope for life.
ROWS: tuple[Record, ...] = (
    a_movement(WINE, kind="give", quantity=-1),
    a_movement(WINE, rep_id=OTHER_REP, quantity=3),
    a_movement(WINE, account_id=SHOP.id, quantity=5),
    a_contact(SHOP, is_buyer=True),
    a_contact(SHOP, name="Ines"),
    a_contact(BAR, role="owner"),
)
VALUES: dict[type[Record], list[dict[str, Any]]] = {
    SampleMovement: [
        {"kind": "give", "quantity": -7},
        {"kind": "receive", "quantity": 11, "account_id": BAR.id},
        {"account_id": None, "reason": "counted"},
        {"quantity": 0, "moved_at": NOW.replace(year=2027)},
    ],
    Contact: [{"name": "Ines"}, {"is_buyer": True, "role": None}, {"role": "owner", "is_buyer": False}, {}],
}
QUESTIONS: list[tuple[type[Record], dict[str, object]]] = [
    (SampleMovement, {}),
    (SampleMovement, {"kind": "give"}),
    (SampleMovement, {"rep_id": REP, "account_id": None}),
    (SampleMovement, {"rep_id": REP, "kind": "receive", "account_id": BAR.id}),
    (SampleMovement, {"moved_at": NOW}),
    (Contact, {"account_id": SHOP.id}),
    (Contact, {"account_id": SHOP.id, "is_buyer": True}),
    (Contact, {"role": None}),
    (Contact, {"role": "owner", "name": "Ines"}),
]

Step = tuple[str, int, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["put", "put", "remove"]), st.integers(0, len(ROWS) - 1), st.integers(0, 3)),
        st.tuples(st.sampled_from(["keep", "discard", "write"]), st.just(0), st.just(0)),
    ),
    max_size=40,
)


@dataclass
class Pair:
    """The server's records and the dict that does the same."""

    transaction: Transaction
    model: InMemoryRecords = field(default_factory=InMemoryRecords)

    def __post_init__(self) -> None:
        self.begin()
        self.kept = self.model_state()

    def begin(self) -> None:
        self.commit = Commit(self.transaction)
        self.commit.begin()

    def model_state(self) -> tuple[dict[Any, Any], dict[Any, Any]]:
        return dict(self.model.rows), dict(self.model.left)

    def step(self, what: str, which: int, how: int) -> None:
        match what:
            case "put":
                self.put(ROWS[which], VALUES[type(ROWS[which])][how])
            case "remove":
                self.remove(ROWS[which])
            case "discard":
                self.commit.records.discard()
                self.model.rows, self.model.left = map(dict, self.kept)
            case _:
                self.settle(write=what == "write")

    def put(self, row: Record, values: dict[str, Any]) -> None:
        """Add the row, or change it if it is there."""
        for records in (self.model, self.commit.records):
            found = records.get(type(row), row.id)
            if isinstance(found, Record):
                records.change(found, **values)
            else:
                records.add(replace(row, **values))

    def remove(self, row: Record) -> None:
        if self.model.get(type(row), row.id):
            for records in (self.model, self.commit.records):
                records.remove(records.need(type(row), row.id))

    def settle(self, *, write: bool) -> None:
        settle(self.commit)
        self.kept = self.model_state()
        if write:
            self.commit.write()
            assert_sums_fit(self.transaction)
            self.begin()
        else:
            self.commit.begin()

    def assert_same(self) -> None:
        records = self.commit.records
        for row in ROWS:
            assert records.get(type(row), row.id) == self.model.get(type(row), row.id)
        for kind, equal in QUESTIONS:
            assert records.find(kind, **equal) == self.model.find(kind, **equal)
            assert records.count(kind, **equal) == self.model.count(kind, **equal)
            if kind is SampleMovement:
                assert records.total(kind, "quantity", **equal) == self.model.total(kind, "quantity", **equal)


def assert_sums_fit(transaction: Transaction) -> None:
    """Counts and checksums of every scope and of all are those of the rows."""
    sums: dict[str, tuple[int, int]] = {}
    for synced in SYNCED:
        table = quote(transaction.dialect, synced.name)
        for id_, scope, version in transaction.execute(f"SELECT id, row_scope, row_version FROM {table}").fetchall():
            for bin_ in (scope, "*"):
                count, total = sums.get(bin_, (0, 0))
                sums[bin_] = (count + 1, total + digest_sum(synced.name, [id_], [version]))
    stored = transaction.execute("SELECT scope, count, checksum FROM scope_sum").fetchall()
    assert {scope: (count, total) for scope, count, total in stored if count} == {
        scope: (count, to_signed(total)) for scope, (count, total) in sums.items()
    }
    assert all(total == 0 for _, count, total in stored if not count)


@settings(max_examples=120, deadline=None)
@given(STEPS)
def test_the_servers_records_say_what_a_dict_would_say(tenant: Tenant, steps: list[Step]) -> None:
    with undone(tenant) as transaction:
        pair = Pair(transaction)
        for step in steps:
            pair.step(*step)
            pair.assert_same()
        pair.settle(write=True)
        pair.assert_same()
        left = {(table, id_) for table, id_ in transaction.execute("SELECT table_name, id FROM removal").fetchall()}
        assert left.isdisjoint((kind.TABLE, id_) for kind, id_ in pair.model.rows)


def test_a_row_made_by_one_command_and_removed_by_the_next_of_the_same_batch_leaves_no_trace(tenant: Tenant) -> None:
    contact = a_contact(SHOP)
    with undone(tenant) as transaction:
        commit = Commit(transaction)
        commit.begin()
        commit.records.add(contact)
        settle(commit)
        commit.begin()
        commit.records.remove(contact)
        assert commit.records.scopes_in_hand() == {contact.scope}
        settle(commit)
        commit.write()
        assert_sums_fit(transaction)
        assert transaction.execute("SELECT count(*) FROM removal").fetchone()[0] == 0
        assert read_head(transaction).version == commit.version


def test_a_removed_row_comes_back_only_in_its_own_scope(tenant: Tenant) -> None:
    contact = a_contact(SHOP)
    with undone(tenant) as transaction:
        for act in ("add", "remove"):
            commit = Commit(transaction)
            commit.begin()
            getattr(commit.records, act)(contact)
            settle(commit)
            commit.write()
        commit = Commit(transaction)
        commit.begin()
        with pytest.raises(Rejected) as refused:
            commit.records.add(replace(contact, account_id=BAR.id))
        commit.records.discard()
        assert refused.value.code == "id_conflict"
        commit.records.add(contact)
        settle(commit)
        commit.write()
        assert transaction.execute("SELECT count(*) FROM removal").fetchone()[0] == 0
        assert_sums_fit(transaction)


def test_a_bulk_of_rows_is_written_as_it_comes_and_counts_as_one_version(tenant: Tenant) -> None:
    with undone(tenant) as transaction:
        before = read_head(transaction).version
        commit = Commit(transaction)
        commit.begin()
        commit.records.bulk()
        for _ in range(5_001):
            commit.records.add(a_contact(SHOP))
        assert transaction.execute("SELECT count(*) FROM contact").fetchone()[0] == 5_000
        assert commit.records.count(Contact, account_id=SHOP.id) == 5_001
        settle(commit)
        commit.write()
        assert read_head(transaction).version == before + 1
        assert_sums_fit(transaction)


def test_the_log_says_which_scopes_and_tables_changed(tenant: Tenant) -> None:
    contact, other = a_contact(SHOP), a_contact(BAR)
    with undone(tenant) as transaction:
        commit = Commit(transaction)
        start = commit.version
        for row in (contact, other):
            commit.begin()
            commit.records.add(row)
            settle(commit)
        commit.write()
        both = touched_between(transaction, start, start + 2)
        second = touched_between(transaction, start + 1, start + 2)
        assert both is not None
        assert second is not None
        assert both.scopes == {contact.scope, other.scope}
        assert second.scopes == {other.scope}
        assert second.tables == {"contact"}


def test_a_command_that_touches_very_many_scopes_does_not_list_them(tenant: Tenant) -> None:
    with undone(tenant) as transaction:
        commit = Commit(transaction)
        commit.begin()
        for _ in range(201):
            commit.records.add(a_contact(SHOP, account_id=an_id()))
        settle(commit)
        commit.write()
        assert touched_between(transaction, commit.version - 1, commit.version) is None
