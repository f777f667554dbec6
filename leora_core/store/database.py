"""A database the records live in: one SQLite file, or one schema of a PostgreSQL server."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from leora_core.store.prepared import Transaction

_TURN_SECONDS = 60.0
_INSIDE = "leora_inside"
"""Marks a SQLAlchemy connection that joins a transaction already begun on the driver."""


class Database:
    """Opens transactions. `schema` is a PostgreSQL schema, set as the search path of each of them."""

    def __init__(self, engine: sa.Engine, *, schema: str | None = None) -> None:
        self.engine = engine
        self.schema = schema
        self._joining = engine.execution_options(**{_INSIDE: True})
        self._turn = threading.Lock()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    def writing(self) -> AbstractContextManager[Transaction]:
        """A transaction that may write: committed at the end, rolled back on an exception."""
        return self._writing_in_turn() if self.dialect == "sqlite" else self._transaction("", "")

    def reading(self) -> AbstractContextManager[Transaction]:
        """A read-only transaction that sees one snapshot throughout."""
        return self._transaction("BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def _writing_in_turn(self) -> Iterator[Transaction]:
        """Threads of one process wait for a lock of ours: SQLite's own waiting sleeps longer than it must."""
        mine = self._turn.acquire(timeout=_TURN_SECONDS)
        try:
            with self._transaction("BEGIN IMMEDIATE", "") as transaction:
                yield transaction
        finally:
            if mine:
                self._turn.release()

    @contextmanager
    def _transaction(self, on_sqlite: str, on_postgres: str) -> Iterator[Transaction]:
        # Straight on the driver: SQLAlchemy's own begin and commit cost more than a poll's whole work.
        pooled = self.engine.raw_connection()
        raw: Any = pooled.driver_connection
        try:
            if self.dialect == "sqlite":
                raw.execute(on_sqlite)
            elif on_postgres:
                raw.execute(on_postgres)
            if self.schema is not None:
                raw.execute(f'SET LOCAL search_path TO "{self.schema}"')
            yield Transaction(self._joining, pooled)
            raw.commit()
        except BaseException:
            raw.rollback()
            raise
        finally:
            pooled.close()

    def close(self) -> None:
        """Close every connection of the pool."""
        self.engine.dispose()


def sqlite_engine(connect: Callable[[], Any], *, module: Any = sqlite3, pool_size: int = 8) -> sa.Engine:
    """An engine over `connect`, which must return a connection in autocommit (isolation_level None).

    Writers begin IMMEDIATE, so that none fails later for want of the lock; readers begin at once too.
    """
    engine = sa.create_engine(
        "sqlite://", module=module, creator=connect, poolclass=QueuePool, pool_size=pool_size, max_overflow=32
    )

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(_INSIDE):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def open_sqlite(path: Path, *, synchronous: str = "FULL", foreign_keys: bool = True, pool_size: int = 8) -> Database:
    """The plain SQLite file at `path`, made if missing. Raises sqlite3.DatabaseError when it is not one."""

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA cache_size=-16384")
        return connection

    return Database(sqlite_engine(connect, pool_size=pool_size))


def open_postgres(url: str, schema: str, *, pool_size: int = 8) -> Database:
    """One schema of the PostgreSQL server at `url`; readers see one REPEATABLE READ snapshot."""
    return Database(postgres_engine(url, pool_size=pool_size), schema=schema)


def postgres_engine(url: str, *, pool_size: int = 8) -> sa.Engine:
    """An engine for the server at `url`, to be shared by every schema on it."""
    return sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"), pool_size=pool_size, max_overflow=32, pool_pre_ping=True
    )
