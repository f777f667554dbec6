"""The line between laptops and server: a TCP relay that can be cut, for good or in the middle of an answer.

Laptops know only the relay's address, so the server may stop and come back on another port. While the
line is cut nothing listens there and connections are refused.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

_CHUNK = 16 * 1024
_LOOK_SECONDS = 0.1
_BIND_SECONDS = 10.0


class Line:
    """A relay on one port of this machine; closed at first."""

    def __init__(self) -> None:
        self.carried = 0
        """Bytes that went from the server to laptops since the line was last opened."""
        with _listening(0) as found:
            self._port = int(found.getsockname()[1])
        self._lock = threading.Lock()
        self._break_in: tuple[int, int] | None = None
        self._answer, self._of_answer, self._asked = 0, 0, False
        self._open = False
        self._server = ("127.0.0.1", 0)
        self._acceptor: threading.Thread | None = None
        self._sockets: set[socket.socket] = set()

    @property
    def url(self) -> str:
        """The address laptops use."""
        return f"http://127.0.0.1:{self._port}"

    def open(self, server: str, *, break_in: tuple[int, int] | None = None) -> None:
        """Lead to the server at this URL. With `break_in` = (n, bytes) the line breaks in the n-th answer."""
        self.cut()
        place = urlsplit(server)
        self._server = (place.hostname or "127.0.0.1", place.port or 80)
        listening = _bound(self._port)
        self._break_in, self.carried, self._open = break_in, 0, True
        self._answer, self._of_answer, self._asked = 0, 0, False
        self._acceptor = threading.Thread(target=self._accept, args=(listening,), name="line", daemon=True)
        self._acceptor.start()

    def cut(self) -> None:
        """Break every connection; new ones are refused once this returns."""
        self._break()
        if self._acceptor is not None:
            self._acceptor.join()
            self._acceptor = None

    def _break(self) -> None:
        with self._lock:
            self._open = False
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            _close(one)

    def _accept(self, listening: socket.socket) -> None:
        with listening:
            while self._open:
                with contextlib.suppress(TimeoutError, OSError):
                    laptop, _ = listening.accept()
                    self._join(laptop)

    def _join(self, laptop: socket.socket) -> None:
        laptop.settimeout(None)
        try:
            server = socket.create_connection(self._server, timeout=5)
        except OSError:
            _close(laptop)
            return
        server.settimeout(None)
        for one in (laptop, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._lock:
            self._sockets |= {laptop, server}
            still_open = self._open
        if not still_open:
            self._break()
            return
        for pump, ends in ((self._up, (laptop, server)), (self._down, (server, laptop))):
            threading.Thread(target=self._pump, args=(*ends, pump), name="line", daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, allowed: Callable[[bytes], bytes]) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                passed = allowed(data)
                sink.sendall(passed)
                if len(passed) < len(data):
                    self._break()
                    break
        with self._lock:
            self._sockets -= {source, sink}
        _close(source)
        _close(sink)

    def _up(self, data: bytes) -> bytes:
        with self._lock:
            self._asked = True
        return data

    def _down(self, data: bytes) -> bytes:
        """What of it may pass. What comes first after something was asked begins the next answer."""
        with self._lock:
            if self._asked:
                self._asked, self._answer, self._of_answer = False, self._answer + 1, 0
            passed = data
            if self._break_in is not None and self._answer >= self._break_in[0]:
                passed = data[: max(self._break_in[1] - self._of_answer, 0)]
            self._of_answer += len(passed)
            self.carried += len(passed)
        return passed


def _listening(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        # On Windows the option means something else: another program could take the port away.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError:
        listening.close()
        raise
    return listening


def _bound(port: int) -> socket.socket:
    """Listening on the port again; a system may take a moment to give it back. Raises OSError."""
    give_up_at = time.monotonic() + _BIND_SECONDS
    while True:
        try:
            listening = _listening(port)
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(_LOOK_SECONDS)
        else:
            listening.listen(64)
            listening.settimeout(_LOOK_SECONDS)
            return listening


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
