"""The command line against a real server, each verb in a process of its own as people use it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uuid_utils

from leora_desktop.__main__ import main
from leora_desktop.paths import Profile

ROOT = Path(__file__).parents[2]
PASSWORD = "a long password"
PASSPHRASE = "open sesame"


@dataclass
class Server:
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def administer(self, *words: str, said: str = "") -> str:
        command = [sys.executable, "-m", "sync", "--data", str(self.folder), *words]
        return subprocess.run(command, input=said, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Server(tmp_path_factory.mktemp("server"), free.getsockname()[1])
    made.administer("tenant", "create", "hills", "--name", "Hills Wine", "--timezone", "America/New_York")
    for name in ("rita", "max"):
        words = ["user", "add", "hills", f"{name}@example.org", "--name", name.title(), "--role", "rep"]
        made.administer(*words, "--password-stdin", said=PASSWORD)
    command = [sys.executable, "-m", "sync", "--data", str(made.folder), "serve", "--port", str(made.port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("listening on http://")
    yield made
    process.terminate()
    process.wait(20)
    process.stdout.close()


@dataclass
class Laptop:
    folder: Path

    @property
    def vault(self) -> Path:
        return self.folder.with_suffix(".vault")

    def run(self, *words: str, said: str = "", phrase: str | None = PASSPHRASE) -> subprocess.CompletedProcess[str]:
        """One verb in a process; the vault's passphrase comes on a pipe."""
        reading, writing = os.pipe()
        os.write(writing, (phrase or "").encode() + b"\n")
        os.close(writing)
        passed = ["--vault-passphrase-fd", str(reading)] if phrase else []
        try:
            return subprocess.run(
                [sys.executable, "-m", "leora_desktop", "--profile", str(self.folder), *words, *passed],
                input=said,
                capture_output=True,
                encoding="utf-8",
                pass_fds=(reading,),
                cwd=ROOT,
                check=False,
            )
        finally:
            os.close(reading)

    def sign_in(self, address: str, email: str = "rita@example.org", password: str = PASSWORD) -> Any:
        words = ["sign-in", "--server", address, "--tenant", "hills", "--email", email, "--password-stdin", "--json"]
        return self.run(*words, "--vault", str(self.vault), said=password + "\n")

    def batch(self, *requests: dict[str, Any]) -> list[dict[str, Any]]:
        ran = self.run("batch", said="".join(json.dumps(request) + "\n" for request in requests))
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows passes no descriptors to children")


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path / "profile")


@pytest.fixture
def signed_in(server: Server, laptop: Laptop) -> Laptop:
    ran = laptop.sign_in(server.address)
    assert ran.returncode == 0, ran.stderr
    return laptop


def new_account(name: str) -> dict[str, Any]:
    return {"verb": "do", "command": "OpenAccount", "payload": {"account_id": str(uuid_utils.uuid7()), "name": name}}


def main_here(folder: Path, *words: str) -> int:
    """`main` in this process, for what needs nothing from standard input."""
    try:
        return main(["--profile", str(folder), *words])
    except SystemExit as left:
        return int(left.code or 0)


def test_without_a_verb_it_says_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main_here(tmp_path / "none") == 0
    told = capsys.readouterr().out
    assert "later version" in told.splitlines()[0]
    assert "  batch " in told
    assert not (tmp_path / "none").exists()


def test_what_needs_no_profile_makes_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "none"
    assert main_here(folder, "commands", "--json") == 0
    assert {"name", "version", "summary"} == json.loads(capsys.readouterr().out)[0].keys()
    assert main_here(folder, "schema", "OpenAccount") == 0
    assert json.loads(capsys.readouterr().out)["title"] == "OpenAccount"
    assert main_here(folder, "queries", "--json") == 0
    assert "accounts" in [query["name"] for query in json.loads(capsys.readouterr().out)]
    assert not folder.exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nonsense"], "usage"),
        (["query"], "usage"),
        (["query", "accounts", "--param", "limit"], "usage"),
        (["outbox", "burn"], "usage"),
        (["schema", "Nonsense"], "unknown_command"),
        (["status"], "not_signed_in"),
        (["sync"], "not_signed_in"),
        (["sync", "--vault-passphrase-fd", "77"], "usage"),
    ],
)
def test_what_is_refused_says_code_and_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: str
) -> None:
    assert main_here(tmp_path / "profile", *words) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"{code}: ")


