"""GET /v1/health: whether the server is there, and what it speaks."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from leora_core.domain.values import format_instant
from leora_core.protocol.versions import NEWEST_PROTOCOL, OLDEST_PROTOCOL
from sync import moment


class Spoken(BaseModel):
    """The protocols the server speaks."""

    min: int
    max: int


class Health(BaseModel):
    """The server is up."""

    status: Literal["ok"]
    protocol: Spoken
    server_time: str


def router() -> APIRouter:
    """The route of the health check: no token, no protocol, no database."""
    routes = APIRouter()

    @routes.get("/v1/health")
    async def health() -> Health:
        """Whether the server is up, and its time."""
        spoken = Spoken(min=OLDEST_PROTOCOL, max=NEWEST_PROTOCOL)
        return Health(status="ok", protocol=spoken, server_time=format_instant(moment.now()))

    return routes
