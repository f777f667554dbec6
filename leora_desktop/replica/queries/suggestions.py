"""What a rep may plan: accounts suggested for a week, and those planned again and again."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Annotated

from leora_core.domain.call_plans.plans import plan_id_of
from leora_core.domain.call_plans.records import Recurrence
from leora_core.domain.call_plans.recurrence import occurrences
from leora_core.domain.call_plans.suggestions import Candidate, Part, suggest
from leora_core.domain.values import Between, IsoWeek, add_months, monday_of, parse_instant
from leora_core.store.prepared import Transaction
from leora_desktop.replica.queries.accounts import AccountRow, Filters, account_rows, matching
from leora_desktop.replica.queries.call_plan import (
    assigned_on,
    blocks_of,
    follow_ups_open,
    planned_ids,
    week_or_this,
)
from leora_desktop.replica.queries.facts import AccountFacts, facts_of
from leora_desktop.replica.queries.reading import account_names, find
from leora_desktop.replica.queries.registry import Viewer, query

_COMING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRow:
    """An account worth planning: its score of 0 to 100, the parts it is made of, its territory's day if one is kept."""

    account: AccountRow
    score: int
    priority: str
    urgency: str
    parts: tuple[Part, ...]
    day: date | None


@query("call_plan_suggestions")
def call_plan_suggestions(
    reader: Transaction,
    viewer: Viewer,
    *,
    week: IsoWeek | None = None,
    rep: str | None = None,
    limit: Annotated[int, Between(1, 100)] = 20,
) -> list[SuggestionRow]:
    """The accounts of a rep most worth planning in a week, best first."""
    rep_id, week = viewer.rep(rep), week_or_this(viewer, week)
    monday = monday_of(week)
    plan_id = plan_id_of(rep_id, week)
    facts = facts_of(reader, viewer, matching(reader, Filters(rep=rep_id)))
    planned, waiting = planned_ids(reader, [plan_id]), follow_ups_open(reader)
    given = assigned_on(reader, rep_id)
    candidates = [
        _candidate(item, viewer, planned=id_ in planned, waiting=id_ in waiting, given=given.get(id_))
        for id_, item in facts.items()
    ]
    weekdays = {block.territory: block.weekday for block in blocks_of(reader, plan_id, monday) if block.territory}
    best = suggest(candidates, monday + timedelta(days=6), most=limit, weekdays=weekdays)
    rows = {row.id: row for row in account_rows(reader, [facts[found.account_id] for found in best])}
    return [
        SuggestionRow(
            account=rows[found.account_id],
            score=found.score,
            priority=found.priority,
            urgency=found.urgency,
            parts=found.parts,
            day=monday + timedelta(days=found.weekday - 1) if found.weekday else None,
        )
        for found in best
    ]


def _candidate(facts: AccountFacts, viewer: Viewer, *, planned: bool, waiting: bool, given: str | None) -> Candidate:
    account, explanation = facts.account, facts.health.explanation
    pace = explanation.cadence.pace if explanation.cadence else None
    assigned_days = (viewer.today - viewer.local_date(parse_instant(given))).days if given else None
    return Candidate(
        account_id=account.id,
        kind=facts.classification.value,
        days_since_order=explanation.days_since_order,
        established_cents=facts.established_cents,
        orders=facts.orders,
        interval_days=pace,
        territory=account.territory,
        closed=account.closed_at is not None,
        on_hold=account.on_hold,
        do_not_contact_until=account.do_not_contact_until,
        planned=planned,
        overdue=facts.next_expected is not None and facts.next_expected < viewer.today,
        sample_follow_up_open=waiting,
        unloved=facts.unloved,
        assigned_days=assigned_days,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecurrenceRow:
    """An account planned again and again, with the next days it falls on."""

    id: str
    account_id: str
    account_name: str | None
    every: str
    anchor: date
    start: str | None
    minutes: int
    objective: str | None
    ends_on: date | None
    coming: tuple[date, ...]


@query("call_plan_recurrences")
def call_plan_recurrences(
    reader: Transaction, viewer: Viewer, *, rep: str | None = None, ended: bool = False
) -> list[RecurrenceRow]:
    """A rep's recurring accounts by name; `ended` lists those that are over too."""
    found = find(reader, Recurrence, rep_id=viewer.rep(rep))
    names = account_names(reader, (rule.account_id for rule in found))
    kept = [rule for rule in found if ended or rule.ends_on is None or rule.ends_on >= viewer.today]
    rows = [_recurrence(rule, names.get(rule.account_id), viewer.today) for rule in kept]
    return sorted(rows, key=lambda row: ((row.account_name or "").casefold(), row.id))


def _recurrence(rule: Recurrence, name: str | None, today: date) -> RecurrenceRow:
    first = max(today, rule.anchor)
    coming = occurrences(rule, first, add_months(first, _COMING + 1))
    return RecurrenceRow(
        id=rule.id,
        account_id=rule.account_id,
        account_name=name,
        every=rule.every,
        anchor=rule.anchor,
        start=rule.start,
        minutes=rule.minutes,
        objective=rule.objective,
        ends_on=rule.ends_on,
        coming=tuple(islice(coming, _COMING)),
    )
