"""An import carried out: planned and written as one version, or planned only."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Absence, Actor, Context, R, Record, Records, account_scope
from leora_core.domain.edits import FieldChange, set_fields
from leora_core.domain.grants import Grant, revoke
from leora_core.domain.identity import SETTINGS_ID, TenantSettings
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.values import format_instant
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote
from leora_core.store.tables import BY_KIND
from leora_core.store.unit_of_work import UnitOfWork, to_row
from sync import authority, moment
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.imports.planning import Assignment, Plan, Planner, Staged
from sync.imports.prepared import Prepared, Source, prepare
from sync.imports.report import Report
from sync.server_tables import import_batch
from sync.tenants import Tenant

_WITHOUT_HISTORY = (Order, OrderLine)
"""Kinds nobody edits field by field."""
_DERIVED = {Account: frozenset({"baseline_order_cents"})}
"""Fields the import works out itself; their history would tell nobody anything."""


class _NothingWritten(Exception):  # noqa: N818 - ends the transaction, is no failure
    def __init__(self, plan: Plan) -> None:
        super().__init__("nothing is to be written")
        self.plan = plan


class Recorder:
    """`Records` that remembers what each row was before, so that the import can be taken back."""

    def __init__(self, records: UnitOfWork) -> None:
        self._records = records
        self.before: dict[tuple[str, str], str | None] = {}

    def get(self, kind: type[R], id: str) -> R | Absence:
        return self._records.get(kind, id)

    def need(self, kind: type[R], id: str) -> R:
        return self._records.need(kind, id)

    def find(self, kind: type[R], /, **equal: object) -> list[R]:
        return self._records.find(kind, **equal)

    def count(self, kind: type[R], /, **equal: object) -> int:
        return self._records.count(kind, **equal)

    def total(self, kind: type[R], amount: str, /, **equal: object) -> int:
        return self._records.total(kind, amount, **equal)

    def add(self, record: Record) -> None:
        self._records.add(record)
        if not isinstance(record, FieldChange):
            self.before.setdefault((record.TABLE, record.id), None)

    def change(self, record: R, **fields: Any) -> R:
        self._remember(record)
        return self._records.change(record, **fields)

    def remove(self, record: Record) -> None:
        self._remember(record)
        self._records.remove(record)

    def _remember(self, record: Record) -> None:
        key = (record.TABLE, record.id)
        if key not in self.before:
            self.before[key] = self._image(record)

    def _image(self, record: Record) -> str:
        """The row as stored, with the version it stands at, as JSON by column."""
        synced = BY_KIND[type(record)]
        transaction = self._records.transaction
        table = quote(transaction.dialect, synced.name)
        sql = f"SELECT row_version FROM {table} WHERE id = {transaction.placeholder}"  # noqa: S608 - our own names
        version = transaction.execute(sql, (record.id,)).fetchone()[0]
        values = dict(zip(synced.column_names, to_row(synced, record), strict=True))
        return json.dumps({**values, "row_version": version}, ensure_ascii=False)


def plan_import(prepared: Prepared, records: Records, *, at: datetime, zone: ZoneInfo) -> Plan:
    """What importing the file would do to these records. Writes nothing."""
    plan = Plan()
    for problem in prepared.problems:
        plan.bad(problem)
    planner = Planner(records, plan, at=at, zone=zone, headers=prepared.headers)
    planner.currency = prepared.currency
    planner.unread = prepared.unread
    prepared.kind.plan(planner, prepared.rows)
    return plan


def run_import(
    tenant: Tenant, source: Source, *, actor: Actor = authority.SYSTEM, dry_run: bool = False, skip_bad: bool = False
) -> Report:
    """Import a file as one version, or say what that would do.

    Nothing is written when a row is bad, unless `skip_bad`. Raises FileRefused for a file that cannot be
    read at all.
    """
    prepared = prepare(source, zone=tenant.zone, currency=_currency(tenant))
    if dry_run:
        with tenant.database.reading() as transaction:
            plan = plan_import(prepared, UnitOfWork(transaction), at=moment.now(), zone=tenant.zone)
        return Report(prepared, plan, dry_run=True)
    batch_id = new_id()

    def work(records: ServerWork, context: Context) -> dict[str, Any]:
        plan = plan_import(prepared, records, at=context.at, zone=context.zone)
        if (plan.problems and not skip_bad) or not (plan.staged or plan.assignments):
            raise _NothingWritten(plan)
        outcome.append(plan)
        _write(plan, records, context, prepared, batch_id)
        return {"batch": batch_id, **Report(prepared, plan).counts}

    outcome: list[Plan] = []
    payload = {"batch": batch_id, "kind": source.kind, "file": source.name, "sha256": source.sha256}
    try:
        verdict = authority.commit_work(
            tenant, name="ImportFile", actor=actor, command_id=new_id(), payload=payload, work=work
        )
    except _NothingWritten as nothing:
        return Report(prepared, nothing.plan)
    return Report(prepared, outcome[0], batch_id=batch_id, version=verdict.version)


def _currency(tenant: Tenant) -> str:
    with tenant.database.reading() as transaction:
        settings = UnitOfWork(transaction).get(TenantSettings, SETTINGS_ID)
    return settings.currency if isinstance(settings, TenantSettings) else "USD"


def _write(plan: Plan, records: ServerWork, context: Context, prepared: Prepared, batch_id: str) -> None:
    recorder = Recorder(records)
    for staged in plan.staged.values():
        _write_one(staged, recorder, context)
    for assignment in plan.assignments:
        for old in assignment.ending:
            revoke(recorder, context, old)
        recorder.add(_grant(assignment, context))
    records.transaction.connection.execute(sa.insert(import_batch), _batch_row(plan, context, prepared, batch_id))
    _write_images(records.transaction, batch_id, recorder.before)


def _grant(assignment: Assignment, context: Context) -> Grant:
    """The rep's right to the account. The plan knows nobody holds it, so thousands need no look-up each."""
    return Grant(
        id=context.child_id(f"grant-{assignment.account_id}"),
        user_id=assignment.rep_id,
        held=account_scope(assignment.account_id),
        why="assigned",
        granted_at=context.at,
        from_version=context.version,
    )


