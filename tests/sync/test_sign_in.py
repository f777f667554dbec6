"""Coming and going: sign-in, its refusals, its throttle, tokens and their ends."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from leora_core.domain.values import format_instant
from sync import devices, moment
from sync.server_tables import device, lease, sign_in_failure
from sync.settings import TOKEN_DAYS
from tests.sync.conftest import PASSWORD, Client, Company


def test_a_person_signs_in_and_gets_a_device(company: Company, client: Client) -> None:
    user_id = company.person("amy@acme.example", "rep")
    answer = client.sign_in("Amy@ACME.example")
    assert answer.status_code == 200
    said = answer.json()
    assert re.fullmatch(rf"leora1\.acme\.{said['device_id']}\.[\w-]{{43}}", said["token"])
    assert re.fullmatch(r"[A-HJ-NP-Z][2-9]", said["device_code"])
    assert said["lease"]
    assert said["user"] == {"id": user_id, "name": "amy", "email": "amy@acme.example", "roles": ["rep"]}
    assert said["tenant"] == {"slug": "acme", "name": "Acme Wines", "timezone": "America/New_York"}
    assert said["limits"] == {"commands": 500, "body": 32 << 20, "rows": 50_000}


def test_the_same_is_said_whatever_was_wrong(company: Company, client: Client) -> None:
    company.person("amy@acme.example", "rep")
    company.person("new@acme.example", "rep", password=None)
    gone = company.person("gone@acme.example", "rep")
    company.command("DisableUser", {"user_id": gone})
    answers = [
        client.sign_in("amy@acme.example", "wrong"),
        client.sign_in("new@acme.example", ""),
        client.sign_in("gone@acme.example"),
        client.sign_in("nobody@acme.example", tenant="nowhere"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["error"]["code"] == "credentials_invalid"


@pytest.mark.parametrize("tenant", ["acme", "nowhere"])
def test_wrong_passwords_make_the_next_try_wait(company: Company, client: Client, tenant: str) -> None:
    company.person("amy@acme.example", "rep")
    for _ in range(5):
        assert client.sign_in("amy@acme.example", "wrong", tenant).status_code == 401
    waiting = client.sign_in("amy@acme.example", PASSWORD, tenant)
    assert waiting.status_code == 429
    assert waiting.json()["error"]["code"] == "throttled"
    assert 1 <= int(waiting.headers["Retry-After"]) <= 2


def test_the_wait_doubles_up_to_a_quarter_of_an_hour_and_ends_with_a_right_password(
    company: Company, client: Client
) -> None:
    company.person("amy@acme.example", "rep")
    client.sign_in("amy@acme.example", "wrong")
    for failures, longest in ((7, 4), (40, 900)):
        _set_failures(company, failures, ago=0)
        wait = int(client.sign_in("amy@acme.example").headers["Retry-After"])
        assert longest - 1 <= wait <= longest
    _set_failures(company, 40, ago=901)
    assert client.sign_in("amy@acme.example").status_code == 200
    with company.tenant.leases.reading() as transaction:
        assert transaction.connection.execute(sa.select(sign_in_failure)).first() is None


def _set_failures(company: Company, failures: int, ago: int) -> None:
    last_at = format_instant(moment.now() - timedelta(seconds=ago))
    with company.tenant.leases.writing() as transaction:
        transaction.connection.execute(sa.update(sign_in_failure).values(failures=failures, last_at=last_at))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer leora1.acme.0.x", "Bearer leora1.nowhere.a.b"]
)
def test_an_unknown_token_asks_to_sign_in(client: Client, header: str) -> None:
    answer = client("GET", "/v1/scopes", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "token_invalid"


def test_a_revoked_device_is_told_so_and_whether_to_wipe(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    for wipe in (False, True):
        with company.tenant.database.writing() as transaction:
            assert devices.revoke(transaction, amy.device_id, wipe=wipe)
        answer = amy("GET", "/v1/scopes")
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "device_revoked"
        assert answer.json()["error"]["wipe"] is wipe


def test_the_devices_of_a_disabled_user_are_shut_out_until_enabled(
    company: Company, signed_in: Callable[..., Client]
) -> None:
    amy = signed_in("amy@acme.example", "rep")
    user_id = _user_of(company, amy)
    company.command("DisableUser", {"user_id": user_id})
    assert amy("GET", "/v1/scopes").json()["error"]["code"] == "device_revoked"
    company.command("EnableUser", {"user_id": user_id})
    assert amy("GET", "/v1/scopes").status_code == 200


def test_a_device_that_replaces_another_ends_its_token(company: Company, signed_in: Callable[..., Client]) -> None:
    old = signed_in("amy@acme.example", "rep")
    answer = old.sign_in("amy@acme.example", replaces=old.device_id).json()
    assert old("GET", "/v1/scopes").status_code == 401
    assert old.signed(answer)("GET", "/v1/scopes").status_code == 200
    assert answer["device_code"] != _device(company, old.device_id).code
    assert _device(company, old.device_id).replaced_by == answer["device_id"]


@pytest.mark.parametrize("whose", ["bob", "nobody"])
def test_replacing_a_device_of_another_or_unknown_changes_nothing(
    company: Company, signed_in: Callable[..., Client], whose: str
) -> None:
    bob = signed_in("bob@acme.example", "rep")
    company.person("amy@acme.example", "rep")
    replaced = bob.device_id if whose == "bob" else "019f0000-0000-7000-8000-000000000000"
    assert bob.sign_in("amy@acme.example", replaces=replaced).status_code == 200
    assert bob("GET", "/v1/scopes").status_code == 200


def test_signing_out_asks_about_unsent_work(signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    refused = amy("POST", "/v1/sign-out", json={"waiting": 3})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "unsent_work"
    assert refused.json()["error"]["waiting"] == 3
    assert amy("POST", "/v1/sign-out", json={"waiting": 3, "abandon": True}).status_code == 200
    assert amy("GET", "/v1/scopes").json()["error"]["code"] == "token_invalid"


def test_a_token_lives_on_while_its_device_keeps_in_touch(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    now = moment.now()
    with company.tenant.database.writing() as transaction:
        yesterday = format_instant(now - timedelta(days=1))
        transaction.connection.execute(sa.update(device).values(token_expires_at=yesterday))
    assert amy("GET", "/v1/scopes").status_code == 200
    assert _device(company, amy.device_id).token_expires_at > format_instant(now + timedelta(days=TOKEN_DAYS - 1))


def test_a_token_dies_after_half_a_year_without_contact(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    long_ago = format_instant(moment.now() - timedelta(days=TOKEN_DAYS + 1))
    with company.tenant.database.writing() as transaction:
        transaction.connection.execute(sa.update(device).values(token_expires_at=long_ago))
    with company.tenant.leases.writing() as transaction:
        transaction.connection.execute(sa.update(lease).values(seen_at=long_ago))
    assert amy("GET", "/v1/scopes").json()["error"]["code"] == "token_invalid"


def test_only_the_hash_of_a_token_is_kept(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    token = amy.headers["Authorization"].removeprefix("Bearer ")
    company.tenants.close()
    assert not [
        path for path in company.settings.data.rglob("*") if path.is_file() and token.encode() in path.read_bytes()
    ]


def test_codes_grow_when_the_short_ones_are_used_up(company: Company) -> None:
    about = devices.About("Laptop", "linux", "1")
    with company.tenant.database.writing() as transaction:
        codes = [
            devices.enrol(transaction, tenant="acme", user_id="u", about=about, days=1, replaces=None)[0].code
            for _ in range(24 * 8 + 2)
        ]
    assert len(set(codes)) == len(codes)
    assert [len(code) for code in codes] == [2] * 192 + [3] * 2


def _device(company: Company, device_id: str) -> devices.Device:
    with company.tenant.database.reading() as transaction:
        found = devices.find_device(transaction, device_id)
    assert found is not None
    return found


def _user_of(company: Company, client: Client) -> str:
    return _device(company, client.device_id).user_id
