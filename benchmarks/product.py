"""The product's own client against its own server, each in a process of its own."""

import itertools
import json
import random
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
import uuid_utils

from benchmarks.people import PASSWORD, SLUG
from benchmarks.processes import Figures, answer, measuring
from leora_core.domain.values import format_instant
from leora_desktop.paths import Profile
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.client import Client, HttpTransport, Reply
from leora_desktop.syncing.cycle import CycleReport, synchronise
from leora_desktop.syncing.sign_in import Who, sign_in


def new_id() -> str:
    """A fresh id, as the laptop makes them."""
    return str(uuid_utils.uuid7())


class KeptSecrets:
    """Secrets in a file beside the profile, so that a prepared one can be copied."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "benchmark-secrets.json"

    def get(self, name: str) -> str | None:
        return self._all().get(name)

    def set(self, name: str, secret: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(self._all() | {name: secret}))

    def delete(self, name: str) -> None:
        self._path.write_text(json.dumps({key: value for key, value in self._all().items() if key != name}))

    def _all(self) -> dict[str, str]:
        return dict(json.loads(self._path.read_text())) if self._path.exists() else {}


class CountingTransport:
    """HTTP that counts what its bodies weigh on the wire."""

    def __init__(self, url: str) -> None:
        self._http = HttpTransport(url)
        self.sent = self.received = self.requests = self.headers = 0

    @property
    def wire(self) -> int:
        return self.sent + self.received

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.requests += 1
        self.sent += len(body)
        reply = self._http.send(method, path, headers, body)
        self.headers += sum(len(k) + len(v) + 4 for part in (headers, reply.headers) for k, v in part.items())
        return Reply(reply.status, reply.headers, self._counted(reply.chunks))

    def close(self) -> None:
        self._http.close()

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.received += len(chunk)
            yield chunk


class Device:
    """A signed-in laptop."""

    def __init__(self, url: str, folder: Path, email: str | None = None) -> None:
        self.transport = CountingTransport(url)
        secrets = KeptSecrets(folder)
        profile = Profile(folder)
        if email is not None:
            sign_in(profile, secrets, self.transport, Who(url, SLUG, email, PASSWORD))
        self.workspace = Workspace.open(profile, secrets)
        self.client = Client(self.transport, self.workspace.outbox.state("token"))

    def sync(self) -> CycleReport:
        """One round, which must end proven."""
        report = synchronise(self.workspace, self.client)
        if not report.equal:
            raise AssertionError(f"the replica is not the server's: {report}")
        return report

    def accounts(self) -> list[str]:
        with self.workspace.reading() as reader:
            return [id_ for (id_,) in reader.execute("SELECT id FROM account ORDER BY id").fetchall()]

    def count(self, table: str) -> int:
        with self.workspace.reading() as reader:
            return int(reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def close(self) -> None:
        self.workspace.close()
        self.client.close()


def work_offline(device: Device, commands: int, *, seed: int = 3) -> None:
    """A rep's day: visits, some with a follow-up, notes on accounts, instructions edited."""
    chance = random.Random(seed)
    accounts = device.accounts()
    told: dict[str, str | None] = {}
    for number in range(commands):
        account_id = chance.choice(accounts)
        if number % 10 in (3, 7):
            note = {"note_id": new_id(), "account_id": account_id, "text": f"Ask for the manager, line {number}."}
            device.workspace.dispatch("AddNote", note)
        elif number % 10 == 5:
            edit = {"was": told.get(account_id), "now": f"Side door, bell {number}"}
            told[account_id] = edit["now"]
            device.workspace.dispatch(
                "EditAccount", {"account_id": account_id, "fields": {"delivery_instructions": edit}}
            )
        else:
            log_visit(device, account_id, number, follow_up=number % 10 == 9)


def log_visit(device: Device, account_id: str, number: int, *, follow_up: bool = False) -> str:
    """A visit's id."""
    visit: dict[str, Any] = {
        "activity_id": new_id(),
        "account_id": account_id,
        "type": "visit",
        "occurred_at": format_instant(datetime.now(UTC)),
        "note": f"Tasted the new Barolo with the buyer; wants a case price by Thursday ({number}).",
        "outcomes": ["positive_meeting"],
    }
    if follow_up:
        visit["follow_up_on"] = "2027-01-15"
    device.workspace.dispatch("LogActivity", visit)
    return str(visit["activity_id"])


# -- cases, each in a process of its own -----------------------------------------------------------


def enrol(url: str, pid: int, folder: str, email: str, commands: int) -> Figures:
    """A prepared profile: filled, with so many commands waiting. Measures the dispatches."""
    with closing(Device(url, Path(folder), email)) as device:
        device.sync()
        with measuring(pid) as figures:
            work_offline(device, commands)
    figures.count = commands
    return figures


