"""Many at once: writers on PostgreSQL, a herd of laptops, strangers, and streams that nobody reads."""

import random
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from leora_core.protocol.messages import SentCommand
from leora_core.store.database import Database
from leora_core.store.prepared import Transaction
from sync import authority, leases
from sync.app import create_app
from sync.devices import About, enrol
from sync.ids import new_id
from sync.serving import serving
from sync.simulation.device import Device
from sync.simulation.network import Answer, Call, Served
from sync.simulation.oracle import check_server
from sync.simulation.server import Server
from sync.simulation.world import World
from sync.tenants import Tenants
from tests.conversation.acts import (
    a_contact,
    a_task,
    a_visit,
    account_of,
    an_edit,
    assert_all_ends_well,
    body_of,
    days_later,
    lines_of,
    runs,
    statuses,
)

WRITERS, COMMANDS_EACH = 8, 30


class Hesitant(Database):
    """A database whose writers wait a moment before they commit."""

    def __init__(self, database: Database, rng: random.Random) -> None:
        super().__init__(database.engine, schema=database.schema)
        self._rng = rng

    def writing(self) -> Any:
        return self._hesitating()

    @contextmanager
    def _hesitating(self) -> Iterator[Transaction]:
        with super().writing() as transaction:
            yield transaction
            time.sleep(self._rng.random() * 0.008)


def write(data: Path, url: str, device_id: str, user_id: str, account_id: str, seed: int) -> list[str]:
    """One server process's worth of commands: connections of its own, a few commands a batch."""
    rng = random.Random(seed)
    tenants = Tenants(data, url)
    found = tenants.get("acme")
    assert found is not None
    tenant = replace(found, database=Hesitant(found.database, rng))
    sender = authority.Sender(device_id, user_id, 0)
    statuses: list[str] = []
    seq = 1
    while seq <= COMMANDS_EACH:
        batch = []
        for _ in range(rng.randrange(1, 4)):
            name, payload = a_visit(account_id) if rng.random() < 0.7 else a_task(account_id=account_id)
            at = "2026-11-22T10:00:00.000Z"
            batch.append(SentCommand(seq=seq, id=new_id(), name=name, at=at, payload=payload))
            seq += 1
        statuses += [verdict.status for verdict in authority.run_commands(tenant, sender, batch)]
    tenants.close()
    return statuses


@pytest.mark.slow
def test_s06_no_reader_misses_a_row_of_eight_writers_on_postgres(tmp_path: Path, postgres_url: str) -> None:
    """Three readers pull at full speed, each from a server of its own: every answer's sum fits what they hold."""
    with World.make(tmp_path / "world", database=postgres_url) as world:
        readers = [world.enrol(f"reader{number}", "boss1") for number in range(2)]
        others = [Server(world.server.data, database=postgres_url) for _ in readers]
        for reader, other in zip(readers, others, strict=True):
            other.start()
            reader.server = lambda other=other: other.served  # type: ignore[misc]
            reader.transport = type(reader.transport)(reader.server)
        senders = []
        with world.server.tenant.database.writing() as transaction:
            for number in range(WRITERS):
                rep = f"rep{number % 2 + 1}"
                user_id = world.person(rep).user_id
                about = About(f"w{number}", "linux", "1")
                made, _ = enrol(transaction, tenant="acme", user_id=user_id, about=about, days=1, replaces=None)
                senders.append((made.id, user_id, account_of(world, rep, number % 2)))
        for device_id, _, _ in senders:
            leases.first(world.server.tenant, device_id)
        done = threading.Event()
        pulls = [ThreadPoolExecutor(1).submit(pull_until, reader, done) for reader in readers]
        snapshots = ThreadPoolExecutor(1).submit(watch_versions, world.server.data, postgres_url, done)
        with ThreadPoolExecutor(WRITERS) as pool:
            jobs = [
                pool.submit(write, world.server.data, postgres_url, *sender, seed)
                for seed, sender in enumerate(senders)
            ]
            settled = [status for job in jobs for status in job.result()]
        done.set()
        assert set(settled) == {"accepted"}
        assert len(settled) >= WRITERS * COMMANDS_EACH
        assert snapshots.result() > 5
        for pull, reader in zip(pulls, readers, strict=True):
            assert pull.result() > 5
            assert reader.sync().cursor == world.server.head()[0]
        for other in others:
            other.stop()
            assert other.incidents == []
        for reader in readers:
            reader.server = lambda: world.server.served
            reader.transport = type(reader.transport)(reader.server)
        assert_all_ends_well(world)


def pull_until(reader: Device, done: threading.Event) -> int:
    """Pull as fast as it goes; a repair would mean that something had been missed."""
    moves, stood = 0, 0
    while not done.is_set():
        report = reader.sync()
        assert (report.equal, report.repaired) == (True, [])
        moves += report.cursor > stood
        stood = report.cursor
    return moves


def watch_versions(data: Path, url: str, done: threading.Event) -> int:
    """Read the history over and over: no snapshot has a version without all before it."""
    tenants = Tenants(data, url)
    tenant = tenants.get("acme")
    assert tenant is not None
    seen = set()
    while not done.is_set():
        with tenant.database.reading() as transaction:
            rows = transaction.execute("SELECT version FROM settled ORDER BY version").fetchall()
            (head,) = transaction.execute("SELECT version FROM clock").fetchone()
        assert [row[0] for row in rows] == list(range(1, head + 1))
        seen.add(head)
    tenants.close()
    return len(seen)


