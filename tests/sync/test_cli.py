"""`leora-sync` as an administrator types it."""

import io
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync.cli import main
from sync.settings import SETTINGS_FILE
from tests.sync.conftest import Client

UUID = re.compile(r"[0-9a-f-]{36}")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on `tmp_path/data`: exit code, output, errors."""

    def typed(*words: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = main(["--data", str(tmp_path / "data"), *words])
        return code, *capsys.readouterr()

    return typed


@pytest.fixture
def acme(run: Run) -> Run:
    assert run("tenant", "create", "acme", "--name", "Acme", "--timezone", "America/New_York")[0] == 0
    return run


ADD = ("user", "add", "acme", "amy@acme.example", "--name", "Amy", "--role", "rep", "--role", "manager")


def test_a_company_gets_its_people(acme: Run) -> None:
    code, out, _ = acme(*ADD, "--password-stdin", stdin="vintage 1982\n")
    assert code == 0
    user_id = out.strip()
    assert UUID.fullmatch(user_id)
    assert acme("user", "list", "acme")[1] == f"{user_id}\tamy@acme.example\tAmy\trep,manager\tactive\n"
    assert acme("tenant", "list")[1] == "acme\tAcme\tAmerica/New_York\n"


def test_people_are_disabled_enabled_and_given_passwords(acme: Run) -> None:
    acme(*ADD)
    assert acme("user", "disable", "acme", "AMY@acme.example")[0] == 0
    assert acme("user", "list", "acme")[1].endswith("disabled\n")
    assert acme("user", "enable", "acme", "amy@acme.example")[0] == 0
    assert acme("user", "password", "acme", "amy@acme.example", "--password-stdin", stdin="x y z")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("tenant", "create", "acme", "--name", "Again", "--timezone", "UTC"),
        ("tenant", "create", "Bad Slug", "--name", "A", "--timezone", "UTC"),
        ("tenant", "create", "other", "--name", "A", "--timezone", "Mars/Base"),
        ("user", "list", "nowhere"),
        ("user", "disable", "acme", "nobody@acme.example"),
        ("user", "password", "acme", "amy@acme.example", "--password-stdin"),
        ADD,
        (*ADD[:3], "other@acme.example", *ADD[4:], "--password-stdin"),
        ("device", "revoke", "acme", "none"),
        ("check", "nowhere"),
        ("serve", "--port", "70000"),
        ("restore", "nothing.tar.zst"),
    ],
)
def test_what_is_refused_says_why_on_stderr(acme: Run, words: tuple[str, ...]) -> None:
    acme(*ADD)
    code, out, err = acme(*words)
    assert (code, out) == (2, "")
    assert err.strip().endswith(".")
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [("serve", "--port", "0", "--host", "0.0.0.0"), ("backup", "/nowhere/at/all")])
def test_plain_http_for_others_and_missing_places_are_refused(acme: Run, words: tuple[str, ...]) -> None:
    code, _, err = acme(*words)
    assert code in (2, 3)
    assert err.strip().endswith(".")


def test_a_database_that_does_not_answer_is_unavailable(run: Run) -> None:
    code, _, err = run("--database", "postgresql://leora@127.0.0.1:1/none", "tenant", "list")
    assert code == 3
    assert "Traceback" not in err


def test_wrong_usage_is_refused_by_the_parser(run: Run) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("tenant", "destroy")
    assert stopped.value.code == 2


def test_the_database_is_said_once_and_kept_private(run: Run, postgres_url: str, tmp_path: Path) -> None:
    create = ("tenant", "create", "acme", "--name", "Acme", "--timezone", "UTC")
    assert run("--database", postgres_url, *create)[0] == 0
    assert run("tenant", "list")[1] == "acme\tAcme\tUTC\n"
    file = tmp_path / "data" / SETTINGS_FILE
    assert json.loads(file.read_text())["database"] == postgres_url
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    code, _, err = run("--database", postgres_url + "_other", "tenant", "list")
    assert (code, "another database" in err) == (2, True)


def test_check_is_silent_about_nothing_and_loud_about_something(acme: Run, tmp_path: Path) -> None:
    code, out, _ = acme("check", "--json")
    assert code == 0
    assert json.loads(out) == {"ok": True, "tenants": [{"tenant": "acme", "version": 1, "rows": 1, "problems": []}]}
    with sqlite3.connect(tmp_path / "data" / "tenants" / "acme.db") as connection:
        connection.execute("UPDATE scope_sum SET checksum = checksum + 1 WHERE scope = 'shared'")
    connection.close()
    code, out, _ = acme("check", "acme")
    assert code == 2
    assert "The checksum of shared is not that of its rows." in out
    code, out, _ = acme("check", "acme", "--json")
    assert json.loads(out)["tenants"][0]["problems"][0]["code"] == "checksum_wrong"


def test_backup_and_restore_go_round(acme: Run, tmp_path: Path) -> None:
    assert acme("backup", str(tmp_path / "b"))[0] == 0
    (tmp_path / "data").rename(tmp_path / "old")
    code, out, _ = acme("restore", str(tmp_path / "b"))
    assert (code, "restored 1 tenants" in out) == (0, True)
    assert acme("check")[0] == 0


def test_migrate_says_what_it_did(acme: Run) -> None:
    assert acme("migrate")[1] == "acme: nothing to do\n"


# -- a process of its own ---------------------------------------------------------------------------


@contextmanager
def _served(data: Path, *more: str) -> Iterator[tuple[str, Any]]:
    command = [sys.executable, "-m", "sync", "--data", str(data), "serve", "--port", "0", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            match = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
            assert match, process.communicate()
            yield match[1], process
        finally:
            process.kill()


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
def test_the_server_answers_when_it_says_so_and_stops_in_order(
    acme: Run, tmp_path: Path, workers: tuple[str, ...]
) -> None:
    acme(*ADD, "--password-stdin", stdin="vintage 1982")
    with _served(tmp_path / "data", *workers) as (url, process):
        client = Client(url)
        answer = client.sign_in("amy@acme.example").json()
        amy = client.signed(answer)
        assert amy("GET", "/v1/scopes").status_code == 200
        assert acme("device", "revoke", "acme", answer["device_id"], "--wipe")[0] == 0
        assert amy("GET", "/v1/scopes").json()["error"]["wipe"] is True
        assert "revoked, to be wiped" in acme("device", "list", "acme")[1]
        asked_at = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - asked_at < 10
        assert (process.returncode, out) == (0, "")
        assert "Traceback" not in err


def test_what_was_committed_survives_a_kill(acme: Run, tmp_path: Path) -> None:
    acme(*ADD, "--password-stdin", stdin="vintage 1982")
    with _served(tmp_path / "data") as (url, process):
        client = Client(url)
        amy = client.signed(client.sign_in("amy@acme.example").json())
        process.kill()
    with _served(tmp_path / "data") as (url, _):
        assert Client(url, amy.headers)("GET", "/v1/scopes").status_code == 200
    assert acme("check")[0] == 0
