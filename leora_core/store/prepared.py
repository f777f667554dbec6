"""Statements compiled once and run on the driver.

SQLAlchemy writes the SQL for each dialect; the driver runs it. Skipping the machinery between them
is what lets a laptop replay hundreds of pending commands in the blink of an eye.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.sql.elements import ClauseElement

_DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": postgresql.psycopg.dialect(),
}


def compile_for(statement: ClauseElement, dialect: str) -> str:
    """The statement's SQL with named parameters of the dialect's driver."""
    return str(statement.compile(dialect=_DIALECTS[dialect]))


class Prepared:
    """A statement whose parameters are `bindparam`s. Compiled on first use for each dialect."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._sql: dict[str, str] = {}
        self._constants: dict[str, dict[str, Any]] = {}

    def run(self, transaction: "Transaction", **parameters: Any) -> Any:
        """Run it and return the driver's cursor."""
        sql = self.sql(transaction.dialect)
        return transaction.execute(sql, {**self._constants[transaction.dialect], **parameters})

    def sql(self, dialect: str) -> str:
        """The SQL for `dialect`."""
        if dialect not in self._sql:
            compiled = self._statement.compile(dialect=_DIALECTS[dialect])
            self._constants[dialect] = {name: value for name, value in compiled.params.items() if value is not None}
            self._sql[dialect] = str(compiled)
        return self._sql[dialect]


class Transaction:
    """An open transaction on one driver connection (sqlite3, sqlcipher3 or psycopg)."""

    def __init__(self, engine: sa.Engine, pooled: PoolProxiedConnection) -> None:
        self._engine = engine
        self._pooled = pooled
        self.dialect = engine.dialect.name
        self.raw: Any = pooled.driver_connection
        self.placeholder = "?" if self.dialect == "sqlite" else "%s"

    @cached_property
    def connection(self) -> sa.Connection:
        """The same transaction for SQLAlchemy's statements."""
        return sa.Connection(self._engine, connection=self._pooled)

    def execute(self, sql: str, parameters: Mapping[str, Any] | tuple[Any, ...] | list[Any] = ()) -> Any:
        """Run SQL written for this driver and return its cursor."""
        return self.raw.execute(sql, parameters)

    def executemany(self, sql: str, rows: list[Any]) -> None:
        """Run SQL once for each of `rows`."""
        cursor = self.raw.cursor()
        cursor.executemany(sql, rows)
        cursor.close()
