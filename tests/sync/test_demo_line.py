"""The relay between laptops and server."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from sync.demo.line import Line


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that sends back what it gets, twice."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = listening.accept()
                    threading.Thread(target=answer, args=(peer,), daemon=True).start()

        def answer(peer: socket.socket) -> None:
            with peer, suppress(OSError):
                while data := peer.recv(1_000):
                    peer.sendall(data * 2)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.cut()


def call(line: Line) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(line.url).port or 0), timeout=5)


def said(peer: socket.socket, words: bytes, length: int) -> bytes:
    """What comes back, up to `length` bytes; less when the line breaks."""
    peer.sendall(words)
    got = b""
    with suppress(OSError):
        while len(got) < length and (data := peer.recv(1_000)):
            got += data
    return got


def test_an_open_line_carries_both_ways(line: Line, echo: str) -> None:
    line.open(echo)
    with call(line) as peer:
        assert said(peer, b"hello", 10) == b"hellohello"
    assert line.carried == 10


def test_a_cut_line_refuses_and_breaks_what_is_under_way(line: Line, echo: str) -> None:
    line.open(echo)
    with call(line) as peer:
        said(peer, b"hello", 10)
        line.cut()
        with suppress(OSError):
            assert peer.recv(10) == b""
    with pytest.raises(ConnectionRefusedError):
        call(line)


def test_it_breaks_in_the_answer_that_was_named(line: Line, echo: str) -> None:
    line.open(echo, break_in=(2, 3))
    with call(line) as peer:
        assert said(peer, b"hello", 10) == b"hellohello"
        assert said(peer, b"again", 10) == b"aga"


def test_it_can_be_opened_again_at_the_same_address(line: Line, echo: str) -> None:
    line.open(echo)
    before = line.url
    line.cut()
    line.open(echo)
    with call(line) as peer:
        assert said(peer, b"back", 8) == b"backback"
    assert line.url == before
