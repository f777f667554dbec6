"""The server's end of the floor. Its first argument is a SQLite file, its second a codec."""

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from benchmarks.floor import CODECS, connect, objects_of, store
from leora_core.store.tables import BY_NAME, SYNCED

_CHUNK = 64 * 1024


def app(path: Path, codec: Any) -> FastAPI:
    """Everything, what was posted, and what came after an id."""
    routes = FastAPI()
    lock = threading.Lock()
    writer = connect(path, synchronous="FULL")

    @routes.get("/rows")
    def rows() -> StreamingResponse:
        return StreamingResponse(_everything(path, codec), media_type="application/x-ndjson")

    @routes.get("/since")
    def since(after: str) -> Response:
        with contextlib.closing(connect(path, synchronous="FULL")) as reader:
            found = list(objects_of(reader, BY_NAME["activity"], "WHERE id > ? ORDER BY id", (after,)))
        return Response(b"\n".join(codec.dumps(one) for one in found), media_type="application/x-ndjson")

    def keep(body: bytes) -> None:
        objects = [codec.loads(line) for line in body.splitlines()]
        with lock:
            writer.execute("BEGIN IMMEDIATE")
            store(writer, objects)
            writer.execute("COMMIT")

    @routes.post("/rows")
    async def post(request: Request) -> Response:
        await run_in_threadpool(keep, await request.body())
        return Response(b"{}")

    return routes


def _everything(path: Path, codec: Any) -> Iterator[bytes]:
    with contextlib.closing(connect(path, synchronous="FULL")) as reader:
        reader.execute("BEGIN")
        buffer = bytearray()
        for synced in SYNCED:
            for one in objects_of(reader, synced, "ORDER BY id", ()):
                buffer += codec.dumps(one) + b"\n"
                if len(buffer) >= _CHUNK:
                    yield bytes(buffer)
                    buffer.clear()
        yield bytes(buffer)


def serve(database: str, codec: str) -> None:
    """Serve until ended."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    print(f"listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app(Path(database), CODECS[codec]), access_log=False, log_level="warning")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
