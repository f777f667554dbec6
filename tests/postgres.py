"""A throw-away PostgreSQL cluster for tests: made once a run, gone after it. Works as root and as anybody else."""

import atexit
import functools
import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

_QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cluster:
    """A running server on this machine; `url` is that of its first database."""

    port: int

    @property
    def url(self) -> str:
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgresql://leora@127.0.0.1:{self.port}/{database}"

    def fresh_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{next(_numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url_of(name)


@pytest.fixture(scope="session")
def postgres_cluster() -> Cluster:
    """The cluster of this run."""
    programs = _programs()
    if programs is None:
        pytest.skip("PostgreSQL's initdb and pg_ctl are not installed on this machine")
    return _started(programs)


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A database of its own for one test."""
    url = postgres_cluster.fresh_database()
    yield url
    with psycopg.connect(postgres_cluster.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {url.rsplit('/', 1)[1]} WITH (FORCE)".encode())


def _programs() -> Path | None:
    """The folder of initdb and pg_ctl; Debian keeps it off the path."""
    found = shutil.which("pg_ctl")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


@functools.cache
def _started(programs: Path) -> Cluster:
    folder = Path(tempfile.mkdtemp(prefix="leora-postgres-"))
    # initdb and pg_ctl refuse to run as root.
    become = ["runuser", "-u", "postgres", "--"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    if become:
        shutil.chown(folder, "postgres")
    cluster, port = folder / "cluster", _free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*become, str(programs / program), "-D", str(cluster), *arguments]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=folder, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stderr.decode(errors='replace')}")

    run("initdb", "-U", "leora", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    where = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"{where} {_QUICK}", "start")
    _end_with_this_process(folder, [*become, str(programs / "pg_ctl"), "-D", str(cluster), "-m", "immediate", "stop"])
    return Cluster(port)


def _end_with_this_process(folder: Path, stop: list[str]) -> None:
    """Stop the server when this process ends, even if it is killed: its end of the pipe closes then."""
    script = 'cat; "$@"; rm -rf "$0"'
    watch = subprocess.Popen(
        ["sh", "-c", script, str(folder), *stop],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )

    def let_go() -> None:
        watch.communicate()

    atexit.register(let_go)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
