"""What must hold, whatever happened: looked up in the files themselves, not asked of the code that wrote them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from leora_core.domain.command import ALL_SCOPES, Rejected
from leora_core.domain.failures import Unavailable
from leora_core.protocol.proof import checksum_text, row_digest
from leora_core.store.columns import convert
from leora_core.store.prepared import Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import BY_NAME, SYNCED
from leora_desktop.syncing.client import Refused
from sync.simulation.device import Device
from sync.simulation.effects import missing_effect, removed_by_command
from sync.simulation.shadow import RowKey, StoredRow, shown
from sync.simulation.world import World

Kind = Literal["lost", "duplicate", "stuck", "leaked", "wrong"]


@dataclass(frozen=True)
class Violation:
    """A promise that was broken."""

    kind: Kind
    what: str


@dataclass(frozen=True)
class Held:
    """What a laptop's replica file holds."""

    cursor: int
    chain: str | None
    filled: bool
    proven: tuple[int, str] | None
    """Count and checksum that the last checkpoint named and the replica says it had."""
    shown: dict[RowKey, StoredRow]
    base: dict[RowKey, StoredRow]
    versions: dict[RowKey, int]
    """Of the base rows."""
    staged_scopes: frozenset[str]
    found_scopes: frozenset[str]
    """Scopes whose words the search index knows."""
    settled_here: frozenset[str]


def read_replica(device: Device) -> Held:
    """Read the laptop's own file, in one snapshot."""
    with device.workspace.reading() as transaction:
        state = dict(transaction.execute("SELECT name, value FROM replica_state").fetchall())
        seen: dict[RowKey, StoredRow] = {}
        versions: dict[RowKey, int] = {}
        for synced in SYNCED:
            width = len(synced.columns)
            for row in transaction.execute(statements(synced, "sqlite").read).fetchall():
                seen[synced.name, row[0]] = (list(row[:width]), row[width])
                versions[synced.name, row[0]] = row[width + 1]
        base = dict(seen)
        for table, id_, text in transaction.execute("SELECT table_name, id, row FROM before_image").fetchall():
            _put_image(base, versions, (table, id_), text)
        return Held(
            cursor=int(state.get("cursor") or 0),
            chain=state.get("chain"),
            filled=state.get("filled") is not None,
            proven=(int(state["server_count"]), state["server_checksum"]) if state.get("equal") == "1" else None,
            shown=seen,
            base=base,
            versions=versions,
            staged_scopes=_texts(transaction, "SELECT DISTINCT row_scope FROM staged WHERE row IS NOT NULL"),
            found_scopes=_texts(transaction, "SELECT DISTINCT row_scope FROM search_entry"),
            settled_here=_texts(transaction, "SELECT command_id FROM applied_verdict"),
        )


def _put_image(base: dict[RowKey, StoredRow], versions: dict[RowKey, int], key: RowKey, text: str | None) -> None:
    base.pop(key, None)
    versions.pop(key, None)
    if text is not None:
        row = msgspec.json.decode(text)
        base[key] = (row[:-2], row[-2])
        versions[key] = row[-1]


def _texts(transaction: Transaction, sql: str) -> frozenset[str]:
    return frozenset(row[0] for row in transaction.execute(sql).fetchall())


# -- after any step ----------------------------------------------------------------------------------


def check_device(world: World, device: Device) -> list[Violation]:
    """What must hold of a laptop at any time: prefix, scope, and predictions that are nothing but that."""
    if device.profile.signed_in() is None:
        return []
    held = read_replica(device)
    if not held.filled:
        return []
    found = [*_check_shown(device, held), *_check_prefix(device, held)]
    if not world.rewound:
        # A repair hides a mistake: only a lost history leaves rows behind that must be told by their sums.
        found += [Violation("wrong", f"{device.name} had to repair {scope}") for scope in device.repaired]
    if world.server.served is not None:
        found += _check_scopes(world, device, held)
        found += _check_head(world, device, held)
    return found


def _check_shown(device: Device, held: Held) -> Iterator[Violation]:
    waiting = [command for command in device.workspace.outbox.waiting() if command.id not in held.settled_here]
    if not waiting and held.shown == held.base:
        return
    expected = shown(held.base, device.person.user_id, device.workspace.who.zone, waiting)
    for key in sorted(expected.keys() | held.shown.keys()):
        if expected.get(key) != held.shown.get(key):
            what = f"{device.name} shows {held.shown.get(key)} for {key}, not {expected.get(key)} as its outbox says"
            yield Violation("wrong", what)


def _check_prefix(device: Device, held: Held) -> Iterator[Violation]:
    """The base is the state at the cursor: nothing later, and just the rows whose sum was proven there."""
    late = sorted(key for key, version in held.versions.items() if version > held.cursor)
    if late:
        yield Violation("wrong", f"{device.name} stands at {held.cursor} and has later rows: {late[:3]}")
    total = sum(row_digest(table, id_, version) for (table, id_), version in held.versions.items())
    if held.proven is not None and held.proven != (len(held.versions), checksum_text(total)):
        yield Violation("wrong", f"{device.name} does not hold at {held.cursor} what it has proven")


