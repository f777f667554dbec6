"""POST /v1/sync, GET /v1/scopes, POST /v1/verify: the exchange and what proves it."""

import itertools
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import msgspec
import zstandard
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from leora_core.domain.values import format_instant, is_id, parse_instant
from leora_core.protocol.messages import (
    AnswerLine,
    Checkpoint,
    FillPlace,
    Hello,
    SentCommand,
    SyncRequest,
    Verdict,
    decode_request,
    encode,
)
from leora_core.protocol.proof import checksum_text, content_hash
from leora_core.store.columns import convert
from leora_core.store.statements import statements
from leora_core.store.tables import BY_NAME
from sync import leases, moment
from sync.authority import DeviceForked, Sender, SequenceGap, reruns_since, run_commands
from sync.bodies import read_body
from sync.change_log import Head, chain_at, read_head
from sync.exchange import Pull
from sync.refusals import ApiError
from sync.settings import ServerSettings
from sync.tenants import Tenants
from sync.users import Signed, authenticate
from sync.visibility import holds, scope_sums

_CHUNK = 256 * 1024
_POLL_BYTES = 1_000
_SMALL = 1_000
"""An answer shorter than this travels uncompressed."""
NDJSON = "application/x-ndjson"
_LARGEST = 2**53 - 1
_MOST_PLACES = 2_000
"""Each costs a look into every table; a laptop that needs more asks for everything."""


def router(tenants: Tenants, settings: ServerSettings) -> APIRouter:
    """The routes of the exchange."""
    routes = APIRouter()
    sums = _KnownSums()

    @routes.post("/v1/sync", response_class=StreamingResponse, openapi_extra=_REQUEST_SCHEMA)
    async def sync(request: Request) -> Response:
        body = await read_body(request, settings.body_limit)
        if tenants.on_sqlite and len(body) < _POLL_BYTES:
            # A poll without news reads a few cached pages: handing it to a thread would cost more.
            answered = _poll(tenants, settings, sums, request, body)
            if answered is not None:
                return answered
        return await run_in_threadpool(_exchange, tenants, settings, sums, request, body)

    @routes.get("/v1/scopes")
    def scopes(request: Request) -> dict[str, Any]:
        signed = authenticate(tenants, request.headers.get("authorization"))
        with signed.tenant.database.reading() as transaction:
            held = scope_sums(transaction, signed.user_id)
            version = read_head(transaction).version
        listed = [{"scope": s, "count": n, "checksum": checksum_text(total)} for s, n, total in held if n]
        return {"version": version, "scopes": listed}

    @routes.post("/v1/verify")
    async def verify(request: Request) -> dict[str, Any]:
        body = await read_body(request, settings.body_limit)
        return await run_in_threadpool(_verify, tenants, request, body)

    return routes


_REQUEST_SCHEMA: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "title": "SyncRequest"}}},
    },
    "responses": {
        "200": {"description": "One JSON object a line", "content": {NDJSON: {"schema": {"type": "string"}}}}
    },
}


class _KnownSums:
    """The sums last told to each device, so that an exchange without news computes none. Soft state."""

    def __init__(self) -> None:
        self._by_device: dict[str, tuple[int, int, str]] = {}

    def get(self, device_id: str, version: int) -> tuple[int, str] | None:
        known = self._by_device.get(device_id)
        return (known[1], known[2]) if known and known[0] == version else None

    def put(self, device_id: str, checkpoint: Checkpoint) -> None:
        if len(self._by_device) > 50_000:
            self._by_device.clear()
        self._by_device[device_id] = (checkpoint.cursor, checkpoint.count, checkpoint.checksum)


def _exchange(tenants: Tenants, settings: ServerSettings, sums: _KnownSums, http: Request, body: bytes) -> Response:
    signed = authenticate(tenants, http.headers.get("authorization"))
    request = _parsed(body, settings)
    _check_lineage(signed, request)
    given = _renewed(signed, request)
    try:
        sender = Sender(signed.device_id, signed.user_id, request.cursor)
        verdicts = run_commands(signed.tenant, sender, request.commands)
    except SequenceGap as gap:
        sentence = f"Command number {gap.expected} is missing. Send it first."
        raise ApiError(409, "sequence_gap", sentence, expected=gap.expected) from None
    except DeviceForked:
        raise _forked() from None
    answer = _Answer(signed, request, settings, sums, given, verdicts)
    return answer.response(http.headers.get("accept-encoding", ""))


