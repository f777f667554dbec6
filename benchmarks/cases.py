"""The shapes that are measured: each run of one gives figures for the product or for the floor."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import uuid_utils

from benchmarks import floor, stage
from benchmarks.data import prepare
from benchmarks.people import MANAGER
from benchmarks.processes import Figures, Server, in_own_process, leora_server, running
from benchmarks.stage import HERD, HERD_COMMANDS, copied, scratch
from leora_core.store.tables import BY_NAME

ROUND_TRIPS = 60
POLLS = 200
NEW_ROWS = 10_000

product_case = partial(in_own_process, "benchmarks.product")
floor_case = partial(in_own_process, "benchmarks.floor")


@contextmanager
def floor_server(database: Path, codec: str) -> Iterator[Server]:
    """The floor on a SQLite file."""
    with running(sys.executable, "-m", "benchmarks.floor_server", str(database), codec) as server:
        yield server


# -- first sync ------------------------------------------------------------------------------------


def first_sync(size: int) -> Figures:
    """The product: everything, encrypted, proven."""
    with scratch() as folder:
        shutil.copytree(prepare(size).folder, folder / "server")
        with leora_server(folder / "server") as server:
            return product_case("first_sync", url=server.url, pid=server.pid, folder=folder / "laptop", email=MANAGER)


def floor_first_sync(size: int, codec: str) -> Figures:
    """The floor: everything."""
    with scratch() as folder, floor_server(prepare(size).database, codec) as server:
        return floor_case("first_sync", url=server.url, pid=server.pid, folder=folder / "laptop", codec=codec)


# -- push ------------------------------------------------------------------------------------------


def push(size: int) -> Figures:
    """10,000 commands done offline go up."""
    kept = stage.busy(size)
    with copied(kept, kept.profile("push")) as here, leora_server(here.server) as server:
        return product_case("push", url=server.url, pid=server.pid, folder=here.profile("push"))


def floor_push(size: int, codec: str) -> Figures:
    """10,000 rows made offline go up."""
    with scratch() as folder:
        _copy(prepare(size).database, folder / "server.db")
        with closing(floor.connect(folder / "laptop.db", synchronous="NORMAL")) as laptop:
            floor.make_tables(laptop)
            laptop.execute("BEGIN")
            floor.store(laptop, new_objects(prepare(size).database, NEW_ROWS))
            laptop.execute("COMMIT")
        with floor_server(folder / "server.db", codec) as server:
            return floor_case("push", url=server.url, pid=server.pid, rows=folder / "laptop.db", codec=codec)


# -- one row from A to B ---------------------------------------------------------------------------


def round_trip(size: int) -> Figures:
    """A visit logged at A until B shows it."""
    kept = stage.idle(size)
    with copied(kept, kept.profile("a"), kept.profile("b")) as here, leora_server(here.server) as server:
        return product_case(
            "round_trip",
            url=server.url,
            pid=server.pid,
            a=here.profile("a"),
            b=here.profile("b"),
            rounds=ROUND_TRIPS,
        )


def floor_round_trip(size: int, codec: str) -> Figures:
    """A row posted by A until B has stored it."""
    with scratch() as folder:
        _copy(prepare(size).database, folder / "server.db")
        objects = new_objects(prepare(size).database, ROUND_TRIPS)
        with floor_server(folder / "server.db", codec) as server:
            return floor_case(
                "round_trip", url=server.url, pid=server.pid, folder=folder / "laptop", objects=objects, codec=codec
            )


# -- nothing new -----------------------------------------------------------------------------------


def no_op(size: int) -> Figures:
    """A sync that brings nothing, and a bare GET of the same server's health."""
    kept = stage.idle(size)
    with copied(kept, kept.profile("a")) as here, leora_server(here.server) as server:
        return product_case("no_op", url=server.url, pid=server.pid, folder=here.profile("a"), rounds=POLLS)


# -- a herd ----------------------------------------------------------------------------------------


def herd(size: int) -> Figures:
    """Twenty laptops with 100 visits each, until each has all 2,000."""
    kept = stage.busy(size)
    with copied(kept, *kept.herd) as here, leora_server(here.server) as server:
        folders = [str(path) for path in here.herd]
        return product_case("herd", url=server.url, pid=server.pid, folders=folders, commands=HERD_COMMANDS)


def floor_herd(size: int, codec: str) -> Figures:
    """Twenty clients with 100 rows each, until each has all 2,000."""
    made = new_objects(prepare(size).database, HERD * HERD_COMMANDS)
    objects = [made[number::HERD] for number in range(HERD)]
    with scratch() as folder:
        _copy(prepare(size).database, folder / "server.db")
        with floor_server(folder / "server.db", codec) as server:
            return floor_case(
                "herd", url=server.url, pid=server.pid, folder=folder / "laptops", objects=objects, codec=codec
            )


# -- rows for the floor ----------------------------------------------------------------------------


def new_objects(database: Path, count: int) -> list[dict[str, Any]]:
    """Activities like those of the tenant, with ids that come after them."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as reader:
        some = list(floor.objects_of(reader, BY_NAME["activity"], "ORDER BY id LIMIT ?", (min(count, 1_000),)))
    return [{**some[number % len(some)], "id": _fresh_id()} for number in range(count)]


def _fresh_id() -> str:
    return str(uuid_utils.uuid7())


def _copy(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
