"""Serving on a socket: alone, with worker processes, or in a thread of this process."""

import asyncio
import contextlib
import ipaddress
import json
import logging
import multiprocessing
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from sync.app import create_app
from sync.settings import load_settings
from sync.tenants import Tenants

Ready = Callable[[str], None]

_BACKLOG = 2_048
_START_SECONDS = 60.0
_STOP_SECONDS = 20


class PortUnusable(OSError):  # noqa: N818 - told to the administrator
    """The server cannot listen there; the text says why."""


@dataclass(frozen=True)
class Place:
    """Where to listen, and whether something that speaks TLS stands before it."""

    host: str
    port: int
    behind_tls: bool = False


class _Server(uvicorn.Server):
    """Ends open event streams before it waits for connections to finish."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.watching.end()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(place: Place) -> socket.socket:
    """A listening socket. Raises PortUnusable, also for plain HTTP that others could read."""
    if not is_loopback(place.host) and not place.behind_tls:
        raise PortUnusable(
            f"{place.host} can be reached from other machines, and plain HTTP can be read on the way. "
            "Put a TLS proxy before the server and say --behind-tls, or listen on 127.0.0.1."
        )
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    # Named as TCP, else asyncio leaves Nagle's algorithm on, and every answer waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((place.host, place.port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise PortUnusable(f"Cannot listen on {place.host} port {place.port}: {error.strerror or error}.")
    listening.set_inheritable(True)
    return listening


def url_of(listening: socket.socket) -> str:
    """The address of a server that listens there."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(data: Path, place: Place, workers: int, ready: Ready) -> None:
    """Serve until asked to stop (Ctrl+C, SIGTERM); `ready` hears the address once requests are answered.

    Raises PortUnusable.
    """
    with contextlib.closing(bind(place)) as listening, contextlib.suppress(KeyboardInterrupt):
        if workers == 1:
            _work(data, listening, place.behind_tls, lambda: ready(url_of(listening)))
        else:
            _supervise(data, listening, place, workers, ready)


@contextlib.contextmanager
def serving(app: FastAPI, *, port: int = 0) -> Iterator[str]:
    """Serve `app` on 127.0.0.1 from a thread of this process; gives the address."""
    started = threading.Event()
    with contextlib.closing(bind(Place("127.0.0.1", port))) as listening:
        server = _Server(_config(app, behind_tls=False), app, started.set)
        thread = threading.Thread(target=lambda: _run(server, listening), name="leora-sync")
        thread.start()
        try:
            if not started.wait(_START_SECONDS):
                raise PortUnusable("The server did not start in time.")
            yield url_of(listening)
        finally:
            server.should_exit = True
            thread.join()


def _config(app: FastAPI, *, behind_tls: bool) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=behind_tls,
        timeout_graceful_shutdown=_STOP_SECONDS,
        timeout_keep_alive=75,
    )


def _work(data: Path, listening: socket.socket, behind_tls: bool, ready: Callable[[], None]) -> None:
    _log_to_stderr()
    signal.signal(signal.SIGTERM, _interrupt)
    settings = load_settings(data)
    tenants = Tenants(data, settings.database)
    try:
        app = create_app(tenants, settings)
        _run(_Server(_config(app, behind_tls=behind_tls), app, ready), listening)
    finally:
        tenants.close()


def _run(server: _Server, listening: socket.socket) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(server.serve([listening]))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """SIGTERM ends the server as Ctrl+C does: in order, and not as a failure."""
    raise KeyboardInterrupt


def _worker(data: Path, listening: socket.socket, behind_tls: bool) -> None:
    with contextlib.suppress(KeyboardInterrupt):
        _work(data, listening, behind_tls, lambda: None)


def _supervise(data: Path, listening: socket.socket, place: Place, workers: int, ready: Ready) -> None:
    """Keep `workers` processes on one socket; one that dies is started anew."""
    spawn = multiprocessing.get_context("spawn")
    stop = threading.Event()

    def asked_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, asked_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}

    def start() -> Any:
        process = spawn.Process(target=_worker, args=(data, listening, place.behind_tls), name="leora-sync worker")
        process.start()
        return process

    processes = [start() for _ in range(workers)]
    try:
        if _answers(url_of(listening), stop):
            ready(url_of(listening))
        while not stop.wait(0.5):
            processes = [process if process.is_alive() else start() for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_STOP_SECONDS + 5)
        for number, handler in before.items():
            signal.signal(number, handler)


def _answers(url: str, stop: threading.Event) -> bool:
    """Wait until a worker answers."""
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at and not stop.is_set():
        with (
            contextlib.suppress(OSError, ValueError),
            urllib.request.urlopen(f"{url}/v1/health", timeout=5) as answer,  # noqa: S310 - our own address
        ):
            return bool(json.load(answer)["status"] == "ok")
        stop.wait(0.1)
    return False


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("sync").setLevel(logging.INFO)