def test_a_day_from_sign_in_to_proof(server: Server, laptop: Laptop) -> None:
    answer = json.loads(laptop.sign_in(server.address).stdout)
    assert answer.keys() == {"device_id", "device_code", "user", "tenant"}
    assert answer["user"]["name"] == "Rita"
    assert json.loads(laptop.run("sync", "--json").stdout)["equal"] is True
    payload = {"account_id": str(uuid_utils.uuid7()), "name": "Chez Ö 🍷"}
    at, id_ = "2026-11-20T10:00:00.000Z", str(uuid_utils.uuid7())
    done = json.loads(
        laptop.run("do", "OpenAccount", "--at", at, "--id", id_, "--json", said=json.dumps(payload)).stdout
    )
    assert done == {"id": id_, "name": "OpenAccount", "result": {}, "status": "waiting"}
    waiting = json.loads(laptop.run("--json", "outbox").stdout)["waiting"]
    assert [(entry["id"], entry["at"], entry["payload"]) for entry in waiting] == [(id_, at, payload)]
    report = json.loads(laptop.run("sync", "--json").stdout)
    assert (report["sent"], report["accepted"], report["rejected"], report["equal"]) == (1, 1, 0, True)
    proof = json.loads(laptop.run("prove", "--deep", "--json").stdout)
    assert proof.keys() == {"equal", "count", "checksum", "cursor"}
    assert proof["equal"] is True
    told = laptop.run("query", "accounts", "--param", "text=chez")
    assert told.returncode == 0
    assert "Chez Ö 🍷" in told.stdout


def test_many_verbs_in_one_program(signed_in: Laptop) -> None:
    account = new_account("Bar One")
    conflicting = {"verb": "do", "command": "OpenAccount", "payload": {"account_id": "x"}}
    told = signed_in.batch(
        new_account("too early"), {"verb": "sync"}, account, conflicting, {"verb": "nonsense"}, {"verb": "status"}
    )
    assert [line["ok"] for line in told] == [False, True, True, False, False, True]
    assert [line.get("code") for line in told if not line["ok"]] == ["not_filled", "payload_invalid", "usage"]
    assert {line["exit"] for line in told if not line["ok"]} == {2}
    assert told[5]["result"]["waiting"] == 1
    held = [
        {"verb": "query", "name": "accounts", "params": {"limit": 5, "closed": False}},
        {"verb": "prove", "deep": True},
    ]
    found, proof = signed_in.batch(*held)
    assert "Bar One" in [row["name"] for row in found["result"]["rows"]]
    assert proof["result"]["equal"] is True


def test_a_line_that_is_no_request_does_not_end_the_batch(signed_in: Laptop) -> None:
    ran = signed_in.run("batch", said='junk\n\n[1]\n{"verb": ["sync"]}\n{"verb":"conflicts"}\n')
    told = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [line["ok"] for line in told] == [False, False, False, True]


def test_the_outbox_can_be_edited_discarded_and_exported(signed_in: Laptop, tmp_path: Path) -> None:
    first, second = new_account("Bar First"), new_account("Bar Second")
    _, one, two = signed_in.batch({"verb": "sync"}, first, second)
    other = {**first["payload"], "account_id": str(uuid_utils.uuid7()), "name": "Bar Changed"}
    edited = signed_in.run("outbox", "edit", one["result"]["id"], "--json", said=json.dumps(other))
    assert json.loads(edited.stdout)["status"] == "waiting"
    gone = signed_in.run("outbox", "discard", two["result"]["id"], "--json")
    assert json.loads(gone.stdout)["payload"] == second["payload"]
    file = tmp_path / "kept" / "outbox.json"
    assert json.loads(signed_in.run("outbox", "export", str(file), "--json").stdout) == {"file": str(file), "count": 1}
    assert [entry["payload"] for entry in json.loads(file.read_text(encoding="utf-8"))["waiting"]] == [other]
    assert signed_in.run("outbox", "discard", two["result"]["id"]).stderr.startswith("not_waiting: ")


