import logging
import stat
import sys
import time
from pathlib import Path

import pytest

from leora_desktop.logs import FILE_NAME, redact, start_logging, stop_logging

KEY = "0f" * 32


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("signed in with leora1.abcDEF-_.123=", "abcDEF"),
        ("Authorization: Bearer abc.def-ghi", "abc.def"),
        ("authorization: bearer abc", "abc"),
        ("headers={'Authorization': 'Basic dXNlcjpwYXNz'}", "dXNlcjpwYXNz"),
        ('body {"email": "x", "password": "hunter two, \\"quoted\\""}', "hunter"),
        ('body {"email": "x", "password": "hunter two, \\"quoted\\""}', "quoted"),
        ("kwargs {'password': 'it is mine'}", "mine"),
        ("SignIn(email='x', password='it is mine')", "mine"),
        ('logged twice: "{\\"password\\": \\"deep er\\"}"', "deep"),
        ('logged twice: "{\\"password\\": \\"deep er\\"}"', "er\\"),
        ("url?password=abc123&x=1", "abc123"),
        ("passphrase: swordfish", "swordfish"),
        ('"lease":"0193-aa"', "0193-aa"),
        ("device_token = zzz999", "zzz999"),
        ('the answer broke off: {"token": "abc12', "abc12"),
        (f"PRAGMA key=\"x'{KEY}'\"", KEY),
        (f"key {KEY.upper()} opened", KEY.upper()),
        ("https://mia:geheim@example.org/path", "geheim"),
        ("mia.o'neil+wine@example.co.uk signed in", "neil"),
        ("mia@example.org", "mia"),
    ],
)
def test_strikes_out(line: str, secret: str) -> None:
    assert secret not in redact(line)


@pytest.mark.parametrize(
    "line",
    [
        "sent 3 commands, received 120 rows up to version 1300",
        "401 token_invalid",
        "checksum 9f3c2a0011223344 chain 00112233445566778899aabbccddeeff",
        "command 0193a000-0000-7000-8000-000000000001 LogActivity",
        "please: sync again",
    ],
)
def test_leaves_the_rest_alone(line: str) -> None:
    assert redact(line) == line


def test_keeps_what_stands_around_a_secret() -> None:
    assert redact("url?password=abc&tenant=hills") == "url?password=[secret]&tenant=hills"
    assert redact('{"password": "abc", "tenant": "hills"}') == '{"password": [secret], "tenant": "hills"}'


def test_the_file_holds_no_secret_from_arguments_or_tracebacks(tmp_path: Path) -> None:
    handler = start_logging(tmp_path / "logs")
    try:
        logging.getLogger("leora_desktop.test").info("signed in %s", "mia@example.org")
        try:
            raise RuntimeError("the server said no to leora1.abcdef")
        except RuntimeError:
            logging.getLogger("leora_desktop.test").exception("sync failed")
    finally:
        stop_logging(handler)
    file = tmp_path / "logs" / FILE_NAME
    written = file.read_text(encoding="utf-8")
    assert "Traceback" in written
    assert "signed in [email]" in written
    assert "abcdef" not in written
    assert "mia" not in written
    if sys.platform != "win32":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_files_rotate(tmp_path: Path) -> None:
    handler = start_logging(tmp_path, max_bytes=2_000)
    try:
        for _ in range(12):
            logging.getLogger("leora_desktop.test").info("x" * 900)
    finally:
        stop_logging(handler)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_long_line_is_no_long_wait() -> None:
    began = time.perf_counter()
    redact("x" * 100_000 + " password password=" * 1_000)
    assert time.perf_counter() - began < 5
