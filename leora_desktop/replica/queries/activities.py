"""The list of activities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from leora_core.domain.activities.records import Activity
from leora_core.domain.command import account_scope
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.reading import account_names, by_ids, select_page, table, user_names
from leora_desktop.replica.queries.registry import Limit, Viewer, query


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRow:
    """An activity in a list; `day` is the tenant's local date of `occurred_at`."""

    id: str
    account_id: str
    account_name: str | None
    type: str
    user_id: str
    user_name: str | None
    occurred_at: datetime
    day: date
    subject: str | None
    note: str | None
    outcomes: tuple[str, ...]
    follow_up_on: date | None
    duration: str | None
    attendees: int | None
    location: str | None
    clamped: bool


@dataclass(frozen=True, slots=True)
class ActivityList:
    """One page; `total` counts all that match."""

    rows: tuple[ActivityRow, ...]
    total: int
    next: str | None


@query("activities")
def activities(
    reader: Transaction,
    viewer: Viewer,
    *,
    type: str | None = None,
    outcome: str | None = None,
    account: str | None = None,
    rep: str | None = None,
    day_from: date | None = None,
    day_to: date | None = None,
    text: str | None = None,
    limit: Limit = 200,
    after: str | None = None,
) -> ActivityList:
    """Activities, newest first; both days are included, `text` is looked for in subject and note."""
    activity = table("activity")
    conditions = [activity.c.removed_at.is_(None), *_during(viewer, day_from, day_to)]
    if type is not None:
        conditions.append(activity.c.type == type)
    if outcome is not None:
        listed = sa.func.json_each(activity.c.outcomes).table_valued("value")
        conditions.append(sa.exists(sa.select(listed.c.value).where(listed.c.value == outcome)))
    if account is not None:
        conditions.append(activity.c.row_scope == account_scope(account))
    if rep is not None:
        conditions.append(activity.c.user_id == rep)
    if text:
        words = (sa.or_(*(c.icontains(word, autoescape=True) for c in _texts())) for word in text.split())
        conditions.extend(words)
    statement = sa.select(activity.c.id).where(*conditions)
    rows, following = select_page(
        reader, statement, activity.c.occurred_at, activity.c.id, newest_first=True, after=after, limit=limit
    )
    found = by_ids(reader, Activity, (row.id for row in rows))
    total = reader.connection.scalar(sa.select(sa.func.count()).select_from(activity).where(*conditions))
    return ActivityList(activity_rows(reader, viewer, [found[row.id] for row in rows]), total or 0, following)


def _texts() -> tuple[sa.ColumnElement[str], ...]:
    activity = table("activity")
    return (sa.func.coalesce(activity.c.subject, ""), sa.func.coalesce(activity.c.note, ""))


def _during(viewer: Viewer, day_from: date | None, day_to: date | None) -> list[sa.ColumnElement[bool]]:
    occurred = table("activity").c.occurred_at
    conditions: list[sa.ColumnElement[bool]] = []
    if day_from is not None:
        conditions.append(occurred >= viewer.begin_of(day_from))
    if day_to is not None:
        conditions.append(occurred < viewer.end_of(day_to))
    return conditions


def types_of_week(reader: Transaction, viewer: Viewer, rep_id: str, monday: date, sunday: date) -> list[str]:
    """The types of a rep's activities from one day to the other, both included."""
    activity = table("activity")
    conditions = [activity.c.removed_at.is_(None), activity.c.user_id == rep_id, *_during(viewer, monday, sunday)]
    return list(reader.connection.scalars(sa.select(activity.c.type).where(*conditions)))


def activity_rows(reader: Transaction, viewer: Viewer, found: Sequence[Activity]) -> tuple[ActivityRow, ...]:
    """The rows of these activities, in their order."""
    users = user_names(reader)
    accounts = account_names(reader, (activity.account_id for activity in found))
    return tuple(
        ActivityRow(
            id=activity.id,
            account_id=activity.account_id,
            account_name=accounts.get(activity.account_id),
            type=activity.type,
            user_id=activity.user_id,
            user_name=users.get(activity.user_id),
            occurred_at=activity.occurred_at,
            day=viewer.local_date(activity.occurred_at),
            subject=activity.subject,
            note=activity.note,
            outcomes=activity.outcomes,
            follow_up_on=activity.follow_up_on,
            duration=activity.duration,
            attendees=activity.attendees,
            location=activity.location,
            clamped=activity.clamped,
        )
        for activity in found
    )
