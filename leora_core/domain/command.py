"""What a command is, what a handler sees, and how one is run.

The same handler runs on the laptop (at once, a prediction) and on the server (once, for good). It
takes ids and time from the command and the context, reads and writes through `Records`, and refuses
by raising `Rejected`. It has no clock, no randomness and no I/O, so two runs over the same records
give the same result.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar
from zoneinfo import ZoneInfo

from leora_core.domain.reasons import REASONS
from leora_core.domain.values import child_id

ALL_SCOPES = "*"
SHARED = "shared"
OFFICE = "office"


def account_scope(account_id: str) -> str:
    """The scope of an account and all that hangs on it."""
    return f"account:{account_id}"


def rep_scope(user_id: str) -> str:
    """The scope of a user's own plans, sample stock and tasks."""
    return f"rep:{user_id}"


def warehouse_scope(warehouse_id: str) -> str:
    """The scope of a warehouse's stock, bins and pick sheets."""
    return f"warehouse:{warehouse_id}"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row of the business. A subclass names its table and the one scope a row lives in for life."""

    TABLE: ClassVar[str]
    HOME: ClassVar[str] = ALL_SCOPES
    """The scope of every row of this kind where it is one and the same (`shared`, `office`)."""
    LIVES_BY: ClassVar[str | None] = None
    """The field whose id names the scope, where one does."""

    id: str

    @property
    def scope(self) -> str:
        """The bin this row lives in, derived from fields that never change."""
        raise NotImplementedError


R = TypeVar("R", bound=Record)


class Absence(Enum):
    """Why a row was not found. Falsy, so `if not found` covers both."""

    ABSENT = "absent"
    """There is no such row."""
    UNKNOWN = "unknown"
    """There may be one outside the scopes this replica holds."""

    def __bool__(self) -> bool:
        return False


class Rejected(Exception):  # noqa: N818 - the word users and the wire have for it
    """A rule refuses the command. `code` is stable, `sentence` is for people, `field` names the input."""

    def __init__(self, code: str, *, field: str | None = None, **detail: Any) -> None:
        self.code = code
        self.field = field
        self.detail = detail
        self.sentence = REASONS[code].sentence(**({"field": field} | detail if field else detail))
        super().__init__(f"{code}: {self.sentence}")


class Records(Protocol):
    """All a handler sees of the data. Lists come ordered by id; filters are equalities, None is NULL."""

    def get(self, kind: type[R], id: str) -> R | Absence:
        """The row, or why there is none."""

    def need(self, kind: type[R], id: str) -> R:
        """The row. Raises Rejected `not_found`, or `not_on_this_laptop` where absence cannot be known."""

    def find(self, kind: type[R], /, **equal: object) -> list[R]:
        """The rows whose fields equal all of `equal`."""

    def count(self, kind: type[R], /, **equal: object) -> int:
        """How many rows `find` would give."""

    def total(self, kind: type[R], amount: str, /, **equal: object) -> int:
        """The sum of the whole-number field `amount` over the rows `find` would give; 0 for none."""

    def add(self, record: Record) -> None:
        """Store a new row. Raises Rejected `id_conflict` when the id is taken."""

    def change(self, record: R, **fields: Any) -> R:
        """Store `record` with `fields` replaced and return it. Raises ValueError if its scope moves."""

    def remove(self, record: Record) -> None:
        """Take the row away; every replica that holds its scope is told."""


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who gives the command."""

    user_id: str
    roles: frozenset[str]

    def is_any(self, *roles: str) -> bool:
        """Whether the actor has one of these roles."""
        return not self.roles.isdisjoint(roles)


@dataclass(frozen=True, kw_only=True)
class Context:
    """The circumstances of one command: who, when, where the rule runs."""

    command_id: str
    actor: Actor
    at: datetime
    """When the user did it (aware, UTC); the server clamps it to its own now + 5 minutes."""
    zone: ZoneInfo
    """The tenant's zone: dates and weeks are meant in it."""
    authority: bool = False
    """True on the server, where stock, uniqueness and allowances can really be decided."""
    version: int = 0
    """The version this command will commit as; 0 on a laptop, which cannot know it."""
    base_version: int | None = None
    """The version the sending replica stood at; None on a laptop."""
    received_at: datetime | None = None
    """The server's own clock; None on a laptop."""
    device_id: str | None = None
    """The device that sent it; None on a laptop and for the server's own acts."""

    @property
    def today(self) -> date:
        """The tenant's local date of `at`."""
        return self.local_date(self.at)

    def local_date(self, instant: datetime) -> date:
        """The tenant's local date of an instant."""
        return instant.astimezone(self.zone).date()

    def child_id(self, name: str) -> str:
        """The id of the row called `name` that this command makes: the same on every machine."""
        return child_id(self.command_id, name)


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a user wants done. Subclasses add the payload as fields; `VERSION` rises when they change."""

    VERSION: ClassVar[int] = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a handler has to say beside 'done'. `amended` means: done otherwise than asked."""

    result: dict[str, Any] = field(default_factory=dict)
    amended: bool = False


C = TypeVar("C", bound=Command)
Handler = Callable[[Any, Records, Context], Outcome | None]


@dataclass(frozen=True, slots=True)
class Registered:
    """A command and the one function that carries it out."""

    command: type[Command]
    handler: Handler
    summary: str


COMMANDS: dict[str, Registered] = {}


def handles(
    command: type[C],
) -> Callable[[Callable[[C, Records, Context], Outcome | None]], Callable[[C, Records, Context], Outcome | None]]:
    """Register the decorated function as the handler of `command`."""

    def register(
        handler: Callable[[C, Records, Context], Outcome | None],
    ) -> Callable[[C, Records, Context], Outcome | None]:
        name = command.__name__
        if name in COMMANDS:
            raise ValueError(f"{name} has a handler already")
        summary = (command.__doc__ or "").strip().splitlines()[0]
        COMMANDS[name] = Registered(command, handler, summary)
        return handler

    return register


def execute(command: Command, records: Records, context: Context) -> Outcome:
    """Run the handler of `command`. Raises Rejected when a rule forbids it."""
    return COMMANDS[type(command).__name__].handler(command, records, context) or Outcome()
