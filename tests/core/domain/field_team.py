"""A small field team to try rules on: two reps with an account each, one shared by none, a manager."""

import copy
import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import Actor, Command, Context, Outcome, Rejected, account_scope, execute
from leora_core.domain.grants import Grant
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from tests.fakes import InMemoryRecords

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""A Tuesday morning in week 2026-W48."""
WEEK = "2026-W48"


def id_of(name: str) -> str:
    """The same id for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


ANNA, BEN, MONA, WANDA = (id_of(name) for name in ("anna", "ben", "mona", "wanda"))
BAR, SHOP = id_of("bar"), id_of("shop")
RED = id_of("red")
_ROLES = {ANNA: "rep", BEN: "rep", MONA: "manager", WANDA: "warehouse"}


def team(*more: Any, cap: int = 75) -> InMemoryRecords:
    """Anna has the bar, Ben the shop; Mona manages, Wanda packs; one wine may be sampled."""
    records = InMemoryRecords(
        TenantSettings(id=SETTINGS_ID, name="Cellar", timezone=str(ZONE), plan_cap=cap),
        *(User(id=user, name=user[:4], email=f"{user[:4]}@x.example", roles=(role,)) for user, role in _ROLES.items()),
        Product(id=id_of("product"), name="Old Vines"),
        Sku(id=RED, product_id=id_of("product"), code="RED-750"),
        *more,
    )
    add_account(records, "bar", ANNA)
    add_account(records, "shop", BEN)
    return records


def add_account(records: InMemoryRecords, name: str, rep_id: str, **fields: Any) -> str:
    """An account of this rep's; returns its id."""
    account_id = id_of(name)
    records.add(Account(id=account_id, name=name, opened_at=NOW, **fields))
    records.add(
        Grant(id=id_of(f"grant {name}"), user_id=rep_id, held=account_scope(account_id), why="assigned", granted_at=NOW)
    )
    return account_id


def by(user: str, name: str = "command", **circumstances: Any) -> Context:
    """The context of one command of this user's, as on a laptop unless told otherwise."""
    actor = Actor(user_id=user, roles=frozenset({_ROLES[user]}))
    return Context(**{"command_id": id_of(name), "actor": actor, "at": NOW, "zone": ZONE, **circumstances})


def on_server(user: str, name: str = "command", *, version: int = 10, base: int = 9, **more: Any) -> Context:
    """The context of the same command on the authority."""
    return by(user, name, **{"authority": True, "version": version, "base_version": base, "received_at": NOW, **more})


def do(records: InMemoryRecords, command: Command, context: Context) -> Outcome:
    """Run the command, and run it on a copy too: both must say and leave the same."""
    twin = copy.deepcopy(records)
    outcome = execute(command, records, context)
    assert execute(command, twin, context) == outcome
    assert twin.rows == records.rows
    return outcome


def refusal(records: InMemoryRecords, command: Command, context: Context) -> str:
    """The code the command is refused with; as in a real store, a refused command leaves nothing."""
    before = dict(records.rows)
    with pytest.raises(Rejected) as caught:
        do(records, command, context)
    records.rows = before
    return caught.value.code
