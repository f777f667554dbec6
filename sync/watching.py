"""Telling devices that something they may see has changed, while they listen.

One watcher a tenant looks at the clock, and only while somebody listens. It tells a device no more
than a version: what changed is fetched by the next exchange.
"""

import asyncio
import logging
import random
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import psycopg
import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool

from leora_core.store.prepared import Transaction
from sync.change_log import read_head, touched_between
from sync.settings import ServerSettings
from sync.tenants import Tenant
from sync.users import Signed
from sync.visibility import Held, held_scopes

log = logging.getLogger("sync")

_DATABASE_ERRORS = (sa.exc.SQLAlchemyError, sqlite3.Error, psycopg.Error)
_LEAST_GAP_SECONDS = 1.0
_LOOK_AT_DEVICES_SECONDS = 2.0


@dataclass(eq=False)
class _Listener:
    """One open stream. `held` are the scopes the user had when last looked at."""

    device_id: str
    user_id: str
    held: Held = field(default_factory=lambda: Held({}))
    version: int = 0
    ended: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def end(self) -> None:
        """Close the stream."""
        self.ended = True
        self.news.set()


@dataclass(frozen=True)
class _Seen:
    """One look at the database."""

    version: int
    told: list[_Listener]
    gone: list[_Listener]


class Watcher:
    """Watches one tenant's clock for its listeners."""

    def __init__(self, tenant: Tenant, settings: ServerSettings) -> None:
        self._tenant, self._settings = tenant, settings
        self._listeners: list[_Listener] = []
        self._task: asyncio.Task[None] | None = None
        self._version = 0

    async def stream(self, signed: Signed) -> AsyncIterator[str]:
        """Server-sent events for this device until it leaves, is revoked, or has listened long enough."""
        listener = _Listener(signed.device.id, signed.person.id)
        await self._join(listener)
        loop = asyncio.get_running_loop()
        closes_at = loop.time() + self._settings.events_seconds * random.uniform(1, 2)
        try:
            yield ": listening\n\n"
            while not listener.ended and (left := closes_at - loop.time()) > 0:
                if not await _happens(listener.news, min(left, self._settings.comment_seconds)):
                    yield ": still here\n\n"
                elif not listener.ended:
                    listener.news.clear()
                    yield f'event: changed\ndata: {{"version":{listener.version}}}\n\n'
                    await self._pause(listener)
        finally:
            self._listeners.remove(listener)

    def end(self) -> None:
        """Close every stream."""
        for listener in self._listeners:
            listener.end()

    async def _join(self, listener: _Listener) -> None:
        version, listener.held = await run_in_threadpool(self._present, listener.user_id)
        self._listeners.append(listener)
        if self._task is None or self._task.done():
            self._version = version
            self._task = asyncio.create_task(self._watch())

    async def _pause(self, listener: _Listener) -> None:
        """At most one event a second; what happens meanwhile is one event after it."""
        until = asyncio.get_running_loop().time() + _LEAST_GAP_SECONDS
        while not listener.ended and (left := until - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 0.1))

    async def _watch(self) -> None:
        try:
            await self._watch_while_heard()
        except _DATABASE_ERRORS as error:
            log.warning("events of %s end: %s", self._tenant.slug, error)
        finally:
            self.end()

    async def _watch_while_heard(self) -> None:
        loop = asyncio.get_running_loop()
        looked_at_devices = 0.0
        while self._listeners:
            await asyncio.sleep(self._settings.watch_seconds)
            devices_too = loop.time() - looked_at_devices > _LOOK_AT_DEVICES_SECONDS
            if devices_too:
                looked_at_devices = loop.time()
            seen = await run_in_threadpool(self._look, list(self._listeners), devices_too)
            self._version = seen.version
            for listener in seen.told:
                listener.version = seen.version
                listener.news.set()
            for listener in seen.gone:
                listener.end()

    # -- on a worker thread ----------------------------------------------------------------------

    def _present(self, user_id: str) -> tuple[int, Held]:
        with self._tenant.database.reading() as transaction:
            return read_head(transaction).version, held_scopes(transaction, user_id)

    def _look(self, listeners: list[_Listener], devices_too: bool) -> _Seen:
        with self._tenant.database.reading() as transaction:
            version = read_head(transaction).version
            told = self._concerned(transaction, listeners, version) if version != self._version else []
            live = _live_devices(transaction, listeners) if devices_too else None
        gone = [] if live is None else [listener for listener in listeners if listener.device_id not in live]
        return _Seen(version, told, gone)

    def _concerned(self, transaction: Transaction, listeners: list[_Listener], version: int) -> list[_Listener]:
        """Those who hold, or held until now, a scope that changed."""
        touched = touched_between(transaction, self._version, version) if version > self._version else None
        scopes = None if touched is None else touched.scopes
        held = {user: held_scopes(transaction, user) for user in {listener.user_id for listener in listeners}}
        concerned = []
        for listener in listeners:
            before, now = listener.held, held[listener.user_id]
            listener.held = now
            if scopes is None or any(now.contains(s) or before.contains(s) for s in scopes):
                concerned.append(listener)
        return concerned


class Watching:
    """The watchers of this process."""

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._watchers: dict[str, Watcher] = {}
        self._ended = False

    def stream(self, signed: Signed) -> AsyncIterator[str]:
        """Server-sent events for this device. Call on the event loop."""
        if self._ended:
            return _nothing()
        slug = signed.tenant.slug
        if slug not in self._watchers:
            self._watchers[slug] = Watcher(signed.tenant, self._settings)
        return self._watchers[slug].stream(signed)

    def end(self) -> None:
        """Close every stream, and open no more: the server is going down. Call on the event loop."""
        self._ended = True
        for watcher in self._watchers.values():
            watcher.end()


async def _nothing() -> AsyncIterator[str]:
    yield ": going down\n\n"


async def _happens(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _live_devices(transaction: Transaction, listeners: list[_Listener]) -> set[str]:
    marks = ", ".join([transaction.placeholder] * len(listeners))
    rows = transaction.execute(
        "SELECT d.id FROM device d JOIN app_user u ON u.id = d.user_id AND u.active "  # noqa: S608 - only marks
        f"WHERE d.revoked_at IS NULL AND d.signed_out_at IS NULL AND d.replaced_by IS NULL AND d.id IN ({marks})",
        [listener.device_id for listener in listeners],
    )
    return {str(id_) for (id_,) in rows.fetchall()}
