"""Chains of migrations: they make what the tables say, and lift a populated database without losing a row."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from leora_core.store.database import Database, open_postgres, open_sqlite
from leora_core.store.upgrade import (
    SHARED,
    Chain,
    UpgradeFailed,
    current,
    differences,
    is_current,
    revise,
    stamp,
    upgrade,
)
from sync.migrations import CHAIN
from sync.schema import fresh_schema
from tests.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        opened = open_sqlite(tmp_path / "some.db")
    else:
        opened = open_postgres(request.getfixturevalue("postgres_url"), "t_some")
        with opened.engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema("t_some"))
    with closing(opened):
        yield opened


def test_the_shared_chain_makes_the_synced_tables(database: Database) -> None:
    assert upgrade(database, SHARED)
    assert differences(database, SHARED) == []
    assert is_current(database, SHARED)
    assert upgrade(database, SHARED) == []


def test_the_servers_chain_makes_the_rest(database: Database) -> None:
    upgrade(database, SHARED)
    assert upgrade(database, CHAIN)
    assert differences(database, CHAIN) == []


def test_a_fresh_schema_needs_no_upgrade(database: Database) -> None:
    fresh_schema(database)
    assert differences(database, CHAIN) == []
    assert upgrade(database, SHARED) == []
    assert upgrade(database, CHAIN) == []


# -- a chain of two revisions over parents and children ---------------------------------------------

_FIRST = '''
"""Parents and children."""
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    op.create_table("parent", sa.Column("id", sa.Text(), primary_key=True))
    op.create_table(
        "child",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("parent_id", sa.Text(), sa.ForeignKey("parent.id", ondelete="CASCADE"), nullable=False),
    )
'''
_SECOND = '''
"""Parents get a name that must be there, for which SQLite makes the table anew."""
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("parent", recreate=recreate) as batch:
        batch.add_column(sa.Column("name", sa.Text(), nullable=False, server_default="?"))
'''
_BREAKING = _SECOND + '    op.execute("DELETE FROM parent")\n'
_FAILING = _SECOND + '    op.execute("SELECT * FROM nowhere")\n'


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "versions" / "0001_first.py").write_text(_FIRST)
    return Chain("family", folder, sa.MetaData)


@pytest.fixture
def family(database: Database, chain: Chain) -> Database:
    """The first revision, with a parent and two children."""
    assert upgrade(database, chain) == ["0001"]
    with database.writing() as transaction:
        transaction.execute("INSERT INTO parent VALUES ('p')")
        transaction.execute("INSERT INTO child VALUES ('c1', 'p'), ('c2', 'p')")
    return database


def _add(chain: Chain, revision: str) -> None:
    (chain.folder / "versions" / "0002_second.py").write_text(revision)


def _children(database: Database) -> int:
    with database.reading() as transaction:
        return int(transaction.execute("SELECT count(*) FROM child").fetchone()[0])


def test_children_survive_when_their_parents_table_is_made_anew(family: Database, chain: Chain) -> None:
    _add(chain, _SECOND)
    assert upgrade(family, chain) == ["0002"]
    assert current(family, chain) == "0002"
    assert _children(family) == 2
    with family.writing() as transaction:  # foreign keys are on again: the cascade works
        transaction.execute("DELETE FROM parent")
    assert _children(family) == 0


def test_a_revision_that_fails_leaves_everything_as_it_was(family: Database, chain: Chain) -> None:
    _add(chain, _FAILING)
    with pytest.raises(UpgradeFailed):
        upgrade(family, chain)
    _is_untouched(family, chain)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_revision_that_breaks_a_reference_is_taken_back(family: Database, chain: Chain) -> None:
    _add(chain, _BREAKING)  # PostgreSQL would cascade, and nothing would be broken
    with pytest.raises(UpgradeFailed, match="2 broken references"):
        upgrade(family, chain)
    _is_untouched(family, chain)


def _is_untouched(family: Database, chain: Chain) -> None:
    assert current(family, chain) == "0001"
    assert _children(family) == 2
    with family.reading() as transaction:
        assert [*transaction.execute("SELECT * FROM parent").fetchone()] == ["p"]


def test_a_copy_of_the_file_is_laid_beside_it_first(tmp_path: Path, chain: Chain) -> None:
    with closing(open_sqlite(tmp_path / "family.db")) as database:
        upgrade(database, chain)
        with database.writing() as transaction:
            transaction.execute("INSERT INTO parent VALUES ('p')")
        _add(chain, _SECOND)
        upgrade(database, chain)
    with closing(open_sqlite(tmp_path / "family.db.before-family-0002")) as copy:
        assert current(copy, chain) == "0001"
        with copy.reading() as transaction:
            assert transaction.execute("SELECT count(*) FROM parent").fetchone()[0] == 1


def test_a_database_of_a_newer_program_is_refused(family: Database, chain: Chain) -> None:
    _add(chain, _SECOND)
    upgrade(family, chain)
    (chain.folder / "versions" / "0002_second.py").unlink()
    with pytest.raises(UpgradeFailed):
        upgrade(family, chain)


def test_a_stamp_says_that_the_tables_are_there(database: Database, chain: Chain) -> None:
    stamp(database, chain)
    assert current(database, chain) == "0001"


def test_a_revision_is_written_from_the_difference(tmp_path: Path) -> None:
    metadata = sa.MetaData()
    sa.Table("thing", metadata, sa.Column("id", sa.Text(), primary_key=True), sqlite_with_rowid=False)
    folder = tmp_path / "things"
    (folder / "versions").mkdir(parents=True)
    (folder / "script.py.mako").write_text((SHARED.folder / "script.py.mako").read_text())
    chain = Chain("things", folder, lambda: metadata)
    assert revise(chain, "Things").name == "0001_things.py"
    sa.Table("other", metadata, sa.Column("id", sa.Text(), primary_key=True))
    assert revise(chain, "Others").name == "0002_others.py"
    with closing(open_sqlite(tmp_path / "things.db")) as database:
        assert upgrade(database, chain) == ["0001", "0002"]
        assert differences(database, chain) == []
