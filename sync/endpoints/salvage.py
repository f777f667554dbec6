"""POST /v1/salvage: a device that is shut out hands in what it could not send."""

import uuid

import sqlalchemy as sa
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from leora_core.domain.values import format_instant
from sync import moment
from sync.bodies import parse_json, read_body
from sync.endpoints.parts import Authorization, problems, signed_router
from sync.refusals import ApiError
from sync.server_tables import salvage
from sync.settings import ServerSettings
from sync.tenants import Tenants
from sync.users import Signed, known_device

_MOST = 100
"""Salvages kept of one device."""


class SalvageAnswer(BaseModel):
    """What was handed in is kept under this id until an administrator decides."""

    salvage_id: str


def router(tenants: Tenants, settings: ServerSettings) -> APIRouter:
    """The route of salvage."""
    routes = signed_router()
    schema = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}

    @routes.post("/v1/salvage", responses=problems(413, 415, 429), openapi_extra=schema)
    async def hand_in(request: Request, authorization: Authorization = None) -> SalvageAnswer:
        """Keep the body, word for word. Tokens that were revoked, replaced or have expired will do."""
        signed = await run_in_threadpool(known_device, tenants, authorization)
        body = await read_body(request, settings.body_limit)
        parse_json(body)
        return SalvageAnswer(salvage_id=await run_in_threadpool(_keep, signed, body))

    return routes


def _keep(signed: Signed, body: bytes) -> str:
    """Store it once, however often it is handed in. Raises ApiError 429 for a device that never stops."""
    id_ = str(uuid.uuid5(uuid.UUID(signed.device.id), body.decode("utf-8")))
    with signed.tenant.database.writing() as transaction:
        of_device = salvage.c.device_id == signed.device.id
        kept = set(transaction.connection.execute(sa.select(salvage.c.id).where(of_device)).scalars())
        if id_ in kept:
            return id_
        if len(kept) >= _MOST:
            headers = {"Retry-After": "86400"}
            raise ApiError(
                429, "throttled", "This device has handed in too much. Ask your administrator.", headers=headers
            )
        values = {"id": id_, "device_id": signed.device.id, "user_id": signed.person.id, "body": body.decode("utf-8")}
        transaction.connection.execute(sa.insert(salvage).values(received_at=format_instant(moment.now()), **values))
    return id_
