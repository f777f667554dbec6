"""Request bodies: bounded, decompressed, parsed; and the protocol every request has to speak."""

import zlib
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import zstandard
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from leora_core.protocol.versions import NEWEST_PROTOCOL, OLDEST_PROTOCOL
from sync.errors import respond
from sync.refusals import ApiError, bad_request

_SLICE = 1 << 10
_WINDOW = 1 << 27
_UNVERSIONED = ("/v1/health", "/v1/openapi.json")
_ENCODINGS = "gzip, zstd, identity"


class SpeaksProtocol:
    """Turns away every request that does not speak this protocol, before anything else looks at it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in _UNVERSIONED:
            spoken = Headers(scope=scope).get("leora-protocol", "")
            if not _is_spoken(spoken):
                await respond(_unsupported(spoken))(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_spoken(protocol: str) -> bool:
    return protocol.isascii() and protocol.isdigit() and OLDEST_PROTOCOL <= int(protocol[:9]) <= NEWEST_PROTOCOL


def _unsupported(spoken: str) -> ApiError:
    sentence = (
        "This app and this server do not speak the same version. Update the app."
        if spoken
        else "The header Leora-Protocol is missing. Send the version the app speaks."
    )
    return ApiError(426, "protocol_unsupported", sentence, min=OLDEST_PROTOCOL, max=NEWEST_PROTOCOL)


def too_large(limit: int) -> ApiError:
    """413 for a body above `limit` bytes."""
    return ApiError(413, "body_too_large", f"The body is larger than {limit} bytes. Send less at once.", limit=limit)


async def read_body(request: Request, limit: int) -> bytes:
    """The body, decompressed. Raises ApiError: 413 above `limit` bytes, 415 and 400 for a bad encoding."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", "zstd"):
        sentence = f"The body is encoded as {encoding[:40]}. Use one of {_ENCODINGS}."
        raise ApiError(415, "encoding_unsupported", sentence, headers={"Accept-Encoding": _ENCODINGS})
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise too_large(limit)
        parts.append(part)
    body = b"".join(parts)
    if encoding == "identity" or not body:
        return body
    return await run_in_threadpool(_gunzip if "gzip" in encoding else _unzstd, body, limit)


def _gunzip(body: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    try:
        while body:
            stream = zlib.decompressobj(wbits=31)
            parts.append(stream.decompress(body, left + 1))
            left -= len(parts[-1])
            if left < 0:
                raise too_large(limit)
            if not stream.eof:
                raise bad_request("body", "the gzip stream is cut short")
            body = stream.unused_data
    except zlib.error:
        raise bad_request("body", "it is not a gzip stream")
    return b"".join(parts)


def _unzstd(body: bytes, limit: int) -> bytes:
    """Frame by frame in small slices: a slice can grow by 32,000 times, a whole bomb must not."""
    parts: list[bytes] = []
    left = limit
    frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    start = 0
    try:
        while start < len(body):
            if frame.eof:
                frame = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
            piece = body[start : start + _SLICE]
            parts.append(frame.decompress(piece))
            start += len(piece) - len(frame.unused_data)
            left -= len(parts[-1])
            if left < 0:
                raise too_large(limit)
    except zstandard.ZstdError:
        raise bad_request("body", "it is not a zstd stream")
    if not frame.eof:
        raise bad_request("body", "the zstd stream is cut short")
    return b"".join(parts)


def parse_json(body: bytes) -> Any:
    """The value `body` says. Raises ApiError 400 with the place."""
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        raise bad_request(f"body:{error.start}", "it is not UTF-8")
    except RecursionError:
        raise bad_request("body", "it is nested too deep")
    except msgspec.DecodeError as error:
        why, _, place = str(error).removeprefix("JSON is malformed: ").partition(" (byte ")
        raise bad_request(f"body:{place.rstrip(')') or len(body)}", f"it is not JSON ({why})")


async def read_json(request: Request, limit: int) -> Any:
    """The JSON value of the body. Raises ApiError as `read_body` and `parse_json` do."""
    return parse_json(await read_body(request, limit))


class BoundedRequest(Request):
    """A request whose body is bounded, decompressed and parsed by the rules above."""

    limit = 0

    async def body(self) -> bytes:
        """The whole body. Raises ApiError."""
        if not hasattr(self, "_body"):
            self._body = await read_body(self, self.limit)
        return self._body

    async def json(self) -> Any:
        """The JSON value of the body. Raises ApiError."""
        return parse_json(await self.body())


class BoundedRoute(APIRoute):
    """A route whose requests are bounded; use as `APIRouter(route_class=BoundedRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, given a bounded request."""
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            wrapped = BoundedRequest(request.scope, request.receive)
            wrapped.limit = request.app.state.settings.body_limit
            return await handle(wrapped)

        return bounded
