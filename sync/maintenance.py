"""What the server does by itself once a day for each tenant: forget what nobody needs any more."""

import logging
import sqlite3
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa

from leora_core.domain.values import format_instant
from leora_core.store.prepared import Prepared, Transaction
from sync import moment
from sync.blobs import forget_parts
from sync.ids import new_id
from sync.server_tables import clock, device, job_run, lease, removal, sign_in_failure
from sync.settings import TOKEN_DAYS, ServerSettings
from sync.tenants import Tenant, Tenants
from sync.throttle import FORGOTTEN_AFTER

log = logging.getLogger("sync")

JOB = "forget"
EVERY = timedelta(hours=20)
_JOBS_KEPT = timedelta(days=365)
_PART_SECONDS = 7 * 86_400.0

_LOCK = Prepared(sa.select(clock.c.horizon).where(clock.c.id == 1).with_for_update())


def forget_where_due(tenants: Tenants, settings: ServerSettings) -> None:
    """Do the day's work for every tenant that has not had it; of several processes one does it."""
    for tenant in tenants.all():
        if _is_due(tenant):
            note = forget(tenant, settings)
            log.info("%s: %s", tenant.slug, note or "another process was faster")


def forget(tenant: Tenant, settings: ServerSettings) -> str | None:
    """Forget old removals, raising the horizon, and trim what piles up. Returns what was done, None if not due."""
    started_at = format_instant(moment.now())
    slowest = _slowest_cursor(tenant)
    with tenant.database.writing() as transaction:
        horizon = int(_LOCK.run(transaction).fetchone()[0])
        if _ran_lately(transaction):
            return None
        removals = _forget_removals(transaction, horizon, slowest, settings.removal_days)
        parts = forget_parts(tenant.blobs, _PART_SECONDS)
        note = f"{removals} removals forgotten, {parts} unfinished uploads thrown away"
        oldest_job = format_instant(moment.now() - _JOBS_KEPT)
        transaction.connection.execute(sa.delete(job_run).where(job_run.c.started_at < oldest_job))
        finished_at = format_instant(moment.now())
        values = {"id": new_id(), "job": JOB, "started_at": started_at, "finished_at": finished_at}
        transaction.connection.execute(sa.insert(job_run).values(status="done", note=note, **values))
    _trim_leases(tenant)
    return note


def _is_due(tenant: Tenant) -> bool:
    with tenant.database.reading() as transaction:
        return not _ran_lately(transaction)


def _ran_lately(transaction: Transaction) -> bool:
    since = format_instant(moment.now() - EVERY)
    query = sa.select(job_run.c.id).where(job_run.c.job == JOB, job_run.c.started_at > since).limit(1)
    return transaction.connection.execute(query).first() is not None


def _slowest_cursor(tenant: Tenant) -> int | None:
    """The version every live device has passed; None when no live device holds anything.

    A device that has reached no checkpoint yet holds nothing to be removed.
    """
    ended = sa.or_(
        device.c.revoked_at.is_not(None), device.c.signed_out_at.is_not(None), device.c.replaced_by.is_not(None)
    )
    with tenant.database.reading() as transaction:
        live = set(transaction.connection.execute(sa.select(device.c.id).where(sa.not_(ended))).scalars())
    lately = format_instant(moment.now() - timedelta(days=TOKEN_DAYS))
    query = sa.select(lease.c.device_id, lease.c.cursor).where(lease.c.seen_at > lately, lease.c.cursor > 0)
    with tenant.leases.reading() as transaction:
        cursors = [cursor for id_, cursor in transaction.connection.execute(query) if id_ in live]
    return min(cursors, default=None)


def _forget_removals(transaction: Transaction, horizon: int, slowest: int | None, days: int) -> int:
    old = removal.c.removed_at < format_instant(moment.now() - timedelta(days=days))
    if slowest is not None:
        old = sa.and_(old, removal.c.version <= slowest)
    newest = transaction.connection.execute(sa.select(sa.func.max(removal.c.version)).where(old)).scalar()
    if newest is None or newest <= horizon:
        return 0
    transaction.connection.execute(sa.update(clock).values(horizon=newest))
    return transaction.connection.execute(sa.delete(removal).where(removal.c.version <= newest)).rowcount


def _trim_leases(tenant: Tenant) -> None:
    old = format_instant(moment.now() - FORGOTTEN_AFTER)
    with tenant.leases.writing() as transaction:
        transaction.connection.execute(sa.delete(sign_in_failure).where(sign_in_failure.c.last_at < old))
    if tenant.database.dialect == "sqlite":
        for database in (tenant.database, tenant.leases):
            with suppress(sqlite3.OperationalError), database.writing() as transaction:
                transaction.execute("PRAGMA optimize")
