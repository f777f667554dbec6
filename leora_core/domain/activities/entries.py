"""Logging what happened at an account, and mending the entry afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.activities.access import need_part, require_author
from leora_core.domain.activities.records import Activity
from leora_core.domain.activities.types import (
    CALL_DURATIONS,
    CHANGE_TYPES,
    IMPACTS,
    NOTE_LIMIT,
    TYPE_FIELDS,
    VISIT_DURATIONS,
    ActivityCode,
    ChangeType,
    Impact,
    fitting_outcomes,
    require_fit,
    require_note,
    type_of,
)
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, close_conflicts, editable
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.samples.giving import give
from leora_core.domain.tasks import Task, make_task
from leora_core.domain.values import Between, Id, LongText, NoteText, ShortText

CLOCK_LEEWAY = timedelta(minutes=5)
"""How far ahead of the server a device's clock may run before its times are set back."""

declare({"activity_removed": "This activity was removed. Restore it first."})


@dataclass(frozen=True)
class SampleLine:
    """Bottles of one SKU handed over; the sample rules, not the type, refuse a quantity."""

    sku_id: Id
    quantity: int
    feedback: LongText | None = None


@dataclass(frozen=True, kw_only=True)
class LogActivity(Command):
    """Log a visit, call, tasting or other activity, with the samples given and the day to follow up."""

    activity_id: Id
    account_id: Id
    type: ActivityCode
    occurred_at: datetime
    note: NoteText | None = None
    outcomes: tuple[ShortText, ...] | None = None
    follow_up_on: date | None = None
    samples: tuple[SampleLine, ...] | None = None
    subject: ShortText | None = None
    duration: ShortText | None = None
    attendees: Annotated[int, Between(0, 100_000)] | None = None
    location: ShortText | None = None
    change_type: ChangeType | None = None
    effective_on: date | None = None
    impact: Impact | None = None


@handles(LogActivity)
def log_activity(command: LogActivity, records: Records, context: Context) -> Outcome:
    """Whoever works the account. The result names the follow-up task and where the rep stands with samples."""
    may_work_account(records, context, command.account_id)
    records.need(Account, command.account_id)
    kind = type_of(command.type)
    extras = {name: getattr(command, name) for name in TYPE_FIELDS}
    require_fit(kind, extras)
    require_note(kind, command.note)
    latest = (context.received_at or context.at) + CLOCK_LEEWAY
    activity = Activity(
        id=command.activity_id,
        account_id=command.account_id,
        type=kind.code,
        user_id=context.actor.user_id,
        occurred_at=min(command.occurred_at, latest),
        clamped=command.occurred_at > latest,
        subject=command.subject,
        note=command.note,
        outcomes=fitting_outcomes(kind, command.outcomes or ()),
        follow_up_on=command.follow_up_on,
        **extras,
    )
    records.add(activity)
    task = _make_follow_up(records, context, activity) if activity.follow_up_on else None
    samples = _give_samples(records, context, activity, command.samples or ())
    return Outcome(result={"task_id": task.id if task else None, "samples": samples})


@dataclass(frozen=True, kw_only=True)
class EditActivity(Command):
    """Change fields of an activity; its follow-up task moves along with the follow-up day."""

    activity_id: Id
    fields: dict[str, FieldEdit]


@handles(EditActivity)
def edit_activity(command: EditActivity, records: Records, context: Context) -> Outcome:
    """Its author, or a manager, field by field."""
    before = _need_own(records, context, command.activity_id)
    outcome = apply_edits(records, context, before, command.fields)
    after = records.need(Activity, before.id)
    if after.follow_up_on != before.follow_up_on:
        _move_follow_up(records, context, after)
    return outcome


@dataclass(frozen=True, kw_only=True)
class AppendNote(Command):
    """Add a paragraph to an activity's note; what others wrote stays above."""

    activity_id: Id
    text: NoteText


@handles(AppendNote)
def append_note(command: AppendNote, records: Records, context: Context) -> None:
    """Whoever works the account; the same paragraph twice in a row is kept once."""
    activity = _need_present(records, context, command.activity_id)
    said = fields.parsed("text", fields.required_text(NOTE_LIMIT), command.text)
    held = (activity.note or "").rstrip()
    if held == said or held.endswith(f"\n\n{said}"):
        return
    note = f"{held}\n\n{said}" if held else said
    require_note(type_of(activity.type), note)
    records.change(activity, note=note)


@dataclass(frozen=True, kw_only=True)
class AddOutcome(Command):
    """Add an outcome to an activity."""

    activity_id: Id
    outcome: ShortText


@handles(AddOutcome)
def add_outcome(command: AddOutcome, records: Records, context: Context) -> None:
    """Its author, or a manager; one that is there stays once."""
    activity = _need_own(records, context, command.activity_id)
    outcomes = fitting_outcomes(type_of(activity.type), (*activity.outcomes, command.outcome))
    records.change(activity, outcomes=outcomes)


