"""PUT, GET and HEAD /v1/blobs/{sha256}: photos and recordings by content."""

import re
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from sync.blobs import Arrival, Span, readable_path, span_of
from sync.bodies import too_large
from sync.endpoints.parts import Authorization, problems, signed_router
from sync.refusals import ApiError, bad_request
from sync.settings import ServerSettings
from sync.tenants import Tenants
from sync.users import authenticate

_PIECE = 1 << 18
_ONE_RANGE = re.compile(r"bytes=(\d{1,12}-\d{0,12}|-\d{1,12})")


class BlobStored(BaseModel):
    """The blob is there, whole and durable."""

    sha256: str
    bytes: int


class BlobPart(BaseModel):
    """How many bytes are there; send the next from here on."""

    received: int


_PUT_ANSWERS = {202: {"model": BlobPart, "description": "a part arrived"}, **problems(404, 413, 415, 416, 422)}
_BINARY = {"requestBody": {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}


def router(tenants: Tenants, settings: ServerSettings) -> APIRouter:
    """The routes of blobs."""
    routes = signed_router()

    @routes.put(
        "/v1/blobs/{sha256}", status_code=201, response_model=BlobStored, responses=_PUT_ANSWERS, openapi_extra=_BINARY
    )
    async def put(
        sha256: str,
        request: Request,
        authorization: Authorization = None,
        content_range: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        """Bring a blob, whole or (with Content-Range) from where the last part ended."""
        signed = await run_in_threadpool(authenticate, tenants, authorization)
        _check_plain(request)
        arrival = Arrival(signed, sha256)
        span = None if content_range is None else span_of(content_range)
        if span is not None and span.total > settings.blob_limit:
            raise too_large(settings.blob_limit)
        if span is None or span.start is not None:
            await run_in_threadpool(arrival.start_at, 0 if span is None else span.start or 0)
            await _take(request, arrival, span, settings.blob_limit)
        received = await run_in_threadpool(lambda: arrival.received)
        if span is not None and received < span.total:
            return JSONResponse({"received": received}, 202)
        await run_in_threadpool(arrival.finish)
        return JSONResponse({"sha256": sha256, "bytes": received}, 201)

    @routes.get("/v1/blobs/{sha256}", response_class=FileResponse, responses=problems(404, 416))
    @routes.head("/v1/blobs/{sha256}", response_class=FileResponse, responses=problems(404, 416))
    def get(
        sha256: str, authorization: Authorization = None, range_: Annotated[str | None, Header(alias="range")] = None
    ) -> FileResponse:
        """The blob or a range of it, where a row this device may see names it."""
        path = readable_path(authenticate(tenants, authorization), sha256)
        if range_ is not None:
            _check_range(range_, path.stat().st_size)
        headers = {"Cache-Control": "private, immutable", "X-Content-Type-Options": "nosniff"}
        return FileResponse(path, media_type="application/octet-stream", headers=headers)

    return routes


async def _take(request: Request, arrival: Arrival, span: Span | None, limit: int) -> None:
    """Keep the body in pieces as it comes; what arrived stays when the connection breaks."""
    room = limit if span is None else span.end - (span.start or 0)
    waiting = bytearray()
    try:
        async for part in request.stream():
            room -= len(part)
            if room < 0:
                raise too_large(limit) if span is None else bad_request("body", "it is longer than its Content-Range")
            waiting += part
            if len(waiting) >= _PIECE:
                await run_in_threadpool(arrival.take, bytes(waiting))
                waiting.clear()
    finally:
        if waiting:
            await run_in_threadpool(arrival.take, bytes(waiting))
    if span is not None and room:
        raise bad_request("body", "it is shorter than its Content-Range")


def _check_plain(request: Request) -> None:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise ApiError(415, "encoding_unsupported", "A blob travels as it is. Send it without Content-Encoding.")


def _check_range(asked: str, size: int) -> None:
    match = _ONE_RANGE.fullmatch(asked.strip())
    first, _, last = match[1].partition("-") if match else ("", "", "")
    ordered = not (first and last) or int(first) <= int(last)
    if match is None or not ordered or (first and int(first) >= size) or (not first and int(last) == 0):
        headers = {"Content-Range": f"bytes */{size}"}
        raise ApiError(416, "range_invalid", f"The file has {size} bytes. Ask for one range of them.", headers=headers)
