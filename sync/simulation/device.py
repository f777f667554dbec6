"""A simulated laptop: a real profile in a folder, real replica and outbox files, a network that may fail."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.failures import Unavailable
from leora_desktop.paths import Profile
from leora_desktop.replica.database import is_damage
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.client import Client, Refused
from leora_desktop.syncing.cycle import CycleReport, Proof, prove, synchronise
from leora_desktop.syncing.sign_in import Who, sign_in
from sync.simulation.fuse import PowerCut, fuse
from sync.simulation.network import Fault, FaultyTransport, Served, Strike

ADDRESS = "http://simulated"
PASSWORD = "a long summer of 1982"  # noqa: S105 - everyone's, in a company that does not exist
SIGN_IN_AGAIN = frozenset({"token_invalid", "device_forked", "lineage_changed"})


class MemorySecrets:
    """A keyring that lives as long as the simulation."""

    def __init__(self, held: dict[str, str] | None = None) -> None:
        self.held = dict(held or {})

    def get(self, name: str) -> str | None:
        return self.held.get(name)

    def set(self, name: str, secret: str) -> None:
        self.held[name] = secret

    def delete(self, name: str) -> None:
        self.held.pop(name, None)


@dataclass(frozen=True)
class Person:
    """Who uses a laptop."""

    user_id: str
    email: str
    role: str


@dataclass(frozen=True)
class Image:
    """A copy of a profile's files and keys, as a disk image has them. `known` are the commands given until then."""

    folder: Path
    secrets: dict[str, str]
    known: frozenset[str]


@dataclass(frozen=True)
class Given:
    """A command a person gave; it counts from when the program said it was saved."""

    id: str
    name: str
    payload: dict[str, Any]
    user_id: str
    device: str


@dataclass
class Ledger:
    """Everything the people of a simulation were promised."""

    given: dict[str, Given] = field(default_factory=dict)
    discarded: set[str] = field(default_factory=set)
    """Taken back, or let go of, by the person."""
    taken_back: set[str] = field(default_factory=set)
    """Those of them that the program said had never been sent."""
    copied: set[str] = field(default_factory=set)
    """Those an image or a clone may still send, whatever the person does on this laptop."""
    told: dict[str, str] = field(default_factory=dict)
    """Command id -> status of what stood in a device's attention at some time."""
    excused: set[str] = field(default_factory=set)
    """Given on a disk that was thrown away for an older image of it."""


