"""The server of a simulation: real files, restarted, backed up and restored at will."""

import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI

from leora_core.domain.command import ALL_SCOPES, Actor
from leora_core.protocol.messages import Verdict
from leora_core.store.columns import convert
from leora_core.store.statements import statements
from leora_core.store.tables import SYNCED
from sync import authority, devices
from sync.app import create_app
from sync.backup import mark_restored
from sync.bodies import SpeaksProtocol
from sync.change_log import read_head
from sync.check import Report, check_tenant
from sync.endpoints import salvage, sign_in
from sync.endpoints import sync as exchange
from sync.errors import add_error_handlers
from sync.schema import tenant_metadata
from sync.settings import ServerSettings
from sync.simulation.network import Served
from sync.tenants import Tenant, Tenants

RowKey = tuple[str, str]
Row = tuple[str, int, list[Any]]
"""scope, version, values as they travel"""


@dataclass(frozen=True)
class Backup:
    """The server's data as it stood. Files on SQLite, rows on PostgreSQL."""

    version: int
    folder: Path | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Server:
    """One tenant's server. `served` is None while it is down.

    With `exchange_only` it has the routes of sign-in, exchange and salvage alone, and starts ten times as fast.
    """

    def __init__(
        self, data: Path, *, slug: str = "acme", database: str | None = None, exchange_only: bool = False
    ) -> None:
        self.data, self.slug, self.database, self.exchange_only = data, slug, database, exchange_only
        # Laptops of people who are locked out knock all day; nobody shall wait for that here.
        self.settings = ServerSettings(data=data, database=database, free_failures=1_000_000)
        self.served: Served | None = None
        self.incidents: list[str] = []
        self._tenants: Tenants | None = None
        self._backups = 0

    # -- running ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the files and answer."""
        make = _exchange_app if self.exchange_only else create_app
        self.served = Served(make(self.tenants, self.settings))

    def stop(self) -> None:
        """Answer no more and close the files."""
        if self.served is not None:
            self.incidents += self.served.incidents
            self.served.close()
            self.served = None
        if self._tenants is not None:
            self._tenants.close()
            self._tenants = None

    def restart(self) -> None:
        """Stop and start: new objects over the same data."""
        self.stop()
        self.start()

    @property
    def tenants(self) -> Tenants:
        """The tenants, opened when first needed."""
        if self._tenants is None:
            self._tenants = Tenants(self.data, self.database)
        return self._tenants

    @property
    def tenant(self) -> Tenant:
        """The one tenant of the simulation."""
        found = self.tenants.get(self.slug)
        assert found is not None  # noqa: S101 - the world made it
        return found

    # -- administration --------------------------------------------------------------------------

    def command(self, name: str, payload: dict[str, Any], actor: Actor = authority.SYSTEM) -> Verdict:
        """Run a command on the server itself. Raises Rejected."""
        return authority.run_command(self.tenant, actor, name, payload)

    def revoke(self, device_id: str, *, wipe: bool = False) -> None:
        """Shut a device out."""
        with self.tenant.database.writing() as transaction:
            devices.revoke(transaction, device_id, wipe=wipe)

    def rerun_parked(self) -> int:
        """Run again whatever is parked, as after a fix; returns how many."""
        with self.tenant.database.reading() as transaction:
            rows = transaction.execute(
                "SELECT s.version FROM settled s JOIN command_seen c ON c.version = s.version "
                "WHERE s.status = 'parked' ORDER BY s.version"
            ).fetchall()
        for (version,) in rows:
            authority.rerun_parked(self.tenant, int(version))
        return len(rows)

    # -- looking ---------------------------------------------------------------------------------

    def head(self) -> tuple[int, str | None]:
        """The version it stands at, and the chain."""
        with self.tenant.database.reading() as transaction:
            head = read_head(transaction)
        return head.version, head.chain

    def chain_at(self, version: int) -> str | None:
        """The chain up to a version, None when the history has no such version."""
        with self.tenant.database.reading() as transaction:
            mark = transaction.placeholder
            row = transaction.execute(f"SELECT chain FROM settled WHERE version = {mark}", (version,)).fetchone()  # noqa: S608
        return None if row is None else str(row[0])

    def held(self, user_id: str, version: int) -> frozenset[str]:
        """The scopes the user held at a version."""
        with self.tenant.database.reading() as transaction:
            mark = transaction.placeholder
            rows = transaction.execute(
                "SELECT held FROM scope_grant WHERE "  # noqa: S608 - only marks
                f"user_id = {mark} AND from_version <= {mark} AND (to_version IS NULL OR to_version > {mark})",
                (user_id, version, version),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def held_since(self, user_id: str, version: int) -> frozenset[str]:
        """The scopes the user held at a version or at any later one."""
        with self.tenant.database.reading() as transaction:
            mark = transaction.placeholder
            rows = transaction.execute(
                f"SELECT held FROM scope_grant WHERE user_id = {mark} AND (to_version IS NULL OR to_version > {mark})",  # noqa: S608
                (user_id, version),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def ended(self, user_id: str) -> frozenset[str]:
        """The scopes that were ever taken from the user."""
        with self.tenant.database.reading() as transaction:
            mark = transaction.placeholder
            rows = transaction.execute(
                f"SELECT held FROM scope_grant WHERE user_id = {mark} AND to_version IS NOT NULL",  # noqa: S608
                (user_id,),
            ).fetchall()
        return frozenset(row[0] for row in rows)

    def removed(self) -> frozenset[RowKey]:
        """The rows that were taken away."""
        with self.tenant.database.reading() as transaction:
            rows = transaction.execute("SELECT table_name, id FROM removal").fetchall()
        return frozenset((row[0], row[1]) for row in rows)

    def rows(self, scopes: frozenset[str] | None = None) -> dict[RowKey, Row]:
        """Every row of these scopes, all of them for None or `*`."""
        wanted = None if scopes is None or ALL_SCOPES in scopes else scopes
        found: dict[RowKey, Row] = {}
        with self.tenant.database.reading() as transaction:
            for synced in SYNCED:
                width = len(synced.columns)
                for row in transaction.execute(statements(synced, transaction.dialect).read).fetchall():
                    if wanted is None or row[width] in wanted:
                        values = convert(list(row[:width]), synced.to_wire)
                        found[synced.name, row[0]] = (row[width], int(row[width + 1]), values)
        return found

    def settled(self) -> list[tuple[str, str, int, int | None]]:
        """(command id, status, version, the version it ran again) of the whole history."""
        with self.tenant.database.reading() as transaction:
            rows = transaction.execute("SELECT command_id, status, version, rerun_of FROM settled ORDER BY version")
            return [(row[0], row[1], int(row[2]), row[3]) for row in rows.fetchall()]

    def accepted(self) -> list[tuple[str, dict[str, Any]]]:
        """(name, payload) of every command that was accepted, in order."""
        sql = "SELECT name, payload FROM settled WHERE status IN ('accepted', 'amended') ORDER BY version"
        with self.tenant.database.reading() as transaction:
            return [(name, json.loads(payload)) for name, payload in transaction.execute(sql).fetchall()]

    def check(self) -> Report:
        """What `leora-sync check` says."""
        return check_tenant(self.tenant)

    # -- backups ---------------------------------------------------------------------------------

    def backup(self) -> Backup:
        """Copy the data as it stands."""
        version, _ = self.head()
        if self.database is not None:
            return Backup(version, rows=self._read_all())
        self._backups += 1
        folder = self.data.with_name(f"{self.data.name}-backup-{self._backups}")
        (folder / "tenants").mkdir(parents=True)
        for path in self._files():
            copy = folder / path.relative_to(self.data)
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        return Backup(version, folder=folder)

    def restore(self, backup: Backup) -> None:
        """Put an older copy in place and start."""
        if backup.folder is None:
            self._write_all(backup.rows)
            mark_restored(self.tenants)
            self.restart()
            return
        self.stop()
        for path in self._files():
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copytree(backup.folder, self.data, dirs_exist_ok=True)
        mark_restored(self.tenants)
        self.start()

    def _files(self) -> Iterable[Path]:
        return [self.data / "control.db", *sorted((self.data / "tenants").glob("*.db"))]

    def _read_all(self) -> dict[str, list[dict[str, Any]]]:
        with self.tenant.database.reading() as transaction:
            return {
                table.name: [dict(row) for row in transaction.connection.execute(sa.select(table)).mappings()]
                for table in tenant_metadata().sorted_tables
            }

    def _write_all(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        tables = tenant_metadata().sorted_tables
        names = ", ".join(f'"{table.name}"' for table in tables)
        with self.tenant.database.writing() as transaction:
            transaction.execute(f"TRUNCATE {names} CASCADE")
            for table in tables:
                if rows.get(table.name):
                    transaction.connection.execute(sa.insert(table), rows[table.name])


def _exchange_app(tenants: Tenants, settings: ServerSettings) -> FastAPI:
    """The server's own routes for what laptops do all day, and its errors."""
    app = FastAPI(openapi_url=None)
    app.state.settings = settings
    add_error_handlers(app)
    app.add_middleware(SpeaksProtocol)
    served = (exchange.router(tenants, settings), salvage.router(tenants, settings))
    for router in (*sign_in.routers(tenants, settings), *served):
        app.include_router(router)
    return app