@dataclass(frozen=True, kw_only=True)
class RemoveOutcome(Command):
    """Take an outcome off an activity."""

    activity_id: Id
    outcome: ShortText


@handles(RemoveOutcome)
def remove_outcome(command: RemoveOutcome, records: Records, context: Context) -> None:
    """Its author, or a manager; one that is not there is no error."""
    activity = _need_own(records, context, command.activity_id)
    gone = command.outcome.strip().lower()
    records.change(activity, outcomes=tuple(code for code in activity.outcomes if code != gone))


@dataclass(frozen=True, kw_only=True)
class RemoveActivity(Command):
    """Take an activity out of the account's history; samples given and tasks made stay."""

    activity_id: Id


@handles(RemoveActivity)
def remove_activity(command: RemoveActivity, records: Records, context: Context) -> None:
    """Its author, or a manager. Removing twice changes nothing."""
    activity = need_part(records, context, Activity, command.activity_id)
    require_author(context, activity.user_id)
    if activity.removed_at is None:
        close_conflicts(records, context, activity)
        records.change(activity, removed_at=context.at)


@dataclass(frozen=True, kw_only=True)
class RestoreActivity(Command):
    """Put a removed activity back."""

    activity_id: Id


@handles(RestoreActivity)
def restore_activity(command: RestoreActivity, records: Records, context: Context) -> None:
    """Its author, or a manager."""
    activity = need_part(records, context, Activity, command.activity_id)
    require_author(context, activity.user_id)
    if activity.removed_at is not None:
        records.change(activity, removed_at=None)


def _need_present(records: Records, context: Context, activity_id: str) -> Activity:
    activity = need_part(records, context, Activity, activity_id)
    if activity.removed_at is not None:
        raise Rejected("activity_removed")
    return activity


def _need_own(records: Records, context: Context, activity_id: str) -> Activity:
    activity = need_part(records, context, Activity, activity_id)
    require_author(context, activity.user_id)
    if activity.removed_at is not None:
        raise Rejected("activity_removed")
    return activity


def _give_samples(
    records: Records, context: Context, activity: Activity, lines: tuple[SampleLine, ...]
) -> list[dict[str, Any]]:
    """Give each sample at the activity's own time; one that is refused refuses the whole entry."""
    return [
        give(
            records,
            context,
            movement_id=context.child_id(f"sample-{index}"),
            account_id=activity.account_id,
            sku_id=line.sku_id,
            quantity=line.quantity,
            feedback=line.feedback,
            activity_id=activity.id,
            name=f"sample-{index}",
            given_at=activity.occurred_at,
        )
        for index, line in enumerate(lines)
    ]


def _make_follow_up(records: Records, context: Context, activity: Activity) -> Task:
    return make_task(
        records,
        context,
        name="follow-up",
        assignee_id=activity.user_id,
        account_id=activity.account_id,
        title=f"Follow up on the {type_of(activity.type).words}",
        due_on=activity.follow_up_on,
        source=f"activity:{activity.id}",
    )


def _move_follow_up(records: Records, context: Context, activity: Activity) -> None:
    """Keep the open follow-up task on the activity's day; without a day it is cancelled."""
    source = f"activity:{activity.id}"
    tasks = records.find(Task, account_id=activity.account_id, source=source, status="open")
    if activity.follow_up_on is None:
        for task in tasks:
            records.change(task, status="cancelled", settled_at=context.at, settled_by=context.actor.user_id)
    elif tasks:
        for task in tasks:
            records.change(task, due_on=activity.follow_up_on)
    else:
        _make_follow_up(records, context, activity)


def _may_edit(records: Records, context: Context, activity: Activity) -> None:
    may_work_account(records, context, activity.account_id)
    require_author(context, activity.user_id)


def _require_type_rules(activity: Activity, values: Mapping[str, Any]) -> None:
    """The rules of the activity's type hold after an edit too."""
    kind = type_of(activity.type)
    require_fit(kind, dict(values))
    if "note" in values:
        require_note(kind, values["note"])


editable(
    Activity,
    fields={
        "subject": fields.text(),
        "note": fields.text(NOTE_LIMIT),
        "follow_up_on": fields.day,
        "duration": fields.choice(*CALL_DURATIONS, *VISIT_DURATIONS),
        "attendees": fields.whole(0, 100_000),
        "location": fields.text(),
        "change_type": fields.choice(*CHANGE_TYPES),
        "effective_on": fields.day,
        "impact": fields.choice(*IMPACTS),
    },
    may_edit=_may_edit,
    check=lambda _records, _context, activity, values: _require_type_rules(activity, values),
)
