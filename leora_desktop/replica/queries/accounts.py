"""The list of accounts: filters, orders, pages by key."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import sqlalchemy as sa

from leora_core.domain.accounts.records import Account
from leora_core.domain.values import Cents
from leora_core.store.prepared import Transaction
from leora_desktop.replica.folding import fold
from leora_desktop.replica.queries.facts import AccountFacts, facts_of
from leora_desktop.replica.queries.reading import Key, assigned, page, selected, table
from leora_desktop.replica.queries.registry import Limit, Viewer, query

Sort = Literal["name", "last_order", "next_expected", "revenue"]
Class = Literal["active", "target", "prospect"]
Priority = Literal["high", "medium", "low"]
HealthStatus = Literal[
    "healthy",
    "at_risk_cadence",
    "at_risk_revenue",
    "dormant",
    "prospect",
    "prospect_cold",
    "unqualified",
    "hold",
    "closed",
]
_LAST = 10_000_000
"""Sorts behind every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account in a list. Money in cents, days tenant-local."""

    id: str
    name: str
    number: str | None
    city: str | None
    state: str | None
    territory: str | None
    premise: str | None
    phone: str | None
    email: str | None
    classification: str
    on_hold: bool
    closed: bool
    priority: str
    priority_source: Literal["manual", "derived"]
    health: str
    health_words: str
    last_order: date | None
    last_visit: date | None
    next_expected: date | None
    days_overdue: int
    due: bool
    unloved: bool
    orders: int
    revenue_90_cents: Cents
    revenue_ytd_cents: Cents
    revenue_ttm_cents: Cents
    monthly_cents: Cents
    """The mean of the last six months."""
    tags: tuple[str, ...]
    rep_id: str | None
    rep_name: str | None


@dataclass(frozen=True, slots=True)
class AccountList:
    """One page; `total` counts all that match, `next` is what `after` takes, None at the end."""

    rows: tuple[AccountRow, ...]
    total: int
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What an account must be to be listed; None does not ask."""

    text: str | None = None
    classification: str | None = None
    priority: str | None = None
    health: str | None = None
    due: bool | None = None
    unloved: bool | None = None
    territory: str | None = None
    tag: str | None = None
    premise: str | None = None
    rep: str | None = None
    closed: bool = False
    """Whether closed accounts are listed too."""

    @property
    def derived(self) -> bool:
        """Whether facts are needed to decide."""
        asked = (self.classification, self.priority, self.health, self.due, self.unloved)
        return any(value is not None for value in asked)

    def accept(self, facts: AccountFacts) -> bool:
        """Whether these facts meet the derived filters."""
        pairs = (
            (self.classification, facts.classification.value),
            (self.priority, facts.priority),
            (self.health, facts.health.status.value),
            (self.due, facts.due),
            (self.unloved, facts.unloved),
        )
        return all(wanted is None or wanted == found for wanted, found in pairs)


@query("accounts")
def accounts(
    reader: Transaction,
    viewer: Viewer,
    *,
    text: str | None = None,
    classification: Class | None = None,
    priority: Priority | None = None,
    health: HealthStatus | None = None,
    due: bool | None = None,
    unloved: bool | None = None,
    territory: str | None = None,
    tag: str | None = None,
    premise: str | None = None,
    rep: str | None = None,
    closed: bool = False,
    sort: Sort = "name",
    limit: Limit = 200,
    after: str | None = None,
) -> AccountList:
    """Accounts that match all filters; `revenue` sorts by the last twelve months, highest first."""
    filters = Filters(
        text=text,
        classification=classification,
        priority=priority,
        health=health,
        due=due,
        unloved=unloved,
        territory=territory,
        tag=tag,
        premise=premise,
        rep=rep,
        closed=closed,
    )
    found = matching(reader, filters)
    if not filters.derived and sort == "name":
        names = sorted(((fold(account.name), account.id), account) for account in found)
        shown, following = page(names, lambda pair: pair[0], after, limit)
        facts = facts_of(reader, viewer, [account for _, account in shown]).values()
        return AccountList(account_rows(reader, list(facts)), len(found), following)
    kept = [facts for facts in facts_of(reader, viewer, found).values() if filters.accept(facts)]
    keyed = sorted(((_key(facts, sort), facts) for facts in kept), key=lambda pair: pair[0])
    part, following = page(keyed, lambda pair: pair[0], after, limit)
    return AccountList(account_rows(reader, [facts for _, facts in part]), len(kept), following)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """How many open accounts there are of each sort."""

    total: int
    due: int
    unloved: int
    by_health: dict[str, int]
    by_class: dict[str, int]
    by_priority: dict[str, int]
    territories: tuple[str, ...]
    tags: dict[str, int]


@query("account_summary")
def account_summary(reader: Transaction, viewer: Viewer, *, rep: str | None = None) -> AccountSummary:
    """How many accounts are due, unloved, of each health, class and priority; each number is a filter of `accounts`."""
    facts = list(facts_of(reader, viewer, matching(reader, Filters(rep=rep))).values())
    tags = tags_of(reader, [item.account.id for item in facts])
    return AccountSummary(
        total=len(facts),
        due=sum(item.due for item in facts),
        unloved=sum(item.unloved for item in facts),
        by_health=dict(Counter(item.health.status.value for item in facts)),
        by_class=dict(Counter(item.classification.value for item in facts)),
        by_priority=dict(Counter(item.priority for item in facts)),
        territories=tuple(sorted({item.account.territory for item in facts if item.account.territory})),
        tags=dict(sorted(Counter(tag for found in tags.values() for tag in set(found)).items())),
    )


