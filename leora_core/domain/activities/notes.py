"""Lasting notes on an account; a pinned one stands on top of its page."""

from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.activities.access import need_part, require_author
from leora_core.domain.activities.records import Note
from leora_core.domain.activities.types import NOTE_LIMIT
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, close_conflicts, editable
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, NoteText

declare({"note_removed": "This note was removed. Restore it first."})

_TEXT = fields.required_text(NOTE_LIMIT)


@dataclass(frozen=True, kw_only=True)
class AddNote(Command):
    """Write a lasting note on an account."""

    note_id: Id
    account_id: Id
    text: NoteText
    pinned: bool = False


@handles(AddNote)
def add_note(command: AddNote, records: Records, context: Context) -> None:
    """Whoever works the account."""
    may_work_account(records, context, command.account_id)
    records.need(Account, command.account_id)
    records.add(
        Note(
            id=command.note_id,
            account_id=command.account_id,
            author_id=context.actor.user_id,
            text=fields.parsed("text", _TEXT, command.text),
            pinned=command.pinned,
            written_at=context.at,
        )
    )


@dataclass(frozen=True, kw_only=True)
class EditNote(Command):
    """Change a note's text."""

    note_id: Id
    fields: dict[str, FieldEdit]


@handles(EditNote)
def edit_note(command: EditNote, records: Records, context: Context) -> Outcome:
    """Its author, or a manager."""
    note = _need_present(records, context, command.note_id)
    require_author(context, note.author_id)
    return apply_edits(records, context, note, command.fields)


@dataclass(frozen=True, kw_only=True)
class PinNote(Command):
    """Put a note on top of the account's page."""

    note_id: Id


@handles(PinNote)
def pin_note(command: PinNote, records: Records, context: Context) -> None:
    """Whoever works the account."""
    records.change(_need_present(records, context, command.note_id), pinned=True)


@dataclass(frozen=True, kw_only=True)
class UnpinNote(Command):
    """Let a pinned note take its place among the others."""

    note_id: Id


@handles(UnpinNote)
def unpin_note(command: UnpinNote, records: Records, context: Context) -> None:
    """Whoever works the account."""
    records.change(_need_present(records, context, command.note_id), pinned=False)


@dataclass(frozen=True, kw_only=True)
class RemoveNote(Command):
    """Take a note off the account."""

    note_id: Id


@handles(RemoveNote)
def remove_note(command: RemoveNote, records: Records, context: Context) -> None:
    """Its author, or a manager. Removing twice changes nothing."""
    note = need_part(records, context, Note, command.note_id)
    require_author(context, note.author_id)
    if note.removed_at is None:
        close_conflicts(records, context, note)
        records.change(note, removed_at=context.at)


@dataclass(frozen=True, kw_only=True)
class RestoreNote(Command):
    """Put a removed note back."""

    note_id: Id


@handles(RestoreNote)
def restore_note(command: RestoreNote, records: Records, context: Context) -> None:
    """Its author, or a manager."""
    note = need_part(records, context, Note, command.note_id)
    require_author(context, note.author_id)
    if note.removed_at is not None:
        records.change(note, removed_at=None)


def _need_present(records: Records, context: Context, note_id: str) -> Note:
    note = need_part(records, context, Note, note_id)
    if note.removed_at is not None:
        raise Rejected("note_removed")
    return note


def _may_edit(records: Records, context: Context, note: Note) -> None:
    may_work_account(records, context, note.account_id)
    require_author(context, note.author_id)


editable(Note, fields={"text": _TEXT}, may_edit=_may_edit)
