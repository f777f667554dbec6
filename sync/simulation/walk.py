"""A random walk through everything that can happen to a company and its laptops."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.failures import Unavailable
from leora_desktop.replica.database import ReplicaDamaged
from leora_desktop.syncing.client import Refused
from sync.simulation.device import Device, Image, tells_of_damage
from sync.simulation.intents import Desk, random_id, random_moment
from sync.simulation.network import Fault, Strike
from sync.simulation.oracle import Violation, check_device, check_end, check_server
from sync.simulation.server import Backup
from sync.simulation.world import World

MOST_CLONES = 2
_STEPS_OF_AN_ACT = 120
_FEW_ROWS = 7
_CUTS = (Fault.CUT, Fault.CUT_QUIETLY)


@dataclass
class Walk:
    """The acts that may happen, each a method over a laptop; what an act chooses comes from `rng`."""

    world: World
    rng: random.Random
    images: dict[str, list[Image]] = field(default_factory=dict)
    backups: list[Backup] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    weights: Mapping[str, float] = field(default_factory=lambda: WEIGHTS)

    # -- people ----------------------------------------------------------------------------------

    def type(self, device: Device, times: int = 1) -> None:
        """Give commands."""
        for _ in range(times):
            with self._refusals(device):
                self._give(device)

    def sync(self, device: Device, *strikes: Strike | Fault, few_rows: bool = False) -> None:
        """A round, through what the network does."""
        with self._refusals(device):
            try:
                device.sync_through(*strikes, max_rows=_FEW_ROWS if few_rows else 50_000)
            except Rejected as refused:
                # A rule refuses what people do; it has no say in a round.
                self.violations.append(Violation("stuck", f"{device.name} cannot finish a round: {refused}"))

    def sync_badly(self, device: Device) -> None:
        """A round through a few random faults."""
        self.sync(device, *[self.strike() for _ in range(self.rng.randrange(1, 4))], few_rows=self.rng.random() < 0.4)

    def type_meanwhile(self, device: Device) -> None:
        """Go on typing while a round is under way."""
        device.transport.meanwhile = lambda: self._type_under_way(device)
        self.sync(device, few_rows=self.rng.random() < 0.4)

    def _type_under_way(self, device: Device) -> None:
        for _ in range(self.rng.randrange(1, 4)):
            try:
                self._give(device)
            except Rejected:
                continue
            except Exception as error:
                # The round that is under way will set the file aside.
                if not tells_of_damage(error):
                    raise
                return

    def _give(self, device: Device) -> None:
        name, payload = Desk(device, self.world.company, self.rng).intent()
        device.do(name, payload, at=random_moment(self.rng), command_id=random_id(self.rng))

    def strike(self) -> Strike:
        """Any fault."""
        fault = self.rng.choice(list(Fault))
        return Strike(fault, self.rng.random() if fault in _CUTS else 0)

    def prove(self, device: Device) -> None:
        """Ask for the proof."""
        with self._refusals(device):
            device.prove(deep=self.rng.random() < 0.5)

    def discard(self, device: Device) -> None:
        """Take something back, or let go of something refused."""
        with self._refusals(device):
            known = [*device.waiting_ids(), *device.attention()]
            device.note_told()
            if known:
                device.discard(self.rng.choice(known))

    # -- machines --------------------------------------------------------------------------------

    def restart(self, device: Device) -> None:
        """End the program and start it again."""
        with self._refusals(device):
            device.restart()

    def crash(self, device: Device) -> None:
        """Cut the power in the middle of typing or syncing."""
        act: Callable[[], object]
        name = self.rng.choice(["type", "sync", "sync", "sign_in"])
        after = self.rng.randrange(_STEPS_OF_AN_ACT if name == "sync" else _STEPS_OF_AN_ACT // 3)
        few = self.rng.random() < 0.3
        acts: dict[str, Callable[[], object]] = {
            "type": lambda: self.type(device),
            "sync": lambda: device.sync_through(max_rows=_FEW_ROWS if few else 50_000),
            "sign_in": device.sign_in,
        }
        act = acts[name]
        with self._refusals(device):
            _ = device.workspace
            device.crash_during(act, after, forget_replica=self.rng.random() < 0.3)

    def image(self, device: Device) -> None:
        """Copy the laptop's disk."""
        self.images.setdefault(device.name, []).append(device.image())

    def put_back(self, device: Device) -> None:
        """Restore the laptop from an older copy of its disk."""
        images = self.images.get(device.name)
        if images:
            device.put_back(self.rng.choice(images))

    def clone(self, device: Device) -> None:
        """A second laptop with the same disk; both go on."""
        clones = [name for name in self.world.devices if "-twin" in name]
        if len(clones) < MOST_CLONES:
            self.world.clone(device, f"{device.name}-twin{len(clones) + 1}")

    def lose_replica(self, device: Device) -> None:
        """The replica's file is gone."""
        device.lose_replica()

    def damage_replica(self, device: Device) -> None:
        """A byte of the replica's file is not what it was."""
        device.damage_replica(self.rng)

    def rebuild(self, device: Device) -> None:
        """The person asks for the replica to be filled anew."""
        with self._refusals(device):
            device.workspace.rebuild()

    # -- the network -----------------------------------------------------------------------------

    def deliver_late(self, device: Device) -> None:
        """What was under way arrives."""
        with self._refusals(device):
            device.transport.deliver_late()

    def send_again(self, device: Device) -> None:
        """An old request arrives once more."""
        with self._refusals(device):
            if device.transport.sent:
                device.transport.send_again(self.rng.randrange(len(device.transport.sent)))

    # -- the office ------------------------------------------------------------------------------

    def server_restart(self, _: Device) -> None:
        """The server goes down and comes back."""
        self.world.server.restart()
        self.violations += check_server(self.world)

    def server_down(self, _: Device) -> None:
        """The server is away for a while, or back."""
        if self.world.server.served is None:
            self.world.server.start()
        else:
            self.world.server.stop()

    def backup(self, _: Device) -> None:
        """The server is backed up."""
        self.backups.append(self.world.server.backup())

    def rewind(self, _: Device) -> None:
        """The server is restored from a backup."""
        if self.backups:
            self.world.rewind(self.rng.choice(self.backups))
            self.violations += check_server(self.world)

    def reassign(self, _: Device) -> None:
        """The office gives an account to some rep."""
        account = self.rng.choice([one for held in self.world.company.accounts.values() for one in held])
        reps = [name for name, person in self.world.company.people.items() if person.role == "rep"]
        with suppress(Rejected):
            self.world.assign(account, self.rng.choice(reps))

    def switch_person(self, device: Device) -> None:
        """A person is locked out, or let in again."""
        name = device.person.email.partition("@")[0]
        if self.rng.random() < 0.5:
            self.world.disable(name)
        else:
            self.world.enable(name)

    def switch_poison(self, _: Device) -> None:
        """A bad release, or its fix."""
        self.world.poison.works = not self.world.poison.works
        if not self.world.poison.works:
            self.world.server.rerun_parked()

    # -- walking ---------------------------------------------------------------------------------

    def step(self) -> None:
        """One random act of a random laptop, and what must hold after it."""
        device = self.rng.choice(list(self.world.devices.values()))
        name = self.rng.choices(list(self.weights), list(self.weights.values()))[0]
        self.acts[name] += 1
        getattr(self, name)(device)
        self.look_at(device)

    def look_at(self, device: Device) -> None:
        """Note what is wrong with a laptop now."""
        with self._refusals(device):
            device.note_told()
            self.violations += check_device(self.world, device)

    @contextmanager
    def _refusals(self, device: Device) -> Iterator[None]:
        """What a person or the background takes note of and goes on; a damaged file is opened anew."""
        try:
            yield
        except (Rejected, Refused, Unavailable):
            pass
        except ReplicaDamaged:
            device.close()
        except Exception as error:
            if not tells_of_damage(error):
                raise
            device.set_aside()


