"""Administration over HTTP, and what devices that are shut out hand in."""

import json
from collections.abc import Callable

import pytest

from sync import devices
from tests.sync.conftest import Client, Company

LISTS = ("users", "devices", "grants", "audit", "imports", "jobs", "salvage")


@pytest.fixture
def boss(signed_in: Callable[..., Client]) -> Client:
    return signed_in("boss@acme.example", "admin")


def test_an_administrator_sees_every_list(boss: Client) -> None:
    for name in LISTS:
        answer = boss("GET", f"/v1/admin/{name}")
        assert answer.status_code == 200, answer.text
        assert isinstance(answer.json()["rows"], list)


@pytest.mark.parametrize(("role", "seen"), [("rep", set()), ("warehouse", set()), ("manager", {"audit", "devices"})])
def test_others_see_what_their_role_allows(signed_in: Callable[..., Client], role: str, seen: set[str]) -> None:
    one = signed_in("one@acme.example", role)
    for name in LISTS:
        answer = one("GET", f"/v1/admin/{name}")
        assert answer.status_code == (200 if name in seen else 403)
        assert name in seen or answer.json()["error"]["code"] == "not_allowed"


def test_a_person_is_added_disabled_enabled_and_given_a_password(boss: Client) -> None:
    added = boss("POST", "/v1/admin/users", json={"name": "Amy", "email": "amy@acme.example", "roles": ["rep"]})
    assert added.status_code == 201
    path = f"/v1/admin/users/{added.json()['user_id']}"
    assert boss.sign_in("amy@acme.example", "grand cru").status_code == 401
    assert boss("POST", f"{path}/password", json={"password": "grand cru"}).status_code == 200
    assert boss.sign_in("amy@acme.example", "grand cru").status_code == 200
    assert boss("POST", f"{path}/disable").json()["version"] > 0
    assert boss.sign_in("amy@acme.example", "grand cru").status_code == 401
    assert boss("POST", f"{path}/enable").status_code == 200
    assert boss.sign_in("amy@acme.example", "grand cru").status_code == 200


def test_what_a_rule_refuses_is_told_with_its_code(boss: Client) -> None:
    said = {"name": "Other", "email": "BOSS@acme.example", "roles": ["rep"]}
    answer = boss("POST", "/v1/admin/users", json=said)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "email_taken"
    assert answer.json()["error"]["field"] == "email"


def test_nobody_is_added_when_the_password_cannot_be_taken(boss: Client) -> None:
    said = {"name": "Amy", "email": "amy@acme.example", "roles": ["rep"], "password": ""}
    assert boss("POST", "/v1/admin/users", json=said).json()["error"]["code"] == "password_unusable"
    assert len(boss("GET", "/v1/admin/users").json()["rows"]) == 1


def test_a_device_is_revoked(boss: Client, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    assert boss("POST", f"/v1/admin/devices/{amy.device_id}/revoke", json={"wipe": True}).status_code == 200
    assert amy("GET", "/v1/scopes").json()["error"]["wipe"] is True
    assert boss("POST", "/v1/admin/devices/none/revoke", json={}).status_code == 404
    assert "token_hash" not in boss("GET", "/v1/admin/devices").text


def test_the_audit_trail_is_read_in_pages(company: Company, boss: Client) -> None:
    for number in range(5):
        company.person(f"p{number}@acme.example", "rep", password=None)
    versions, after = [], 0
    while True:
        page = boss("GET", f"/v1/admin/audit?after={after}&limit=3").json()
        versions += [row["version"] for row in page["rows"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert versions == list(range(1, 8))


def test_grants_are_those_of_the_roles(boss: Client) -> None:
    rows = boss("GET", "/v1/admin/grants").json()["rows"]
    assert [row["held"] for row in rows] == ["*"]


@pytest.mark.parametrize("state", ["live", "revoked", "replaced", "signed out"])
def test_what_a_device_hands_in_is_kept_word_for_word(
    company: Company, boss: Client, signed_in: Callable[..., Client], state: str
) -> None:
    amy = signed_in("amy@acme.example", "rep")
    if state == "revoked":
        with company.tenant.database.writing() as transaction:
            devices.revoke(transaction, amy.device_id, wipe=True)
    elif state == "replaced":
        amy.sign_in("amy@acme.example", replaces=amy.device_id)
    elif state == "signed out":
        amy("POST", "/v1/sign-out", json={"waiting": 0})
    body = '{ "commands": [ {"seq": 1, "name": "Café"} ] }'
    first = amy("POST", "/v1/salvage", data=body.encode())
    assert first.status_code == 200
    again = amy("POST", "/v1/salvage", data=body.encode())
    assert again.json() == first.json()
    listed = boss("GET", "/v1/admin/salvage").json()["rows"]
    assert [row["id"] for row in listed] == [first.json()["salvage_id"]]
    kept = boss("GET", f"/v1/admin/salvage/{first.json()['salvage_id']}").json()
    assert kept["body"] == body
    assert kept["device_id"] == amy.device_id


def test_salvage_needs_a_known_token_and_json(client: Client, signed_in: Callable[..., Client]) -> None:
    assert client("POST", "/v1/salvage", data=b"{}").status_code == 401
    assert signed_in("amy@acme.example", "rep")("POST", "/v1/salvage", data=b"{").status_code == 400


def test_a_device_cannot_fill_the_server_with_salvage(signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    for number in range(100):
        assert amy("POST", "/v1/salvage", data=json.dumps({"n": number})).status_code == 200
    refused = amy("POST", "/v1/salvage", data=b'{"n": 100}')
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "throttled")
    assert "Retry-After" in refused.headers
