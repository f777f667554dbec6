"""Fifty kills: laptops at work, the server, and imports, each ended by SIGKILL at a random moment."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from leora_desktop.paths import Profile
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.client import Client, HttpTransport
from leora_desktop.syncing.cycle import prove, synchronise
from leora_desktop.syncing.sign_in import Who, sign_in
from sync.simulation.device import PASSWORD
from sync.simulation.world import World
from sync.tenants import Tenants
from tests.conversation.killable import secrets_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the programs to be killed are forked"),
]

ROOT = Path(__file__).resolve().parents[2]
SEED = 20261122
ROUNDS, SERVER_KILLS, IMPORT_KILLS = 17, 8, 8
IMPORTED = 400


class Programs:
    """Starts programs and kills them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills = 0
        words = [sys.executable, "-m", "tests.conversation.killable"]
        self._starter = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)

    def ask(self, order: dict[str, Any]) -> int:
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.write(json.dumps(order) + "\n")
        self._starter.stdin.flush()
        return int(self._starter.stdout.readline())

    def out(self, name: str) -> Path:
        return self.folder / f"{name}.out"

    def start(self, name: str, **order: Any) -> int:
        return self.ask({**order, "out": str(self.out(name))})

    def kill(self, process: int) -> bool:
        """SIGKILL; whether it was still alive."""
        os.kill(process, signal.SIGKILL)
        killed = os.waitstatus_to_exitcode(self.ask({"wait": process})) == -signal.SIGKILL
        self.kills += killed
        return killed

    def close(self) -> None:
        assert self._starter.stdin is not None
        assert self._starter.stdout is not None
        self._starter.stdin.close()
        self._starter.wait(20)
        self._starter.stdout.close()


@contextmanager
def programs(folder: Path) -> Iterator[Programs]:
    started = Programs(folder)
    try:
        yield started
    finally:
        started.close()


class Stage:
    """A company, its server in a process, two laptops in processes."""

    def __init__(self, folder: Path, programs: Programs) -> None:
        self.programs, self.folder = programs, folder
        with World.make(folder / "world") as world:
            self.data, self.slug = world.server.data, world.server.slug
            self.emails = {"rep": world.person("rep1").email, "boss": world.person("boss1").email}
            self.accounts = world.company.accounts["rep1"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.server = 0
        self.imports = 0

    def words(self, *words: str) -> list[str]:
        return ["--data", str(self.data), *words]

    def start_server(self) -> None:
        words = self.words("serve", "--port", str(self.port))
        self.server = self.programs.start("server", be="server", words=words)
        for _ in range(500):
            try:
                if requests.get(f"{self.url}/v1/health", timeout=5).status_code == 200:
                    return
            except requests.ConnectionError:
                time.sleep(0.02)
        raise AssertionError(self.programs.out("server").read_text())

    def enrol(self, who: str) -> None:
        folder = self.folder / who
        with closing(HttpTransport(self.url)) as transport:
            person = Who(self.url, self.slug, self.emails[who], PASSWORD)
            sign_in(Profile(folder), secrets_of(folder), transport, person)
        with self.laptop(who) as (workspace, client):
            synchronise(workspace, client)

    @contextmanager
    def laptop(self, who: str) -> Iterator[tuple[Workspace, Client]]:
        """The laptop's files, in this process."""
        folder = self.folder / who
        with ExitStack() as stack:
            workspace = stack.enter_context(closing(Workspace.open(Profile(folder), secrets_of(folder))))
            client = Client(HttpTransport(self.url), workspace.outbox.state("token"))
            yield workspace, stack.enter_context(closing(client))

    def work(self, who: str, seed: int) -> int:
        order = {"folder": str(self.folder / who), "seed": seed, "accounts": self.accounts}
        return self.programs.start(who, be="laptop", **order)

    def start_import(self) -> int:
        self.imports += 1
        file = self.folder / f"import-{self.imports}.csv"
        rows = [f"Import {self.imports} Bar {number},Boston,MA" for number in range(IMPORTED)]
        file.write_text("name,city,state\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return self.programs.start("import", be="import", words=self.words("import", self.slug, "accounts", str(file)))

    def told(self, who: str, word: str) -> list[str]:
        """What a laptop's program said after `word`, whole lines only."""
        path = self.programs.out(who)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(f"{word} ")]


def fifty_kills(stage: Stage, rng: random.Random) -> None:
    killed_servers = rng.sample(range(ROUNDS), SERVER_KILLS)
    killed_imports = rng.sample(range(ROUNDS), IMPORT_KILLS)
    for number in range(ROUNDS):
        running = {stage.work(who, rng.getrandbits(32)): rng.uniform(0.05, 0.7) for who in ("rep", "boss")}
        if number in killed_imports:
            running[stage.start_import()] = rng.uniform(0.02, 0.5)
        if number in killed_servers:
            running[stage.server] = rng.uniform(0.1, 0.6)
        begun = time.monotonic()
        for process, moment in sorted(running.items(), key=lambda item: item[1]):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            stage.programs.kill(process)
        if number in killed_servers:
            stage.start_server()


def test_fifty_kills_lose_nothing_and_do_nothing_twice(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with programs(tmp_path) as started:
        stage = Stage(tmp_path, started)
        stage.start_server()
        for who in ("rep", "boss"):
            stage.enrol(who)
        fifty_kills(stage, rng)
        while started.kills < 50:
            # An import that was through before its moment had come is no kill.
            process = stage.work("rep", rng.getrandbits(32))
            time.sleep(rng.uniform(0.05, 0.4))
            started.kill(process)
        for who in ("rep", "boss"):
            with stage.laptop(who) as (workspace, client):
                synchronise(workspace, client)
                assert workspace.outbox.counts() == (0, 0)
        for who in ("rep", "boss"):
            with stage.laptop(who) as (workspace, client):
                assert prove(workspace, client, deep=True).equal
        assert started.kill(stage.server)
        checked = started.start("check", be="check", words=stage.words("check", "--json"))
        assert started.ask({"wait": checked}) == 0, started.out("check").read_text()
    assert_kept(stage)


def assert_kept(stage: Stage) -> None:
    """What the programs said is saved was done once; imports are whole or nothing."""
    saved = [id_ for who in ("rep", "boss") for id_ in stage.told(who, "saved")]
    assert len(saved) > 50
    assert [line for who in ("rep", "boss") for line in stage.told(who, "refused")] == []
    assert [line for who in ("rep", "boss") for line in stage.told(who, "synced") if not line.endswith("True 0")] == []
    assert "Traceback" not in "".join(stage.programs.out(name).read_text() for name in ("rep", "boss", "server"))
    with closing(Tenants(stage.data)) as tenants:
        tenant = tenants.get(stage.slug)
        assert tenant is not None
        with tenant.database.reading() as transaction:
            settled = transaction.execute("SELECT command_id, status FROM settled").fetchall()
            texts = transaction.execute("SELECT title FROM task UNION ALL SELECT note FROM activity").fetchall()
            imported = transaction.execute("SELECT name FROM account WHERE name LIKE 'Import %'").fetchall()
    runs = Counter(row[0] for row in settled)
    assert {id_: runs[id_] for id_ in saved} == dict.fromkeys(saved, 1)
    assert set(runs.values()) == {1}
    status = dict(settled)
    assert {status[id_] for id_ in saved} == {"accepted"}
    assert set(Counter(row[0] for row in texts).values()) == {1}
    counts = Counter(row[0].split(" Bar ")[0] for row in imported)
    assert set(counts.values()) <= {IMPORTED}