# -- strangers ---------------------------------------------------------------------------------------


def ask(served: Served, device: Device, said: dict[str, Any], **headers: str) -> Answer:
    """An exchange with a body of one's own making, as this device."""
    token = device.workspace.outbox.state("token")
    base = {"Authorization": f"Bearer {token}", "Leora-Protocol": "1", **headers}
    return served.call(Call("POST", "/v1/sync", base, msgspec.json.encode(said)))


def a_request(device: Device, **more: Any) -> dict[str, Any]:
    lease = device.workspace.outbox.state("lease")
    position = device.workspace.position()
    stands = {"cursor": position.cursor, "chain": position.chain}
    return {"request": new_id(), "lease": lease, **stands, **more}


def test_s38_hostile_client_sees_nothing_of_others_and_costs_little(world: World) -> None:
    ana, ben = world.devices["ana"], world.devices["ben"]
    theirs = account_of(world, "rep2")
    secret = ben.do(*a_visit(theirs))
    ben.sync()
    served = world.server.served
    assert served is not None
    scopes = [f"account:{theirs}", f"rep:{world.person('rep2').user_id}", "office", "*", "' OR 1=1 --", "account:%"]
    places = [{"scope": scope, "at": 1} for scope in scopes]
    answer = ask(served, ana, a_request(ana, fill=places))
    assert answer.status == 200
    assert theirs.encode() not in b"".join(msgspec.json.encode(line) for line in lines_of(answer))
    ana.workspace.outbox.remember(lease=lines_of(answer)[0]["lease"])
    stolen = {"seq": 1, "id": secret, "name": "AddTask", "at": "2026-11-22T10:00:00.000Z", "payload": a_task()[1]}
    lines = lines_of(ask(served, ana, a_request(ana, commands=[stolen])))
    (verdict,) = [line for line in lines if line["t"] == "verdict"]
    assert (verdict["status"], verdict["code"]) == ("rejected", "id_conflict")
    assert theirs not in str(verdict)
    bomb = zlib.compress(bytes(200 << 20), wbits=31)
    tracemalloc.start()
    headers = {"Leora-Protocol": "1", "Content-Encoding": "gzip"}
    assert served.call(Call("POST", "/v1/sync", headers, bomb)).status == 413
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 100 << 20
    many = [{"scope": f"a{number}", "at": 0} for number in range(1_000_000)]
    begun = time.perf_counter()
    assert 400 <= ask(served, ana, a_request(ana, fill=many)).status < 500
    assert time.perf_counter() - begun < 20
    assert served.call(Call("GET", "/v1/health", {}, b"")).status == 200
    assert check_server(world) == []


@pytest.mark.slow
def test_s39_herd_of_forty_laptops_after_a_night_without_the_server_gets_through_without_an_error(
    world: World,
) -> None:
    laptops = [world.enrol(f"herd{number}", f"rep{number % 2 + 1}") for number in range(40)]
    world.server.stop()
    ids = [
        laptop.do(*a_visit(account_of(world, f"rep{number % 2 + 1}")))
        for number, laptop in enumerate(laptops)
        for _ in range(10)
    ]
    for laptop in laptops:
        assert laptop.sync_through() is None
        laptop.transport.heard.clear()
    with days_later(1 / 3):
        world.server.start()
        begun = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            reports = list(pool.map(Device.sync, laptops))
        took = time.perf_counter() - begun
        assert sum(report.accepted for report in reports) == 400
        assert {status for laptop in laptops for status in laptop.transport.heard} == {200}
        assert took < 60
        assert {statuses(world)[id_] for id_ in ids} == {"accepted"}
        assert set(runs(world).values()) == {1}
        for laptop in laptops:
            assert laptop.sync().equal
    assert check_server(world) == []


def test_s40_laptop_whose_events_never_come_through_catches_up_by_asking(world: World) -> None:
    """A proxy keeps the stream to itself, the server restarts, the laptop sleeps: one round brings it up to date."""
    ana, account = world.devices["ana"], account_of(world)
    token = ana.workspace.outbox.state("token")
    headers = {"Leora-Protocol": "1", "Authorization": f"Bearer {token}"}
    app = create_app(world.server.tenants, world.server.settings)
    with serving(app) as url:
        kept_back = requests.get(f"{url}/v1/events", headers=headers, stream=True, timeout=10)
        assert kept_back.status_code == 200
        world.server.command(*a_contact(account), world.boss())
        version, _ = world.server.head()
        assert ana.sync().cursor == version
        ending = time.perf_counter()
    assert time.perf_counter() - ending < 10
    kept_back.close()
    world.server.restart()
    for number in range(50):
        world.server.command(*a_contact(account, f"Contact {number}"), world.boss())
    id_ = ana.do(*an_edit(account, "phone", "617-555-0101"))
    with days_later(1 / 8):
        report = ana.sync()
        assert (report.accepted, report.cursor) == (1, world.server.head()[0])
        assert body_of(ana.transport.sent[-1])["commands"][0]["id"] == id_
        assert_all_ends_well(world)
