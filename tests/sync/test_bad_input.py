"""Requests that are wrong, forged or absurd: each gets its status, code and sentence, and the server goes on."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import requests
import sqlalchemy as sa

from leora_core.domain.values import format_instant
from sync import authority, moment
from sync.app import create_app
from sync.check import check_tenant
from sync.ids import new_id
from sync.passwords import password_hash, store_password
from sync.server_tables import device, lease
from sync.serving import serving
from sync.settings import TOKEN_DAYS, ServerSettings
from sync.tenants import Tenants
from tests.sync.conftest import PASSWORD, Client, Company

Said = dict[str, Any]
AT = "2026-11-22T10:42:07.123Z"


class Talker:
    """A device that speaks the protocol by hand."""

    def __init__(self, client: Client, answer: Said) -> None:
        self.client = client.signed(answer)
        self.user_id: str = answer["user"]["id"]
        self.lease: str = answer["lease"]
        self.cursor, self.chain = 0, None
        self.seq = 0

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
        (verdict,) = [line for line in self.exchange(commands=[self.command(name, payload, **more)]) if line["t"] == "verdict"]
        if verdict["status"] != "deferred":
            self.seq += 1
        return verdict


@pytest.fixture
def talkers(company: Company, client: Client) -> Iterator[Callable[..., Talker]]:
    """People who speak by hand. After the test the server answers, and its data is sound."""

    def talker(email: str, *roles: str) -> Talker:
        company.person(email, *roles)
        return Talker(client, client.sign_in(email).json())

    yield talker
    assert client("GET", "/v1/health").status_code == 200
    assert check_tenant(company.tenant).problems == []


@pytest.fixture
def amy(talkers: Callable[..., Talker]) -> Talker:
    """A rep."""
    return talkers("amy@acme.example", "rep")


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


# -- commands ----------------------------------------------------------------------------------------


def test_an_unknown_command_is_deferred_and_those_behind_it_wait(amy: Talker) -> None:
    commands = [amy.command("FlyToTheMoon", {}), {**amy.command("AddTask", {"task_id": new_id(), "title": "x"}), "seq": 2}]
    verdicts = [line for line in amy.exchange(commands=commands) if line["t"] == "verdict"]
    assert [verdict["status"] for verdict in verdicts] == ["deferred", "deferred"]
    assert verdicts[0]["code"] == "unknown_command"
    assert "FlyToTheMoon" in verdicts[0]["sentence"]
    assert "version" not in verdicts[0]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"task_id": 7, "title": "x"}, "task_id"),
        ({"task_id": "no id", "title": "x"}, "task_id"),
        ({"task_id": "0193A0B0-0000-7000-8000-000000000001", "title": "x"}, "task_id"),
        ({"title": "x"}, None),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": ""}, "title"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x" * 201}, "title"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x", "colour": "red"}, "colour"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x", "due_on": "soon"}, "due_on"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "a\x00b"}, None),
        ([1, 2], None),
        ("text", None),
        (None, None),
    ],
)
def test_a_payload_of_the_wrong_shape_is_refused_naming_the_field(amy: Talker, payload: object, field: str | None) -> None:
    verdict = amy.do("AddTask", payload)
    assert (verdict["status"], verdict["code"]) == ("rejected", "payload_invalid")
    assert verdict["sentence"].endswith("Correct it and try again.")
    if field is not None:
        assert field in str(verdict.get("field")) or field in verdict["sentence"]
    assert amy.do("AddTask", {"task_id": new_id(), "title": "fine"})["status"] == "accepted"


@pytest.mark.parametrize(
    "wrong",
    [{"id": "no id"}, {"id": new_id().upper()}, {"seq": 0}, {"seq": -1}, {"at": "yesterday"}, {"at": "2026-11-22T10:00:00"},
     {"at": "0001-01-01T00:00:00+14:00"}, {"v": 0}, {"v": -(10**30)}, {"seq": "1"}, {"name": None}, {"id": None}],
)  # fmt: skip
def test_a_wrong_envelope_is_refused_whole_naming_the_place(amy: Talker, wrong: Said) -> None:
    answer = amy.send(amy.request(commands=[{**amy.command("AddTask", {}), **wrong}]))
    assert refusal(answer) == (400, "bad_request")
    assert "$.commands[0]" in answer.json()["error"]["sentence"].replace("[...]", "[0]")


@pytest.mark.parametrize("v", [2, 10**6, 10**30])
def test_a_later_version_of_a_command_is_deferred(amy: Talker, v: int) -> None:
    assert amy.do("AddTask", {"task_id": new_id(), "title": "x"}, v=v)["status"] == "deferred"


@pytest.mark.parametrize("seq", [2, 99, 10**30])
def test_a_gap_in_the_numbers_runs_nothing_and_says_which_is_next(amy: Talker, seq: int) -> None:
    answer = amy.send(amy.request(commands=[amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=seq)]))
    assert refusal(answer) == (409, "sequence_gap")
    assert answer.json()["error"]["expected"] == 1
    assert amy.do("AddTask", {"task_id": new_id(), "title": "x"})["version"]


def test_numbers_that_do_not_follow_each_other_within_a_request_are_a_gap(amy: Talker) -> None:
    commands = [amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=seq) for seq in (1, 3)]
    assert refusal(amy.send(amy.request(commands=commands))) == (409, "sequence_gap")
    assert amy.exchange()[-1]["cursor"] == amy.cursor


def test_a_used_number_with_another_command_is_a_fork(amy: Talker) -> None:
    amy.do("AddTask", {"task_id": new_id(), "title": "x"})
    again = amy.command("AddTask", {"task_id": new_id(), "title": "y"}, seq=1)
    assert refusal(amy.send(amy.request(commands=[again]))) == (409, "device_forked")


def test_the_command_id_of_another_user_cannot_be_used_and_tells_nothing(talkers: Callable[..., Talker]) -> None:
    amy, bob = talkers("amy@acme.example", "rep"), talkers("bob@acme.example", "rep")
    taken = new_id()
    amy.do("AddTask", {"task_id": new_id(), "title": "a secret of Amy's"}, id=taken)
    verdict = bob.do("AddTask", {"task_id": new_id(), "title": "x"}, id=taken)
    assert (verdict["status"], verdict["code"]) == ("rejected", "id_conflict")
    assert "secret" not in json.dumps(verdict)
    assert bob.do("AddTask", {"task_id": new_id(), "title": "y"})["status"] == "accepted"


def test_rows_of_others_cannot_be_told_from_rows_that_are_not_there(talkers: Callable[..., Talker]) -> None:
    amy, bob = talkers("amy@acme.example", "rep"), talkers("bob@acme.example", "rep")
    hidden = an_account(amy)
    told = [
        {name: bob.do("LogActivity", {"activity_id": new_id(), "account_id": account, "type": "visit", "occurred_at": AT}).get(name) for name in ("status", "code", "sentence", "detail", "field")}
        for account in (hidden, new_id())
    ]  # fmt: skip
    assert told[0] == told[1]
    assert told[0]["code"] == "not_your_account"


def test_sql_in_texts_is_text(amy: Talker) -> None:
    title = "'; DROP TABLE task; -- \" OR 1=1 %s ? :x"
    amy.do("AddTask", {"task_id": new_id(), "title": title})
    assert amy.do("AddTask", {"task_id": new_id(), "title": "still there"})["status"] == "accepted"
    assert amy.do("EditTask' OR '1'='1", {})["status"] == "deferred"
    fresh = Talker(amy.client, amy.client.sign_in("amy@acme.example").json())
    assert title in rows_of(fresh.exchange(), "task", "title")


TEXTS = ["Château 🍷👩‍👩‍👧‍👦", "שלום ‮עולם‬ مرحبا", "e\u0301 ﷽ \u200b\ufeff", "a\tb\nc\x01\x7f", "𝕏" * 50, "\ud83c\udf77"]


@pytest.mark.parametrize("title", TEXTS)
def test_any_writing_comes_back_as_it_was_sent(amy: Talker, title: str) -> None:
    said = title.encode("utf-16", "surrogatepass").decode("utf-16")
    assert amy.do("AddTask", {"task_id": new_id(), "title": said})["status"] == "accepted"
    fresh = Talker(amy.client, amy.client.sign_in("amy@acme.example").json())
    assert said.strip() in [title.strip() for title in rows_of(fresh.exchange(), "task", "title")]


def test_half_a_character_is_no_text(amy: Talker) -> None:
    body = json.dumps(amy.request(commands=[amy.command("AddTask", {"task_id": new_id(), "title": "\ud83c"})]))
    assert "\\ud83c" in body
    assert refusal(amy.client("POST", "/v1/sync", data=body)) == (400, "bad_request")


def test_a_note_of_a_megabyte_is_taken_whole(amy: Talker) -> None:
    account, note = an_account(amy), "A long tasting. 🍷 " * 55_000
    assert len(note.encode()) > 1_000_000
    said = {"activity_id": new_id(), "account_id": account, "type": "visit", "occurred_at": AT, "note": note}
    assert amy.do("LogActivity", said)["status"] == "accepted"
    fresh = Talker(amy.client, amy.client.sign_in("amy@acme.example").json())
    assert rows_of(fresh.exchange(), "activity", "note") == [note]


def rows_of(lines: list[Said], table: str, column: str) -> list[Any]:
    return [
        row[line["columns"].index(column)]
        for line in lines
        if line["t"] == "rows" and line["table"] == table
        for row in line["rows"]
    ]


# -- requests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"request":', b"not json", b"\xff\xfe\x00", b'{"request": NaN}', b"1e999", b"[" * 200_000,
     b'{"x":' * 200_000, b'{"commands": {}}', b'{"request": "x", "lease": "y", "cursor": 0}'],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/sync", "/v1/verify", "/v1/salvage"])
def test_what_is_no_request_is_refused(amy: Talker, path: str, body: bytes) -> None:
    if path == "/v1/salvage" and body in (b"null", b"[]", b'{"commands": {}}') or path == "/v1/salvage" and b'"y"' in body:
        pytest.skip("salvage takes any JSON")
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


@pytest.mark.parametrize("wrong", [{"cursor": 5, "chain": "0" * 32}, {"cursor": 9 * 10**15}, {"cursor": 1, "chain": None}])
def test_a_place_in_another_history_is_told_the_version(amy: Talker, wrong: Said) -> None:
    amy.exchange()
    answer = amy.send({**amy.request(), "chain": None, **wrong})
    assert refusal(answer) == (409, "lineage_changed")
    assert answer.json()["error"]["version"] == amy.cursor


FORGED_LEASES = ["", "1", "2.aaaaaaaaaaaa.0000000000000000", "99.aaaaaaaaaaaa.", "a.b.c", "1.x.y.z", "\x00", "²..", "x" * 10_000, "9" * 5_000 + ".a.b"]  # noqa: E501


@pytest.mark.parametrize("forged", FORGED_LEASES)
def test_a_forged_lease_is_a_fork(amy: Talker, forged: str) -> None:
    assert refusal(amy.send({**amy.request(), "lease": forged})) == (409, "device_forked")
    amy.exchange()


def test_the_lease_of_another_device_is_a_fork(talkers: Callable[..., Talker]) -> None:
    amy, bob = talkers("amy@acme.example", "rep"), talkers("bob@acme.example", "rep")
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
def test_forged_places_show_nothing_of_others(talkers: Callable[..., Talker], first: bool) -> None:
    amy, bob = talkers("amy@acme.example", "rep"), talkers("bob@acme.example", "rep")
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
@pytest.mark.parametrize("token", ["", "x", "leora1.acme.0.x", "leora1.nowhere.{device}.{secret}", "leora1.acme.{device}.{other}"])
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
        transaction.connection.execute(sa.update(device).values(token_expires_at=long_ago))
    with company.tenant.leases.writing() as transaction:
        transaction.connection.execute(sa.update(lease).values(seen_at=long_ago))
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


def test_verify_scopes_and_blobs_show_nothing_of_others(talkers: Callable[..., Talker]) -> None:
    amy, bob = talkers("amy@acme.example", "rep"), talkers("bob@acme.example", "rep")
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


@pytest.fixture
def rival(company: Company, client: Client) -> Talker:
    """A rep of another company on the same server."""
    tenant = company.tenants.create("rival", "Rival Wines", "America/New_York")
    payload = {"user_id": new_id(), "name": "Rex", "email": "rex@rival.example", "roles": ["rep"]}
    authority.run_command(tenant, authority.SYSTEM, "AddUser", payload)
    with tenant.database.writing() as transaction:
        store_password(transaction, payload["user_id"], password_hash(PASSWORD))
    return Talker(client, client.sign_in("rex@rival.example", tenant="rival").json())


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
        email, tenant = ("amy@acme.example", "acme") if talker is amy else ("rex@rival.example", "rival")
        fresh = Talker(talker.client, talker.client.sign_in(email, tenant=tenant).json())
        assert rows_of(fresh.exchange(), "account", "name") == [name]


def test_a_device_replaced_by_the_id_of_another_company_changes_nothing(amy: Talker, rival: Talker) -> None:
    answer = amy.client.sign_in("rex@rival.example", tenant="rival", replaces=amy.client.device_id)
    assert answer.status_code == 200
    amy.exchange()


# -- PostgreSQL is stricter than SQLite --------------------------------------------------------------


def test_postgres_refuses_in_the_same_words(tmp_path: Any, postgres_url: str) -> None:
    settings = ServerSettings(data=tmp_path / "data", database=postgres_url)
    with closing(Tenants(settings.data, postgres_url)) as tenants:
        company = Company(tenants, tenants.create("acme", "Acme Wines", "America/New_York"), settings)
        company.person("amy@acme.example", "rep")
        with serving(create_app(tenants, settings)) as url:
            client = Client(url)
            amy = Talker(client, client.sign_in("amy@acme.example").json())
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
