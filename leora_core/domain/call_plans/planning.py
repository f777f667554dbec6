"""Putting accounts into a week's plan, taking them out, and saying what is wanted of each."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.call_plans.plans import (
    may_be_called,
    need_planned,
    open_plan,
    planner,
    require_day_in,
    require_open,
    require_room,
    settle_size,
)
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount
from leora_core.domain.call_plans.recurrence import require_account_for
from leora_core.domain.call_plans.slots import USUAL_MINUTES, SlotMinutes, require_slot
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, close_conflicts, editable, set_fields
from leora_core.domain.permissions import require_self_or_manager
from leora_core.domain.reasons import declare
from leora_core.domain.values import ClockTime, Id, IsoWeek, LongText, Objective

declare(
    {
        "planned_account_closed": "{name} is closed for good. Plan another account.",
        "planned_and_contacted": "This account was contacted already. Clear the contact before taking it out.",
    }
)


@dataclass(frozen=True, kw_only=True)
class PlanAccount(Command):
    """Plan an account for a week. One that is planned already stays as it is; only what it lacked is filled in."""

    planned_id: Id
    week: IsoWeek
    account_id: Id
    objective: Objective | None = None
    day: date | None = None
    start: ClockTime | None = None
    minutes: SlotMinutes = USUAL_MINUTES
    rep_id: Id | None = None


@handles(PlanAccount)
def plan_account(command: PlanAccount, records: Records, context: Context) -> Outcome:
    """A rep for their own accounts, a manager for any rep. Beyond the cap only what the sender could not know."""
    rep_id = planner(context, command.rep_id)
    account = require_account_for(records, context, rep_id, command.account_id)
    if account.closed_at is not None:
        raise Rejected("planned_account_closed", field="account_id", name=account.name)
    plan = open_plan(records, rep_id, command.week)
    _require_place(command)
    there = records.find(PlannedAccount, plan_id=plan.id, account_id=command.account_id)
    if there:
        return _fill_in(records, context, there[0], command)
    require_room(records, context, plan)
    row = PlannedAccount(
        id=command.planned_id,
        rep_id=rep_id,
        plan_id=plan.id,
        account_id=command.account_id,
        objective=(command.objective or "").strip() or None,
        day=command.day,
        start=command.start,
        minutes=command.minutes,
        added_version=context.version,
        added_by_device=context.device_id,
    )
    records.add(row)
    plan = settle_size(records, context, plan)
    return _planned(row, plan, account, context)


@dataclass(frozen=True, kw_only=True)
class UnplanAccount(Command):
    """Take an account out of its week's plan, unless it was contacted."""

    planned_id: Id


@handles(UnplanAccount)
def unplan_account(command: UnplanAccount, records: Records, context: Context) -> None:
    """Whose plan it is, or a manager. What other devices still do under its id is refused as gone."""
    row = need_planned(records, context, command.planned_id)
    plan = records.need(CallPlan, row.plan_id)
    require_open(plan)
    if row.method is not None:
        raise Rejected("planned_and_contacted")
    close_conflicts(records, context, row)
    records.remove(row)
    settle_size(records, context, plan)


@dataclass(frozen=True, kw_only=True)
class SetObjective(Command):
    """Say what is wanted of a planned account: `was` is the objective the user saw."""

    planned_id: Id
    was: Objective | None = None
    now: Objective | None = None


@handles(SetObjective)
def set_objective(command: SetObjective, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager; another's objective becomes a conflict."""
    row = need_planned(records, context, command.planned_id)
    return apply_edits(records, context, row, {"objective": FieldEdit(command.was, command.now)})


@dataclass(frozen=True, kw_only=True)
class SetPlanNote(Command):
    """Write a planned account's note: `was` is the note the user saw."""

    planned_id: Id
    was: LongText | None = None
    now: LongText | None = None


@handles(SetPlanNote)
def set_plan_note(command: SetPlanNote, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager; another's note becomes a conflict."""
    row = need_planned(records, context, command.planned_id)
    return apply_edits(records, context, row, {"note": FieldEdit(command.was, command.now)})


def _require_place(command: PlanAccount) -> None:
    require_slot(command.start, command.minutes)
    if command.day is not None:
        require_day_in(command.week, command.day)
    elif command.start is not None:
        raise Rejected("start_without_day", field="start")


def _fill_in(records: Records, context: Context, row: PlannedAccount, command: PlanAccount) -> Outcome:
    """The account is planned already: keep that row, remember the sender's id for it, fill in what it lacked."""
    objective = (command.objective or "").strip()
    if objective and row.objective is None:
        row = set_fields(records, context, row, {"objective": objective})
    lacking: dict[str, Any] = {}
    if command.day is not None and row.day is None:
        lacking = {"day": command.day, "start": command.start, "minutes": command.minutes}
    if command.planned_id not in (row.id, *row.other_ids):
        lacking["other_ids"] = (*row.other_ids, command.planned_id)
    if lacking:
        records.change(row, **lacking)
    return Outcome(result={"planned_id": row.id}, amended=True)


def _planned(row: PlannedAccount, plan: CallPlan, account: Account, context: Context) -> Outcome:
    warnings = ["over_cap"] if plan.over_cap else []
    if not may_be_called(account, row.day or context.today):
        warnings.append("on_hold" if account.on_hold else "do_not_contact")
    result: dict[str, Any] = {"planned_id": row.id}
    return Outcome(result=result | {"warnings": warnings} if warnings else result)


editable(
    PlannedAccount,
    fields={"objective": fields.text(100), "note": fields.text(2_000)},
    may_edit=lambda _records, context, row: require_self_or_manager(context, row.rep_id),
)
