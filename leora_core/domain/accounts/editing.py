"""Editing an account's own fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leora_core.domain import fields
from leora_core.domain.accounts.parts import need_account
from leora_core.domain.accounts.records import Account
from leora_core.domain.accounts.terms import normalise
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.edits import FieldEdit, apply_edits, editable
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Scalar

declare(
    {
        "account_number_taken": "Account number {number} belongs to another account. Choose another number.",
        "external_id_taken": "Another account was imported under {number} already. Choose another id.",
    }
)


def payment_terms(value: Scalar) -> str | None:
    """Terms in their one spelling; free text where they are not known."""
    text: str | None = fields.text(100)(value)
    return normalise(text) if text else None


ACCOUNT_FIELDS: Mapping[str, fields.Parse] = {
    "name": fields.required_text(),
    "account_number": fields.text(50),
    "external_id": fields.text(),
    "phone": fields.text(50),
    "email": fields.email(),
    "website": fields.text(),
    "territory": fields.text(),
    "premise": fields.choice("on", "off", "both", "other"),
    "payment_terms": payment_terms,
    "requires_po": fields.flag,
    "tax_exempt": fields.flag,
    "delivery_instructions": fields.text(2_000),
    "priority": fields.choice("high", "medium", "low"),
    "quarterly_target_cents": fields.whole(),
    "do_not_contact_until": fields.day,
}
"""What a person may set on an account, and how each is read."""

_UNIQUE = {"account_number": "account_number_taken", "external_id": "external_id_taken"}


@dataclass(frozen=True, kw_only=True)
class EditAccount(Command):
    """Change an account's own fields."""

    account_id: Id
    fields: dict[str, FieldEdit]


@handles(EditAccount)
def edit_account(command: EditAccount, records: Records, context: Context) -> Outcome:
    """Whoever works the account, field by field."""
    account = need_account(records, context, command.account_id)
    return apply_edits(records, context, account, command.fields)


def check_unique(records: Records, context: Context, account_id: str, values: Mapping[str, Any]) -> None:
    """Raises Rejected where the authority knows another account with this number or import id."""
    if not context.authority:
        return
    for name, code in _UNIQUE.items():
        wanted = values.get(name)
        if wanted is not None and any(other.id != account_id for other in records.find(Account, **{name: wanted})):
            raise Rejected(code, field=name, number=wanted)


editable(
    Account,
    fields=ACCOUNT_FIELDS,
    may_edit=lambda records, context, account: may_work_account(records, context, account.id),
    check=lambda records, context, account, values: check_unique(records, context, account.id, values),
)
