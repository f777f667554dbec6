"""The tests themselves: real things rather than mocks, and no way out to the network."""

import ast
import socket

import pytest

from tests.conftest import stay_on_this_machine
from tests.house.tree import sources

FALSE_FRIENDS = {"monkeypatch", "mocker"}
PER_HUNDRED = 3


def test_mocks_stay_within_three_for_a_hundred_tests() -> None:
    tests = mocked = 0
    for path in sources("tests"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                tests += node.name.startswith("test_")
                mocked += any(argument.arg in FALSE_FRIENDS for argument in node.args.args)
            elif isinstance(node, ast.ImportFrom):
                mocked += node.module == "unittest.mock"
            elif isinstance(node, ast.Import):
                mocked += any(alias.name in ("mock", "unittest.mock") for alias in node.names)
    assert mocked * 100 <= PER_HUNDRED * max(tests, 100)


def test_tests_cannot_leave_this_machine() -> None:
    with pytest.raises(RuntimeError, match=r"to 192\.0\.2\.1"), socket.socket() as line:
        line.connect(("192.0.2.1", 9))
    with pytest.raises(RuntimeError, match=r"to example\.invalid"):
        socket.getaddrinfo("example.invalid", 80)


def test_this_machine_and_local_sockets_can_be_reached() -> None:
    for address in (("127.0.0.1", 80), ("::1", 80, 0, 0), "a-socket-file"):
        stay_on_this_machine("socket.connect", (None, address))
    stay_on_this_machine("socket.getaddrinfo", (None, 0))
