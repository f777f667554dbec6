import sqlite3
from pathlib import Path

import pytest

from leora_core.domain.failures import Unavailable
from leora_desktop.replica.database import ReplicaDamaged, destroy, is_damage, is_intact, open_encrypted

KEY = "a1" * 32


def fill(path: Path, rows: int = 2_000) -> None:
    database = open_encrypted(path, KEY)
    with database.writing() as transaction:
        transaction.execute("CREATE TABLE wine (id INTEGER PRIMARY KEY, name TEXT)")
        transaction.executemany("INSERT INTO wine (name) VALUES (?)", [(f"Barolo {n}",) for n in range(rows)])
    database.close()


def break_page(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096 + 100)
        file.write(b"\xff" * 50)


def test_what_is_written_is_read_with_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "replica.db"
    fill(path)
    database = open_encrypted(path, KEY)
    with database.reading() as transaction:
        assert transaction.execute("SELECT count(*) FROM wine").fetchone() == (2_000,)
    assert is_intact(database)
    database.close()


def test_nothing_can_be_read_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path)
    assert b"Barolo" not in path.read_bytes()
    plain = sqlite3.connect(path)
    with pytest.raises(sqlite3.DatabaseError):
        plain.execute("SELECT * FROM wine")
    plain.close()


def test_a_wrong_key_says_the_replica_must_be_rebuilt(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "replica.db"
    fill(path)
    with pytest.raises(ReplicaDamaged, match="rebuilt from the server") as told:
        open_encrypted(path, "b2" * 32)
    assert told.value.path == path
    assert capfd.readouterr().err == ""


def test_a_broken_first_page_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path)
    break_page(path, 1)
    with pytest.raises(ReplicaDamaged):
        open_encrypted(path, KEY)


def test_a_broken_page_further_on_is_found(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    fill(path)
    break_page(path, 5)
    database = open_encrypted(path, KEY)
    assert not is_intact(database)
    with pytest.raises(Exception) as told, database.reading() as transaction:
        transaction.execute("SELECT sum(length(name)) FROM wine").fetchall()
    assert is_damage(told.value)
    database.close()


def test_a_folder_in_the_way_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "replica.db").mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"):
        open_encrypted(tmp_path / "replica.db", KEY)


@pytest.mark.parametrize("key", ["", "x", KEY.upper(), KEY + "'", "zz" * 32])
def test_a_key_is_64_digits(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="64"):
        open_encrypted(tmp_path / "replica.db", key)


def test_a_commit_is_flushed_where_asked(tmp_path: Path) -> None:
    database = open_encrypted(tmp_path / "outbox.db", KEY, synchronous="FULL", pool_size=1, cache_mb=2)
    with database.reading() as transaction:
        assert transaction.execute("PRAGMA synchronous").fetchone() == (2,)
        assert transaction.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert transaction.execute("PRAGMA temp_store").fetchone() == (2,)
        assert transaction.execute("PRAGMA cache_size").fetchone() == (-2048,)
    database.close()


def test_destroying_takes_the_journals_too(tmp_path: Path) -> None:
    path = tmp_path / "replica.db"
    database = open_encrypted(path, KEY)
    with database.writing() as transaction:
        transaction.execute("CREATE TABLE wine (id INTEGER PRIMARY KEY)")
    assert (tmp_path / "replica.db-wal").exists()
    database.close()
    (tmp_path / "replica.db-wal").touch()
    destroy(path)
    destroy(path)
    assert list(tmp_path.iterdir()) == []
