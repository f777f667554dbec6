"""What is forgotten, and what is kept because a live device may still need it."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from leora_core.domain.values import format_instant
from sync import devices, leases, moment
from sync.check import check_tenant
from sync.maintenance import forget, forget_where_due
from sync.server_tables import clock, job_run, lease, removal, settled
from tests.sync.conftest import Company


@pytest.fixture
def aged(company: Company) -> Company:
    """Removals at versions 2 (200 days old), 4 (190 days old) and 6 (today)."""
    for number in range(8):
        company.person(f"p{number}@acme.example", "rep", password=None)
    with company.tenant.database.writing() as transaction:
        for version, days in ((2, 200), (4, 190), (6, 0)):
            at = format_instant(moment.now() - timedelta(days=days))
            row = {"table_name": "task", "id": f"t{version}", "row_scope": "shared", "version": version}
            transaction.connection.execute(sa.insert(removal).values(removed_at=at, **row))
    return company


def _device_at(company: Company, cursor: int) -> str:
    about = devices.About("Laptop", "linux", "1")
    with company.tenant.database.writing() as transaction:
        made, _ = devices.enrol(transaction, tenant="acme", user_id="u", about=about, days=180, replaces=None)
    leases.first(company.tenant, made.id)
    with company.tenant.leases.writing() as transaction:
        transaction.connection.execute(sa.update(lease).where(lease.c.device_id == made.id).values(cursor=cursor))
    return made.id


def _kept(company: Company) -> tuple[int, list[int]]:
    with company.tenant.database.reading() as transaction:
        horizon = transaction.connection.execute(sa.select(clock.c.horizon)).scalar_one()
        return horizon, list(transaction.connection.execute(sa.select(removal.c.version).order_by("version")).scalars())


def test_old_removals_are_forgotten_and_the_horizon_rises(aged: Company) -> None:
    assert forget(aged.tenant, aged.settings) == "2 removals forgotten, 0 unfinished uploads thrown away"
    assert _kept(aged) == (4, [6])
    assert check_tenant(aged.tenant).ok


def test_a_live_device_that_has_not_passed_them_keeps_them(aged: Company) -> None:
    _device_at(aged, 3)
    _device_at(aged, 0)
    forget(aged.tenant, aged.settings)
    assert _kept(aged) == (2, [4, 6])


def test_a_device_that_is_shut_out_keeps_nothing(aged: Company) -> None:
    slow = _device_at(aged, 1)
    with aged.tenant.database.writing() as transaction:
        devices.revoke(transaction, slow, wipe=False)
    forget(aged.tenant, aged.settings)
    assert _kept(aged) == (4, [6])


def test_the_work_is_done_once_a_day_and_recorded(aged: Company) -> None:
    assert forget(aged.tenant, aged.settings) is not None
    assert forget(aged.tenant, aged.settings) is None
    forget_where_due(aged.tenants, aged.settings)
    with aged.tenant.database.writing() as transaction:
        runs = transaction.connection.execute(sa.select(job_run)).mappings().all()
        assert [(run["job"], run["status"]) for run in runs] == [("forget", "done")]
        yesterday = format_instant(moment.now() - timedelta(hours=21))
        transaction.connection.execute(sa.update(job_run).values(started_at=yesterday))
    assert forget(aged.tenant, aged.settings) is not None


def test_the_history_is_never_trimmed(aged: Company) -> None:
    forget(aged.tenant, aged.settings)
    with aged.tenant.database.reading() as transaction:
        assert transaction.connection.execute(sa.select(sa.func.count()).select_from(settled)).scalar_one() == 9
