"""Chains of migrations: each part of a database is lifted to today's tables, safely or not at all.

A chain is a folder of revisions and a version table of its own. Downgrades do not exist: before a
SQLite file is changed a copy is laid beside it. A new revision is written by
`python -m leora_core.store.upgrade "what changes"`, for the server's tables by
`python -m sync.migrations "what changes"`; both compare the tables with what the chain makes.
"""

import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import autogenerate
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util import CommandError

from leora_core.store.database import Database, open_sqlite
from leora_core.store.tables import METADATA

Copy = Callable[[Any, Path], None]


class UpgradeFailed(Exception):  # noqa: N818 - told to whoever keeps the database
    """The database could not be lifted and is as it was; the text says why."""


@dataclass(frozen=True)
class Chain:
    """A folder of revisions. `metadata` gives the tables its head makes, those of the chains `below` included."""

    name: str
    folder: Path
    metadata: Callable[[], sa.MetaData]
    below: tuple["Chain", ...] = ()

    @property
    def version_table(self) -> str:
        """Where a database keeps how far it is along this chain."""
        return f"alembic_version_{self.name}"

    @property
    def script(self) -> ScriptDirectory:
        """The revisions as Alembic knows them."""
        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.set_main_option("path_separator", "os")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        return ScriptDirectory.from_config(config)

    @property
    def head(self) -> str | None:
        """The newest revision, None for an empty chain."""
        return self.script.get_current_head()


SHARED = Chain("shared", Path(__file__).parent / "migrations", lambda: METADATA)
"""The synced tables, on laptop and server."""


def current(database: Database, chain: Chain) -> str | None:
    """The revision `database` is at, None before the first."""
    with database.reading() as transaction:
        return _context(transaction.connection, chain).get_current_revision()


def is_current(database: Database, chain: Chain) -> bool:
    """Whether `database` is at the head of `chain`."""
    return current(database, chain) == chain.head


def stamp(database: Database, chain: Chain) -> None:
    """Say that `database` is at the head of `chain`, as one whose tables were just made is."""
    with database.writing() as transaction:
        _context(transaction.connection, chain).stamp(chain.script, "head")


def copy_sqlite(raw: Any, path: Path) -> None:
    """Lay a consistent copy of an open plain SQLite database at `path`."""
    with closing(sqlite3.connect(path)) as target:
        raw.backup(target)


def upgrade(database: Database, chain: Chain, *, copy: Copy = copy_sqlite) -> list[str]:
    """Lift `database` to the head of `chain`; returns the revisions that were run.

    One transaction, so a failure leaves everything as it was. A SQLite file is copied by `copy` first.
    Raises UpgradeFailed when a revision fails, leaves a broken reference, or is from a newer program.
    """
    try:
        with database.engine.connect() as connection, _without_foreign_keys(connection), connection.begin():
            if database.schema is not None:
                connection.exec_driver_sql(f'SET LOCAL search_path TO "{database.schema}"')
            return _lift(database, connection, chain, copy)
    except (CommandError, RevisionError, sa.exc.SQLAlchemyError) as error:
        raise UpgradeFailed(f"The database could not be lifted to revision {chain.head}: {error}") from error


def _lift(database: Database, connection: sa.Connection, chain: Chain, copy: Copy) -> list[str]:
    script = chain.script
    context = _context(connection, chain)
    before = context.get_current_revision()
    pending = list(reversed(list(script.iterate_revisions("heads", before or "base"))))
    if pending and before is not None:
        _copy_file(database, f"before-{chain.name}-{pending[0].revision}", copy)
    for revision in pending:
        with Operations.context(context):
            revision.module.upgrade()
        context.stamp(script, revision.revision)
    if pending:
        _check_references(connection)
    return [revision.revision for revision in pending]


@contextmanager
def _without_foreign_keys(connection: sa.Connection) -> Any:
    """SQLite alters a table by making it anew; with foreign keys on, dropping the old one would cascade."""
    raw = _driver(connection)
    enforced = connection.dialect.name == "sqlite" and raw.execute("PRAGMA foreign_keys").fetchone()[0]
    if enforced:
        raw.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        if enforced:
            raw.execute("PRAGMA foreign_keys=ON")


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection


def _copy_file(database: Database, suffix: str, copy: Copy) -> None:
    """Copy through a second connection: the first holds the write lock, so nothing changes meanwhile."""
    if database.dialect != "sqlite":
        return
    with closing(database.engine.raw_connection()) as second:
        raw: Any = second.driver_connection
        path = Path(f"{raw.execute('PRAGMA database_list').fetchone()[2]}.{suffix}")
        path.unlink(missing_ok=True)
        copy(raw, path)


def _check_references(connection: sa.Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = _driver(connection).execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise UpgradeFailed(f"The upgrade would leave {len(broken)} broken references, the first in {broken[0][0]}.")


def differences(database: Database, chain: Chain) -> list[Any]:
    """How the tables of `database` differ from those the head of `chain` and the chains below should make."""
    with database.reading() as transaction:
        return list(autogenerate.compare_metadata(_context(transaction.connection, chain), chain.metadata()))


def revise(chain: Chain, message: str) -> Path:
    """Write the next revision of `chain` from the difference between its head and the tables. Returns its file."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_sqlite(Path(folder) / "revise.db")
        for part in (*chain.below, chain):
            upgrade(database, part)
        with database.reading() as transaction:
            context = _context(transaction.connection, chain)
            migration = autogenerate.produce_migrations(context, chain.metadata())
            assert migration.upgrade_ops is not None  # noqa: S101 - only an empty script has none
            body = autogenerate.render_python_code(
                migration.upgrade_ops, render_as_batch=True, migration_context=context
            )
        database.close()
    number = f"{int(chain.head or 0) + 1:04}"
    body = "\n".join(line for line in body.splitlines() if not line.lstrip().startswith("# ###")).strip()
    written = chain.script.generate_revision(number, message, upgrades=body)
    assert written is not None  # noqa: S101 - generate_revision was given all it needs
    return Path(written.path)


def _context(connection: sa.Connection, chain: Chain) -> MigrationContext:
    options = {
        "version_table": chain.version_table,
        "render_as_batch": connection.dialect.name == "sqlite",
        "include_name": lambda name, kind, _: kind != "table" or not str(name).startswith("alembic_version"),
        "target_metadata": chain.metadata(),
    }
    return MigrationContext.configure(connection, opts=options)


if __name__ == "__main__":
    sys.stdout.write(f"{revise(SHARED, ' '.join(sys.argv[1:]))}\n")
