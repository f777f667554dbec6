"""What people at a wine company do all day, at random: sensible commands, some that will be refused."""

import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from leora_core.store.prepared import Transaction
from sync.simulation.device import Device
from sync.simulation.poison import POISONED
from sync.simulation.world import Company

Payload = dict[str, Any]
Intent = tuple[str, Payload]

_WEEKS = ("2026-W48", "2026-W49")
_LAST_WEEKS_DAY = "2026-11-20"
_SKEWS = (timedelta(), timedelta(), timedelta(), timedelta(days=365), timedelta(days=-365), timedelta(minutes=4))


def random_id(rng: random.Random) -> str:
    """A UUID that the seed decides."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def random_moment(rng: random.Random) -> datetime:
    """This moment by a clock that may be a year off."""
    return datetime.now(UTC) + rng.choice(_SKEWS)


class Desk:
    """What a person sees on a laptop, to choose from."""

    def __init__(self, device: Device, company: Company, rng: random.Random) -> None:
        self.device, self.company, self.rng = device, company, rng

    def intent(self) -> Intent:
        """Something to do now. With nothing on the screen to do it to, an account is opened."""
        with self.device.workspace.reading() as transaction:
            kinds = [kind for kind in _KINDS for _ in range(_WEIGHTS.get(kind.__name__, 1))]
            made = self.rng.choice(kinds)(self, transaction)
            return made if made is not None else _open_account(self, transaction)

    def pick(self, transaction: Transaction, sql: str) -> Any:
        """A random row of a query, None for none."""
        rows = transaction.execute(sql).fetchall()
        return self.rng.choice(rows) if rows else None

    def id(self) -> str:
        """A new id."""
        return random_id(self.rng)

    def account(self, transaction: Transaction) -> str | None:
        """An account on the screen; now and then one that is not."""
        if self.rng.random() < 0.1:
            return self.rng.choice([account for held in self.company.accounts.values() for account in held])
        row = self.pick(transaction, "SELECT id FROM account ORDER BY id")
        return None if row is None else str(row[0])


def _open_account(desk: Desk, _: Transaction) -> Intent:
    number = f"A-{desk.rng.randrange(6)}" if desk.rng.random() < 0.3 else None
    return "OpenAccount", {"account_id": desk.id(), "name": f"Bar {desk.id()[:8]}", "account_number": number}


def _edit_account(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id, phone, delivery_instructions FROM account ORDER BY id")
    if row is None:
        return None
    fields: Payload = {"phone": {"was": row[1], "now": f"617-555-{desk.rng.randrange(10_000):04}"}}
    if desk.rng.random() < 0.3:
        fields["delivery_instructions"] = {"was": row[2], "now": f"Back door, {desk.id()[:6]}"}
    if desk.rng.random() < 0.1:
        fields = {"email": {"was": None, "now": "no address"}}
    return "EditAccount", {"account_id": row[0], "fields": fields}


def _assign_account(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    rep = desk.rng.choice([person for person in desk.company.people.values() if person.role == "rep"])
    return None if account_id is None else ("AssignAccount", {"account_id": account_id, "rep_id": rep.user_id})


def _add_contact(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    named = {"contact_id": desk.id(), "account_id": account_id, "name": f"Maria {desk.id()[:6]} 🍷"}
    return None if account_id is None else ("AddContact", named)


def _remove_contact(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT account_id, id FROM contact ORDER BY id")
    return None if row is None else ("RemoveContact", {"account_id": row[0], "contact_id": row[1]})


def _plan_account(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    week = desk.rng.choice(_WEEKS)
    return (
        None
        if account_id is None
        else (
            "PlanAccount",
            {"planned_id": desk.id(), "week": week, "account_id": account_id, "objective": "Sell"},
        )
    )


def _mark_contact(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id FROM planned_account ORDER BY id")
    said = {"method": "phone", "result": desk.rng.choice(["met", "not_reached"]), "at_date": _LAST_WEEKS_DAY}
    return None if row is None else ("MarkContact", {"planned_id": row[0], **said})


def _unplan_account(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id FROM planned_account ORDER BY id")
    return None if row is None else ("UnplanAccount", {"planned_id": row[0]})


def _log_activity(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    if account_id is None:
        return None
    activity: Payload = {
        "activity_id": desk.id(),
        "account_id": account_id,
        "type": desk.rng.choice(["visit", "call", "note"]),
        "occurred_at": "2026-11-20T15:00:00.000Z",
        "note": f"Talked about {desk.id()}",
    }
    if desk.rng.random() < 0.4:
        activity["follow_up_on"] = "2026-12-01"
    if desk.rng.random() < 0.3:
        activity["samples"] = [{"sku_id": desk.rng.choice(desk.company.skus), "quantity": desk.rng.randrange(1, 9)}]
    return "LogActivity", activity


def _append_note(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id FROM activity ORDER BY id")
    return None if row is None else ("AppendNote", {"activity_id": row[0], "text": f"Also {desk.id()}"})


def _give_sample(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    quantity = desk.rng.choice([1, 2, 3, 20, 40, 1_000])
    given = {"movement_id": desk.id(), "account_id": account_id, "sku_id": desk.rng.choice(desk.company.skus)}
    return None if account_id is None else ("GiveSample", {**given, "quantity": quantity})


def _add_task(desk: Desk, transaction: Transaction) -> Intent:
    title = f"{POISONED if desk.rng.random() < 0.3 else ''}Call back {desk.id()}"
    account_id = desk.account(transaction) if desk.rng.random() < 0.5 else None
    return "AddTask", {"task_id": desk.id(), "title": title, "account_id": account_id}


def _complete_task(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id FROM task ORDER BY id")
    return None if row is None else ("CompleteTask", {"task_id": row[0]})


def _add_note(desk: Desk, transaction: Transaction) -> Intent | None:
    account_id = desk.account(transaction)
    noted = {"note_id": desk.id(), "account_id": account_id, "text": f"שלום {desk.id()}"}
    return None if account_id is None else ("AddNote", noted)


def _resolve_conflict(desk: Desk, transaction: Transaction) -> Intent | None:
    row = desk.pick(transaction, "SELECT id FROM conflict WHERE status = 'open' ORDER BY id")
    return None if row is None else ("ResolveConflict", {"conflict_id": row[0], "value": "617-555-7777"})


_KINDS: tuple[Callable[[Desk, Transaction], Intent | None], ...] = (
    _open_account,
    _edit_account,
    _assign_account,
    _add_contact,
    _remove_contact,
    _plan_account,
    _mark_contact,
    _unplan_account,
    _log_activity,
    _append_note,
    _give_sample,
    _add_task,
    _complete_task,
    _add_note,
    _resolve_conflict,
)
_WEIGHTS = {"_edit_account": 3, "_log_activity": 3, "_assign_account": 2, "_resolve_conflict": 2}