def _poll(tenants: Tenants, settings: ServerSettings, sums: _KnownSums, http: Request, body: bytes) -> Response | None:
    """The answer to a request that brings nothing and for which there is nothing, else None."""
    signed = authenticate(tenants, http.headers.get("authorization"))
    request = _parsed(body, settings)
    if request.commands or request.fill or not request.cursor:
        return None
    with signed.tenant.database.reading() as transaction:
        head = read_head(transaction)
        known = sums.get(signed.device_id, head.version)
        if head.version != request.cursor or head.chain != request.chain or known is None:
            return None
    given = _renewed(signed, request)
    checkpoint = Checkpoint(cursor=head.version, chain=head.chain, count=known[0], checksum=known[1])
    return Response(encode(_hello(head, given)) + b"\n" + encode(checkpoint) + b"\n", media_type=NDJSON)


def _renewed(signed: Signed, request: SyncRequest) -> str:
    try:
        return leases.renew(
            signed.tenant, signed.device_id, presented=request.lease, request=request.request, cursor=request.cursor
        )
    except leases.LeaseForked:
        raise _forked() from None


def _forked() -> ApiError:
    sentence = "Another copy of this replica has been used. Sign in again; nothing typed is lost."
    return ApiError(409, "device_forked", sentence)


def _hello(head: Head, lease: str) -> Hello:
    return Hello(version=head.version, chain=head.chain, lease=lease, server_time=format_instant(moment.now()))


def _parsed(body: bytes, settings: ServerSettings) -> SyncRequest:
    try:
        request = decode_request(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, "bad_request", f"The request is not what it should be: {error}.") from None
    _check_frame(request)
    if len(request.commands) > settings.command_limit:
        raise ApiError(
            413,
            "body_too_large",
            f"More than {settings.command_limit} commands. Send fewer.",
            limit=settings.command_limit,
        )
    for index, command in enumerate(request.commands):
        _check_envelope(index, command)
    return request


def _check_frame(request: SyncRequest) -> None:
    if not is_id(request.request):
        raise ApiError(400, "bad_request", "The request id is not a UUID - at `$.request`.")
    if not 0 <= request.cursor <= _LARGEST or request.max_rows < 1:
        raise ApiError(400, "bad_request", "The cursor must not be negative nor beyond 2^53, and max_rows not below 1.")
    if len(request.fill) > _MOST_PLACES:
        sentence = f"More than {_MOST_PLACES} places to fill. Ask with cursor 0 for everything - at `$.fill`."
        raise ApiError(400, "bad_request", sentence)
    for index, place in enumerate(request.fill):
        if not _is_place(place):
            raise ApiError(400, "bad_request", f"This is not a place that a page gave - at `$.fill[{index}]`.")


def _is_place(place: FillPlace) -> bool:
    """Whether a page can have said so: `after` is absent, `["~"]`, table and id, or table, version and id."""
    version = place.after[1] if len(place.after) == 3 else "0"
    return (
        0 <= place.at <= _LARGEST
        and len(place.after) <= 3
        and (version.isascii() and version.isdigit() and len(version) < 17)
        and not any("\x00" in text for text in (place.scope, *place.after))
    )


def _check_envelope(index: int, command: SentCommand) -> None:
    place = f"at `$.commands[{index}]`"
    if not is_id(command.id):
        raise ApiError(400, "bad_request", f"The command id is not a canonical UUID - {place}.")
    if command.seq < 1 or command.v < 1:
        raise ApiError(400, "bad_request", f"A command's seq and v count from 1 - {place}.")
    try:
        parse_instant(command.at)
    except (ValueError, OverflowError):
        raise ApiError(400, "bad_request", f"A command's at must be like 2026-11-22T10:42:07.123Z - {place}.") from None


def _check_lineage(signed: Signed, request: SyncRequest) -> None:
    with signed.tenant.database.reading() as transaction:
        head = read_head(transaction)
        known = chain_at(transaction, request.cursor) if request.cursor else None
        if request.cursor and (known is None or known != request.chain):
            sentence = (
                "The server's history is not the one this replica was filled from. Sign in again; nothing is lost."
            )
            raise ApiError(409, "lineage_changed", sentence, version=head.version)


