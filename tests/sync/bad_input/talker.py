"""A device that speaks the protocol by hand, and what its tests ask again and again."""

import itertools
import json
from typing import Any

import requests
from argon2 import PasswordHasher

from sync import authority
from sync.ids import new_id
from sync.passwords import store_password
from sync.tenants import Tenant
from tests.sync.conftest import PASSWORD, Client

Said = dict[str, Any]
AT = "2026-11-22T10:42:07.123Z"
TEXTS = ["Château 🍷👩‍👩‍👧‍👦", "שלום ‮עולם‬ مرحبا", "e\u0301 ﷽ \u200b\ufeff", "a\tb\nc\x01\x7f", "𝕏" * 50, "\ud83c\udf77"]


class Talker:
    """A device that speaks the protocol by hand."""

    def __init__(self, client: Client, email: str, tenant: str) -> None:
        self.bare, self.email, self.tenant = client, email, tenant
        answer = client.sign_in(email, tenant=tenant).json()
        self.client = client.signed(answer)
        self.user_id: str = answer["user"]["id"]
        self.lease: str = answer["lease"]
        self.cursor, self.chain = 0, None
        self.seq = 0

    def anew(self) -> "Talker":
        """The same person on a new device."""
        return Talker(self.bare, self.email, self.tenant)

    def request(self, **more: Any) -> Said:
        stands = {"cursor": self.cursor, "chain": self.chain}
        return {"request": new_id(), "lease": self.lease, **stands, **more}

    def send(self, said: object, **options: Any) -> requests.Response:
        return self.client("POST", "/v1/sync", data=json.dumps(said), **options)

    def exchange(self, **more: Any) -> list[Said]:
        """An exchange that must go well; takes over lease and cursor."""
        answer = self.send(self.request(**more))
        assert answer.status_code == 200, answer.text
        lines = [json.loads(line) for line in answer.text.splitlines()]
        self.lease = lines[0]["lease"]
        if lines[-1]["t"] == "checkpoint":
            self.cursor, self.chain = lines[-1]["cursor"], lines[-1]["chain"]
        return lines

    def command(self, name: str, payload: object, **more: Any) -> Said:
        return {"seq": self.seq + 1, "id": new_id(), "name": name, "at": AT, "payload": payload, **more}

    def do(self, name: str, payload: object, **more: Any) -> Said:
        """Send one command and return its verdict."""
        lines = self.exchange(commands=[self.command(name, payload, **more)])
        (verdict,) = [line for line in lines if line["t"] == "verdict"]
        if verdict["status"] != "deferred":
            self.seq += 1
        return verdict


_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
"""The password guards nothing here: a real hash would cost most of the time of these tests."""
_numbers = itertools.count(1)


def hire(tenant: Tenant, client: Client, *roles: str) -> Talker:
    """A new person of these roles and a device of theirs."""
    user_id, email = new_id(), f"person{next(_numbers)}@{tenant.slug}.example"
    payload = {"user_id": user_id, "name": "Somebody", "email": email, "roles": list(roles)}
    authority.run_command(tenant, authority.SYSTEM, "AddUser", payload)
    with tenant.database.writing() as transaction:
        store_password(transaction, user_id, _QUICK)
    return Talker(client, email, tenant.slug)


def refusal(answer: requests.Response) -> tuple[int, str]:
    """Status and code; there is always a sentence for people, and never our insides."""
    error = answer.json()["error"]
    assert error["sentence"][0].isupper()
    assert error["sentence"].endswith(".")
    assert "Traceback" not in answer.text
    assert answer.status_code != 500
    return answer.status_code, error["code"]


def an_account(rep: Talker, name: str = "Blue Door") -> str:
    account_id = new_id()
    assert rep.do("OpenAccount", {"account_id": account_id, "name": name})["status"] == "accepted"
    return account_id


def rows_of(lines: list[Said], table: str, column: str) -> list[Any]:
    return [
        row[line["columns"].index(column)]
        for line in lines
        if line["t"] == "rows" and line["table"] == table
        for row in line["rows"]
    ]
