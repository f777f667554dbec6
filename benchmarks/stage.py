"""Prepared states: a server with devices signed in to it, some with work waiting. Made once, copied for each run."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import OUTPUT, fingerprint, prepare
from benchmarks.people import MANAGER
from benchmarks.processes import in_own_process, leora_server
from leora_desktop.replica.layout import SCHEMA

COMMANDS = 10_000
HERD, HERD_COMMANDS = 20, 100


@dataclass(frozen=True)
class Stage:
    """A folder with a server's data and laptops' profiles."""

    folder: Path

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def database(self) -> Path:
        return self.server / "tenants" / "acme.db"

    @property
    def herd(self) -> list[Path]:
        return [self.folder / f"herd{number}" for number in range(HERD)]

    def profile(self, name: str) -> Path:
        """A laptop's profile: `a` and `b` are filled and idle, `push` has 10,000 commands waiting."""
        return self.folder / name


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one run, removed after it."""
    OUTPUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="run-", dir=OUTPUT) as folder:
        yield Path(folder)


@contextlib.contextmanager
def copied(kept: Stage, *profiles: Path) -> Iterator[Stage]:
    """A copy of the server and of these profiles, to be worked on and thrown away."""
    with scratch() as folder:
        for source in (kept.server, *profiles):
            shutil.copytree(source, folder / source.name)
        yield Stage(folder)


def idle(size: int) -> Stage:
    """A server of `size` rows with two filled laptops, `a` and `b`."""
    folder = OUTPUT / f"stage-{size}-{fingerprint()}-{SCHEMA}"
    if not folder.exists():
        making = folder.with_suffix(f".making-{os.getpid()}")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(prepare(size).folder, making / "server")
        with leora_server(making / "server") as server:
            for name in ("a", "b"):
                _enrol(server.url, server.pid, making / name, 0)
        making.rename(folder)
    return Stage(folder)


def busy(size: int) -> Stage:
    """As `idle`, with 10,000 commands waiting in `push` and 100 in each of twenty more."""
    folder = OUTPUT / f"busy-{size}-{fingerprint()}-{SCHEMA}"
    if not folder.exists():
        making = folder.with_suffix(f".making-{os.getpid()}")
        shutil.rmtree(making, ignore_errors=True)
        shutil.copytree(prepare(size).folder, making / "server")
        with leora_server(making / "server") as server:
            _enrol(server.url, server.pid, making / "push", COMMANDS)
            in_own_process(
                "benchmarks.product",
                "enrol_herd",
                url=server.url,
                pid=server.pid,
                folders=[str(path) for path in Stage(making).herd],
                email=MANAGER,
                commands=HERD_COMMANDS,
            )
        making.rename(folder)
    return Stage(folder)


def _enrol(url: str, pid: int, folder: Path, commands: int) -> None:
    in_own_process("benchmarks.product", "enrol", url=url, pid=pid, folder=folder, email=MANAGER, commands=commands)
