"""A rep's week: the accounts planned, what came of them, and how far along the week is."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from leora_core.domain.accounts.records import Account, Address
from leora_core.domain.call_plans.plans import known_week, plan_id_of
from leora_core.domain.call_plans.progress import (
    Progress,
    Share,
    contact_mix,
    counter_band,
    mark_of,
    progress_of,
    trend,
)
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount, TerritoryBlock
from leora_core.domain.identity import User
from leora_core.domain.values import IsoWeek, iso_week_of, monday_of
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.accounts import AccountRow, account_rows
from leora_desktop.replica.queries.activities import types_of_week
from leora_desktop.replica.queries.facts import facts_of
from leora_desktop.replica.queries.reading import by_field, by_ids, find, settings
from leora_desktop.replica.queries.registry import Viewer, query


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One account of the plan. `mark` is X met, Y progress, no refused, blank not reached or not tried."""

    id: str
    account_id: str
    account_name: str | None
    account: AccountRow | None
    """None for an account that is no longer on this laptop."""
    street: str | None
    objective: str | None
    note: str | None
    day: date | None
    start: str | None
    minutes: int
    method: str | None
    result: str | None
    mark: Literal["X", "Y", "no", ""]
    contacted_on: date | None
    recurrence_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """A weekday (1 Monday to 7 Sunday) kept for a territory or other work."""

    id: str
    weekday: int
    day: date
    territory: str | None
    label: str | None
    start: str | None
    end: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """The counts of a plan; rates in whole per cent, None where nothing is counted, trends in points."""

    planned: int
    met: int
    progress: int
    refused: int
    blank: int
    completion_percent: int | None
    success_percent: int | None
    completion_trend: int | None
    success_trend: int | None


@dataclass(frozen=True, slots=True)
class MixRow:
    """One approach's part of the week's contacts."""

    approach: str
    count: int
    percent: int | None
    low: int
    high: int
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlanPage:
    """One rep's plan of one week; `plan_id` is its id whether it was begun or not."""

    plan_id: str
    rep_id: str
    rep_name: str | None
    week: str
    monday: date
    sunday: date
    closed: bool
    over_cap: bool
    count: int
    cap: int
    band: Literal["red", "amber", "green", "over"]
    progress: ProgressRow
    mix: tuple[MixRow, ...]
    rows: tuple[PlannedRow, ...]
    blocks: tuple[BlockRow, ...]


@dataclass(frozen=True, slots=True)
class PlannedList:
    """The accounts of a plan that match; `total` counts them."""

    rows: tuple[PlannedRow, ...]
    total: int


@query("call_plan")
def call_plan(
    reader: Transaction, viewer: Viewer, *, week: IsoWeek | None = None, rep: str | None = None
) -> CallPlanPage:
    """The plan of a rep's week, by slot; the viewer's own and this week's unless told otherwise."""
    rep_id, week = viewer.rep(rep), week_or_this(viewer, week)
    monday = monday_of(week)
    sunday = monday + timedelta(days=6)
    plan_id = plan_id_of(rep_id, week)
    plan = by_ids(reader, CallPlan, [plan_id]).get(plan_id)
    planned = find(reader, PlannedAccount, plan_id=plan_id)
    before = _progress(reader, rep_id, iso_week_of(monday - timedelta(days=7)))
    user = by_ids(reader, User, [rep_id]).get(rep_id)
    cap = settings(reader).plan_cap
    return CallPlanPage(
        plan_id=plan_id,
        rep_id=rep_id,
        rep_name=user.name if user else None,
        week=week,
        monday=monday,
        sunday=sunday,
        closed=plan is not None and plan.closed_at is not None,
        over_cap=plan is not None and plan.over_cap,
        count=len(planned),
        cap=cap,
        band=counter_band(len(planned), cap),
        progress=_progress_row(progress_of(row.result for row in planned), before),
        mix=tuple(_mix_row(share) for share in contact_mix(types_of_week(reader, viewer, rep_id, monday, sunday))),
        rows=planned_rows(reader, viewer, planned),
        blocks=blocks_of(reader, plan_id, monday),
    )


@query("planned_visits")
def planned_visits(
    reader: Transaction,
    viewer: Viewer,
    *,
    week: IsoWeek | None = None,
    rep: str | None = None,
    day: date | None = None,
    scheduled: bool | None = None,
    contacted: bool | None = None,
    mark: Literal["X", "Y", "no"] | None = None,
) -> PlannedList:
    """The planned accounts of a rep's week that match all filters, by slot."""
    plan_id = plan_id_of(viewer.rep(rep), week_or_this(viewer, week))
    found = [
        row
        for row in find(reader, PlannedAccount, plan_id=plan_id)
        if (day is None or row.day == day)
        and (scheduled is None or (row.day is not None) == scheduled)
        and (contacted is None or (row.method is not None) == contacted)
        and (mark is None or mark_of(row.method, row.result) == mark)
    ]
    return PlannedList(planned_rows(reader, viewer, found), len(found))


