"""The people at an account."""

from collections.abc import Mapping
from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.accounts.parts import may_edit_part, need_account, need_part, remove_part
from leora_core.domain.accounts.records import Contact
from leora_core.domain.command import Command, Context, Outcome, Records, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable, set_fields
from leora_core.domain.values import Id, LongText, Name, ShortText

CONTACT_FIELDS: Mapping[str, fields.Parse] = {
    "name": fields.required_text(),
    "role": fields.text(),
    "phone": fields.text(50),
    "mobile": fields.text(50),
    "email": fields.email(),
    "notes": fields.text(20_000),
    "is_buyer": fields.flag,
}


@dataclass(frozen=True, kw_only=True)
class AddContact(Command):
    """Add a person to an account."""

    contact_id: Id
    account_id: Id
    name: Name
    role: ShortText | None = None
    phone: ShortText | None = None
    mobile: ShortText | None = None
    email: ShortText | None = None
    notes: LongText | None = None
    is_buyer: bool = False


@handles(AddContact)
def add_contact(command: AddContact, records: Records, context: Context) -> None:
    """Whoever works the account."""
    need_account(records, context, command.account_id)
    values = {name: fields.parsed(name, parse, getattr(command, name)) for name, parse in CONTACT_FIELDS.items()}
    records.add(Contact(id=command.contact_id, account_id=command.account_id, **values))


@dataclass(frozen=True, kw_only=True)
class EditContact(Command):
    """Correct what is known of a person at an account."""

    account_id: Id
    contact_id: Id
    fields: dict[str, FieldEdit]


@handles(EditContact)
def edit_contact(command: EditContact, records: Records, context: Context) -> Outcome:
    """Whoever works the account, field by field."""
    contact = need_part(records, context, Contact, command.account_id, command.contact_id)
    return apply_edits(records, context, contact, command.fields)


@dataclass(frozen=True, kw_only=True)
class AppendContactNote(Command):
    """Add a line to the notes on a person; notes of two people never conflict."""

    account_id: Id
    contact_id: Id
    text: LongText


@handles(AppendContactNote)
def append_contact_note(command: AppendContactNote, records: Records, context: Context) -> None:
    """Whoever works the account."""
    contact = need_part(records, context, Contact, command.account_id, command.contact_id)
    line: str = fields.parsed("text", fields.required_text(2_000), command.text)
    notes = fields.parsed("text", CONTACT_FIELDS["notes"], f"{contact.notes}\n{line}" if contact.notes else line)
    set_fields(records, context, contact, {"notes": notes})


@dataclass(frozen=True, kw_only=True)
class RemoveContact(Command):
    """Take a person off an account."""

    account_id: Id
    contact_id: Id


@handles(RemoveContact)
def remove_contact(command: RemoveContact, records: Records, context: Context) -> None:
    """Whoever works the account."""
    remove_part(records, context, need_part(records, context, Contact, command.account_id, command.contact_id))


editable(Contact, fields=CONTACT_FIELDS, may_edit=may_edit_part)