def _write_one(staged: Staged, records: Records, context: Context) -> None:
    before, after = staged.before, staged.after
    if before is None:
        if after is not None:
            records.add(after)
    elif after is None:
        records.remove(before)
    else:
        change_with_history(records, context, before, _differing(before, after))


def _differing(before: Record, after: Record) -> dict[str, Any]:
    names = BY_KIND[type(before)].column_names
    return {name: value for name in names if (value := getattr(after, name)) != getattr(before, name)}


def change_with_history(records: Records, context: Context, record: Record, values: Mapping[str, Any]) -> None:
    """Set fields as an edit would, leaving each field's history, where the kind has one."""
    derived = _DERIVED.get(cast(type[Account], type(record)), frozenset())
    silent = {name: value for name, value in values.items() if name in derived or isinstance(record, _WITHOUT_HISTORY)}
    told = {name: value for name, value in values.items() if name not in silent}
    if silent:
        record = records.change(record, **silent)
    if told:
        set_fields(records, context, record, told)


def _batch_row(plan: Plan, context: Context, prepared: Prepared, batch_id: str) -> dict[str, Any]:
    return {
        "id": batch_id,
        "kind": prepared.kind.name,
        "file_name": prepared.source.name,
        "file_sha256": prepared.source.sha256,
        "recipe": prepared.recipe.name,
        "imported_at": format_instant(context.at),
        "imported_by": context.actor.user_id,
        "version": context.version,
        "rows_read": prepared.rows_read,
        "rows_bad": len({problem.row for problem in plan.problems}),
    }


def _write_images(transaction: Transaction, batch_id: str, before: Mapping[tuple[str, str], str | None]) -> None:
    marks = ", ".join([transaction.placeholder] * 4)
    sql = f'INSERT INTO import_row (batch_id, table_name, id, "before") VALUES ({marks})'  # noqa: S608 - our own names
    transaction.executemany(sql, [(batch_id, table, id_, image) for (table, id_), image in before.items()])
