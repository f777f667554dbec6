"""A backup is one file: consistent copies of every database and all blobs, as .tar.zst.

SQLite files are copied online, blobs after them, so that no copied row names a blob the backup lacks.
PostgreSQL is dumped by its own pg_dump, in one snapshot.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import zstandard

from leora_core.domain.values import format_instant
from sync import authority, moment
from sync.blobs import blob_files
from sync.change_log import read_head
from sync.ids import new_id
from sync.settings import CONTROL_FILE, SETTINGS_FILE
from sync.tenants import Tenants

_MANIFEST = "manifest.json"
_DUMP = "postgresql.dump"
_FORMAT = 1
_RESTORED = "RestoreBackup"
"""What a restore is called in the history."""


class BackupRefused(Exception):  # noqa: N818 - told to the administrator
    """The backup cannot be made or restored; the text says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself. `tenants` maps each to the version it stood at."""

    format: int
    made_at: str
    program: str
    database: str
    tenants: dict[str, int]


def back_up(tenants: Tenants, target: Path) -> Manifest:
    """Write everything to `target`, which appears only when it is whole. Raises BackupRefused."""
    target = target.absolute()
    if not target.parent.is_dir():
        raise BackupRefused(f"There is no folder {target.parent}. Make it first.")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
        copies = Path(folder)
        files = _copy_sqlite(tenants, copies) if tenants.on_sqlite else _dump(tenants, copies)
        manifest = _manifest(tenants, copies)
        packed = copies / "packed"
        with _packing(packed) as archive:
            archive.add(_written(copies / _MANIFEST, asdict(manifest)), _MANIFEST)
            for name, path in files:
                archive.add(path, name)
            for name, path in _blobs(tenants):
                archive.add(path, name)
        packed.replace(target)
    return manifest


def restore(source: Path, data: Path, database_url: str | None) -> Manifest:
    """Fill the data directory (and an empty database) from a backup. Raises BackupRefused.

    What was in the directory is moved aside whole, to `DIR.before-…` beside it: nothing is overwritten.
    """
    if not source.is_file():
        raise BackupRefused(f"There is no file {source}. Name the backup to restore.")
    if data.exists() and any(data.iterdir()):
        _require_ours_and_idle(data)
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=data.parent, prefix=".restore-") as folder:
        unpacked = Path(folder)
        _unpack(source, unpacked)
        manifest = _read_manifest(unpacked / _MANIFEST)
        if manifest.database == "postgresql":
            if database_url is None:
                raise BackupRefused("This backup is of a PostgreSQL server. Name an empty database with --database.")
            _load_dump(unpacked / _DUMP, database_url)
            (unpacked / _DUMP).unlink()
        elif database_url is not None:
            raise BackupRefused("This backup is of SQLite files. Restore it without --database.")
        else:
            _check_files(unpacked)
        (unpacked / _MANIFEST).unlink()
        if data.exists() and any(data.iterdir()):
            data.rename(data.with_name(f"{data.name}.before-{moment.now():%Y%m%dT%H%M%S%f}"))
        data.mkdir(mode=0o700, exist_ok=True)
        for part in unpacked.iterdir():
            shutil.move(part, data / part.name)
    with closing(Tenants(data, database_url)) as tenants:
        mark_restored(tenants)
    return manifest


def mark_restored(tenants: Tenants) -> None:
    """Begin a new history in every tenant.

    Laptops offer again what was lost: the same commands in the same order would give the same chain,
    and a replica of the lost history would be taken for one of this.
    """
    behind = {one.slug for one in tenants.behind()}
    for one in tenants.all():
        if one.slug not in behind:
            authority.commit_work(
                one, name=_RESTORED, actor=authority.SYSTEM, command_id=new_id(), payload={}, work=lambda *_: {}
            )


def _require_ours_and_idle(data: Path) -> None:
    """Raises BackupRefused for a directory of something else, and while a server is at work in it."""
    control = data / CONTROL_FILE
    if not control.exists():
        raise BackupRefused(f"{data} is not empty and not a server's data. Restore into another directory.")
    for file in (control, *(data / "tenants").glob("*.db")):
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            try:
                # Leaving the WAL takes the file for oneself: it fails while anybody has it open.
                connection.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError:
                raise BackupRefused(f"A server is at work in {data}. Stop it, then restore.")
            except sqlite3.DatabaseError:
                continue  # damaged: all the more reason to restore


# -- SQLite ----------------------------------------------------------------------------------------


def _copy_sqlite(tenants: Tenants, copies: Path) -> list[tuple[str, Path]]:
    names = [CONTROL_FILE, *(f"tenants/{one.slug}{kind}" for one in tenants.all() for kind in (".db", ".leases.db"))]
    (copies / "tenants").mkdir()
    for name in names:
        with closing(sqlite3.connect(tenants.data / name)) as source, closing(sqlite3.connect(copies / name)) as copy:
            source.backup(copy)
    kept = [(name, copies / name) for name in names]
    settings = tenants.data / SETTINGS_FILE
    return [*kept, (SETTINGS_FILE, settings)] if settings.exists() else kept


def _check_files(folder: Path) -> None:
    for file in (folder / CONTROL_FILE, *(folder / "tenants").glob("*.db")):
        try:
            with closing(sqlite3.connect(file)) as connection:
                sound = connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            sound = False
        if not sound:
            raise BackupRefused(f"{file.name} in the backup is damaged. Use another backup.")


def _blobs(tenants: Tenants) -> Iterator[tuple[str, Path]]:
    for one in tenants.all():
        for path in blob_files(one.blobs):
            yield f"blobs/{one.slug}/{path.parent.name}/{path.name}", path


def _manifest(tenants: Tenants, copies: Path) -> Manifest:
    """Versions are those of the copies where there are any: the originals may have moved on."""
    versions = {}
    for one in tenants.all():
        copy = copies / "tenants" / f"{one.slug}.db"
        if copy.exists():
            with closing(sqlite3.connect(copy)) as connection:
                versions[one.slug] = int(connection.execute("SELECT version FROM clock").fetchone()[0])
        else:
            with one.database.reading() as transaction:
                versions[one.slug] = read_head(transaction).version
    kind = "sqlite" if tenants.on_sqlite else "postgresql"
    return Manifest(_FORMAT, format_instant(moment.now()), version("leora-desktop"), kind, versions)


# -- PostgreSQL ------------------------------------------------------------------------------------


def _dump(tenants: Tenants, copies: Path) -> list[tuple[str, Path]]:
    assert tenants.database_url is not None  # noqa: S101 - the caller asked
    places = [one.database.schema for one in tenants.all()]
    schemas = [f"--schema={name}" for name in ("leora_control", *places)]
    _run(
        "pg_dump",
        tenants.database_url,
        "--format=custom",
        "--no-owner",
        "--no-acl",
        *schemas,
        "-f",
        str(copies / _DUMP),
    )
    return [(_DUMP, copies / _DUMP)]


def _load_dump(dump: Path, database_url: str) -> None:
    engine = sa.create_engine(sa.make_url(database_url).set(drivername="postgresql+psycopg"))
    used = sa.inspect(engine).has_schema("leora_control")
    engine.dispose()
    if used:
        raise BackupRefused("This database has tenants already. Restore into an empty one.")
    _run("pg_restore", database_url, "--no-owner", "--no-acl", "--single-transaction", "--exit-on-error", str(dump))


def _run(program: str, database_url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where `ps` does not show it."""
    path = shutil.which(program)
    if path is None:
        raise BackupRefused(f"{program} is not installed. Install PostgreSQL's client programs and try again.")
    url = sa.make_url(database_url).set(drivername="postgresql")
    environment = {**os.environ, "PGPASSWORD": str(url.password)} if url.password else dict(os.environ)
    place = url.set(password=None).render_as_string()
    command = [path, f"--dbname={place}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
    if done.returncode != 0:
        raise BackupRefused(f"{program} failed: {done.stderr.strip()[:500]}")


# -- the archive -----------------------------------------------------------------------------------


@contextmanager
def _packing(path: Path) -> Iterator[tarfile.TarFile]:
    compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
    with path.open("wb") as file:
        with (
            compressor.stream_writer(file, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|") as archive,
        ):
            yield archive
        file.flush()
        os.fsync(file.fileno())


def _unpack(source: Path, folder: Path) -> None:
    try:
        with (
            source.open("rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file) as plain,
            tarfile.open(fileobj=plain, mode="r|") as archive,
        ):
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise BackupRefused(f"{source} is not a whole backup ({error}). Use another one.")


def _written(path: Path, value: dict[str, Any]) -> Path:
    path.write_text(json.dumps(value, indent=2), "utf-8")
    return path


def _read_manifest(path: Path) -> Manifest:
    try:
        manifest = Manifest(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        raise BackupRefused("This file is not a backup of the server. Choose one that `backup` made.")
    if manifest.format != _FORMAT:
        raise BackupRefused("A newer server made this backup. Update the server first.")
    return manifest
