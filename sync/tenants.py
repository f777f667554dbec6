"""The tenants: a small control database lists them, each has a database of its own."""

import re
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from leora_core.domain.command import Context
from leora_core.domain.identity import SETTINGS_ID, TenantSettings
from leora_core.domain.values import format_instant
from leora_core.store.database import Database, open_sqlite, postgres_engine
from leora_core.store.prepared import Prepared
from leora_core.store.upgrade import SHARED, is_current, upgrade
from sync import authority, moment
from sync.change_log import ServerWork, read_head
from sync.ids import new_id
from sync.migrations import CHAIN
from sync.schema import fresh_schema
from sync.server_tables import CONTROL, SERVER, lease, sign_in_failure, tenant
from sync.settings import CONTROL_FILE

SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")
_CONTROL_SCHEMA = "leora_control"

_FIND = Prepared(sa.select(tenant).where(tenant.c.slug == sa.bindparam("slug")))
_ALL = Prepared(sa.select(tenant).order_by(tenant.c.slug))


class TenantRefused(Exception):  # noqa: N818 - told to the administrator
    """The tenant cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Tenant:
    """A company's data: its databases and the folder of its blobs."""

    slug: str
    name: str
    timezone: str
    database: Database
    leases: Database
    """Where `lease` and `sign_in_failure` are: on SQLite a file of its own, so that no poll waits for a writer."""
    blobs: Path

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone its dates and weeks are meant in."""
        return ZoneInfo(self.timezone)


class Tenants:
    """The tenants of one server. Without a URL everything is in SQLite files below `data`."""

    def __init__(self, data: Path, database_url: str | None = None) -> None:
        self.data = data
        self.database_url = database_url
        self._open: dict[str, Tenant] = {}
        self._lock = threading.Lock()
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if database_url is None:
            (data / "tenants").mkdir(exist_ok=True)
            self._engine = None
            self.control = open_sqlite(data / CONTROL_FILE, synchronous="NORMAL", pool_size=2)
        else:
            self._engine = postgres_engine(database_url)
            self.control = Database(self._engine, schema=_CONTROL_SCHEMA)
            self._make_schema(_CONTROL_SCHEMA)
        with self.control.writing() as transaction:
            CONTROL.create_all(transaction.connection)
            # Wrong passwords for tenants that do not exist are counted too, or their absence would show.
            SERVER.create_all(transaction.connection, tables=[sign_in_failure])

    @property
    def on_sqlite(self) -> bool:
        """Whether the tenants are SQLite files."""
        return self._engine is None

    def create(self, slug: str, name: str, timezone: str) -> Tenant:
        """Make a tenant with its tables and settings. Raises TenantRefused."""
        _check(slug, name, timezone)
        with self.control.writing() as transaction:
            row = _FIND.run(transaction, slug=slug).fetchone()
            if row is not None and self._is_finished(slug):
                raise TenantRefused(f"There is a tenant {slug} already. Choose another name.")
            if row is None:
                self._make_empty(slug)
                created_at = format_instant(moment.now())
                transaction.connection.execute(
                    sa.insert(tenant).values(
                        slug=slug, name=name, timezone=timezone, place=self._place(slug), created_at=created_at
                    )
                )
        made = self.get(slug)
        assert made is not None  # noqa: S101 - its row was committed above
        _add_settings(made)
        return made

    def get(self, slug: str) -> Tenant | None:
        """The tenant, None when there is none."""
        found = self._open.get(slug)
        if found is None and SLUG.fullmatch(slug):
            with self.control.reading() as transaction:
                row = _FIND.run(transaction, slug=slug).fetchone()
            if row is not None:
                with self._lock:
                    found = self._open.get(slug) or self._opened(*row[:4])
        return found

    def all(self) -> list[Tenant]:
        """Every tenant, by slug."""
        with self.control.reading() as transaction:
            rows = _ALL.run(transaction).fetchall()
        return [tenant for row in rows if (tenant := self.get(row[0])) is not None]

    def behind(self) -> list[Tenant]:
        """The tenants whose tables are older than this program."""
        return [one for one in self.all() if not (is_current(one.database, SHARED) and is_current(one.database, CHAIN))]

    def migrate(self, one: Tenant) -> list[str]:
        """Lift a tenant's tables to this program's; returns what was run. Raises UpgradeFailed."""
        ran = [f"{chain.name} {revision}" for chain in (SHARED, CHAIN) for revision in upgrade(one.database, chain)]
        if self.on_sqlite:
            _make_lease_tables(one.leases)
        return ran

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for one in self._open.values():
                one.database.close()
                one.leases.close()
            self._open.clear()
            self.control.close()

    # -- inside ----------------------------------------------------------------------------------

    def _place(self, slug: str) -> str:
        return f"{slug}.db" if self.on_sqlite else f"t_{slug.replace('-', '_')}"

    def _opened(self, slug: str, name: str, timezone: str, place: str) -> Tenant:
        database, leases = self._databases(place)
        blobs = self.data / "blobs" / slug
        found = self._open[slug] = Tenant(slug, name, timezone, database, leases, blobs)
        return found

    def _databases(self, place: str) -> tuple[Database, Database]:
        if self._engine is not None:
            database = Database(self._engine, schema=place)
            return database, database
        path = self.data / "tenants" / place
        return open_sqlite(path), open_sqlite(path.with_suffix(".leases.db"), synchronous="NORMAL")

    def _make_empty(self, slug: str) -> None:
        """The tables of a new tenant. What an earlier try left behind was never listed, so nobody used it."""
        place = self._place(slug)
        if self.on_sqlite:
            for leftover in (self.data / "tenants").glob(f"{slug}.*"):
                leftover.unlink()
            shutil.rmtree(self.data / "blobs" / slug, ignore_errors=True)
        else:
            self._make_schema(place, anew=True)
        database, leases = self._databases(place)
        fresh_schema(database)
        if self.on_sqlite:
            _make_lease_tables(leases)
            database.close()
            leases.close()

    def _make_schema(self, schema: str, *, anew: bool = False) -> None:
        assert self._engine is not None  # noqa: S101 - only PostgreSQL has schemas
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.schema.CreateSchema(schema, if_not_exists=not anew))
        except sa.exc.ProgrammingError:
            raise TenantRefused(
                f"The database has a schema {schema} that no tenant owns. Drop it, or take another name."
            )

    def _is_finished(self, slug: str) -> bool:
        made = self.get(slug)
        assert made is not None  # noqa: S101 - its row was just read
        with made.database.reading() as transaction:
            return read_head(transaction).version > 0


def _check(slug: str, name: str, timezone: str) -> None:
    if not SLUG.fullmatch(slug):
        raise TenantRefused("A tenant's short name has 2 to 40 characters: a-z first, then a-z, 0-9 and -.")
    if not name.strip() or len(name) > 200 or "\x00" in name:
        raise TenantRefused("A tenant's name has 1 to 200 characters.")
    with suppress(KeyError, OSError, ValueError):
        ZoneInfo(timezone)
        return
    raise TenantRefused(f"{timezone} is not a time zone. Use a name like America/New_York.")


def _make_lease_tables(leases: Database) -> None:
    with leases.writing() as transaction:
        SERVER.create_all(transaction.connection, tables=[lease, sign_in_failure])


def _add_settings(made: Tenant) -> None:
    def work(records: ServerWork, _context: Context) -> dict[str, object]:
        records.add(TenantSettings(id=SETTINGS_ID, name=made.name, timezone=made.timezone))
        return {}

    payload = {"name": made.name, "timezone": made.timezone}
    authority.commit_work(
        made, name="CreateTenant", actor=authority.SYSTEM, command_id=new_id(), payload=payload, work=work
    )
