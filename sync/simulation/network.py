"""A network inside this process that fails on purpose: what the laptop sends, the real server application answers.

`Served` runs the application; `FaultyTransport` is what a laptop's client talks through. Each call takes
the next planned `Strike`; without one it is delivered.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message

from leora_core.domain.failures import Unavailable
from leora_desktop.syncing.client import NeverSent, Reply


class Fault(StrEnum):
    """What happens to one call."""

    DELIVER = "deliver"
    NEVER_SENT = "never_sent"
    """No connection: the laptop knows that nothing left."""
    REQUEST_LOST = "request_lost"
    """The request left and never arrived; the laptop cannot know."""
    ANSWER_LOST = "answer_lost"
    """The server did it; the answer is lost whole."""
    CUT = "cut"
    """The answer breaks off after `at` bytes."""
    CUT_QUIETLY = "cut_quietly"
    """The answer ends after `at` bytes as if that were all."""
    TWICE = "twice"
    """The request arrives twice; the laptop hears the second answer."""
    TWICE_FIRST_HEARD = "twice_first_heard"
    """The request arrives twice; the laptop hears the first answer."""
    ERROR_BEFORE = "error_before"
    """500 before the server has looked at it."""
    ERROR_AFTER = "error_after"
    """500 after the server has done it."""
    UNAUTHORIZED = "unauthorized"
    """401 from something between, once."""
    FORBIDDEN = "forbidden"
    """403 from something between, once; no word of this protocol."""
    THROTTLED = "throttled"
    """429 with Retry-After."""
    LATE = "late"
    """The laptop gives up; the request arrives when `deliver_late` is called."""


_SAID_BETWEEN: dict[Fault, tuple[int, str, dict[str, str]]] = {
    Fault.ERROR_BEFORE: (500, "server_error", {}),
    Fault.UNAUTHORIZED: (401, "token_invalid", {}),
    Fault.FORBIDDEN: (403, "forbidden", {}),
    Fault.THROTTLED: (429, "throttled", {"retry-after": "1"}),
}
"""Answers that are not the server's own; it never sees these requests."""


@dataclass(frozen=True)
class Strike:
    """A planned fault. `at` counts bytes of the answer; below 1 it is a share of them."""

    fault: Fault
    at: float = 0


