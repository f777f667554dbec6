"""The floor: rows as JSON objects over HTTP from SQLite into SQLite, and nothing else.

The same framework and the same tables and indexes, but no versions, no scopes, no verdicts, no
resuming, no proof and no encryption. Whatever the product takes beyond this is the price of those.
"""

import contextlib
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import requests
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks.processes import Figures, answer, measuring
from leora_core.store.statements import statements
from leora_core.store.tables import BY_NAME, SYNCED, Synced

_CHUNK = 64 * 1024
_BATCH = 5_000
_HIDDEN = ("row_scope", "row_version")


class Plain:
    """The standard library's JSON."""

    dumps = staticmethod(lambda value: json.dumps(value, separators=(",", ":")).encode())
    loads = staticmethod(json.loads)


class Quick:
    """The JSON the product uses."""

    dumps = staticmethod(msgspec.json.encode)
    loads = staticmethod(msgspec.json.decode)


CODECS: dict[str, Any] = {"json": Plain, "msgspec": Quick}


def connect(path: Path, *, synchronous: str) -> sqlite3.Connection:
    """A plain SQLite file."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("PRAGMA cache_size=-16384")
    return connection


def make_tables(connection: sqlite3.Connection) -> None:
    """The synced tables with their indexes."""
    dialect = sqlite.dialect()
    for synced in SYNCED:
        connection.execute(str(CreateTable(synced.table).compile(dialect=dialect)))
        for index in synced.table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))


def names(synced: Synced) -> list[str]:
    """The columns of an object on the wire."""
    return [*synced.column_names, *_HIDDEN]


def store(connection: sqlite3.Connection, objects: list[dict[str, Any]]) -> None:
    """Upsert objects, table by table."""
    for table, group in itertools.groupby(objects, key=lambda one: one["table"]):
        synced = BY_NAME[table]
        columns = names(synced)
        rows = [[one[name] for name in columns] for one in group]
        connection.executemany(statements(synced, "sqlite").upsert, rows)


def objects_of(
    reader: sqlite3.Connection, synced: Synced, rest: str, values: tuple[Any, ...]
) -> Iterator[dict[str, Any]]:
    """The rows a condition chooses, each as an object."""
    columns = ["table", *names(synced)]
    cursor = reader.execute(f"{statements(synced, 'sqlite').read} {rest}", values)
    while rows := cursor.fetchmany(1_000):
        for row in rows:
            yield dict(zip(columns, (synced.name, *row), strict=True))


# -- the client ------------------------------------------------------------------------------------


def first_sync(url: str, pid: int, folder: str, codec: str) -> Figures:
    """Everything into an empty file, in one transaction."""
    loads = CODECS[codec].loads
    replica = _replica(folder)
    with measuring(pid) as figures, requests.get(f"{url}/rows", stream=True, timeout=600) as response:
        replica.execute("BEGIN IMMEDIATE")
        lines = response.iter_lines(chunk_size=_CHUNK)
        while batch := list(itertools.islice(lines, _BATCH)):
            figures.wire += sum(map(len, batch)) + len(batch)
            figures.count += len(batch)
            store(replica, [loads(line) for line in batch])
        replica.execute("COMMIT")
    figures.requests = 1
    return figures


def push(url: str, pid: int, rows: str, codec: str) -> Figures:
    """Rows of a local file to the server, in one request."""
    dumps = CODECS[codec].dumps
    with contextlib.closing(connect(Path(rows), synchronous="FULL")) as local, measuring(pid) as figures:
        objects = list(objects_of(local, BY_NAME["activity"], "ORDER BY id", ()))
        body = b"\n".join(dumps(one) for one in objects)
        requests.post(f"{url}/rows", data=body, timeout=600).raise_for_status()
        figures.count, figures.wire, figures.requests = len(objects), len(body), 1
    return figures


def round_trip(url: str, pid: int, folder: str, objects: list[dict[str, Any]], codec: str) -> Figures:
    """One object posted by A, and B asks what came since; again and again."""
    kind = CODECS[codec]
    replica = _replica(folder)
    own = connect(Path(folder) / "a.db", synchronous="FULL")
    make_tables(own)
    times = []
    after = max(_before(objects), "")
    with measuring(pid) as figures, requests.Session() as a, requests.Session() as b:
        for one in objects:
            start = time.perf_counter()
            _write(own, [one])
            a.post(f"{url}/rows", data=kind.dumps(one), timeout=60).raise_for_status()
            got = [kind.loads(line) for line in b.get(f"{url}/since", params={"after": after}, timeout=60).iter_lines()]
            _write(replica, got)
            assert [entry["id"] for entry in got] == [one["id"]]
            after = one["id"]
            times.append(time.perf_counter() - start)
    figures.count = len(objects)
    figures.more["times"] = times
    return figures


def herd(url: str, pid: int, folder: str, objects: list[list[dict[str, Any]]], codec: str) -> Figures:
    """Each of many clients posts its objects, then takes everybody's."""
    kind = CODECS[codec]
    replicas = [_replica(f"{folder}/{number}") for number in range(len(objects))]
    after = max(_before([one for own in objects for one in own]), "")
    barrier = threading.Barrier(len(objects))

    def work(number: int) -> None:
        with requests.Session() as session:
            body = b"\n".join(kind.dumps(one) for one in objects[number])
            session.post(f"{url}/rows", data=body, timeout=60).raise_for_status()
            barrier.wait()
            lines = session.get(f"{url}/since", params={"after": after}, timeout=60).iter_lines(chunk_size=_CHUNK)
            _write(replicas[number], [kind.loads(line) for line in lines])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(objects))]
    with measuring(pid) as figures:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    figures.count = sum(map(len, objects)) * len(objects)
    held = [replica.execute("SELECT count(*) FROM activity").fetchone()[0] for replica in replicas]
    assert set(held) == {sum(map(len, objects))}
    return figures


def _before(objects: list[dict[str, Any]]) -> str:
    """An id just below all of these."""
    return str(min(one["id"] for one in objects))[:-12] + "0" * 12


def _write(connection: sqlite3.Connection, objects: list[dict[str, Any]]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    store(connection, objects)
    connection.execute("COMMIT")


def _replica(folder: str) -> sqlite3.Connection:
    Path(folder).mkdir(parents=True, exist_ok=True)
    replica = connect(Path(folder) / "floor.db", synchronous="NORMAL")
    make_tables(replica)
    return replica


if __name__ == "__main__":
    answer({"first_sync": first_sync, "push": push, "round_trip": round_trip, "herd": herd})
