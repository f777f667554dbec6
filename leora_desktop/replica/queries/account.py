"""Everything about one account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from leora_core.domain.accounts.delivery_windows import window_text
from leora_core.domain.accounts.health import Explanation
from leora_core.domain.accounts.licences import AlertLevel, licence_alert
from leora_core.domain.accounts.records import (
    Account,
    AccountTag,
    Address,
    Contact,
    DeliveryWindow,
    Licence,
    TagDefinition,
)
from leora_core.domain.activities.records import Activity, Note
from leora_core.domain.command import account_scope
from leora_core.domain.edits import Conflict, FieldChange
from leora_core.domain.orders.history import monthly_revenue
from leora_core.domain.orders.records import Order, OrderLine
from leora_core.domain.samples.records import SampleGiven
from leora_core.domain.tasks import Task
from leora_core.domain.values import Cents
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.accounts import AccountRow, account_rows
from leora_desktop.replica.queries.activities import ActivityRow, activity_rows
from leora_desktop.replica.queries.conflicts import ConflictRow, conflict_rows
from leora_desktop.replica.queries.facts import facts_of
from leora_desktop.replica.queries.field_history import FieldChangeRow, field_change_rows
from leora_desktop.replica.queries.orders import OrderRow, order_rows
from leora_desktop.replica.queries.products_bought import Bought, products_bought
from leora_desktop.replica.queries.reading import find, in_scope, need, user_names
from leora_desktop.replica.queries.registry import Viewer, query
from leora_desktop.replica.queries.samples import GivenRow, given_rows
from leora_desktop.replica.queries.tasks import TaskRow, task_rows

_ORDERS_SHOWN = 10
_PRODUCTS_SHOWN = 20
_HISTORY_SHOWN = 100


@dataclass(frozen=True, slots=True)
class LicenceLine:
    """A licence with what to warn of."""

    licence: Licence
    alert: AlertLevel | None


@dataclass(frozen=True, slots=True)
class WindowLine:
    """A delivery window in words; no weekday means every day."""

    id: str
    weekday: str | None
    words: str


@dataclass(frozen=True, slots=True)
class TagLine:
    """A tag of the account."""

    id: str
    code: str
    name: str
    colour: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A note, with who wrote it."""

    id: str
    text: str
    pinned: bool
    author_id: str
    author_name: str | None
    written_at: datetime


@dataclass(frozen=True, slots=True)
class MonthRevenue:
    """Delivered revenue of a month (`2026-11`)."""

    month: str
    cents: Cents


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage:
    """One account, all of it."""

    account: Account
    row: AccountRow
    health: Explanation
    average_order_cents: Cents | None
    last_visit: date | None
    licences: tuple[LicenceLine, ...]
    licence_alert: AlertLevel | None
    """The alert of the licence that lasts longest; `missing` without a day or a licence."""
    contacts: tuple[Contact, ...]
    """Buyers first."""
    addresses: tuple[Address, ...]
    windows: tuple[WindowLine, ...]
    tags: tuple[TagLine, ...]
    months: tuple[MonthRevenue, ...]
    """Oldest first; months without a delivery are left out."""
    orders: tuple[OrderRow, ...]
    """The latest; the query `orders` has all."""
    products: Bought
    activities: tuple[ActivityRow, ...]
    notes: tuple[NoteLine, ...]
    """Pinned first, then newest."""
    tasks: tuple[TaskRow, ...]
    """Open first, by the day they are due."""
    samples: tuple[GivenRow, ...]
    conflicts: tuple[ConflictRow, ...]
    history: tuple[FieldChangeRow, ...]


