"""What the parts of the story share: the office, the line, three laptops, and where all is told."""

import secrets
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sync.demo.devices import Device
from sync.demo.line import Line
from sync.demo.material import Material
from sync.demo.office import Office
from sync.demo.telling import Transcript

T = TypeVar("T")
Told = dict[str, Any]


@dataclass(frozen=True)
class Employee:
    """Somebody who gets a laptop. The passwords are made for this run."""

    email: str
    name: str
    roles: tuple[str, ...]
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    passphrase: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def key(self) -> str:
        """The name of this laptop's folder."""
        return self.email.split("@", maxsplit=1)[0]


MANAGER = Employee("mara@leora.example", "Mara Lindqvist", ("manager", "admin"))
REPS = (Employee("ana@leora.example", "Ana Prado", ("rep",)), Employee("ben@leora.example", "Ben Okafor", ("rep",)))
STAFF = (MANAGER, *REPS)


@dataclass
class Stage:
    """The stage; `close` ends every process."""

    out: Path
    tell: Transcript
    office: Office
    line: Line
    material: Material
    devices: list[Device] = field(default_factory=list)
    handed_over: Told = field(default_factory=dict)
    """The account that changes hands while its rep is away."""
    shared: Told = field(default_factory=dict)
    """The account that rep and manager both edit."""
    version: int = 0
    """Where the server stood when the laptops were cut off."""

    @property
    def manager(self) -> Device:
        """The laptop of the manager."""
        return self.devices[0]

    @property
    def reps(self) -> list[Device]:
        """The laptops of the two reps. The first is away when her account changes hands."""
        return self.devices[1:]

    def all_at_once(self, work: Callable[[Device], T], devices: Iterable[Device]) -> list[T]:
        """The same on several laptops at the same time; the answers in their order."""
        with ThreadPoolExecutor() as pool:
            return list(pool.map(work, devices))

    def close(self) -> None:
        """End laptops, line and server."""
        for device in self.devices:
            device.close()
        self.line.cut()
        self.office.stop()


def title(device: Device) -> str:
    """`Rep Ana`: the person's first role and name, as the server told them."""
    return f"{str(device.user['roles'][0]).capitalize()} {device.name}"
