"""Programs to be killed. `python -m tests.conversation.killable` starts them on demand.

It imports everything once and forks for each line it reads, so that a program starts in milliseconds;
what is forked runs the programs' own code, and is a process like any other to those who kill it.
"""

import json
import os
import random
import sys
import time
import traceback
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.failures import Unavailable
from leora_desktop.paths import Profile
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.client import Client, HttpTransport, Refused
from leora_desktop.syncing.cycle import synchronise
from sync.cli import main as sync_main


class FileSecrets:
    """A keyring in a file, for programs that live a moment."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> str | None:
        return self._held().get(name)

    def set(self, name: str, secret: str) -> None:
        self._path.write_text(json.dumps({**self._held(), name: secret}), encoding="utf-8")

    def delete(self, name: str) -> None:
        self._path.write_text(json.dumps({k: v for k, v in self._held().items() if k != name}), encoding="utf-8")

    def _held(self) -> dict[str, str]:
        with suppress(FileNotFoundError):
            held: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
            return held
        return {}


def secrets_of(folder: Path) -> FileSecrets:
    """The keyring of the laptop in this folder."""
    return FileSecrets(folder.with_suffix(".keys"))


def say(word: str, what: str) -> None:
    """Tell it at once: what is in the pipe before the kill was told."""
    os.write(1, f"{word} {what}\n".encode())


class Worker:
    """A person who works and syncs without end, as the seed has it."""

    def __init__(self, folder: Path, seed: int, accounts: list[str]) -> None:
        self.rng = random.Random(seed)
        self.workspace = Workspace.open(Profile(folder), secrets_of(folder))
        self.client = Client(HttpTransport(self.workspace.signed_in.server), self.workspace.outbox.state("token"))
        self.accounts = accounts

    def run(self) -> None:
        """Until somebody ends it."""
        say("up", "and working")
        while True:
            for _ in range(self.rng.randrange(4)):
                self.do()
            self.sync()

    def do(self) -> None:
        """One command; it is told when it is saved."""
        id_, row = self._id(), self._id()
        account = self.rng.choice(self.accounts)
        if self.rng.random() < 0.5:
            name, payload = "AddTask", {"task_id": row, "title": f"Call back {row}", "account_id": account}
        else:
            said = {"type": "visit", "occurred_at": "2026-11-20T15:00:00.000Z", "note": f"Talked about {row}"}
            name, payload = "LogActivity", {"activity_id": row, "account_id": account, **said}
        try:
            self.workspace.dispatch(name, payload, command_id=id_)
        except Rejected as refused:
            # While a replica is filled anew after damage there is nothing to work on.
            if refused.code != "not_filled":
                raise
        else:
            say("saved", id_)

    def sync(self) -> None:
        """A round, now and then in small pages or from nothing."""
        if self.rng.random() < 0.1:
            self.workspace.rebuild()
        try:
            report = synchronise(self.workspace, self.client, max_rows=self.rng.choice([20, 100, 50_000]))
        except Unavailable:
            time.sleep(0.01)
        except Refused as refused:
            say("refused", refused.code)
            time.sleep(0.05)
        else:
            say("synced", f"{report.cursor} {report.equal} {len(report.repaired)}")

    def _id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def become(order: dict[str, Any]) -> None:
    """Be the program that was ordered, to the end."""
    if order["be"] == "laptop":
        Worker(Path(order["folder"]), order["seed"], order["accounts"]).run()
    else:
        sys.exit(sync_main(order["words"]))


def start(order: dict[str, Any]) -> int:
    """Fork the program, its words in the file `out`; returns the process id."""
    child = os.fork()
    if child:
        return child
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(out, descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        become(order)
    except SystemExit as left:
        code = int(left.code or 0)
    except BaseException:  # noqa: BLE001 - the test looks for what was printed
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    """Read orders, one a line, until there are no more: start a program, or wait for the end of one."""
    for line in sys.stdin:
        order = json.loads(line)
        answer = os.waitpid(order["wait"], 0)[1] if "wait" in order else start(order)
        print(answer, flush=True)


if __name__ == "__main__":
    serve()