class _Packer(Protocol):
    """Compresses a stream."""

    def compress(self, data: bytes) -> bytes: ...
    def flush(self) -> bytes: ...


class _Plain:
    """Leaves a stream as it is."""

    def compress(self, data: bytes) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


def _packer(accepted: str) -> tuple[str | None, _Packer]:
    """The best encoding the device takes, and what does it."""
    if "zstd" in accepted:
        return "zstd", zstandard.ZstdCompressor(level=1).compressobj()
    if "gzip" in accepted:
        return "gzip", zlib.compressobj(level=1, wbits=31)
    return None, _Plain()


class _Answer:
    """The lines of one answer, read in one snapshot."""

    def __init__(
        self,
        signed: Signed,
        request: SyncRequest,
        settings: ServerSettings,
        sums: _KnownSums,
        given: str,
        verdicts: list[Verdict],
    ) -> None:
        self.signed, self.request, self.settings, self.sums = signed, request, settings, sums
        self.given, self.verdicts = given, verdicts

    def response(self, accepted: str) -> Response:
        """Few rows at once, many as a stream; compressed when the device can take it."""
        chunks = self._chunks()
        first = next(chunks)
        rest = next(chunks, None)
        if rest is None and len(first) < _SMALL:
            return Response(first, media_type=NDJSON)
        encoding, packer = _packer(accepted)
        headers = {"Content-Encoding": encoding} if encoding else {}
        if rest is None:
            return Response(packer.compress(first) + packer.flush(), media_type=NDJSON, headers=headers)

        def stream() -> Iterator[bytes]:
            for chunk in itertools.chain((first, rest), chunks):
                yield packer.compress(chunk)
            yield packer.flush()

        return StreamingResponse(stream(), media_type=NDJSON, headers=headers)

    def _chunks(self) -> Iterator[bytes]:
        buffer = bytearray()
        for line in self._lines():
            buffer += encode(line) + b"\n"
            if len(buffer) >= _CHUNK:
                yield bytes(buffer)
                buffer.clear()
        yield bytes(buffer)

    def _lines(self) -> Iterator[AnswerLine]:
        with ExitStack() as stack:
            transaction = stack.enter_context(self.signed.tenant.database.reading())
            head = read_head(transaction)
            yield _hello(head, self.given)
            yield from self.verdicts
            yield from self._reruns(transaction)
            if self.request.cursor and not self.request.fill:
                known = self.sums.get(self.signed.device_id, head.version)
                if known and self.request.cursor == head.version:
                    yield Checkpoint(cursor=head.version, chain=head.chain, count=known[0], checksum=known[1])
                    return
            request = self.request
            if request.cursor and request.cursor < head.horizon:
                request = msgspec.structs.replace(request, cursor=0)
            pull = Pull(transaction, self.signed.user_id, request, head, min(request.max_rows, self.settings.row_limit))
            yield from pull.lines()
            if pull.checkpoint is not None:
                self.sums.put(self.signed.device_id, pull.checkpoint)

    def _reruns(self, transaction: Any) -> Iterator[Verdict]:
        told = {verdict.id for verdict in self.verdicts}
        for verdict in reruns_since(transaction, self.signed.user_id, self.request.cursor):
            if verdict.id not in told:
                yield verdict


class _VerifyRequest(msgspec.Struct):
    table: str
    ids: list[str]


def _verify(tenants: Tenants, http: Request, body: bytes) -> dict[str, Any]:
    signed = authenticate(tenants, http.headers.get("authorization"))
    try:
        asked = msgspec.json.decode(body, type=_VerifyRequest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ApiError(400, "bad_request", f"The request is not what it should be: {error}.") from None
    if asked.table not in BY_NAME or len(asked.ids) > 1000:
        raise ApiError(400, "bad_request", "Name a table of /v1/schema and at most 1,000 ids.")
    synced = BY_NAME[asked.table]
    found = []
    with signed.tenant.database.reading() as transaction:
        get = statements(synced, transaction.dialect).get
        for id_ in filter(is_id, asked.ids):
            row = transaction.execute(get, (id_,)).fetchone()
            if row is not None and holds(transaction, signed.user_id, row[-2]):
                wire = convert(list(row[:-2]), synced.to_wire)
                found.append({"id": id_, "version": row[-1], "hash": content_hash(wire)})
    return {"rows": found}