def _check_scopes(world: World, device: Device, held: Held) -> Iterator[Violation]:
    """No row of a scope the person did not hold at the cursor is anywhere in the file."""
    if world.server.chain_at(held.cursor) != held.chain:
        return
    mine = world.server.held(device.person.user_id, held.cursor)
    if ALL_SCOPES in mine:
        return
    for scope in sorted({scope for _, scope in held.base.values()} - mine):
        yield Violation("leaked", f"{device.name} holds rows of {scope} at {held.cursor}")
    seen = {scope for _, scope in held.shown.values()}
    for scope in sorted(held.found_scopes - seen):
        yield Violation("leaked", f"{device.name} finds words of {scope}, of which it shows nothing")
    if not world.rewound:
        later = world.server.held_since(device.person.user_id, held.cursor)
        for scope in sorted(held.staged_scopes - later):
            yield Violation("leaked", f"{device.name} has staged rows of {scope}")


def _check_head(world: World, device: Device, held: Held) -> Iterator[Violation]:
    """At the head, the base is the server's rows for the person's scopes."""
    if (held.cursor, held.chain) != world.server.head() or device.workspace.wants_refill():
        return
    theirs = world.server.rows(world.server.held(device.person.user_id, held.cursor))
    for key in sorted(theirs.keys() | held.base.keys()):
        ours = held.base.get(key)
        on_wire = None if ours is None else (ours[1], held.versions[key], _to_wire(key[0], ours[0]))
        if on_wire != theirs.get(key):
            yield Violation("wrong", f"{device.name} has {on_wire} for {key}, the server {theirs.get(key)}")


def _to_wire(table: str, row: list[Any]) -> list[Any]:
    return convert(list(row), BY_NAME[table].to_wire)


def check_server(world: World) -> list[Violation]:
    """Sums, chain, versions and scopes of the server; and that it met no fault of its own."""
    found = [Violation("wrong", problem.sentence) for problem in world.server.check().problems]
    incidents = [*world.server.incidents, *(world.server.served.incidents if world.server.served else [])]
    return [*found, *(Violation("wrong", f"the server failed: {incident}") for incident in incidents)]


# -- at the end --------------------------------------------------------------------------------------


def check_end(world: World) -> list[Violation]:
    """Heal everything, let nobody type, and see that all ends well."""
    world.heal()
    found = [Violation("stuck", f"{name} does not get through") for name in world.drain()]
    found += check_server(world)
    for device in world.devices.values():
        found += check_device(world, device)
        found += _check_proof(device)
        device.note_told()
        found += _check_told(world, device)
    return [*found, *check_promises(world)]


def _check_proof(device: Device) -> Iterator[Violation]:
    try:
        proof = device.prove_through()
    except (Unavailable, Refused, Rejected) as trouble:
        yield Violation("stuck", f"{device.name} cannot prove what it holds: {trouble}")
        return
    if not proof.equal:
        yield Violation("wrong", f"{device.name} cannot prove equality at {proof.cursor}")


def _check_told(world: World, device: Device) -> Iterator[Violation]:
    """What was parked and has been run again since is no longer said to be parked.

    A server that lost its history may run it for the first time, at an old request that comes late.
    """
    if world.rewound:
        return
    now = {command_id: status for command_id, status, _, _ in world.server.settled()}
    for id_, entry in device.attention().items():
        if entry.status == "parked" and now.get(id_, "parked") != "parked":
            yield Violation("stuck", f"{device.name} still says that {id_} is parked; it is {now[id_]}")


def check_promises(world: World) -> list[Violation]:
    """Every command that was said to be saved is done once, or its person is told; nothing else happened."""
    runs: Counter[str] = Counter()
    status: dict[str, str] = {}
    for command_id, said, _, rerun_of in world.server.settled():
        runs[command_id] += rerun_of is None
        status[command_id] = said
    found = [Violation("duplicate", f"{id_} was run {count} times") for id_, count in runs.items() if count > 1]
    rows = world.server.rows()
    removed = world.server.removed() | removed_by_command(world.server.accepted())
    waiting = {id_ for device in world.devices.values() for id_ in device.waiting_ids()}
    found += [
        Violation("wrong", f"{id_} was taken back as never sent and is {status[id_]}")
        for id_ in world.ledger.taken_back - world.ledger.copied
        if id_ in status
    ]
    for id_, given in world.ledger.given.items():
        if id_ in world.ledger.discarded or id_ in waiting:
            continue
        said = status.get(id_, "")
        if said in ("accepted", "amended"):
            missing = missing_effect(given, rows, removed)
            if missing is not None:
                kind: Kind = "duplicate" if missing.startswith("twice") else "lost"
                found.append(Violation(kind, f"{given.name} {id_} was accepted and is {missing}"))
        elif id_ not in world.ledger.told and id_ not in world.ledger.excused:
            what = f"{given.name} {id_} of {given.device} is {said or 'nowhere'} and nobody was told"
            found.append(Violation("lost", what))
    return found
