"""What people do in these tests, what happens to their machines, and what must hold in the end."""

import dataclasses
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import time_machine
import zstandard

from leora_core.domain.command import COMMANDS, Command, Context, Outcome, Records
from leora_desktop.syncing.client import Reply
from sync.ids import new_id
from sync.simulation.device import Device
from sync.simulation.network import Answer, Call, FaultyTransport
from sync.simulation.oracle import check_end
from sync.simulation.world import World

Payload = dict[str, Any]
Sound = Callable[[], Outcome | None]
"""The handler as it was before a bad release."""


def a_task(title: str = "Call back", account_id: str | None = None) -> tuple[str, Payload]:
    return "AddTask", {"task_id": new_id(), "title": f"{title} {new_id()}", "account_id": account_id}


def a_visit(account_id: str, **more: Any) -> tuple[str, Payload]:
    said = {"type": "visit", "occurred_at": "2026-11-20T15:00:00.000Z", "note": f"Talked about {new_id()}"}
    return "LogActivity", {"activity_id": new_id(), "account_id": account_id, **said, **more}


def a_contact(account_id: str, name: str = "Maria Silva") -> tuple[str, Payload]:
    return "AddContact", {"contact_id": new_id(), "account_id": account_id, "name": name}


def an_edit(account_id: str, field: str, now: str, was: str | None = None) -> tuple[str, Payload]:
    return "EditAccount", {"account_id": account_id, "fields": {field: {"was": was, "now": now}}}


def a_sample(account_id: str, sku_id: str, quantity: int) -> tuple[str, Payload]:
    given = {"movement_id": new_id(), "account_id": account_id, "sku_id": sku_id, "quantity": quantity}
    return "GiveSample", given


def account_of(world: World, rep: str = "rep1", number: int = 0) -> str:
    return world.company.accounts[rep][number]


def owner_contact(device: Device, account_id: str) -> str:
    """The contact an account was opened with."""
    sql = "SELECT id FROM contact WHERE account_id = ? ORDER BY id"
    with device.workspace.reading() as transaction:
        return str(transaction.execute(sql, (account_id,)).fetchone()[0])


# -- what was done -----------------------------------------------------------------------------------


def statuses(world: World) -> dict[str, str]:
    """Command id -> what became of it, over the whole history."""
    return {id_: status for id_, status, _, _ in world.server.settled()}


def runs(world: World) -> Counter[str]:
    """How often each command id was settled; a parked one that was run again counts once."""
    return Counter(id_ for id_, _, _, rerun_of in world.server.settled() if rerun_of is None)


def settled_order(world: World) -> list[str]:
    """The command ids in the order of their versions."""
    return [id_ for id_, _, _, _ in world.server.settled()]


def last_seq(world: World, device: Device) -> int:
    with world.server.tenant.database.reading() as transaction:
        sql = f"SELECT last_seq FROM device WHERE id = {transaction.placeholder}"
        return int(transaction.execute(sql, (device.workspace.signed_in.device_id,)).fetchone()[0])


def shown(device: Device, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
    """What a screen of the laptop reads."""
    with device.workspace.reading() as transaction:
        return [tuple(row) for row in transaction.execute(sql, parameters).fetchall()]


def outbox_as_is(device: Device) -> list[tuple[Any, ...]]:
    """Every command that waits, as stored."""
    with device.workspace.outbox.database.reading() as transaction:
        rows = transaction.execute("SELECT id, position, name, v, at, payload FROM waiting ORDER BY position")
        return [tuple(row) for row in rows.fetchall()]


def assert_all_ends_well(world: World) -> None:
    """Heal, drain, prove: nothing lost, nothing twice, nothing shown to a stranger, every replica the server's."""
    assert [f"{violation.kind}: {violation.what}" for violation in check_end(world)] == []


# -- requests by hand --------------------------------------------------------------------------------


def body_of(call: Call) -> Payload:
    """What a request says."""
    body = call.body
    if call.headers.get("Content-Encoding") == "zstd":
        body = zstandard.ZstdDecompressor().decompress(body)
    said: Payload = msgspec.json.decode(body)
    return said


def lines_of(answer: Answer) -> list[Payload]:
    """The lines of an answer."""
    body = answer.body
    if answer.headers.get("content-encoding") == "zstd":
        body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
    return [msgspec.json.decode(line) for line in body.splitlines()]


class Meddled(FaultyTransport):
    """A network on which something happens around each exchange; `device.transport = Meddled(device, …)`."""

    def __init__(
        self,
        device: Device,
        before: Callable[[Call], Call] = lambda call: call,
        after: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(device.server)
        self._before, self._after = before, after

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        call = self._before(Call(method, path, headers, body))
        reply = super().send(call.method, call.path, call.headers, call.body)
        if path.startswith(self.struck):
            self._after()
        return reply


# -- machines and releases ---------------------------------------------------------------------------


def pull_the_plug(device: Device) -> None:
    """The power fails now: what the disk holds at this moment is all there is."""
    image = device.profile.dir.with_name(f"{device.profile.dir.name}-at-power-cut")
    shutil.copytree(device.profile.dir, image)
    device.close()
    shutil.rmtree(device.profile.dir)
    image.rename(device.profile.dir)


def days_later(days: float) -> AbstractContextManager[object]:
    """So many days pass, for laptops and server alike; the clock goes on from there."""
    return time_machine.travel((datetime.now(UTC) + timedelta(days=days)).timestamp())


@contextmanager
def handled_by(name: str, handler: Callable[[Sound, Any, Context], Outcome | None]) -> Iterator[None]:
    """Another release: `handler(sound, command, context)` answers for a command, `sound()` being the real one."""
    real = COMMANDS[name]

    def released(command: Command, records: Records, context: Context) -> Outcome | None:
        return handler(lambda: real.handler(command, records, context), command, context)

    COMMANDS[name] = dataclasses.replace(real, handler=released)
    try:
        yield
    finally:
        COMMANDS[name] = real


@contextmanager
def newer_shape(name: str, version: int) -> Iterator[None]:
    """A release in which a command has a later version of its shape."""
    real = COMMANDS[name]
    later = type(name, (real.command,), {"VERSION": version, "__module__": real.command.__module__})
    COMMANDS[name] = dataclasses.replace(real, command=later)
    try:
        yield
    finally:
        COMMANDS[name] = real
