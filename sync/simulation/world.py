"""A company in a folder: its server, its people, their laptops, and what happens to all of them.

`World.make` builds one from nothing in about a second; `Template.of(world)` keeps it, and
`template.world(folder)` makes fresh ones from that in milliseconds.
"""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from argon2 import PasswordHasher

from leora_core.domain.command import Actor
from sync.ids import new_id
from sync.passwords import store_password
from sync.simulation.device import PASSWORD, Device, Ledger, Person
from sync.simulation.poison import Poison, poisoned_tasks
from sync.simulation.server import Backup, Server

_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""The password guards nothing: a real hash would cost most of the time of a short run."""
ZONE = "America/New_York"
DRAIN_ROUNDS = 60


@dataclass(frozen=True)
class Company:
    """What a new world knows of itself. Account ids by the rep's e-mail they were given to at first."""

    people: dict[str, Person]
    accounts: dict[str, list[str]]
    skus: list[str]


@dataclass
class World:
    """Use as a context manager, or `close` it. `poison.works` gives the server a bad release."""

    folder: Path
    server: Server
    company: Company
    ledger: Ledger = field(default_factory=Ledger)
    devices: dict[str, Device] = field(default_factory=dict)
    poison: Poison = field(default_factory=Poison)
    rewound: bool = False
    """Whether the server was ever put back to an older copy of itself."""
    _lost: dict[str, set[str]] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._stack.enter_context(poisoned_tasks(self.poison))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def make(
        cls,
        folder: Path,
        *,
        reps: int = 2,
        managers: int = 1,
        accounts: int = 2,
        database: str | None = None,
        slug: str = "acme",
        exchange_only: bool = False,
    ) -> "World":
        """A company with reps (`rep1@…`), managers (`boss1@…`), so many accounts for each rep, and two wines.

        The server answers; no laptop is enrolled yet. With `database` it is on that PostgreSQL server;
        `exchange_only` gives it the exchange's routes alone and a quick start.
        """
        folder.mkdir(parents=True, exist_ok=True)
        server = Server(folder / "server", slug=slug, database=database, exchange_only=exchange_only)
        server.tenants.create(slug, "Acme Wines", ZONE)
        company = _founded(server, reps, managers, accounts)
        server.start()
        return cls(folder, server, company)

    # -- laptops ---------------------------------------------------------------------------------

    def person(self, name: str) -> Person:
        """`rep1`, `rep2`, …, `boss1`, …"""
        return self.company.people[name]

    def enrol(self, name: str, person: str) -> Device:
        """A new laptop of a person, signed in and filled."""
        device = Device(
            name,
            self.folder / name,
            self.person(person),
            lambda: self.server.served,
            tenant=self.server.slug,
            ledger=self.ledger,
        )
        device.sign_in()
        device.sync()
        self.devices[name] = device
        return device

    def clone(self, device: Device, name: str) -> Device:
        """A second laptop with the first one's disk."""
        self.devices[name] = cloned = device.clone(name)
        return cloned

    # -- the office ------------------------------------------------------------------------------

    def boss(self) -> Actor:
        """The first manager, acting on the server itself."""
        return Actor(user_id=self.person("boss1").user_id, roles=frozenset({"manager"}))

    def assign(self, account_id: str, person: str) -> None:
        """Give an account to a rep, on the server itself."""
        payload = {"account_id": account_id, "rep_id": self.person(person).user_id}
        self.server.command("AssignAccount", payload, self.boss())

    def rewind(self, backup: Backup) -> None:
        """Put the server back to an older copy of itself; it answers on.

        Work on accounts that were taken from a person is erased from their laptops once it is accepted, so
        that nobody can offer it again: what the server loses of it is excused.
        """
        self.rewound = True
        kept = {id_ for device in self.devices.values() for id_ in device.kept_ids()}
        for person in self.company.people.values():
            self._lost.setdefault(person.user_id, set()).update(self.server.ended(person.user_id))
        for id_, status, version, _ in self.server.settled():
            given = self.ledger.given.get(id_)
            if given is None or version <= backup.version or status not in ("accepted", "amended") or id_ in kept:
                continue
            if any(scope.partition(":")[2] in str(given.payload) for scope in self._lost[given.user_id]):
                self.ledger.excused.add(id_)
        self.server.restore(backup)

    def disable(self, person: str) -> None:
        """Lock a person out."""
        self.server.command("DisableUser", {"user_id": self.person(person).user_id})

    def enable(self, person: str) -> None:
        """Let them in again."""
        self.server.command("EnableUser", {"user_id": self.person(person).user_id})

    # -- the end ---------------------------------------------------------------------------------

    def heal(self) -> None:
        """Everything works again: the network, the server and its release, and everybody may sign in."""
        for device in self.devices.values():
            device.transport.heal()
        if self.server.served is None:
            self.server.start()
        self.poison.works = False
        self.server.rerun_parked()
        for name in self.company.people:
            self.enable(name)

    def drain(self, rounds: int = DRAIN_ROUNDS) -> list[str]:
        """Let every laptop sync until none has anything to send or to hear; names those that do not get there."""
        late: list[str] = []
        busy: list[str] = []
        for _ in range(rounds):
            sign_ins = [device.sign_ins for device in self.devices.values()]
            heads = {device.name: device.sync_through() for device in self.devices.values()}
            version, _ = self.server.head()
            late = [name for name, report in heads.items() if report is None or report.cursor != version]
            busy = [name for name, device in self.devices.items() if device.waiting_ids()]
            if not late and not busy and sign_ins == [device.sign_ins for device in self.devices.values()]:
                return []
        return sorted({*late, *busy}) or ["nobody rests"]

    def close(self) -> None:
        """Close every file. The folder stays."""
        for device in self.devices.values():
            device.close()
        self.server.stop()
        self._stack.close()


