"""Requests that are wrong, forged or absurd: each gets its status, code and sentence, and the server goes on."""

import json
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from leora_core.domain.values import format_instant
from sync import moment
from sync.app import create_app
from sync.check import check_tenant
from sync.ids import new_id
from sync.server_tables import device, lease
from sync.serving import serving
from sync.settings import TOKEN_DAYS, ServerSettings
from sync.tenants import Tenants
from tests.sync.bad_input.talker import AT, TEXTS, Said, Talker, an_account, hire, refusal, rows_of
from tests.sync.conftest import Client, Company

NO_JSON = [
    b"", b"{", b'{"request":', b"not json", b"\xff\xfe\x00", b'{"request": NaN}', b"[" * 200_000, b'{"x":' * 200_000,
]  # fmt: skip
NO_REQUEST = [b"null", b"[]", b"7", b'{"commands": {}}', b'{"request": "x", "lease": "y", "cursor": 0}', b'{"ids": 1}']


@pytest.mark.parametrize("body", NO_JSON)
@pytest.mark.parametrize("path", ["/v1/sync", "/v1/verify", "/v1/salvage"])
def test_what_is_no_json_is_refused(amy: Talker, path: str, body: bytes) -> None:
    assert refusal(amy.client("POST", path, data=body)) == (400, "bad_request")


@pytest.mark.parametrize("body", NO_REQUEST)
@pytest.mark.parametrize("path", ["/v1/sync", "/v1/verify"])
def test_json_that_is_no_request_is_refused(amy: Talker, path: str, body: bytes) -> None:
    assert refusal(amy.client("POST", path, data=body)) == (400, "bad_request")
    amy.exchange()


@pytest.mark.parametrize("depth", [50, 500, 5_000, 100_000])
def test_a_payload_however_deep_never_breaks_the_server(amy: Talker, depth: int) -> None:
    said = json.dumps(amy.request(commands=[amy.command("AddTask", "DEEP")]))
    answer = amy.client("POST", "/v1/sync", data=said.replace('"DEEP"', '{"a":' * depth + "1" + "}" * depth))
    if answer.status_code == 200:
        assert '"status":"rejected"' in answer.text
        assert '"code":"payload_invalid"' in answer.text
    else:
        assert refusal(answer) == (400, "bad_request")


def test_a_body_above_the_limit_is_refused(amy: Talker) -> None:
    answer = amy.client("POST", "/v1/sync", data=b" " * (33 << 20))
    assert refusal(answer) == (413, "body_too_large")
    assert answer.json()["error"]["limit"] == 32 << 20


def test_too_many_commands_at_once_are_refused_with_the_limit(amy: Talker) -> None:
    commands = [amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=seq) for seq in range(1, 502)]
    answer = amy.send(amy.request(commands=commands))
    assert refusal(answer) == (413, "body_too_large")
    assert answer.json()["error"]["limit"] == 500


WRONG_NUMBERS: list[Said] = [
    {"cursor": -1}, {"cursor": 10**30}, {"cursor": 1.5}, {"cursor": "1"}, {"max_rows": 0}, {"max_rows": -5},
    {"request": "1"}, {"request": None}, {"lease": 5}, {"chain": 5},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_NUMBERS)
def test_wrong_numbers_and_names_are_refused(amy: Talker, wrong: Said) -> None:
    assert refusal(amy.send(amy.request(**wrong))) == (400, "bad_request")


@pytest.mark.parametrize(
    "wrong", [{"cursor": 5, "chain": "0" * 32}, {"cursor": 9 * 10**15}, {"cursor": 1, "chain": None}]
)
def test_a_place_in_another_history_is_told_the_version(amy: Talker, wrong: Said) -> None:
    amy.exchange()
    answer = amy.send({**amy.request(), "chain": None, **wrong})
    assert refusal(answer) == (409, "lineage_changed")
    assert answer.json()["error"]["version"] == amy.cursor


FORGED_LEASES = [
    "", "1", "2.aaaaaaaaaaaa.0000000000000000", "99.aaaaaaaaaaaa.", "a.b.c", "1.x.y.z", "\x00", "²..", "x" * 10_000,
    "9" * 5_000 + ".a.b",
]  # fmt: skip


@pytest.mark.parametrize("forged", FORGED_LEASES)
def test_a_forged_lease_is_a_fork(amy: Talker, forged: str) -> None:
    assert refusal(amy.send({**amy.request(), "lease": forged})) == (409, "device_forked")
    amy.exchange()


def test_the_lease_of_another_device_is_a_fork(amy: Talker, bob: Talker) -> None:
    assert refusal(bob.send({**bob.request(), "lease": amy.lease})) == (409, "device_forked")
    bob.exchange()


