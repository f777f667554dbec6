"""What a day holds: visits, what is due, what waits, and the week in tiles.

A tile names the query that lists its rows; its value is a number of that query's result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from leora_core.domain.accounts.delivery_windows import window_text
from leora_core.domain.accounts.licences import licence_alert
from leora_core.domain.accounts.records import DeliveryWindow, Licence
from leora_core.domain.tasks import Task
from leora_core.domain.values import iso_week_of, monday_of
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.accounts import AccountRow, Filters, account_rows, matching
from leora_desktop.replica.queries.call_plan import PlannedRow, planned_visits
from leora_desktop.replica.queries.facts import AccountFacts, facts_of
from leora_desktop.replica.queries.reading import account_names, assigned, by_field, selected, table
from leora_desktop.replica.queries.registry import QUERIES, Viewer, query, run
from leora_desktop.replica.queries.tasks import TaskRow, task_rows, tasks

_DUE_SHOWN = 20
_UNLOVED_SHOWN = 10
_TASKS_SHOWN = 100
_LICENCE_DAYS = 60
Unit = Literal["count", "cents", "bottles"]


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and where it comes from: `query` with `params` lists its rows, whose `measure` is the value."""

    code: str
    title: str
    value: int
    unit: Unit
    query: str
    params: Mapping[str, str]
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRow:
    """A visit planned for the day, with what one should know at the door."""

    planned: PlannedRow
    windows: tuple[str, ...]
    follow_ups: tuple[TaskRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceRow:
    """A licence that ends soon or has ended."""

    id: str
    account_id: str
    account_name: str | None
    number: str
    expires_on: date
    days_left: int
    alert: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayPage:
    """A rep's day; everybody's for a manager who is no rep (then without a plan)."""

    day: date
    week: str
    rep_id: str | None
    visits: tuple[VisitRow, ...]
    unscheduled: int
    """Accounts of the week's plan without a day that are not contacted yet."""
    tasks: tuple[TaskRow, ...]
    due: tuple[AccountRow, ...]
    """The accounts most overdue."""
    unloved: Mapping[str, tuple[AccountRow, ...]]
    """By priority, those that bring most first."""
    sample_follow_ups: tuple[TaskRow, ...]
    licences: tuple[LicenceRow, ...]
    tiles: tuple[Tile, ...]


@query("today")
def today(reader: Transaction, viewer: Viewer, *, rep: str | None = None) -> TodayPage:
    """The viewer's day, or a rep's for a manager."""
    rep_id = viewer.own_or_all(rep)
    facts = list(facts_of(reader, viewer, matching(reader, Filters(rep=rep_id))).values())
    visits = planned_visits(reader, viewer, rep=rep_id, day=viewer.today) if rep_id else None
    waiting = planned_visits(reader, viewer, rep=rep_id, scheduled=False, contacted=False) if rep_id else None
    due_tasks = tasks(reader, viewer, assignee=rep_id, due_by=viewer.today, limit=_TASKS_SHOWN)
    follow_ups = tasks(reader, viewer, assignee=rep_id, source="sample", limit=_TASKS_SHOWN)
    return TodayPage(
        day=viewer.today,
        week=iso_week_of(viewer.today),
        rep_id=rep_id,
        visits=_visits(reader, viewer, visits.rows if visits else ()),
        unscheduled=waiting.total if waiting else 0,
        tasks=due_tasks.rows,
        due=account_rows(reader, _most_overdue(facts)),
        unloved={
            priority: account_rows(reader, _least_loved(facts, priority)) for priority in ("high", "medium", "low")
        },
        sample_follow_ups=follow_ups.rows,
        licences=licences_ending(reader, viewer, rep=rep),
        tiles=tiles_of(reader, viewer, rep_id, facts),
    )


@query("licences_ending")
def licences_ending(reader: Transaction, viewer: Viewer, *, rep: str | None = None) -> tuple[LicenceRow, ...]:
    """The licences of open accounts that end within 60 days or have ended, the first to end first."""
    licence, account = table("licence"), table("account")
    conditions = [
        licence.c.expires_on <= (viewer.today + timedelta(days=_LICENCE_DAYS)).isoformat(),
        licence.c.row_scope.in_(
            account.select().with_only_columns(account.c.row_scope).where(account.c.closed_at.is_(None))
        ),
    ]
    rep_id = viewer.own_or_all(rep)
    if rep_id is not None:
        conditions.append(licence.c.row_scope.in_(assigned(rep_id)))
    found = selected(reader, Licence, *conditions)
    names = account_names(reader, (row.account_id for row in found))
    rows = [_licence(row, row.expires_on, names, viewer.today) for row in found if row.expires_on]
    return tuple(sorted(rows, key=lambda row: (row.expires_on, row.id)))


def _licence(row: Licence, ends: date, names: dict[str, str], today: date) -> LicenceRow:
    return LicenceRow(
        id=row.id,
        account_id=row.account_id,
        account_name=names.get(row.account_id),
        number=row.number,
        expires_on=ends,
        days_left=(ends - today).days,
        alert=licence_alert(ends, today) or "",
    )


def _most_overdue(facts: list[AccountFacts]) -> list[AccountFacts]:
    due = [item for item in facts if item.due]
    return sorted(due, key=lambda item: (item.next_expected or date.max, item.account.id))[:_DUE_SHOWN]


def _least_loved(facts: list[AccountFacts], priority: str) -> list[AccountFacts]:
    found = [item for item in facts if item.unloved and item.priority == priority]
    return sorted(found, key=lambda item: (-item.revenue_six_months_cents, item.account.id))[:_UNLOVED_SHOWN]


def _visits(reader: Transaction, viewer: Viewer, planned: Sequence[PlannedRow]) -> tuple[VisitRow, ...]:
    scopes = [f"account:{row.account_id}" for row in planned]
    weekday = f"{viewer.today:%a}".lower()
    windows: dict[str, list[str]] = {}
    for window in by_field(reader, DeliveryWindow, "row_scope", scopes).values():
        if window.weekday in (None, weekday):
            windows.setdefault(window.account_id, []).append(window_text(window))
    found = [task for task in by_field(reader, Task, "row_scope", scopes).values() if task.status == "open"]
    open_tasks = task_rows(reader, viewer, sorted(found, key=lambda task: (task.due_on or date.max, task.id)))
    return tuple(
        VisitRow(
            planned=row,
            windows=tuple(dict.fromkeys(windows.get(row.account_id, []))),
            follow_ups=tuple(task for task in open_tasks if task.account_id == row.account_id),
        )
        for row in planned
    )


def tiles_of(reader: Transaction, viewer: Viewer, rep_id: str | None, facts: list[AccountFacts]) -> tuple[Tile, ...]:
    """The tiles of a rep's week, or of everybody's; `facts` are those of the same accounts."""
    known = {"due": sum(item.due for item in facts), "unloved": sum(item.unloved for item in facts)}
    tiles = [_tile(reader, viewer, rep_id, definition, known) for definition in _definitions(viewer)]
    return tuple(tile for tile in tiles if tile is not None)


_Definition = tuple[str, str, Unit, str, dict[str, str], str]


def _definitions(viewer: Viewer) -> tuple[_Definition, ...]:
    """Code, title, unit, query, parameters, measure of each tile; the rep is added where the query takes one."""
    day = viewer.today.isoformat()
    week = {"week": iso_week_of(viewer.today)}
    monday = monday_of(week["week"]).isoformat()
    month = viewer.today.replace(day=1).isoformat()
    delivered = {"revenue": "true", "delivered_to": day}
    return (
        ("planned", "Planned this week", "count", "planned_visits", week, "total"),
        ("contacted", "Contacted", "count", "planned_visits", {**week, "contacted": "true"}, "total"),
        ("met", "Objectives met", "count", "planned_visits", {**week, "mark": "X"}, "total"),
        ("activities", "Activities this week", "count", "activities", {"day_from": monday, "day_to": day}, "total"),
        (
            "revenue_week",
            "Revenue this week",
            "cents",
            "orders",
            {**delivered, "delivered_from": monday},
            "revenue_cents",
        ),
        (
            "revenue_month",
            "Revenue this month",
            "cents",
            "orders",
            {**delivered, "delivered_from": month},
            "revenue_cents",
        ),
        ("due", "Accounts due", "count", "accounts", {"due": "true", "sort": "next_expected"}, "total"),
        ("unloved", "Unloved accounts", "count", "accounts", {"unloved": "true", "sort": "revenue"}, "total"),
        ("tasks_due", "Tasks due", "count", "tasks", {"due_by": day}, "total"),
        ("sample_follow_ups", "Sample follow-ups", "count", "tasks", {"source": "sample"}, "total"),
        (
            "samples_given",
            "Sample bottles this month",
            "bottles",
            "samples_given",
            {"day_from": month, "day_to": day},
            "bottles",
        ),
    )


def _tile(
    reader: Transaction, viewer: Viewer, rep_id: str | None, definition: _Definition, known: Mapping[str, int]
) -> Tile | None:
    """The tile, or None for one that only a rep has. What is `known` is not counted twice."""
    code, title, unit, name, params, measure = definition
    takes = QUERIES[name].parsers
    if rep_id is None and name == "planned_visits":
        return None
    if rep_id is not None:
        params = {**params, ("rep" if "rep" in takes else "assignee"): rep_id}
    value = known.get(code)
    if value is None:
        few = {"limit": "1"} if "limit" in takes else {}
        value = getattr(run(name, reader, viewer, {**params, **few}), measure)
    return Tile(code, title, value, unit, name, params, measure)
