"""The server as an ASGI application: every route, the protocol check, one shape for errors."""

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import AsyncIterator
from importlib.metadata import version
from typing import Any

import psycopg
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from sync.bodies import SpeaksProtocol
from sync.endpoints import admin, blobs, events, health, salvage, schema, sign_in
from sync.endpoints import sync as exchange
from sync.errors import add_error_handlers
from sync.maintenance import forget_where_due
from sync.settings import ServerSettings
from sync.tenants import Tenants
from sync.watching import Watching

log = logging.getLogger("sync")

_LOOK_FOR_WORK_SECONDS = 3_600
_FIRST_LOOK_SECONDS = 60

_DESCRIPTION = (
    "Laptops work on a copy of their part of a company's data. They send commands, which the server settles one by "
    "one, and receive the rows that changed. Every request but health carries `Leora-Protocol: 1`."
)


def create_app(tenants: Tenants, settings: ServerSettings) -> FastAPI:
    """The application over these tenants, which the caller opens and closes."""
    watching = Watching(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        work = asyncio.create_task(_daily_work(tenants, settings))
        yield
        watching.end()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    app = FastAPI(
        title="Leora sync",
        version=version("leora-desktop"),
        description=_DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.watching = watching
    add_error_handlers(app)
    app.add_middleware(SpeaksProtocol)
    _add_routes(app, tenants, settings, watching)
    return app


def _add_routes(app: FastAPI, tenants: Tenants, settings: ServerSettings, watching: Watching) -> None:
    routers: list[Any] = [
        health.router(),
        *sign_in.routers(tenants, settings),
        exchange.router(tenants, settings),
        events.router(tenants, watching),
        blobs.router(tenants, settings),
        salvage.router(tenants, settings),
        schema.router(tenants),
        admin.router(tenants),
    ]
    for router in routers:
        app.include_router(router)


async def _daily_work(tenants: Tenants, settings: ServerSettings) -> None:
    """Look once an hour whether the day's work is done; another process may have done it."""
    await asyncio.sleep(_FIRST_LOOK_SECONDS)
    while True:
        try:
            await run_in_threadpool(forget_where_due, tenants, settings)
        except (OSError, sa.exc.SQLAlchemyError, sqlite3.Error, psycopg.Error):
            log.exception("the day's work failed; it is tried again in an hour")
        await asyncio.sleep(_LOOK_FOR_WORK_SECONDS)
