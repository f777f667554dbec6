"""A replica filled from nothing: in a file beside the present one, which stays in use until it is whole.

The first sync, a rebuild after damage, a server with another history and a cursor too old to go on
from are all the same thing. Rows arrive in key order into tables without indexes; what has come is
kept from page to page, so a cut connection or a killed process goes on where it stopped.
"""

from pathlib import Path
from typing import Any

import msgspec

from leora_core.protocol.messages import FillPlace, Gone, Hello, Page, Rows, ScopeLine, Verdict
from leora_core.store.database import Database
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements
from leora_core.store.tables import BY_NAME, SYNCED
from leora_desktop.paths import Profile
from leora_desktop.replica import layout, staging
from leora_desktop.replica.database import ReplicaDamaged, destroy, is_damage, open_encrypted
from leora_desktop.replica.state import REPLICA_STATE

_AT_A_TIME = 8_192
_CACHE_MB = 16
_SORTING_MB = 8
"""Cache while indexes are made; sorting takes as much again."""


class Filling:
    """The file being filled."""

    def __init__(self, profile: Profile, key_hex: str) -> None:
        self.path = profile.next_replica
        self._key = key_hex
        self.database = self._opened(key_hex)
        self.received = 0
        self._table = ""
        self._rows: list[list[Any]] = []

    def _opened(self, key_hex: str) -> Database:
        """The file as an earlier attempt left it, if it is sound; else an empty one."""
        try:
            database = _open(self.path, key_hex)
            with database.writing() as transaction:
                if layout.is_current(transaction):
                    return database
        except ReplicaDamaged:
            pass
        else:
            database.close()
        destroy(self.path)
        database = _open(self.path, key_hex)
        with database.writing() as transaction:
            layout.make_bare(transaction)
        return database

    def places(self) -> list[FillPlace]:
        """How far it has come, as the server said."""
        with self.database.reading() as transaction:
            text = REPLICA_STATE.get(transaction, "fill")
        return msgspec.json.decode(text, type=list[FillPlace]) if text else []

    def begun_at(self) -> tuple[int, str | None]:
        """The version and chain its first rows were read at; 0 while it has none."""
        with self.database.reading() as transaction:
            return REPLICA_STATE.number(transaction, "begun"), REPLICA_STATE.get(transaction, "begun_chain")

    def begin(self, transaction: Transaction, hello: Hello) -> None:
        """The first answer begins: what an attempt that came to nothing left behind may be no longer so.

        Remembers which history the file is filled from.
        """
        for synced in SYNCED:
            transaction.execute(f"DELETE FROM {quote('sqlite', synced.name)}")  # noqa: S608 - our own names
        staging.clear(transaction)
        transaction.execute("DELETE FROM staged_verdict")
        REPLICA_STATE.set(transaction, fill=None, begun=hello.version, begun_chain=hello.chain)

    # -- one answer ------------------------------------------------------------------------------

    def take(self, transaction: Transaction, line: Rows | Gone | ScopeLine) -> None:
        """Keep a line of the answer; `transaction` is one of this file's."""
        match line:
            case Rows():
                self._take_rows(transaction, line)
            case Gone():
                self.flush(transaction)
                _remove(transaction, line)
            case ScopeLine(op="drop"):
                self.flush(transaction)
                for synced in SYNCED:
                    table = quote("sqlite", synced.name)
                    transaction.execute(f"DELETE FROM {table} WHERE row_scope = ?", (line.scope,))  # noqa: S608

    def _take_rows(self, transaction: Transaction, line: Rows) -> None:
        synced = BY_NAME.get(line.table)
        if synced is None:
            return
        if line.table != self._table or len(self._rows) >= _AT_A_TIME:
            self.flush(transaction)
            self._table = line.table
        rows = staging.stored_rows(synced, line)
        self._rows += rows
        self.received += len(rows)

    def flush(self, transaction: Transaction) -> None:
        """Write the rows in hand, in key order."""
        if self._rows:
            self._rows.sort(key=_by_id)
            transaction.executemany(_guarded_upsert(self._table), self._rows)
            self._rows = []

    def page(self, transaction: Transaction, page: Page) -> None:
        """The answer ended in a page: remember where to go on."""
        self.flush(transaction)
        REPLICA_STATE.set(transaction, fill=msgspec.json.encode(page.fill).decode())

    def keep_verdicts(self, transaction: Transaction, verdicts: list[Verdict]) -> None:
        """Verdicts that came with the rows; they count when the file is put in place."""
        staging.stage_verdicts(transaction, verdicts)

    def forget_unwritten(self) -> None:
        """The answer was cut: what was not yet written is asked for again."""
        self._rows = []
        self._table = ""

    def index(self) -> None:
        """Make the large indexes, in memory that does not grow with the rows."""
        self.database.close()  # its cache; a next use opens it again
        sorting = _open(self.path, self._key, temp_store="FILE", cache_mb=_SORTING_MB)
        try:
            with sorting.writing() as transaction:
                layout.add_silent_indexes(transaction)
        finally:
            sorting.close()

    def close(self) -> None:
        """Close the file."""
        self.database.close()


def _open(path: Path, key_hex: str, *, temp_store: str = "MEMORY", cache_mb: int = _CACHE_MB) -> Database:
    """Without a write-ahead log, for nobody reads meanwhile: new pages are then written once instead of twice.

    Rows come in key order, so few pages are needed again and a small cache does.
    """
    return open_encrypted(
        path,
        key_hex,
        synchronous="NORMAL",
        pool_size=2,
        cache_mb=cache_mb,
        journal="TRUNCATE",
        temp_store=temp_store,
    )


def is_whole(path: Path, key_hex: str) -> bool:
    """Whether the file at `path` was filled to its checkpoint and only waits to be put in place."""
    try:
        database = open_encrypted(path, key_hex, pool_size=1)
        try:
            with database.reading() as transaction:
                return layout.is_current(transaction) and REPLICA_STATE.get(transaction, "filled") is not None
        finally:
            database.close()
    except Exception as error:
        if isinstance(error, ReplicaDamaged) or is_damage(error):
            return False
        raise


def _by_id(row: list[Any]) -> str:
    return str(row[0])


def _guarded_upsert(table: str) -> str:
    """An insert that replaces an older row of the same id and leaves a newer one alone."""
    upsert = statements(BY_NAME[table], "sqlite").upsert
    return f"{upsert} WHERE excluded.row_version >= {quote('sqlite', table)}.row_version"


def _remove(transaction: Transaction, line: Gone) -> None:
    if line.table not in BY_NAME:
        return
    sql = f"DELETE FROM {quote('sqlite', line.table)} WHERE id = ? AND row_version <= ?"  # noqa: S608 - our own names
    transaction.executemany(sql, list(zip(line.ids, line.versions, strict=True)))
