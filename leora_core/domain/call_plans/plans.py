"""A rep's plan of a week: made on demand, full at the tenant's cap, closed at the week's end."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from leora_core.domain.accounts.records import Account
from leora_core.domain.call_plans.progress import progress_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount, RepRecord
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, account_scope, handles
from leora_core.domain.grants import Grant
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.lookup import need_permitted
from leora_core.domain.permissions import require_role, require_self_or_manager
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, IsoWeek, child_id, monday_of

DEFAULT_CAP = 75
"""Accounts in a plan where the tenant's settings are not there."""

_PLANS = uuid.UUID("0c9a3f0e-7d0b-5c36-9a55-6f1f1e2b4c87")
"""The namespace of plan ids: never changes, or two devices would make two plans of one week."""

declare(
    {
        "week_unknown": "There is no week {week}. Choose a week of the calendar.",
        "plan_full": "The plan for {week} is full at {cap} accounts. Take one out first, or use another week.",
        "plan_closed": "The plan for {week} is closed. Reopen it, or use a later week.",
        "day_outside_week": "{day} is not a day of {week}. Choose a day from Monday to Sunday of that week.",
        "start_without_day": "A start time needs a day. Choose the day too.",
    }
)


@dataclass(frozen=True, kw_only=True)
class ClosePlan(Command):
    """Close a week's plan: what was reached is told, nothing more is planned."""

    week: IsoWeek
    rep_id: Id | None = None


@handles(ClosePlan)
def close_plan(command: ClosePlan, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager. Closing twice changes nothing."""
    plan = records.need(CallPlan, plan_id_of(planner(context, command.rep_id), known_week(command.week)))
    if plan.closed_at is None:
        records.change(plan, closed_at=context.at)
    progress = progress_of(row.result for row in planned_in(records, plan))
    return Outcome(
        result={
            "planned": progress.planned,
            "completion_percent": progress.completion_percent,
            "success_percent": progress.success_percent,
        }
    )


@dataclass(frozen=True, kw_only=True)
class ReopenPlan(Command):
    """Open a closed plan again."""

    week: IsoWeek
    rep_id: Id | None = None


@handles(ReopenPlan)
def reopen_plan(command: ReopenPlan, records: Records, context: Context) -> None:
    """Whose plan it is, or a manager."""
    plan = records.need(CallPlan, plan_id_of(planner(context, command.rep_id), known_week(command.week)))
    if plan.closed_at is not None:
        records.change(plan, closed_at=None)


def plan_id_of(rep_id: str, week: str) -> str:
    """The id of a rep's plan for a week, the same on every machine."""
    return str(uuid.uuid5(_PLANS, f"{rep_id}:{week}"))


def planned_id_of(plan_id: str, account_id: str) -> str:
    """The id to plan an account under: two devices that plan it for one week mean the same row."""
    return child_id(plan_id, account_id)


def known_week(week: str) -> str:
    """The week itself. Raises Rejected `week_unknown` for one the year lacks, such as `2026-W60`."""
    try:
        monday_of(week)
    except ValueError:
        raise Rejected("week_unknown", field="week", week=week) from None
    return week


def require_day_in(week: str, day: date) -> None:
    """Raises Rejected `day_outside_week` unless `day` lies in `week`, Monday to Sunday."""
    monday = monday_of(week)
    if not monday <= day < monday + timedelta(days=7):
        raise Rejected("day_outside_week", field="day", day=day.isoformat(), week=week)


def planner(context: Context, rep_id: str | None) -> str:
    """Whose plan is meant: the actor's own, or `rep_id`'s for managers. Raises Rejected `not_allowed`."""
    require_role(context, "rep", "manager", "admin")
    whose = rep_id or context.actor.user_id
    require_self_or_manager(context, whose)
    return whose


T = TypeVar("T", bound=RepRecord)


def need_own(records: Records, context: Context, kind: type[T], id: str) -> T:
    """The row, if it is the actor's own or the actor manages; a foreign one is refused like an absent one."""
    require_role(context, "rep", "manager", "admin")
    return need_permitted(records, context, kind, id, lambda row: require_self_or_manager(context, row.rep_id))


def need_planned(records: Records, context: Context, planned_id: str) -> PlannedAccount:
    """The planned account of this id, also where another device planned it first under an id of its own."""
    require_role(context, "rep", "manager", "admin")
    if not records.get(PlannedAccount, planned_id):
        for row in records.find(PlannedAccount, rep_id=context.actor.user_id):
            if planned_id in row.other_ids:
                return row
    return need_own(records, context, PlannedAccount, planned_id)


def open_plan(records: Records, rep_id: str, week: str) -> CallPlan:
    """The rep's plan for the week, made now if there is none. Raises Rejected `plan_closed`."""
    plan_id = plan_id_of(rep_id, known_week(week))
    plan = records.get(CallPlan, plan_id)
    if isinstance(plan, CallPlan):
        require_open(plan)
        return plan
    plan = CallPlan(id=plan_id, rep_id=rep_id, week=week)
    records.add(plan)
    return plan


def require_open(plan: CallPlan) -> None:
    """Raises Rejected `plan_closed` for a closed plan."""
    if plan.closed_at is not None:
        raise Rejected("plan_closed", week=plan.week)


def planned_in(records: Records, plan: CallPlan) -> list[PlannedAccount]:
    """The accounts of a plan, by id."""
    return records.find(PlannedAccount, plan_id=plan.id)


def cap_of(records: Records) -> int:
    """How many accounts a plan holds in this tenant."""
    settings = records.get(TenantSettings, SETTINGS_ID)
    return settings.plan_cap if isinstance(settings, TenantSettings) else DEFAULT_CAP


def room_in(records: Records, plan: CallPlan) -> int:
    """How many accounts still fit."""
    return max(0, cap_of(records) - records.count(PlannedAccount, plan_id=plan.id))


def require_room(records: Records, context: Context, plan: CallPlan) -> None:
    """Raises Rejected `plan_full` at the cap, unless the sender could not know that the plan was full.

    A device knows the accounts its replica held and those it planned itself. Where these leave room it
    planned against an emptier plan: the account is kept past the cap and the plan is flagged.
    """
    if room_in(records, plan):
        return
    known = [row for row in planned_in(records, plan) if _known_to_sender(row, context)]
    if not context.authority or len(known) >= cap_of(records):
        raise Rejected("plan_full", week=plan.week, cap=cap_of(records))


def _known_to_sender(row: PlannedAccount, context: Context) -> bool:
    stood = context.base_version
    return stood is None or row.added_version <= stood or row.added_by_device in (None, context.device_id)


def settle_size(records: Records, context: Context, plan: CallPlan) -> CallPlan:
    """Bring the plan's flag in line with its size, after adding or taking out. The authority decides it."""
    over_cap = records.count(PlannedAccount, plan_id=plan.id) > cap_of(records)
    if not context.authority or plan.over_cap == over_cap:
        return plan
    return records.change(plan, over_cap=over_cap)


def works_account(records: Records, user_id: str, account_id: str) -> bool:
    """Whether the account is this user's to visit: assigned to them, or they manage."""
    user = records.get(User, user_id)
    if isinstance(user, User) and {"manager", "admin"} & set(user.roles):
        return True
    held = records.find(Grant, user_id=user_id, held=account_scope(account_id))
    return any(grant.to_version is None for grant in held)


def may_be_called(account: Account, last_day: date) -> bool:
    """Whether an account may be planned unasked up to `last_day`: not closed, not held, not to be left alone."""
    left_alone = account.do_not_contact_until is not None and account.do_not_contact_until > last_day
    return account.closed_at is None and not account.on_hold and not left_alone
