"""The push with the server's data in PostgreSQL: a throw-away cluster, a template of it for every run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks.data import prepare
from benchmarks.people import MANAGER
from benchmarks.processes import Figures, Server, in_own_process, leora_server
from benchmarks.stage import COMMANDS, scratch
from sync.settings import ServerSettings, store_settings
from tests import postgres


@contextmanager
def pushing(size: int) -> Iterator[Callable[[], Figures]]:
    """Gives a function that pushes 10,000 commands to a fresh copy of one tenant. Raises RuntimeError."""
    programs = postgres._programs()
    if programs is None:
        raise RuntimeError("PostgreSQL's initdb and pg_ctl are not installed on this machine.")
    cluster = postgres._started(programs)
    template = cluster.fresh_database()
    made = prepare(size, template)
    with scratch() as folder:
        try:
            with _serving(folder / "template", template) as server:
                in_own_process(
                    "benchmarks.product",
                    "enrol",
                    url=server.url,
                    pid=server.pid,
                    folder=folder / "laptop",
                    email=MANAGER,
                    commands=COMMANDS,
                )
            yield lambda: _push(cluster, template, folder)
        finally:
            shutil.rmtree(made.folder, ignore_errors=True)


def _push(cluster: postgres.Cluster, template: str, kept: Path) -> Figures:
    url = cluster.fresh_database()
    name, source = url.rsplit("/", 1)[1], template.rsplit("/", 1)[1]
    with psycopg.connect(cluster.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}".encode())
    with scratch() as folder:
        shutil.copytree(kept / "laptop", folder / "laptop")
        with _serving(folder / "server", url) as server:
            return in_own_process(
                "benchmarks.product", "push", url=server.url, pid=server.pid, folder=folder / "laptop"
            )


@contextmanager
def _serving(data: Path, url: str) -> Iterator[Server]:
    store_settings(ServerSettings(data=data, database=url))
    with leora_server(data) as server:
        yield server
