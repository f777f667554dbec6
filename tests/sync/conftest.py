"""A real server over real files, with a company, its people and their devices."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from leora_core.domain.command import Actor
from sync import authority
from sync.app import create_app
from sync.ids import new_id
from sync.passwords import password_hash, store_password
from sync.serving import serving
from sync.settings import ServerSettings
from sync.tenants import Tenant, Tenants
from tests.postgres import postgres_cluster, postgres_url

__all__ = ["postgres_cluster", "postgres_url"]

PASSWORD = "vintage 1982"


@dataclass
class Company:
    """A tenant, and how a test gives it people and commands."""

    tenants: Tenants
    tenant: Tenant
    settings: ServerSettings

    def person(self, email: str, *roles: str, password: str | None = PASSWORD) -> str:
        user_id = new_id()
        payload = {"user_id": user_id, "name": email.split("@", maxsplit=1)[0], "email": email, "roles": list(roles)}
        self.command("AddUser", payload)
        if password is not None:
            hashed = password_hash(password)
            with self.tenant.database.writing() as transaction:
                store_password(transaction, user_id, hashed)
        return user_id

    def command(self, name: str, payload: dict[str, Any], actor: Actor = authority.SYSTEM) -> Any:
        return authority.run_command(self.tenant, actor, name, payload)


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    return ServerSettings(data=tmp_path / "data", comment_seconds=0.3, watch_seconds=0.05)


@pytest.fixture
def company(settings: ServerSettings) -> Iterator[Company]:
    with closing(Tenants(settings.data, settings.database)) as tenants:
        yield Company(tenants, tenants.create("acme", "Acme Wines", "America/New_York"), settings)


@dataclass
class Client:
    """HTTP as a device speaks it."""

    url: str
    headers: dict[str, str] = field(default_factory=lambda: {"Leora-Protocol": "1"})
    device_id: str = ""

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, timeout=30, **options)

    def signed(self, answer: dict[str, Any]) -> "Client":
        headers = {**self.headers, "Authorization": f"Bearer {answer['token']}"}
        return replace(self, headers=headers, device_id=answer["device_id"])

    def sign_in(self, email: str, password: str = PASSWORD, tenant: str = "acme", **more: Any) -> requests.Response:
        device = {"name": "Laptop", "platform": "linux", "app_version": "1"}
        said = {"tenant": tenant, "email": email, "password": password, "device": device, **more}
        return self("POST", "/v1/sign-in", json=said)


@pytest.fixture
def client(company: Company) -> Iterator[Client]:
    with serving(create_app(company.tenants, company.settings)) as url:
        yield Client(url)


@pytest.fixture
def signed_in(company: Company, client: Client) -> Callable[..., Client]:
    """A new person of these roles, on a device of their own."""

    def enrol(email: str, *roles: str) -> Client:
        company.person(email, *roles)
        answer = client.sign_in(email)
        assert answer.status_code == 200, answer.text
        return client.signed(answer.json())

    return enrol
