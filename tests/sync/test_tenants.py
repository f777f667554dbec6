"""Tenants on SQLite and on PostgreSQL: made whole, kept apart, told by the same code."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from leora_core.store.upgrade import SHARED, differences
from sync.app import create_app
from sync.check import check_tenant
from sync.maintenance import forget
from sync.migrations import CHAIN
from sync.serving import serving
from sync.settings import ServerSettings
from sync.tenants import TenantRefused, Tenants
from tests.sync.conftest import Client, Company

ZONE = "America/New_York"


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> ServerSettings:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    return ServerSettings(data=tmp_path / "data", database=url)


@pytest.fixture
def tenants(settings: ServerSettings) -> Iterator[Tenants]:
    with closing(Tenants(settings.data, settings.database)) as opened:
        yield opened


def test_a_new_tenant_is_whole_and_found_again(tenants: Tenants, settings: ServerSettings) -> None:
    made = tenants.create("acme-wines", "Acme Wines", ZONE)
    assert differences(made.database, CHAIN) == []
    report = check_tenant(made)
    assert (report.problems, report.version, report.rows) == ([], 1, 1)
    assert tenants.behind() == []
    with closing(Tenants(settings.data, settings.database)) as again:
        assert [(one.slug, one.name, one.zone.key) for one in again.all()] == [("acme-wines", "Acme Wines", ZONE)]
        assert again.get("other") is None


def test_every_synced_table_is_indexed_by_version(tenants: Tenants) -> None:
    made = tenants.create("acme", "Acme", ZONE)
    with made.database.reading() as transaction:
        if made.database.dialect == "sqlite":
            rows = transaction.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
        else:
            rows = transaction.execute("SELECT indexname FROM pg_indexes WHERE schemaname = 't_acme'").fetchall()
    assert {f"ix_{name}_row_version" for name in SHARED.metadata().tables} <= {name for (name,) in rows}


@pytest.mark.parametrize(
    ("slug", "name", "zone"),
    [
        ("Acme", "A", ZONE),
        ("a", "A", ZONE),
        ("9a", "A", ZONE),
        ("a_b", "A", ZONE),
        ("a" * 41, "A", ZONE),
        ("../up", "A", ZONE),
        ("acme", " ", ZONE),
        ("acme", "A", "Mars/Olympus"),
        ("acme", "A", "../../etc/passwd"),
    ],
)
def test_a_tenant_that_makes_no_sense_is_refused(tenants: Tenants, slug: str, name: str, zone: str) -> None:
    with pytest.raises(TenantRefused):
        tenants.create(slug, name, zone)
    assert tenants.all() == []


def test_a_name_is_given_once(tenants: Tenants) -> None:
    tenants.create("acme", "Acme", ZONE)
    with pytest.raises(TenantRefused, match="already"):
        tenants.create("acme", "Other", ZONE)


def test_tenants_share_nothing(tenants: Tenants, settings: ServerSettings) -> None:
    one, other = (Company(tenants, tenants.create(slug, slug, ZONE), settings) for slug in ("one", "two"))
    one.person("amy@acme.example", "admin")
    with other.tenant.database.reading() as transaction:
        assert transaction.execute("SELECT count(*) FROM app_user").fetchone()[0] == 0
    with serving(create_app(tenants, settings)) as url:
        client = Client(url)
        assert client.sign_in("amy@acme.example", tenant="two").status_code == 401
        answer = client.sign_in("amy@acme.example", tenant="one").json()
        stolen = {**answer, "token": answer["token"].replace("leora1.one.", "leora1.two.")}
        assert client.signed(stolen)("GET", "/v1/scopes").status_code == 401
        assert client.signed(answer)("GET", "/v1/scopes").status_code == 200


def test_a_device_signs_in_and_syncs(tenants: Tenants, settings: ServerSettings) -> None:
    company = Company(tenants, tenants.create("acme", "Acme", ZONE), settings)
    company.person("amy@acme.example", "rep")
    with serving(create_app(tenants, settings)) as url:
        client = Client(url)
        answer = client.sign_in("amy@acme.example").json()
        amy = client.signed(answer)
        said = {"request": answer["device_id"], "lease": answer["lease"], "cursor": 0, "chain": None, "max_rows": 1000}
        lines = amy("POST", "/v1/sync", json=said).text.splitlines()
        assert '"t":"hello"' in lines[0]
        assert '"t":"checkpoint"' in lines[-1]
        assert amy("POST", "/v1/sign-out", json={"waiting": 0}).status_code == 200
        assert client.sign_in("amy@acme.example", "wrong").status_code == 401
    assert check_tenant(company.tenant).ok
    assert forget(company.tenant, settings) == "0 removals forgotten, 0 unfinished uploads thrown away"


def test_what_a_broken_creation_left_behind_is_made_anew_on_sqlite(tmp_path: Path) -> None:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "acme.db").write_bytes(b"half a file")
    with closing(Tenants(tmp_path)) as tenants:
        assert check_tenant(tenants.create("acme", "Acme", ZONE)).ok


def test_a_schema_nobody_owns_is_left_alone(postgres_url: str, tmp_path: Path) -> None:
    with closing(Tenants(tmp_path, postgres_url)) as tenants:
        with tenants.control.writing() as transaction:
            transaction.execute("CREATE SCHEMA t_acme")
        with pytest.raises(TenantRefused, match="t_acme"):
            tenants.create("acme", "Acme", ZONE)
