"""The edge before the endpoints: protocol, encodings, sizes, shapes of errors."""

import gzip
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import zstandard

from sync.app import create_app
from sync.bodies import parse_json
from sync.refusals import ApiError
from sync.serving import serving
from tests.sync.conftest import Client, Company

ZERO_MIB = bytes(1 << 20)


@pytest.mark.parametrize("spoken", [None, "0", "2", "one", "1.0", "", "²", "9" * 5000])
def test_another_protocol_is_told_which_are_spoken(client: Client, spoken: str | None) -> None:
    bare = replace(client, headers={})
    headers = {} if spoken is None else {"Leora-Protocol": spoken.encode()}
    answer = bare("GET", "/v1/scopes", headers=headers)
    assert answer.status_code == 426
    error = answer.json()["error"]
    assert (error["code"], error["min"], error["max"]) == ("protocol_unsupported", 1, 1)
    assert error["sentence"]


@pytest.mark.parametrize("path", ["/v1/health", "/v1/openapi.json"])
def test_health_and_the_description_need_no_protocol(client: Client, path: str) -> None:
    assert replace(client, headers={})("GET", path).status_code == 200


def test_health_says_what_is_spoken(client: Client) -> None:
    said = client("GET", "/v1/health").json()
    assert said["status"] == "ok"
    assert said["protocol"] == {"min": 1, "max": 1}
    assert said["server_time"].endswith("Z")


@pytest.mark.parametrize(("path", "method", "status", "code"), [
    ("/v1/nothing", "GET", 404, "not_found"),
    ("/", "GET", 404, "not_found"),
    ("/v1/sign-in", "GET", 405, "method_not_allowed"),
])  # fmt: skip
def test_what_is_not_there_answers_in_the_same_shape(
    client: Client, path: str, method: str, status: int, code: str
) -> None:
    answer = client(method, path)
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def _sign_in_body(**changes: Any) -> dict[str, Any]:
    device = {"name": "Laptop", "platform": "linux", "app_version": "1"}
    return {"tenant": "acme", "email": "a@b.example", "password": "x", "device": device, **changes}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"device": {}}, "body.device.name"),
        ({"email": 7}, "body.email"),
        ({"device": {"name": "a\x00b"}}, "body.device.name"),
        ({"tenant": "a" * 201}, "body.tenant"),
    ],
)
def test_a_malformed_body_names_the_place(client: Client, changes: dict[str, Any], place: str) -> None:
    answer = client("POST", "/v1/sign-in", json=_sign_in_body(**changes))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
    assert answer.json()["error"]["place"] == place


@pytest.mark.parametrize("body", [b"", b"{", b'{"tenant": x}', b"\xff\xfe", b'"\xff"', b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_json_is_refused(client: Client, body: bytes) -> None:
    answer = client("POST", "/v1/sign-in", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_the_place_of_a_syntax_error_is_its_byte() -> None:
    with pytest.raises(ApiError) as refused:
        parse_json(b'{"a" 1}')
    assert refused.value.extra["place"] == "body:5"


ENCODERS: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.compress, "zstd": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("encoding", ENCODERS)
def test_compressed_bodies_are_understood(company: Company, client: Client, encoding: str) -> None:
    company.person("amy@acme.example", "rep")
    body = json.dumps(_sign_in_body(email="amy@acme.example", password="vintage 1982")).encode()
    half = len(body) // 2
    packed = ENCODERS[encoding](body[:half]) + ENCODERS[encoding](body[half:])  # two members make one body
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = client("POST", "/v1/sign-in", data=packed, headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("path", ["/v1/sign-in", "/v1/sync"])
def test_a_bomb_is_refused(client: Client, encoding: str, path: str) -> None:
    bomb = ENCODERS[encoding](ZERO_MIB * 200)
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = client("POST", path, data=bomb, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "body_too_large"


@pytest.mark.parametrize("encoding", ENCODERS)
@pytest.mark.parametrize("damage", [lambda b: b[:-5], lambda b: b"no" + b, lambda b: b[:7]])
def test_a_body_that_is_not_its_encoding_is_refused(
    client: Client, encoding: str, damage: Callable[[bytes], bytes]
) -> None:
    packed = damage(ENCODERS[encoding](json.dumps(_sign_in_body()).encode()))
    headers = {"Content-Encoding": encoding, "Content-Type": "application/json"}
    answer = client("POST", "/v1/sign-in", data=packed, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_an_unknown_encoding_is_refused(client: Client) -> None:
    answer = client("POST", "/v1/sign-in", data=b"x", headers={"Content-Encoding": "br"})
    assert answer.status_code == 415
    assert answer.json()["error"]["code"] == "encoding_unsupported"


def test_a_plain_body_above_the_limit_is_refused(client: Client) -> None:
    answer = client("POST", "/v1/sign-in", data=ZERO_MIB * 33, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_every_endpoint_is_described_with_its_answers_and_errors(client: Client) -> None:
    described = client("GET", "/v1/openapi.json").json()
    paths = {path for path in described["paths"] if not path.startswith("/v1/admin/")}
    assert paths >= {
        "/v1/health", "/v1/sign-in", "/v1/sign-out", "/v1/sync", "/v1/scopes", "/v1/verify", "/v1/events",
        "/v1/blobs/{sha256}", "/v1/salvage", "/v1/schema",
    }  # fmt: skip
    sign_in = described["paths"]["/v1/sign-in"]["post"]["responses"]
    assert sign_in["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/SignInAnswer")
    assert sign_in["429"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody")


def test_the_schema_tells_tables_and_commands(signed_in: Callable[..., Client]) -> None:
    said = signed_in("amy@acme.example", "rep")("GET", "/v1/schema").json()
    tables = {table["name"]: table for table in said["tables"]}
    assert {"account", "activity", "conflict", "app_user", "planned_account"} <= tables.keys()
    assert {"name": "id", "type": "id", "nullable": False} in tables["account"]["columns"]
    commands = {command["name"]: command for command in said["commands"]}
    assert commands["AddUser"]["version"] == 1
    assert "email" in commands["AddUser"]["payload"]["required"]


def test_failures_of_ours_are_told_without_their_insides(company: Company) -> None:
    app = create_app(company.tenants, company.settings)

    @app.get("/busy")
    def busy() -> None:
        raise sqlite3.OperationalError("database is locked")

    @app.get("/broken")
    def broken() -> None:
        raise ValueError("the password is vintage 1982")

    with serving(app) as url:
        client = Client(url)
        answer = client("GET", "/busy")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        answer = client("GET", "/broken")
        assert (answer.status_code, answer.json()["error"]["code"]) == (500, "server_error")
        assert answer.json()["error"]["incident"]
        assert "vintage" not in answer.text
