"""Where an account is, and where it is delivered to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leora_core.domain import fields
from leora_core.domain.accounts.parts import may_edit_part, need_account, need_part, remove_part
from leora_core.domain.accounts.records import Address
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Name, ShortText

declare({"address_label_taken": "This account has an address called {label} already. Give this one another label."})

ADDRESS_FIELDS: Mapping[str, fields.Parse] = {
    "label": fields.required_text(50),
    "street1": fields.text(),
    "street2": fields.text(),
    "city": fields.text(),
    "state": fields.text(50),
    "postal_code": fields.text(20),
    "country": fields.required_text(2),
    "latitude": fields.decimal(-90, 90),
    "longitude": fields.decimal(-180, 180),
}


@dataclass(frozen=True, kw_only=True)
class AddAddress(Command):
    """Add an address to an account. Latitude and longitude in degrees (WGS 84)."""

    address_id: Id
    account_id: Id
    label: Name = "primary"
    street1: ShortText | None = None
    street2: ShortText | None = None
    city: ShortText | None = None
    state: ShortText | None = None
    postal_code: ShortText | None = None
    country: ShortText = "US"
    latitude: float | None = None
    longitude: float | None = None


@handles(AddAddress)
def add_address(command: AddAddress, records: Records, context: Context) -> None:
    """Whoever works the account. Labels are unique in an account."""
    need_account(records, context, command.account_id)
    values = {name: fields.parsed(name, parse, getattr(command, name)) for name, parse in ADDRESS_FIELDS.items()}
    _label_is_free(records, command.account_id, command.address_id, values)
    records.add(Address(id=command.address_id, account_id=command.account_id, **values))


@dataclass(frozen=True, kw_only=True)
class EditAddress(Command):
    """Correct an address."""

    account_id: Id
    address_id: Id
    fields: dict[str, FieldEdit]


@handles(EditAddress)
def edit_address(command: EditAddress, records: Records, context: Context) -> Outcome:
    """Whoever works the account, field by field."""
    address = need_part(records, context, Address, command.account_id, command.address_id)
    return apply_edits(records, context, address, command.fields)


@dataclass(frozen=True, kw_only=True)
class RemoveAddress(Command):
    """Take an address off an account."""

    account_id: Id
    address_id: Id


@handles(RemoveAddress)
def remove_address(command: RemoveAddress, records: Records, context: Context) -> None:
    """Whoever works the account."""
    remove_part(records, context, need_part(records, context, Address, command.account_id, command.address_id))


def _label_is_free(records: Records, account_id: str, address_id: str, values: Mapping[str, Any]) -> None:
    label = values.get("label")
    if label is None:
        return
    if any(other.id != address_id for other in records.find(Address, account_id=account_id, label=label)):
        raise Rejected("address_label_taken", field="label", label=label)


editable(
    Address,
    fields=ADDRESS_FIELDS,
    may_edit=may_edit_part,
    check=lambda records, _context, address, values: _label_is_free(records, address.account_id, address.id, values),
)