FORGED_PLACES: list[Said] = [
    {"scope": "=", "at": 1, "after": ["account", "x", "y"]},
    {"scope": "=", "at": 1, "after": ["account", "²", "y"]},
    {"scope": "=", "at": 1, "after": ["account", "9" * 400, "y"]},
    {"scope": "*", "at": -1},
    {"scope": "*", "at": 10**30},
    {"scope": "*", "at": 1, "after": ["a", "b", "c", "d"]},
    {"scope": "a\x00b", "at": 1},
    {"scope": "*", "at": 1, "after": ["account", "\x00"]},
]


@pytest.mark.parametrize("place", FORGED_PLACES)
def test_a_place_no_page_gave_is_refused(amy: Talker, place: Said) -> None:
    answer = amy.send(amy.request(fill=[place]))
    assert refusal(answer) == (400, "bad_request")
    assert "$.fill[0]" in answer.json()["error"]["sentence"]


CURIOUS_PLACES: list[Said] = [
    {"scope": "office", "at": 0}, {"scope": "*", "at": 0}, {"scope": "*", "at": 9 * 10**15, "after": ["~"]},
    {"scope": "*", "at": 1, "after": ["zzz", "zzz"]}, {"scope": "=", "at": 0, "after": ["a", "0", ""]},
    {"scope": "' OR '1'='1", "at": 1}, {"scope": "account:%", "at": 1}, {"scope": "", "at": 1},
    {"scope": "*", "at": 1, "done": -(10**30)},
]  # fmt: skip


@pytest.mark.parametrize("first", [True, False])
def test_forged_places_show_nothing_of_others(amy: Talker, bob: Talker, first: bool) -> None:
    hidden = an_account(amy, "Hidden Cellar")
    if not first:
        bob.exchange()
    places = [*CURIOUS_PLACES, {"scope": f"account:{hidden}", "at": 1}, {"scope": f"rep:{amy.user_id}", "at": 1}]
    for place in places:
        answer = bob.send(bob.request(fill=[place]))
        assert answer.status_code in (200, 400), (place, answer.text)
        assert "Hidden Cellar" not in answer.text
        assert hidden not in answer.text
        if answer.status_code == 200:
            bob.lease = json.loads(answer.text.splitlines()[0])["lease"]


def test_a_million_scopes_to_fill_are_refused_at_once(amy: Talker) -> None:
    body = json.dumps(amy.request(fill=[]))
    places = ",".join(f'{{"scope":"a{number}","at":0}}' for number in range(1_000_000))
    answer = amy.client("POST", "/v1/sync", data=body.replace('"fill": []', f'"fill": [{places}]'))
    assert refusal(answer) == (400, "bad_request")
    assert "$.fill" in answer.json()["error"]["sentence"]


# -- who asks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/sync", "/v1/verify", "/v1/salvage", "/v1/sign-out"])
@pytest.mark.parametrize(
    "token", ["", "x", "leora1.acme.0.x", "leora1.nowhere.{device}.{secret}", "leora1.acme.{device}.{other}"]
)
def test_a_bad_token_asks_to_sign_in_wherever_it_is_shown(amy: Talker, path: str, token: str) -> None:
    *_, secret = amy.client.headers["Authorization"].split(".")
    forged = token.format(device=amy.client.device_id, secret=secret, other="A" * 43)
    body = json.dumps({**amy.request(), "waiting": 0, "table": "task", "ids": []})
    headers = {"Authorization": f"Bearer {forged}", "Content-Type": "application/json"}
    answer = amy.client("POST", path, data=body, headers=headers)
    assert refusal(answer) == (401, "token_invalid")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_asks_to_sign_in_and_runs_nothing(company: Company, amy: Talker) -> None:
    long_ago = format_instant(moment.now() - timedelta(days=TOKEN_DAYS + 1))
    with company.tenant.database.writing() as transaction:
        transaction.connection.execute(
            sa.update(device).where(device.c.id == amy.client.device_id).values(token_expires_at=long_ago)
        )
    with company.tenant.leases.writing() as transaction:
        transaction.connection.execute(
            sa.update(lease).where(lease.c.device_id == amy.client.device_id).values(seen_at=long_ago)
        )
    command = amy.command("AddTask", {"task_id": new_id(), "title": "x"})
    assert refusal(amy.send(amy.request(commands=[command]))) == (401, "token_invalid")
    with company.tenant.database.reading() as transaction:
        row = transaction.execute("SELECT version FROM command_seen WHERE command_id = ?", (command["id"],)).fetchone()
    assert row is None


@pytest.mark.parametrize("spoken", ["0", "2", "99", "-1"])
def test_an_old_or_future_protocol_runs_nothing(amy: Talker, spoken: str) -> None:
    said = amy.request(commands=[amy.command("AddTask", {"task_id": new_id(), "title": "x"})])
    answer = amy.send(said, headers={"Leora-Protocol": spoken})
    assert refusal(answer) == (426, "protocol_unsupported")
    assert (answer.json()["error"]["min"], answer.json()["error"]["max"]) == (1, 1)
    assert amy.exchange(commands=said["commands"])[1]["status"] == "accepted"


