"""The people and the shop that the rule tests are played with."""

import itertools
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Actor, Command, Context, Outcome, Record, account_scope, execute
from leora_core.domain.grants import Grant
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.values import child_id
from tests.fakes import InMemoryRecords

ROOT = "00000000-0000-8000-8000-00000000c0de"
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")

_numbers = itertools.count(1)


def an_id(name: str | None = None) -> str:
    """The id of the thing of that name, or a new one."""
    return child_id(ROOT, name or f"nameless-{next(_numbers)}")


REP, OTHER_REP, MANAGER, ADMIN, PICKER = (an_id(name) for name in ("rep", "other rep", "manager", "admin", "picker"))
SHOP = an_id("shop")

USERS = {
    REP: User(id=REP, name="Rosa Rep", email="rosa@example.com", roles=("rep",)),
    OTHER_REP: User(id=OTHER_REP, name="Otto Rep", email="otto@example.com", roles=("rep",)),
    MANAGER: User(id=MANAGER, name="Mia Manager", email="mia@example.com", roles=("manager",)),
    ADMIN: User(id=ADMIN, name="Ada Admin", email="ada@example.com", roles=("admin",)),
    PICKER: User(id=PICKER, name="Pia Picker", email="pia@example.com", roles=("warehouse",)),
}


def by(user_id: str, **circumstances: Any) -> Context:
    """The circumstances of a new command of that user, on the server unless told otherwise."""
    fields: dict[str, Any] = {
        "command_id": an_id(),
        "actor": Actor(user_id=user_id, roles=frozenset(USERS[user_id].roles)),
        "at": NOW,
        "zone": ZONE,
        "authority": True,
        "version": 10,
    }
    return Context(**(fields | circumstances))


def assigned(user_id: str, account_id: str = SHOP) -> Grant:
    return Grant(
        id=child_id(account_id, f"assigned-{user_id}"),
        user_id=user_id,
        held=account_scope(account_id),
        why="assigned",
        granted_at=NOW,
        from_version=1,
    )


class Office(InMemoryRecords):
    """Everybody, the settings, and one shop that is the rep's. `written` lists what was written since."""

    def __init__(self, *more: Record) -> None:
        self.written: list[Record] = []
        super().__init__(
            *USERS.values(),
            TenantSettings(id=SETTINGS_ID, name="Vine & Co", timezone="America/New_York"),
            Account(id=SHOP, name="Corner Shop", phone="555 1000", opened_at=NOW),
            assigned(REP),
            *more,
        )
        self.written.clear()

    def do(self, command: Command, context: Context) -> Outcome:
        """Run the command, whole or not at all."""
        before, written = dict(self.rows), list(self.written)
        try:
            return execute(command, self, context)
        except Exception:
            self.rows, self.written = before, written
            raise

    def add(self, record: Record) -> None:
        super().add(record)
        self.written.append(record)

    def change(self, record: Any, **fields: Any) -> Any:
        changed = super().change(record, **fields)
        self.written.append(changed)
        return changed

    def remove(self, record: Record) -> None:
        super().remove(record)
        self.written.append(record)

    @property
    def shop(self) -> Account:
        return self.need(Account, SHOP)
