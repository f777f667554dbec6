"""One company and its server for all tests of a file; each test has people of its own."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from sync.app import create_app
from sync.check import check_tenant
from sync.serving import serving
from sync.settings import ServerSettings
from sync.tenants import Tenant, Tenants
from tests.sync.bad_input.talker import Talker, hire
from tests.sync.conftest import Client, Company


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """One company for all of these tests; each has people of its own."""
    settings = ServerSettings(data=tmp_path_factory.mktemp("server") / "data")
    with closing(Tenants(settings.data)) as tenants:
        yield Company(tenants, tenants.create("acme", "Acme Wines", "America/New_York"), settings)


@pytest.fixture(scope="module")
def client(company: Company) -> Iterator[Client]:
    with serving(create_app(company.tenants, company.settings)) as url:
        yield Client(url)


@pytest.fixture
def amy(company: Company, client: Client) -> Iterator[Talker]:
    """A rep. After the test the server answers, and its data is sound."""
    yield hire(company.tenant, client, "rep")
    assert client("GET", "/v1/health").status_code == 200
    assert check_tenant(company.tenant).problems == []


@pytest.fixture
def bob(company: Company, client: Client) -> Talker:
    """Another rep."""
    return hire(company.tenant, client, "rep")


@pytest.fixture(scope="module")
def rival_company(company: Company) -> Tenant:
    """Another company on the same server."""
    return company.tenants.create("rival", "Rival Wines", "America/New_York")


@pytest.fixture
def rival(rival_company: Tenant, client: Client) -> Talker:
    """A rep of it."""
    return hire(rival_company, client, "rep")