@dataclass(frozen=True)
class Template:
    """A world to make fresh ones from."""

    folder: Path
    company: Company
    backup: Backup
    slug: str
    database: str | None
    exchange_only: bool
    laptops: dict[str, tuple[Person, dict[str, str]]]

    @classmethod
    def of(cls, world: World) -> "Template":
        """Keep the world as it stands; it is closed by this."""
        backup = world.server.backup()
        laptops = {name: (device.person, dict(device.secrets.held)) for name, device in world.devices.items()}
        world.close()
        server = world.server
        return cls(
            folder=world.folder,
            company=world.company,
            backup=backup,
            slug=server.slug,
            database=server.database,
            exchange_only=server.exchange_only,
            laptops=laptops,
        )

    def world(self, folder: Path) -> World:
        """A fresh one in an empty folder. On PostgreSQL there can be only one at a time."""
        folder.mkdir(parents=True, exist_ok=True)
        server = Server(folder / "server", slug=self.slug, database=self.database, exchange_only=self.exchange_only)
        if self.backup.folder is not None:
            shutil.copytree(self.backup.folder, folder / "server")
            server.start()
        else:
            server.restore(self.backup)
        world = World(folder, server, self.company)
        for name, (person, secrets) in self.laptops.items():
            shutil.copytree(self.folder / name, folder / name)
            world.devices[name] = Device(
                name,
                folder / name,
                person,
                lambda: world.server.served,
                tenant=self.slug,
                ledger=world.ledger,
                secrets=secrets,
            )
        return world


def _founded(server: Server, reps: int, managers: int, accounts: int) -> Company:
    hashed = _QUICK.hash(PASSWORD)
    people: dict[str, Person] = {}
    for role, stem, count in (("rep", "rep", reps), ("manager", "boss", managers)):
        for number in range(1, count + 1):
            name = f"{stem}{number}"
            person = Person(new_id(), f"{name}@acme.example", role)
            server.command(
                "AddUser", {"user_id": person.user_id, "name": name.title(), "email": person.email, "roles": [role]}
            )
            people[name] = person
    with server.tenant.database.writing() as transaction:
        for person in people.values():
            store_password(transaction, person.user_id, hashed)
    skus = _wines(server)
    opened = {
        name: [_opened(server, person, f"{name.title()}'s Bar {number}") for number in range(1, accounts + 1)]
        for name, person in people.items()
        if person.role == "rep"
    }
    return Company(people, opened, skus)


def _wines(server: Server) -> list[str]:
    skus = []
    for name in ("Barolo", "Sancerre"):
        product, sku = new_id(), new_id()
        server.command("AddProduct", {"product_id": product, "name": name})
        server.command("AddSku", {"sku_id": sku, "product_id": product, "code": f"{name[:3].upper()}-750"})
        skus.append(sku)
    return skus


def _opened(server: Server, rep: Person, name: str) -> str:
    account_id = new_id()
    payload: dict[str, Any] = {
        "account_id": account_id,
        "name": name,
        "address": {"street1": "1 Main St", "city": "Boston", "state": "MA", "postal_code": "02134"},
        "contact": {"name": f"Owner of {name}"},
        "rep_id": rep.user_id,
    }
    server.command("OpenAccount", payload)
    return account_id