def test_a_rebuilt_replica_is_the_same_again(signed_in: Laptop) -> None:
    first, _, again, held = signed_in.batch(
        {"verb": "prove"}, {"verb": "rebuild"}, {"verb": "sync"}, {"verb": "prove", "deep": True}
    )
    assert again["result"]["received"] == first["result"]["count"]
    assert held == first


def test_a_wrong_password_is_refused_and_leaves_nothing(server: Server, laptop: Laptop) -> None:
    ran = laptop.sign_in(server.address, password="wrong")
    assert ran.returncode == 2
    assert json.loads(ran.stderr)["code"] == "credentials_invalid"
    assert Profile(laptop.folder).signed_in() is None
    assert not laptop.vault.exists()


def test_a_server_that_is_not_there_is_unavailable(laptop: Laptop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        ran = laptop.sign_in(f"http://127.0.0.1:{free.getsockname()[1]}")
    assert ran.returncode == 3
    assert json.loads(ran.stderr)["code"] == "network"


def test_the_vault_stays_shut_without_its_passphrase(signed_in: Laptop) -> None:
    nothing = signed_in.run("status", phrase=None)
    wrong = signed_in.run("status", phrase="wrong")
    assert (nothing.returncode, wrong.returncode) == (2, 2)
    assert nothing.stderr.startswith("passphrase_missing: ")
    assert wrong.stderr.startswith("vault_locked: ")


def test_passphrase_and_payload_may_share_standard_input(signed_in: Laptop) -> None:
    account = new_account("Bar Shared")
    signed_in.batch({"verb": "sync"})
    said = f"{PASSPHRASE}\n{json.dumps(account['payload'])}"
    ran = signed_in.run("do", "OpenAccount", "--vault-passphrase-fd", "0", "--json", said=said, phrase=None)
    assert json.loads(ran.stdout)["status"] == "waiting"


def test_a_second_program_on_the_profile_is_told(signed_in: Laptop) -> None:
    (signed_in.folder / "preferences.json").write_text('{"lock_wait_seconds": 0}')
    with Profile(signed_in.folder).lock(0):
        ran = signed_in.run("status", "--json")
    assert ran.returncode == 3
    assert "already open on this profile" in json.loads(ran.stderr)["sentence"]


def test_a_fault_of_the_program_names_the_log(signed_in: Laptop) -> None:
    file = signed_in.folder / "profile.json"
    file.write_text(file.read_text(encoding="utf-8").replace("America/New_York", "Nowhere/At_All"), encoding="utf-8")
    ran = signed_in.run("status")
    assert ran.returncode == 1
    log = signed_in.folder / "logs" / "leora-desktop.log"
    assert str(log) in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "ZoneInfoNotFoundError" in log.read_text(encoding="utf-8")


def test_a_revoked_device_says_so_and_a_wiped_one_keeps_nothing(server: Server, laptop: Laptop) -> None:
    device = json.loads(laptop.sign_in(server.address, "max@example.org").stdout)["device_id"]
    laptop.batch({"verb": "sync"}, new_account("Bar Unsent"))
    server.administer("device", "revoke", "hills", device, "--wipe")
    told = laptop.run("sync")
    assert (told.returncode, told.stderr.split(":")[0]) == (2, "device_revoked")
    assert not (laptop.folder / "replica.db").exists()
    assert not (laptop.folder / "outbox.db").exists()
    assert laptop.run("status").stderr.startswith("device_wiped: ")
    assert laptop.sign_in(server.address, "max@example.org").returncode == 0
    assert laptop.run("sync").returncode == 0


def test_signing_out_minds_what_was_not_sent(signed_in: Laptop) -> None:
    _, _, refused = signed_in.batch({"verb": "sync"}, new_account("Bar Out"), {"verb": "sign-out"})
    assert refused["code"] == "sign_out_unsent"
    out, after = signed_in.batch({"verb": "sign-out", "abandon": True}, {"verb": "sync"})
    assert out["result"]["signed_out"] is True
    assert after["code"] == "token_invalid"