def test_verify_scopes_and_blobs_show_nothing_of_others(amy: Talker, bob: Talker) -> None:
    hidden = an_account(amy)
    asked = {"table": "account", "ids": [hidden, new_id(), "' OR 1=1 --", "\x00", ""]}
    assert bob.client("POST", "/v1/verify", json=asked).json() == {"rows": []}
    assert [row["id"] for row in amy.client("POST", "/v1/verify", json=asked).json()["rows"]] == [hidden]
    assert f"account:{hidden}" not in bob.client("GET", "/v1/scopes").text
    assert f"account:{hidden}" in amy.client("GET", "/v1/scopes").text
    assert refusal(bob.client("GET", f"/v1/blobs/{'0' * 64}")) == (404, "not_found")


@pytest.mark.parametrize(
    "asked",
    [{"table": "settled", "ids": []}, {"table": "device; --", "ids": []}, {"table": "task", "ids": [new_id()] * 1_001},
     {"table": "task"}, {"table": "task", "ids": [7]}],
)  # fmt: skip
def test_verify_knows_the_synced_tables_and_a_thousand_ids(amy: Talker, asked: Said) -> None:
    assert refusal(amy.client("POST", "/v1/verify", json=asked)) == (400, "bad_request")


# -- another company ---------------------------------------------------------------------------------


def test_ids_of_another_company_look_unknown(amy: Talker, rival: Talker) -> None:
    hidden = an_account(amy)
    asked = {"table": "account", "ids": [hidden]}
    assert rival.client("POST", "/v1/verify", json=asked).json() == {"rows": []}
    visit = {"activity_id": new_id(), "account_id": hidden, "type": "visit", "occurred_at": AT}
    unknown = {**visit, "activity_id": new_id(), "account_id": new_id()}
    verdicts = [rival.do("LogActivity", said) for said in (visit, unknown)]
    assert {verdict["code"] for verdict in verdicts} == {"not_your_account"}
    assert verdicts[0]["sentence"] == verdicts[1]["sentence"]
    lines = rival.exchange(fill=[{"scope": f"account:{hidden}", "at": 1}])
    assert hidden not in json.dumps(lines)


def test_an_id_that_exists_in_another_company_is_free_in_this_one(amy: Talker, rival: Talker) -> None:
    account_id, command_id = new_id(), new_id()
    for talker, name in ((amy, "Blue Door"), (rival, "Red Door")):
        verdict = talker.do("OpenAccount", {"account_id": account_id, "name": name}, id=command_id)
        assert (verdict["status"], verdict.get("again")) == ("accepted", None)
    for talker, name in ((amy, "Blue Door"), (rival, "Red Door")):
        assert rows_of(talker.anew().exchange(), "account", "name") == [name]


def test_a_device_replaced_by_the_id_of_another_company_changes_nothing(amy: Talker, rival: Talker) -> None:
    answer = amy.client.sign_in(rival.email, tenant="rival", replaces=amy.client.device_id)
    assert answer.status_code == 200
    amy.exchange()


# -- PostgreSQL is stricter than SQLite --------------------------------------------------------------


def test_postgres_refuses_in_the_same_words(tmp_path: Path, postgres_url: str) -> None:
    settings = ServerSettings(data=tmp_path / "data", database=postgres_url)
    with closing(Tenants(settings.data, postgres_url)) as tenants:
        company = Company(tenants, tenants.create("acme", "Acme Wines", "America/New_York"), settings)
        with serving(create_app(tenants, settings)) as url:
            amy = hire(company.tenant, Client(url), "rep")
            for place in FORGED_PLACES:
                assert refusal(amy.send(amy.request(fill=[place]))) == (400, "bad_request")
            for wrong in WRONG_NUMBERS:
                assert refusal(amy.send(amy.request(**wrong))) == (400, "bad_request")
            for forged in FORGED_LEASES:
                assert refusal(amy.send({**amy.request(), "lease": forged})) == (409, "device_forked")
            asked = {"table": "account", "ids": ["\x00", "' OR 1=1 --"]}
            assert amy.client("POST", "/v1/verify", json=asked).json() == {"rows": []}
            assert amy.do("AddTask", {"task_id": new_id(), "title": "a\x00b"})["code"] == "payload_invalid"
            assert amy.do("AddTask", {"task_id": new_id(), "title": TEXTS[0]})["status"] == "accepted"
            assert re.fullmatch(r"[0-9a-f]{16}", amy.exchange()[-1]["checksum"])
            assert check_tenant(company.tenant).problems == []