@dataclass(frozen=True)
class Call:
    """One request as it travels."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What the server said. `whole` is False when it broke off on the server's own side."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    whole: bool = True


class Served:
    """A server application, answering in this process. `incidents` are faults of its own it ran into."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated server", daemon=True)
        self._thread.start()
        self.incidents: list[str] = []

    def call(self, call: Call) -> Answer:
        """Deliver one request and wait for the whole answer. Safe from any thread."""
        return asyncio.run_coroutine_threadsafe(self._answer(call), self._loop).result()

    async def _answer(self, call: Call) -> Answer:
        answer = Answer()
        done = False
        waiting: deque[Message] = deque([{"type": "http.request", "body": call.body, "more_body": False}])

        async def receive() -> Message:
            if waiting:
                return waiting.popleft()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            nonlocal done
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {k.decode().lower(): v.decode() for k, v in message.get("headers", ())}
            else:
                answer.body += message.get("body", b"")
                done = not message.get("more_body", False)

        try:
            await self._app(_scope(call), receive, send)
        except Exception as error:  # noqa: BLE001 - what the server trips over is noted, whatever it is
            self.incidents.append(f"{call.method} {call.path}: {error!r}")
        if not answer.status:
            return Answer(500, {}, b"")
        answer.whole = done
        return answer

    def close(self) -> None:
        """Stop answering."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _scope(call: Call) -> dict[str, Any]:
    path, _, query = call.path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode()) for k, v in {"host": "simulated", **call.headers}.items()],
        "client": ("127.0.0.1", 1),
        "server": ("simulated", 80),
    }


class FaultyTransport:
    """A `Transport` to whatever `server()` gives at the moment; None means it is down.

    `plan` holds the strikes for the next calls to a path that starts with `struck` (the exchange);
    every other call is delivered. `sent` remembers the exchanges that left, so that old ones can
    be sent again; `late` those yet to arrive. `heard` counts answers by status.
    """

    def __init__(self, server: Callable[[], Served | None]) -> None:
        self._server = server
        self.struck = "/v1/sync"
        self.plan: deque[Strike] = deque()
        self.sent: deque[Call] = deque(maxlen=8)
        self.late: list[Call] = []
        self.heard: dict[int, int] = {}
        self.meanwhile: Callable[[], None] | None = None
        """Done once, when the next exchange has reached the server and its answer is on the way."""

    def strike(self, *strikes: Strike | Fault) -> None:
        """Plan what happens to the next calls, one strike each."""
        self.plan.extend(strike if isinstance(strike, Strike) else Strike(strike) for strike in strikes)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request, as the plan has it."""
        call = Call(method, path, dict(headers), body)
        counted = path.startswith(self.struck)
        strike = self.plan.popleft() if self.plan and counted else Strike(Fault.DELIVER)
        if strike.fault is Fault.NEVER_SENT or self._server() is None:
            raise NeverSent("network", "There is no connection.")
        if counted:
            self.sent.append(call)
        return self._struck(strike, call)

    def _struck(self, strike: Strike, call: Call) -> Reply:
        if strike.fault in _SAID_BETWEEN:
            status, code, headers = _SAID_BETWEEN[strike.fault]
            return _said(status, code, headers)
        if strike.fault is Fault.LATE:
            self.late.append(call)
        if strike.fault in (Fault.LATE, Fault.REQUEST_LOST):
            raise _gone()
        answer = self._heard(strike, call)
        if strike.fault is Fault.ANSWER_LOST:
            raise _gone()
        if strike.fault is Fault.ERROR_AFTER:
            return _said(500, "server_error")
        return Reply(answer.status, answer.headers, _chunks(answer, strike))

    def _heard(self, strike: Strike, call: Call) -> Answer:
        """The answer the laptop hears, if it hears one."""
        if strike.fault is Fault.TWICE:
            self._delivered(call)
        answer = self._delivered(call)
        self.heard[answer.status] = self.heard.get(answer.status, 0) + 1
        if strike.fault is Fault.TWICE_FIRST_HEARD:
            self._delivered(call)
        if call.path.startswith(self.struck):
            self._do_meanwhile()
        return answer

    def _delivered(self, call: Call) -> Answer:
        server = self._server()
        if server is None:
            raise NeverSent("network", "The server is down.")
        return server.call(call)

    def _do_meanwhile(self) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()

    def deliver_late(self) -> list[int]:
        """Let the requests arrive that are under way; nobody hears the answers. Returns their statuses."""
        calls, self.late = self.late, []
        return [self._delivered(call).status for call in calls]

    def send_again(self, index: int = -1) -> int:
        """Let an old exchange arrive once more, as a wild network does; returns the status nobody hears."""
        return self._delivered(self.sent[index]).status

    def heal(self) -> None:
        """Forget all that is planned; what is under way never arrives."""
        self.plan.clear()
        self.late.clear()
        self.meanwhile = None

    def close(self) -> None:
        """Nothing is held open."""


def _gone() -> Unavailable:
    return Unavailable("network", "The connection was cut.")


def _said(status: int, code: str, headers: dict[str, str] | None = None) -> Reply:
    body = msgspec.json.encode({"error": {"code": code, "sentence": "Something between says so."}})
    return Reply(status, headers or {}, iter([body]))


def _chunks(answer: Answer, strike: Strike) -> Iterator[bytes]:
    cut = strike.fault in (Fault.CUT, Fault.CUT_QUIETLY)
    end = len(answer.body)
    if cut:
        end = min(end, int(strike.at if strike.at >= 1 else strike.at * end))
    half = end // 2
    yield answer.body[:half]
    yield answer.body[half:end]
    if strike.fault is Fault.CUT or not answer.whole:
        raise _gone()