WEIGHTS: dict[str, float] = {
    "type": 30,
    "sync": 18,
    "sync_badly": 16,
    "type_meanwhile": 4,
    "prove": 2,
    "discard": 2,
    "restart": 2,
    "crash": 8,
    "image": 1,
    "put_back": 1,
    "clone": 0.3,
    "lose_replica": 0.7,
    "damage_replica": 0.7,
    "rebuild": 0.5,
    "deliver_late": 2,
    "send_again": 2,
    "server_restart": 1,
    "server_down": 1.5,
    "backup": 0.7,
    "rewind": 0.5,
    "reassign": 4,
    "switch_person": 1.5,
    "switch_poison": 2,
}
"""How often each act happens."""


@dataclass(frozen=True)
class Outcome:
    """What a walk came to."""

    seed: int
    steps: int
    devices: int
    commands: int
    seconds: float
    violations: list[Violation]

    def count(self, kind: str) -> int:
        """How many promises of a kind were broken."""
        return sum(violation.kind == kind for violation in self.violations)


def walk(
    world: World, steps: int, seed: int, *, stop_early: bool = False, weights: Mapping[str, float] | None = None
) -> Outcome:
    """Take so many random steps, then let all end well. With `stop_early` the first violation ends the walk.

    `weights` says which acts there are and how often each happens.
    """
    walking = Walk(world, random.Random(seed), weights=weights or WEIGHTS)
    begun = time.perf_counter()
    taken = 0
    while taken < steps and not (stop_early and walking.violations):
        walking.step()
        taken += 1
    if not (stop_early and walking.violations):
        walking.violations += check_end(world)
    seconds = time.perf_counter() - begun
    return Outcome(seed, taken, len(world.devices), len(world.ledger.given), seconds, walking.violations)


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as `--json` prints it."""
    kinds = {kind: outcome.count(kind) for kind in ("lost", "duplicate", "stuck", "leaked", "wrong")}
    rate = round(outcome.steps / outcome.seconds, 1) if outcome.seconds else 0.0
    told = [f"{violation.kind}: {violation.what}" for violation in outcome.violations[:20]]
    counted = {"seed": outcome.seed, "steps": outcome.steps, "devices": outcome.devices, "commands": outcome.commands}
    return {**counted, **kinds, "seconds": round(outcome.seconds, 2), "steps_per_second": rate, "violations": told}