def week_or_this(viewer: Viewer, week: str | None) -> str:
    """The week asked for, or this one. Raises Rejected `week_unknown`."""
    return known_week(week) if week else iso_week_of(viewer.today)


def planned_rows(reader: Transaction, viewer: Viewer, planned: list[PlannedAccount]) -> tuple[PlannedRow, ...]:
    """The rows of these planned accounts by day and time, those without a slot last."""
    accounts = list(by_ids(reader, Account, (row.account_id for row in planned)).values())
    facts = facts_of(reader, viewer, accounts)
    shown = {row.id: row for row in account_rows(reader, list(facts.values()))}
    streets = streets_of(reader, shown)
    ordered = sorted(planned, key=lambda row: (row.day or date.max, row.start or "99", row.id))
    return tuple(_planned_row(row, shown.get(row.account_id), streets.get(row.account_id)) for row in ordered)


def _planned_row(row: PlannedAccount, account: AccountRow | None, street: str | None) -> PlannedRow:
    return PlannedRow(
        id=row.id,
        account_id=row.account_id,
        account_name=account.name if account else None,
        account=account,
        street=street,
        objective=row.objective,
        note=row.note,
        day=row.day,
        start=row.start,
        minutes=row.minutes,
        method=row.method,
        result=row.result,
        mark=mark_of(row.method, row.result),
        contacted_on=row.contacted_on,
        recurrence_id=row.recurrence_id,
    )


def streets_of(reader: Transaction, account_ids: dict[str, AccountRow]) -> dict[str, str | None]:
    """The street of each account's primary address, or of its first."""
    scopes = [f"account:{id_}" for id_ in account_ids]
    addresses = sorted(
        by_field(reader, Address, "row_scope", scopes).values(), key=lambda row: (row.label == "primary", row.id)
    )
    return {address.account_id: address.street1 for address in addresses}


def blocks_of(reader: Transaction, plan_id: str, monday: date) -> tuple[BlockRow, ...]:
    """The blocked weekdays of a plan, in order."""
    found = sorted(
        find(reader, TerritoryBlock, plan_id=plan_id), key=lambda block: (block.weekday, block.start or "", block.id)
    )
    return tuple(
        BlockRow(
            id=block.id,
            weekday=block.weekday,
            day=monday + timedelta(days=block.weekday - 1),
            territory=block.territory,
            label=block.label,
            start=block.start,
            end=block.end,
        )
        for block in found
    )


def _progress(reader: Transaction, rep_id: str, week: str) -> Progress:
    return progress_of(row.result for row in find(reader, PlannedAccount, plan_id=plan_id_of(rep_id, week)))


def _progress_row(now: Progress, before: Progress) -> ProgressRow:
    return ProgressRow(
        planned=now.planned,
        met=now.met,
        progress=now.progress,
        refused=now.refused,
        blank=now.blank,
        completion_percent=now.completion_percent,
        success_percent=now.success_percent,
        completion_trend=trend(now.completion_percent, before.completion_percent),
        success_trend=trend(now.success_percent, before.success_percent),
    )


def _mix_row(share: Share) -> MixRow:
    return MixRow(share.approach, share.count, share.percent, share.low, share.high, share.verdict)


def follow_ups_open(reader: Transaction) -> frozenset[str]:
    """The accounts with an open task that a sample gave rise to."""
    sql = "SELECT DISTINCT account_id FROM task WHERE status = 'open' AND source LIKE 'sample:%'"
    return frozenset(row[0] for row in reader.execute(sql) if row[0] is not None)


def assigned_on(reader: Transaction, rep_id: str) -> dict[str, str]:
    """When each of a rep's accounts was given to them, as stored, by account id."""
    sql = (
        "SELECT held, MAX(granted_at) FROM scope_grant"
        " WHERE user_id = ? AND why = 'assigned' AND to_version IS NULL GROUP BY held"
    )
    return {held.removeprefix("account:"): at for held, at in reader.execute(sql, (rep_id,))}


def planned_ids(reader: Transaction, plan_ids: list[str]) -> frozenset[str]:
    """The accounts in any of these plans."""
    sql = "SELECT account_id FROM planned_account WHERE plan_id IN (SELECT value FROM json_each(?))"
    return frozenset(row[0] for row in reader.execute(sql, (json.dumps(plan_ids),)))
