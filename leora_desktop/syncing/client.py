"""One method for each call the laptop makes. Keeps no state but the connection.

What the network does wrong is Unavailable; what the server says no to is Refused, with the code the
sync contract gives it. Neither ever settles a command.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
import requests
import zstandard
from urllib3.exceptions import HTTPError

from leora_core.domain.failures import Unavailable
from leora_core.protocol.messages import AnswerLine, SyncRequest, decode_line, encode
from leora_core.protocol.versions import PROTOCOL

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
_CHUNK = 256 * 1024
_COMPRESS_FROM = 1_000


class Refused(Exception):  # noqa: N818 - the server's word
    """The server answered with an error. `code` is stable, `more` is what stood beside it."""

    def __init__(self, status: int, code: str, sentence: str, more: dict[str, Any]) -> None:
        self.status, self.code, self.sentence, self.more = status, code, sentence, more
        super().__init__(f"{status} {code}: {sentence}")


class NeverSent(Unavailable):
    """The server could not be reached at all: nothing of the request has left."""


class ServerBusy(Unavailable):
    """The server cannot answer now; `retry_after` are the seconds it asks to wait, if it says."""

    def __init__(self, sentence: str, retry_after: str | None) -> None:
        super().__init__("server", sentence)
        self.retry_after = float(retry_after) if retry_after and retry_after.isdigit() else None


@dataclass
class Reply:
    """What came back: the status and the body, still compressed if the server did so."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    chunks: Iterator[bytes]


class Transport(Protocol):
    """How bytes travel. Raises Unavailable, or NeverSent when the request cannot have arrived."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request and its answer; the chunks may raise Unavailable when the answer is cut."""

    def close(self) -> None:
        """Let go of connections."""


class HttpTransport:
    """HTTP by requests, over one kept-alive connection."""

    def __init__(self, server: str) -> None:
        self._server = server.rstrip("/")
        self._session = requests.Session()
        # The environment's proxies and certificates are read once, not for every poll.
        self._session.proxies = requests.utils.get_environ_proxies(self._server)
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._session.trust_env = False

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        """One request; redirects are not followed, for a token goes to nobody else."""
        try:
            url = self._server + path
            prepared = requests.Request(method, url, data=body or None, headers=headers).prepare()
            # The adapter sends without what a session adds for browsing: cookies, redirects, the environment.
            response = self._session.get_adapter(url).send(
                prepared,
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                verify=self._session.verify or True,
                proxies=self._session.proxies,
            )
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ConnectionError) as error:
            if _never_connected(error):
                raise NeverSent(
                    "network", f"The server {self._server} cannot be reached. Work goes on; sync later."
                ) from None
            raise _cut() from None
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema):
            raise NeverSent(
                "network", f"{self._server} is not a server's address. It looks like https://host."
            ) from None
        except requests.RequestException:
            raise _cut() from None
        return Reply(response.status_code, {k.lower(): v for k, v in response.headers.items()}, _stream(response))

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def _never_connected(error: requests.RequestException) -> bool:
    """Whether the connection itself failed, so that no byte of the request left."""
    return isinstance(error, requests.exceptions.ConnectTimeout) or "NewConnectionError" in repr(error)


def _cut() -> Unavailable:
    return Unavailable("network", "The connection was cut. What arrived is kept; the rest is asked for again.")


def _stream(response: requests.Response) -> Iterator[bytes]:
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=False):
            yield chunk
    except (HTTPError, OSError):
        raise _cut() from None
    finally:
        response.close()


class Client:
    """The server as one device sees it."""

    def __init__(self, transport: Transport, token: str | None = None) -> None:
        self._transport = transport
        self.token = token

    def close(self) -> None:
        """Let go of the connection."""
        self._transport.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """A JSON call; returns what the body says. Raises Refused or Unavailable."""
        content = b"" if body is None else msgspec.json.encode(body)
        reply = self._send(method, path, content)
        raw = b"".join(_decompressed(reply))
        try:
            return msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            raise Unavailable("server", "The server's answer cannot be read. Is the address right?") from None

    @contextmanager
    def exchange(self, request: SyncRequest) -> Iterator[Iterator[AnswerLine]]:
        """POST /v1/sync; yields the answer's lines as they arrive. A cut answer raises Unavailable."""
        reply = self._send("POST", "/v1/sync", encode(request))
        yield _lines(reply)

    def _send(self, method: str, path: str, content: bytes) -> Reply:
        headers = {"Leora-Protocol": str(PROTOCOL), "Accept-Encoding": "zstd", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if len(content) >= _COMPRESS_FROM:
            content = zstandard.ZstdCompressor(level=1).compress(content)
            headers["Content-Encoding"] = "zstd"
        reply = self._transport.send(method, path, headers, content)
        if reply.status >= 400:
            raise _refusal(reply)
        if reply.status >= 300:
            raise Unavailable("server", "The server sent us elsewhere. Use the address it really has.")
        return reply


def _refusal(reply: Reply) -> Exception:
    raw = b"".join(_decompressed(reply))
    try:
        said = dict(msgspec.json.decode(raw)["error"])
        code, sentence = str(said.pop("code")), str(said.pop("sentence"))
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return Unavailable("server", f"The server answered {reply.status}. Try again later.")
    if reply.status >= 500 or reply.status == 429:
        return ServerBusy(sentence, reply.headers.get("retry-after"))
    return Refused(reply.status, code, sentence, said)


def _decompressed(reply: Reply) -> Iterator[bytes]:
    if reply.headers.get("content-encoding") != "zstd":
        yield from reply.chunks
        return
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    try:
        for chunk in reply.chunks:
            yield unpacker.decompress(chunk)
    except zstandard.ZstdError:
        raise _cut() from None


def _lines(reply: Reply) -> Iterator[AnswerLine]:
    """Whole lines only: what follows the last line break of a cut answer is thrown away."""
    rest: list[bytes] = []
    for chunk in _decompressed(reply):
        if b"\n" not in chunk:
            rest.append(chunk)
            continue
        first, *whole = (b"".join(rest) + chunk).split(b"\n")
        rest = [whole.pop()] if whole else []
        for line in (first, *whole):
            if line:
                yield _line(line)


def _line(line: bytes) -> AnswerLine:
    try:
        return decode_line(line)
    except msgspec.DecodeError as error:
        raise Unavailable("server", f"The server's answer cannot be read ({error}). Update the program.") from None