@query("account")
def account_page(reader: Transaction, viewer: Viewer, *, id: str) -> AccountPage:
    """One account: identity, health, people, places, orders, products, activities, notes, tasks, samples, conflicts."""
    account = need(reader, Account, id)
    scope = account_scope(id)
    facts = facts_of(reader, viewer, [account])[id]
    (row,) = account_rows(reader, [facts])
    orders = sorted(in_scope(reader, Order, scope), key=_order_key, reverse=True)
    licences = in_scope(reader, Licence, scope)
    revenue = facts.health.explanation.revenue
    open_conflicts = [conflict for conflict in in_scope(reader, Conflict, scope) if conflict.status == "open"]
    return AccountPage(
        account=account,
        row=row,
        health=facts.health.explanation,
        average_order_cents=revenue.recent_mean if revenue else None,
        last_visit=facts.last_visit,
        licences=tuple(LicenceLine(licence, licence_alert(licence.expires_on, viewer.today)) for licence in licences),
        licence_alert=_alert(licences, viewer.today),
        contacts=tuple(sorted(in_scope(reader, Contact, scope), key=lambda c: (not c.is_buyer, c.name, c.id))),
        addresses=tuple(sorted(in_scope(reader, Address, scope), key=lambda a: (a.label != "primary", a.label, a.id))),
        windows=_windows(reader, scope),
        tags=_tags(reader, scope),
        months=tuple(MonthRevenue(month, cents) for month, cents in monthly_revenue(orders).items()),
        orders=order_rows(reader, orders[:_ORDERS_SHOWN]),
        products=products_bought(
            reader, orders, in_scope(reader, OrderLine, scope), viewer.today, limit=_PRODUCTS_SHOWN
        ),
        activities=_activities(reader, viewer, scope),
        notes=_notes(reader, scope),
        tasks=task_rows(reader, viewer, sorted(in_scope(reader, Task, scope), key=_task_key)),
        samples=_samples(reader, viewer, scope),
        conflicts=tuple(conflict_rows(reader, open_conflicts)),
        history=field_change_rows(reader, in_scope(reader, FieldChange, scope))[:_HISTORY_SHOWN],
    )


def _order_key(order: Order) -> tuple[date, str]:
    return (order.delivered_on or order.ordered_on or date.min, order.id)


def _task_key(task: Task) -> tuple[bool, date, str]:
    return (task.status != "open", task.due_on or date.max, task.id)


def _alert(licences: Sequence[Licence], today: date) -> AlertLevel | None:
    """The alert of the licence that lasts longest: an old one beside its renewal is no alarm."""
    lasting = max((licence.expires_on for licence in licences if licence.expires_on), default=None)
    return licence_alert(lasting, today)


def _windows(reader: Transaction, scope: str) -> tuple[WindowLine, ...]:
    return tuple(
        WindowLine(window.id, window.weekday, window_text(window)) for window in in_scope(reader, DeliveryWindow, scope)
    )


def _tags(reader: Transaction, scope: str) -> tuple[TagLine, ...]:
    known = {tag.code: tag for tag in find(reader, TagDefinition)}
    lines = []
    for tagged in sorted(in_scope(reader, AccountTag, scope), key=lambda tagged: (tagged.tag, tagged.id)):
        tag = known.get(tagged.tag)
        lines.append(TagLine(tagged.id, tagged.tag, tag.name if tag else tagged.tag, tag.colour if tag else None))
    return tuple(lines)


def _activities(reader: Transaction, viewer: Viewer, scope: str) -> tuple[ActivityRow, ...]:
    present = [activity for activity in in_scope(reader, Activity, scope) if activity.removed_at is None]
    newest = sorted(present, key=lambda activity: (activity.occurred_at, activity.id), reverse=True)
    return activity_rows(reader, viewer, newest[:_HISTORY_SHOWN])


def _notes(reader: Transaction, scope: str) -> tuple[NoteLine, ...]:
    users = user_names(reader)
    present = [note for note in in_scope(reader, Note, scope) if note.removed_at is None]
    return tuple(
        NoteLine(
            id=note.id,
            text=note.text,
            pinned=note.pinned,
            author_id=note.author_id,
            author_name=users.get(note.author_id),
            written_at=note.written_at,
        )
        for note in sorted(present, key=lambda note: (note.pinned, note.written_at, note.id), reverse=True)
    )


def _samples(reader: Transaction, viewer: Viewer, scope: str) -> tuple[GivenRow, ...]:
    given = sorted(in_scope(reader, SampleGiven, scope), key=lambda given: (given.given_at, given.id), reverse=True)
    return given_rows(reader, viewer, given[:_HISTORY_SHOWN])
