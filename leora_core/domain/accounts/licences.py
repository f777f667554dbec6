"""Licences to sell alcohol, and when one needs attention."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from leora_core.domain import fields
from leora_core.domain.accounts.parts import may_edit_part, need_account, need_part, remove_part
from leora_core.domain.accounts.records import Licence
from leora_core.domain.command import Command, Context, Outcome, Records, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.values import Id, Name, ShortText

AlertLevel = Literal["missing", "critical", "high", "medium"]
Severity = Literal["critical", "high", "medium"]

LICENCE_FIELDS: Mapping[str, fields.Parse] = {
    "number": fields.required_text(),
    "kind": fields.text(),
    "status": fields.text(),
    "expires_on": fields.day,
}

_CRITICAL_DAYS, _HIGH_DAYS, _MEDIUM_DAYS = 7, 30, 60


def licence_alert(expires_on: date | None, today: date) -> AlertLevel | None:
    """What to warn of: `missing` without a day, `critical` to 7 days ahead, `high` to 30, `medium` to 60, else None."""
    if expires_on is None:
        return "missing"
    left = (expires_on - today).days
    if left <= _CRITICAL_DAYS:
        return "critical"
    if left <= _HIGH_DAYS:
        return "high"
    return "medium" if left <= _MEDIUM_DAYS else None


def severity(alert: AlertLevel) -> Severity:
    """How urgent an alert is; a missing licence is as urgent as one that ends within 30 days."""
    return "high" if alert == "missing" else alert


@dataclass(frozen=True, kw_only=True)
class AddLicence(Command):
    """Add a licence to an account."""

    licence_id: Id
    account_id: Id
    number: Name
    kind: ShortText | None = None
    status: ShortText | None = None
    expires_on: date | None = None


@handles(AddLicence)
def add_licence(command: AddLicence, records: Records, context: Context) -> None:
    """Whoever works the account."""
    need_account(records, context, command.account_id)
    texts = {
        name: fields.parsed(name, LICENCE_FIELDS[name], getattr(command, name)) for name in ("number", "kind", "status")
    }
    records.add(Licence(id=command.licence_id, account_id=command.account_id, expires_on=command.expires_on, **texts))


@dataclass(frozen=True, kw_only=True)
class EditLicence(Command):
    """Correct or renew a licence."""

    account_id: Id
    licence_id: Id
    fields: dict[str, FieldEdit]


@handles(EditLicence)
def edit_licence(command: EditLicence, records: Records, context: Context) -> Outcome:
    """Whoever works the account, field by field."""
    licence = need_part(records, context, Licence, command.account_id, command.licence_id)
    return apply_edits(records, context, licence, command.fields)


@dataclass(frozen=True, kw_only=True)
class RemoveLicence(Command):
    """Take a licence off an account."""

    account_id: Id
    licence_id: Id


@handles(RemoveLicence)
def remove_licence(command: RemoveLicence, records: Records, context: Context) -> None:
    """Whoever works the account."""
    remove_part(records, context, need_part(records, context, Licence, command.account_id, command.licence_id))


editable(Licence, fields=LICENCE_FIELDS, may_edit=may_edit_part)
