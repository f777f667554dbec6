"""The encrypted files of a laptop: how they are opened, tried and destroyed."""

import re
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2 as sqlcipher

from leora_core.domain.failures import Unavailable
from leora_core.store.database import Database, sqlite_engine

BUSY_SECONDS = 30.0
_KEY = re.compile(r"[0-9a-f]{64}")
_CORRUPT = 11
_NOT_A_DATABASE = 26


class ReplicaDamaged(Exception):  # noqa: N818 - it says what is so
    """The file at `path` is broken or locked with another key. The server's rows can be fetched anew."""

    def __init__(self, path: Path, sentence: str) -> None:
        self.path = path
        self.sentence = sentence
        super().__init__(sentence)


def open_encrypted(
    path: Path,
    key_hex: str,
    *,
    synchronous: str = "NORMAL",
    pool_size: int = 8,
    cache_mb: int = 64,
    journal: str = "WAL",
    temp_store: str = "MEMORY",
) -> Database:
    """The SQLCipher file at `path`, made if missing; `key_hex` is 32 bytes as 64 hexadecimal digits.

    Raises ReplicaDamaged when the key is wrong or the file broken, Unavailable `disk` when it cannot be opened.
    """
    if not _KEY.fullmatch(key_hex):
        raise ValueError("a database key is 64 lower-case hexadecimal digits")

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
        try:
            # Its log would go to standard error, a line for every page it cannot read.
            connection.execute("PRAGMA cipher_log_level=NONE")
            connection.execute(f"PRAGMA key=\"x'{key_hex}'\"")
            connection.execute(f"PRAGMA journal_mode={journal}")
            connection.execute(f"PRAGMA synchronous={synchronous}")
            # A laptop holds parts of the whole: a row may name one that lives in a scope not held.
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute(f"PRAGMA temp_store={temp_store}")
            connection.execute(f"PRAGMA cache_size=-{cache_mb * 1024}")
        except BaseException:
            connection.close()
            raise
        return connection

    _try(path, connect)
    return Database(sqlite_engine(connect, module=sqlcipher, pool_size=pool_size))


def _try(path: Path, connect: Any) -> None:
    """Open once, so that a wrong key shows here and not in the first query."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made here, so that it is its owner's alone; the journals beside it take after it.
        path.touch(mode=0o600)
        connection = connect()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.close()
    except (OSError, sqlcipher.Error) as error:
        if is_damage(error):
            raise ReplicaDamaged(path, f"{path.name} is damaged or its key is gone. It can be rebuilt from the server.")
        raise Unavailable("disk", f"{path} cannot be opened ({error}). Check the disk's space and the folder's rights.")


def is_damage(error: BaseException) -> bool:
    """Whether a database error, or what SQLAlchemy wrapped around it, tells of a broken file or a wrong key."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in (_CORRUPT, _NOT_A_DATABASE)


def is_intact(database: Database) -> bool:
    """Whether every page is authentic and every tree in order. Reads the whole file: seconds for a large one."""
    try:
        with database.reading() as transaction:
            forged = transaction.execute("PRAGMA cipher_integrity_check").fetchall()
            found = transaction.execute("PRAGMA quick_check(1)").fetchall()
    except Exception as error:
        if is_damage(error) or isinstance(error, MemoryError):
            return False
        raise
    return not forged and [row[0] for row in found] == ["ok"]


def destroy(path: Path) -> None:
    """Remove the file and its journals. Without its key what the disk may still hold of it is noise."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
