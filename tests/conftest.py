"""What holds for every test: English, no screen, no network beyond this machine. Warnings fail, by pyproject.toml."""

import os
import sys
from typing import Any

import pytest

os.environ.update(LANG="C.UTF-8", LANGUAGE="en", LC_ALL="C.UTF-8")
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LOOPBACK = ("127.", "::1", "localhost")


class BeyondThisMachine(RuntimeError):
    """A test reached for the network. No OSError, so that no retry takes it for a bad line."""


def stay_on_this_machine(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook: sees each connection and name lookup of this process, whoever makes it."""
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if isinstance(host, str) and host and not host.startswith(LOOPBACK):
        raise BeyondThisMachine(f"{event} to {host}")


sys.addaudithook(stay_on_this_machine)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--conversation-examples", type=int, metavar="N", help="how many conversations of laptops and server to try"
    )


@pytest.fixture
def conversation_examples(request: pytest.FixtureRequest) -> int | None:
    """How many conversations the caller asked for, None for the usual number."""
    examples: int | None = request.config.getoption("--conversation-examples")
    return examples