def matching(reader: Transaction, filters: Filters) -> list[Account]:
    """The accounts that meet the filters which need no facts."""
    account = table("account")
    conditions: list[sa.ColumnElement[bool]] = []
    if not filters.closed and filters.health != "closed":
        conditions.append(account.c.closed_at.is_(None))
    if filters.territory is not None:
        conditions.append(account.c.territory == filters.territory)
    if filters.premise is not None:
        conditions.append(account.c.premise == filters.premise)
    if filters.rep is not None:
        conditions.append(account.c.row_scope.in_(assigned(filters.rep)))
    if filters.tag is not None:
        tagged = table("account_tag")
        conditions.append(account.c.id.in_(sa.select(tagged.c.account_id).where(tagged.c.tag == filters.tag)))
    found = selected(reader, Account, *conditions)
    return _containing(reader, found, filters.text) if filters.text else found


def account_rows(reader: Transaction, facts: Sequence[AccountFacts]) -> tuple[AccountRow, ...]:
    """The rows of these accounts, in their order."""
    ids = [item.account.id for item in facts]
    places, tags, owners = places_of(reader, ids), tags_of(reader, ids), owners_of_accounts(reader, ids)
    return tuple(
        _row(
            item,
            places.get(item.account.id, (None, None)),
            tuple(tags.get(item.account.id, ())),
            owners.get(item.account.id, (None, None)),
        )
        for item in facts
    )


def _row(
    facts: AccountFacts,
    place: tuple[str | None, str | None],
    tags: tuple[str, ...],
    owner: tuple[str | None, str | None],
) -> AccountRow:
    account = facts.account
    return AccountRow(
        id=account.id,
        name=account.name,
        number=account.account_number,
        city=place[0],
        state=place[1],
        territory=account.territory,
        premise=account.premise,
        phone=account.phone,
        email=account.email,
        classification=facts.classification.value,
        on_hold=account.on_hold,
        closed=account.closed_at is not None,
        priority=facts.priority,
        priority_source="manual" if facts.by_hand else "derived",
        health=facts.health.status.value,
        health_words=facts.health.explanation.words,
        last_order=facts.last_order,
        last_visit=facts.last_visit,
        next_expected=facts.next_expected,
        days_overdue=facts.days_overdue,
        due=facts.due,
        unloved=facts.unloved,
        orders=facts.orders,
        revenue_90_cents=facts.revenue_90_cents,
        revenue_ytd_cents=facts.revenue_ytd_cents,
        revenue_ttm_cents=facts.revenue_ttm_cents,
        monthly_cents=(facts.revenue_six_months_cents + 3) // 6,
        tags=tags,
        rep_id=owner[0],
        rep_name=owner[1],
    )


def places_of(reader: Transaction, ids: Iterable[str]) -> dict[str, tuple[str | None, str | None]]:
    """City and state of each account, from its primary address or else its first."""
    sql = (
        "SELECT account_id, city, state FROM address WHERE row_scope IN (SELECT 'account:' || value FROM json_each(?))"
        " ORDER BY label = 'primary', id DESC"
    )
    return {id_: (city, state) for id_, city, state in reader.execute(sql, (json.dumps(list(ids)),))}


def tags_of(reader: Transaction, ids: Iterable[str]) -> dict[str, list[str]]:
    """The codes of each account's tags, in order."""
    sql = (
        "SELECT DISTINCT account_id, tag FROM account_tag"
        " WHERE row_scope IN (SELECT 'account:' || value FROM json_each(?)) ORDER BY tag"
    )
    tags: dict[str, list[str]] = {}
    for id_, tag in reader.execute(sql, (json.dumps(list(ids)),)):
        tags.setdefault(id_, []).append(tag)
    return tags


def owners_of_accounts(reader: Transaction, ids: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """Id and name of the rep each account is assigned to; where two are, the one who got it last."""
    sql = (
        "SELECT g.held, g.user_id, u.name FROM scope_grant g LEFT JOIN app_user u ON u.id = g.user_id"
        " WHERE g.held IN (SELECT 'account:' || value FROM json_each(?)) AND g.why = 'assigned'"
        " AND g.to_version IS NULL ORDER BY g.granted_at, g.id"
    )
    rows = reader.execute(sql, (json.dumps(list(ids)),))
    return {held.removeprefix("account:"): (user_id, name) for held, user_id, name in rows}


def _containing(reader: Transaction, found: list[Account], text: str) -> list[Account]:
    """The accounts whose name, number, phone, e-mail or place contains every word of `text`."""
    words = fold(text).split()
    places = {account.id: "" for account in found}
    for id_, street, city in reader.execute("SELECT account_id, street1, city FROM address"):
        if id_ in places:
            places[id_] += f" {street or ''} {city or ''}"
    return [account for account in found if _contains(account, places[account.id], words)]


def _contains(account: Account, place: str, words: list[str]) -> bool:
    parts = (account.name, account.account_number, account.phone, account.email, place)
    hay = fold(" ".join(part for part in parts if part))
    return all(word in hay for word in words)


def _key(facts: AccountFacts, sort: Sort) -> Key:
    id_ = facts.account.id
    if sort == "last_order":
        return (-facts.last_order.toordinal() if facts.last_order else 0, id_)
    if sort == "next_expected":
        return (facts.next_expected.toordinal() if facts.next_expected else _LAST, id_)
    if sort == "revenue":
        return (-facts.revenue_ttm_cents, id_)
    return (fold(facts.account.name), id_)