class Device:
    """One laptop. `name` tells it from others; everything it keeps is below `folder`."""

    def __init__(
        self,
        name: str,
        folder: Path,
        person: Person,
        server: Callable[[], Served | None],
        *,
        tenant: str = "acme",
        ledger: Ledger | None = None,
        secrets: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.person = person
        self.tenant = tenant
        self.ledger = Ledger() if ledger is None else ledger
        self.profile = Profile(folder)
        self.secrets = MemorySecrets(secrets)
        self.server = server
        self.transport = FaultyTransport(server)
        self.sign_ins = 0
        """How often it had to."""
        self.repaired: list[str] = []
        """Scopes whose sums were wrong at a checkpoint."""
        self._workspace: Workspace | None = None
        self._images = 0

    # -- the program -----------------------------------------------------------------------------

    @property
    def workspace(self) -> Workspace:
        """The open workspace; opened when first needed. Raises Rejected `not_signed_in`."""
        if self._workspace is None:
            self._workspace = Workspace.open(self.profile, self.secrets)
        return self._workspace

    @property
    def is_open(self) -> bool:
        """Whether the program runs."""
        return self._workspace is not None

    def client(self) -> Client:
        """The server, as this device's token sees it, through the failing network."""
        return Client(self.transport, self.workspace.outbox.state("token"))

    def close(self) -> None:
        """End the program."""
        workspace, self._workspace = self._workspace, None
        if workspace is not None:
            workspace.close()

    def restart(self) -> None:
        """End the program and start it again."""
        self.close()
        _ = self.workspace

    def sign_in(self, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in, the first time or again over what is there. Raises Refused, Unavailable."""
        self.close()
        self.sign_ins += 1
        who = Who(ADDRESS, self.tenant, self.person.email, password)
        return sign_in(self.profile, self.secrets, self.transport, who)

    # -- what a person does ----------------------------------------------------------------------

    def do(
        self, name: str, payload: dict[str, Any], *, at: datetime | None = None, command_id: str | None = None
    ) -> str:
        """Give a command; returns its id, which the ledger has from now on. Raises Rejected (nothing is stored)."""
        done = self.workspace.dispatch(name, payload, command_id=command_id, at=at)
        self.note_given(done.id, name, payload)
        return done.id

    def note_given(self, id: str, name: str, payload: dict[str, Any]) -> None:
        """The program said this command is saved."""
        self.ledger.given[id] = Given(id, name, payload, self.person.user_id, self.name)

    def discard(self, id: str) -> None:
        """Take back an unsent command or let go of a refused one. Raises Rejected."""
        waited = id in self.waiting_ids()
        known = id in self.ledger.discarded
        # Before it is known to be done: a file that breaks just after it keeps nothing back.
        self.ledger.discarded.add(id)
        try:
            self.workspace.discard(id)
        except Rejected:
            if not known:
                self.ledger.discarded.discard(id)
            raise
        if waited:
            self.ledger.taken_back.add(id)

    def sync(self, *strikes: Strike | Fault, max_rows: int = 50_000) -> CycleReport:
        """One round through the strikes given. Raises Unavailable or Refused as the program would see it."""
        self.transport.strike(*strikes)
        report = synchronise(self.workspace, self.client(), max_rows=max_rows)
        self.repaired += report.repaired
        self.note_told()
        return report

    def sync_through(self, *strikes: Strike | Fault, max_rows: int = 50_000) -> CycleReport | None:
        """A round whatever happens, as the background does it: None when it could not be finished now.

        Signs in again when that is what the server wants, and then tries once more.
        """
        self.transport.strike(*strikes)
        for _ in range(4):
            try:
                return self.sync(max_rows=max_rows)
            except Unavailable:
                return None
            except Refused as refused:
                if refused.code not in SIGN_IN_AGAIN or not self._signed_in_again():
                    return None
            finally:
                self.note_told()
        return None

    def _signed_in_again(self) -> bool:
        try:
            self.sign_in()
        except (Unavailable, Refused):
            return False
        return True

    def prove(self, *, deep: bool = True) -> Proof:
        """The proof over every row, as the program makes it. Raises Unavailable or Refused."""
        return prove(self.workspace, self.client(), deep=deep)

    def prove_through(self) -> Proof:
        """The proof, signing in again where the server wants it: two copies of a laptop may only now be told apart."""
        try:
            return self.prove()
        except Refused as refused:
            if refused.code not in SIGN_IN_AGAIN:
                raise
            self.sync_through()
            return self.prove()

    def note_told(self) -> None:
        """Write down what the device tells its person now."""
        if self.profile.signed_in() is not None and self._workspace is not None:
            self.ledger.told.update((entry.id, entry.status) for entry in self.workspace.outbox.attention())

    def waiting_ids(self) -> list[str]:
        """The commands without a verdict, in order."""
        return [command.id for command in self.workspace.outbox.waiting()]

    def kept_ids(self) -> set[str]:
        """The commands it could still offer to a server that lost them."""
        with self.workspace.outbox.database.reading() as transaction:
            rows = transaction.execute("SELECT id FROM accepted UNION SELECT id FROM waiting").fetchall()
        return {row[0] for row in rows}

    def attention(self) -> dict[str, Any]:
        """Command id -> what the device tells of it."""
        return {entry.id: entry for entry in self.workspace.outbox.attention()}

    # -- what happens to a machine ---------------------------------------------------------------

    def crash_during(self, act: Callable[[], object], after: int, *, forget_replica: bool = False) -> bool:
        """Cut the power at the `after`-th database step of `act` and start again.

        With `forget_replica` the replica also loses what it committed during the act, as a file that is
        not fsynced at each commit may; the outbox never does, nor a new replica that was put in place.
        False when `act` ended before; what `act` itself raises passes through.
        """
        kept = self._replica_files() if forget_replica else {}
        file = self._replica_number()
        cut = False
        try:
            with fuse(after):
                act()
        except PowerCut:
            cut = True
        finally:
            if cut:
                self._power_off(kept if self._replica_number() == file else {})
        return cut

    def _replica_number(self) -> int:
        """Which file the replica is, as the file system numbers them."""
        return self.profile.replica.stat().st_ino if self.profile.replica.exists() else 0

    def _replica_files(self) -> dict[Path, bytes]:
        files = (self.profile.replica, self.profile.next_replica)
        beside = [file.with_name(file.name + suffix) for file in files for suffix in ("", "-wal")]
        return {path: path.read_bytes() for path in beside if path.exists()}

    def _power_off(self, replica_files: dict[Path, bytes]) -> None:
        self.close()
        if replica_files:
            for file in (self.profile.replica, self.profile.next_replica):
                for suffix in ("", "-wal", "-shm"):
                    file.with_name(file.name + suffix).unlink(missing_ok=True)
            for path, content in replica_files.items():
                path.write_bytes(content)
        if self.profile.signed_in() is not None:
            _ = self.workspace

    def image(self) -> Image:
        """Copy the profile, as a backup of the disk does."""
        self.ledger.copied.update(self.waiting_ids())
        self.close()
        self._images += 1
        folder = self.profile.dir.with_name(f"{self.profile.dir.name}-image-{self._images}")
        shutil.copytree(self.profile.dir, folder)
        known = frozenset(id for id, given in self.ledger.given.items() if given.device == self.name)
        return Image(folder, dict(self.secrets.held), known)

    def put_back(self, image: Image) -> None:
        """Restore the profile from an image. What was given since and never left is gone with the disk."""
        self.note_told()
        self.close()
        shutil.rmtree(self.profile.dir)
        shutil.copytree(image.folder, self.profile.dir)
        self.secrets.held = dict(image.secrets)
        lost = {id for id, given in self.ledger.given.items() if given.device == self.name} - image.known
        self.ledger.excused |= lost

    def clone(self, name: str) -> "Device":
        """A second laptop with the same files and keys: both may be used. It does not know of the first."""
        self.ledger.copied.update(self.waiting_ids())
        self.close()
        folder = self.profile.dir.with_name(name)
        shutil.copytree(self.profile.dir, folder)
        return Device(
            name,
            folder,
            self.person,
            self.server,
            tenant=self.tenant,
            ledger=self.ledger,
            secrets=self.secrets.held,
        )

    def lose_replica(self) -> None:
        """The replica's file is gone; the outbox stays."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.profile.replica.with_name(self.profile.replica.name + suffix).unlink(missing_ok=True)

    def set_aside(self) -> None:
        """The program ran into a broken file and is opened anew, as it tells the person to do."""
        self.close()

    def damage_replica(self, rng: random.Random) -> None:
        """Flip one byte somewhere in the replica's file."""
        self.close()
        content = bytearray(self.profile.replica.read_bytes())
        if content:
            content[rng.randrange(len(content))] ^= 1 + rng.randrange(255)
            self.profile.replica.write_bytes(bytes(content))


def tells_of_damage(error: BaseException) -> bool:
    """Whether what the program raised says that a file of its own is broken."""
    return is_damage(error) or isinstance(error, MemoryError)
