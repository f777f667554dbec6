"""A backup holds everything as it was at one moment, and comes back as a working server."""

import hashlib
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from sync.app import create_app
from sync.backup import BackupRefused, back_up, restore
from sync.check import check_tenant
from sync.serving import serving
from sync.settings import ServerSettings, load_settings, store_settings
from sync.tenants import Tenants
from tests.sync.conftest import Client, Company

PHOTO = b"a very small photo" * 1_000
NAME = hashlib.sha256(PHOTO).hexdigest()


def _furnish(company: Company) -> str:
    """Someone on a device who has sent a photo; returns the token."""
    company.person("amy@acme.example", "rep")
    with serving(create_app(company.tenants, company.settings)) as url:
        client = Client(url)
        amy = client.signed(client.sign_in("amy@acme.example").json())
        assert amy("PUT", f"/v1/blobs/{NAME}", data=PHOTO).status_code == 201
        assert amy("PUT", f"/v1/blobs/{NAME}", data=b"x", headers={"Content-Range": "bytes 0-0/9"}).status_code == 202
    return amy.headers["Authorization"]


def _works(data: Path, url: str | None, token: str) -> None:
    settings = ServerSettings(data=data, database=url)
    with closing(Tenants(data, url)) as tenants:
        (tenant,) = tenants.all()
        assert check_tenant(tenant).ok
        assert (tenant.blobs / NAME[:2] / NAME).read_bytes() == PHOTO
        with serving(create_app(tenants, settings)) as address:
            headers = {"Leora-Protocol": "1", "Authorization": token}
            assert Client(address, headers)("GET", "/v1/scopes").status_code == 200


def test_what_was_backed_up_is_restored(company: Company, tmp_path: Path) -> None:
    store_settings(company.settings)
    token = _furnish(company)
    packed = tmp_path / "today.tar.zst"
    manifest = back_up(company.tenants, packed)
    assert manifest.tenants == {"acme": 2}
    company.person("later@acme.example", "rep")
    restored = restore(packed, tmp_path / "restored", None)
    assert restored == manifest
    _works(tmp_path / "restored", None, token)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_holds_no_unfinished_upload(company: Company, tmp_path: Path) -> None:
    _furnish(company)
    back_up(company.tenants, tmp_path / "b")
    with (
        (tmp_path / "b").open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as plain,
        tarfile.open(fileobj=plain, mode="r|") as archive,
    ):
        names = set(archive.getnames())
    assert names == {
        "manifest.json", "control.db", "tenants/acme.db", "tenants/acme.leases.db", f"blobs/acme/{NAME[:2]}/{NAME}",
    }  # fmt: skip


def test_a_postgresql_server_is_backed_up_by_its_own_programs(
    postgres_cluster: object, postgres_url: str, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with closing(Tenants(data, postgres_url)) as tenants:
        tenant = tenants.create("acme", "Acme", "UTC")
        token = _furnish(Company(tenants, tenant, ServerSettings(data=data, database=postgres_url)))
        back_up(tenants, tmp_path / "b")
    with pytest.raises(BackupRefused, match="has tenants already"):
        restore(tmp_path / "b", tmp_path / "other", postgres_url)
    with pytest.raises(BackupRefused, match="--database"):
        restore(tmp_path / "b", tmp_path / "other", None)
    fresh = postgres_cluster.fresh_database()  # type: ignore[attr-defined]
    restore(tmp_path / "b", tmp_path / "restored", fresh)
    _works(tmp_path / "restored", fresh, token)


def test_nothing_is_overwritten(company: Company, tmp_path: Path) -> None:
    back_up(company.tenants, tmp_path / "b")
    data = company.settings.data
    with pytest.raises(BackupRefused, match="at work"):
        restore(tmp_path / "b", data, None)
    company.tenants.close()
    restore(tmp_path / "b", data, None)
    assert (data / "control.db").exists()
    (aside,) = data.parent.glob(f"{data.name}.before-*")
    assert (aside / "control.db").exists()


def test_a_folder_of_something_else_is_left_alone(company: Company, tmp_path: Path) -> None:
    back_up(company.tenants, tmp_path / "b")
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(BackupRefused, match="not a server's data"):
        restore(tmp_path / "b", other, None)
    assert (other / "holiday.jpg").exists()


def test_a_file_that_is_no_whole_backup_is_refused_and_leaves_nothing(company: Company, tmp_path: Path) -> None:
    back_up(company.tenants, tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    for number, damaged in enumerate((b"", b"junk", whole[:-40], whole[:2000] + b"x" + whole[2001:])):
        (tmp_path / "bad").write_bytes(damaged)
        with pytest.raises(BackupRefused):
            restore(tmp_path / "bad", tmp_path / f"restored{number}", None)
        assert not (tmp_path / f"restored{number}").exists()


def test_a_backup_needs_a_folder_to_go_to(company: Company, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="no folder"):
        back_up(company.tenants, tmp_path / "nowhere" / "b")


def test_limits_come_back_with_the_backup(company: Company, tmp_path: Path) -> None:
    (company.settings.data / "leora-sync.json").write_text('{"database": null, "limits": {"row_limit": 77}}')
    back_up(company.tenants, tmp_path / "b")
    restore(tmp_path / "b", tmp_path / "restored", None)
    assert load_settings(tmp_path / "restored").row_limit == 77
