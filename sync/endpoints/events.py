"""GET /v1/events: a nudge when something this device may see has changed."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from sync.endpoints.parts import Authorization, signed_router
from sync.tenants import Tenants
from sync.users import authenticate
from sync.watching import Watching

_SAID: dict[int | str, dict[str, Any]] = {
    200: {
        "description": 'Server-sent events: `event: changed`, `data: {"version":n}`',
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


def router(tenants: Tenants, watching: Watching) -> APIRouter:
    """The route of the stream."""
    routes = signed_router()

    @routes.get("/v1/events", response_class=StreamingResponse, responses=_SAID)
    async def events(authorization: Authorization = None) -> StreamingResponse:
        """Listen for changes. A nicety: polling every 15 s tells the same."""
        signed = await run_in_threadpool(authenticate, tenants, authorization)
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return StreamingResponse(watching.stream(signed), media_type="text/event-stream", headers=headers)

    return routes