def first_sync(url: str, pid: int, folder: str, email: str) -> Figures:
    """Everything into an empty, encrypted replica, proven."""
    with closing(Device(url, Path(folder), email)) as device:
        before = device.transport.wire, device.transport.requests
        with measuring(pid) as figures:
            report = device.sync()
        figures.wire, figures.requests = device.transport.wire - before[0], device.transport.requests - before[1]
        figures.count = report.received
    figures.more["disk"] = (Path(folder) / "replica.db").stat().st_size
    return figures


def push(url: str, pid: int, folder: str) -> Figures:
    """What waits in a prepared profile goes up and is settled, its rows come back, all is proven."""
    with closing(Device(url, Path(folder))) as device:
        with measuring(pid) as figures:
            report = device.sync()
        assert device.workspace.outbox.counts() == (0, 0), report
        figures.wire, figures.requests = device.transport.wire, device.transport.requests
        figures.count = report.accepted
    return figures


def round_trip(url: str, pid: int, a: str, b: str, rounds: int) -> Figures:
    """A visit logged at A, sent, and asked for by B; again and again."""
    times = []
    with closing(Device(url, Path(a))) as here, closing(Device(url, Path(b))) as there:
        account_id = there.accounts()[0]
        here.sync()
        there.sync()
        with measuring(pid) as figures:
            for number in range(rounds):
                start = time.perf_counter()
                id_ = log_visit(here, account_id, number)
                here.sync()
                there.sync()
                with there.workspace.reading() as reader:
                    assert reader.execute("SELECT 1 FROM activity WHERE id = ?", (id_,)).fetchone()
                times.append(time.perf_counter() - start)
    figures.count = rounds
    figures.more["times"] = times
    return figures


def no_op(url: str, pid: int, folder: str, rounds: int) -> Figures:
    """A sync without news beside a bare GET over a kept connection to the same server."""
    with closing(Device(url, Path(folder))) as device, requests.Session() as session:
        device.sync()
        counted = device.transport
        before = counted.sent, counted.received, counted.headers, counted.requests
        synced, bare = [], []
        with measuring(pid) as figures:
            for _ in range(rounds):
                synced.append(_timed(device.sync))
                bare.append(_timed(lambda: session.get(f"{url}/v1/health", timeout=10).content))
        figures.requests = counted.requests - before[3]
    figures.count = rounds
    figures.wire = counted.wire - before[0] - before[1]
    figures.more = {
        "sync": statistics.median(synced),
        "get": statistics.median(bare),
        "sent": (counted.sent - before[0]) / rounds,
        "received": (counted.received - before[1]) / rounds,
        "headers": (counted.headers - before[2]) / rounds,
    }
    return figures


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def herd(url: str, pid: int, folders: list[str], commands: int) -> Figures:
    """Each of many prepared devices sends its commands, then takes everybody's."""
    devices = [Device(url, Path(folder)) for folder in folders]
    before = devices[0].count("activity") - commands
    barrier = threading.Barrier(len(devices))
    errors: list[BaseException] = []

    def work(device: Device) -> None:
        try:
            device.sync()
            barrier.wait()
            device.sync()
        except BaseException as error:  # noqa: BLE001 - counted and told
            errors.append(error)
            barrier.abort()

    threads = [threading.Thread(target=work, args=(device,)) for device in devices]
    with measuring(pid) as figures:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    expected = commands * len(devices)
    held = [device.count("activity") - before for device in devices]
    waiting = sum(sum(device.workspace.outbox.counts()) for device in devices)
    for device in devices:
        device.close()
    figures.count = expected * len(devices)
    figures.more = {
        "errors": [repr(error) for error in errors],
        "lost": sum(max(expected - count, 0) for count in held) + waiting,
        "doubled": sum(max(count - expected, 0) for count in held),
    }
    return figures


def enrol_herd(url: str, pid: int, folders: list[str], email: str, commands: int) -> Figures:
    """Prepared profiles, each with so many visits waiting."""
    with measuring(pid) as figures:
        for folder, start in zip(folders, itertools.count(0, commands), strict=False):
            with closing(Device(url, Path(folder), email)) as device:
                device.sync()
                accounts = device.accounts()
                for number in range(start, start + commands):
                    log_visit(device, accounts[number % len(accounts)], number)
    figures.count = commands * len(folders)
    return figures


if __name__ == "__main__":
    answer(
        {
            "enrol": enrol,
            "first_sync": first_sync,
            "push": push,
            "round_trip": round_trip,
            "no_op": no_op,
            "herd": herd,
            "enrol_herd": enrol_herd,
        }
    )
