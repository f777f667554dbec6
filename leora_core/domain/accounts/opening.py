"""Opening an account."""

from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.accounts.addresses import ADDRESS_FIELDS
from leora_core.domain.accounts.contacts import CONTACT_FIELDS
from leora_core.domain.accounts.editing import ACCOUNT_FIELDS, check_unique
from leora_core.domain.accounts.licences import LICENCE_FIELDS
from leora_core.domain.accounts.records import Account, Address, Contact, Licence, Premise, Priority
from leora_core.domain.command import Command, Context, Records, account_scope, handles
from leora_core.domain.grants import grant
from leora_core.domain.identity import need_active_rep
from leora_core.domain.permissions import require_manager, require_role
from leora_core.domain.values import Id, Name, ShortText


@dataclass(frozen=True, kw_only=True)
class NewAddress:
    """Where a new account is."""

    street1: ShortText | None = None
    street2: ShortText | None = None
    city: ShortText | None = None
    state: ShortText | None = None
    postal_code: ShortText | None = None


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """The first person met at a new account."""

    name: Name
    role: ShortText | None = None
    phone: ShortText | None = None
    email: ShortText | None = None


@dataclass(frozen=True, kw_only=True)
class OpenAccount(Command):
    """Open an account; one opened by a rep is theirs."""

    account_id: Id
    name: Name
    account_number: ShortText | None = None
    phone: ShortText | None = None
    email: ShortText | None = None
    website: ShortText | None = None
    territory: ShortText | None = None
    premise: Premise | None = None
    payment_terms: ShortText | None = None
    priority: Priority | None = None
    address: NewAddress | None = None
    licence_number: ShortText | None = None
    contact: NewContact | None = None
    rep_id: Id | None = None
    """Whose account it shall be; managers and administrators may name any active rep."""


_OPENED_WITH = (
    "name",
    "account_number",
    "phone",
    "email",
    "website",
    "territory",
    "premise",
    "payment_terms",
    "priority",
)


@handles(OpenAccount)
def open_account(command: OpenAccount, records: Records, context: Context) -> None:
    """Reps, managers and administrators. The authority keeps account numbers unique."""
    rep_id = _owner(command, records, context)
    values = {name: fields.parsed(name, ACCOUNT_FIELDS[name], getattr(command, name)) for name in _OPENED_WITH}
    check_unique(records, context, command.account_id, values)
    records.add(Account(id=command.account_id, opened_at=context.at, **values))
    if rep_id is not None:
        held = account_scope(command.account_id)
        grant(records, context, name="rep", user_id=rep_id, held=held, why="assigned")
    _add_parts(command, records, context)


def _owner(command: OpenAccount, records: Records, context: Context) -> str | None:
    """Whose account it becomes; None leaves it to the house."""
    require_role(context, "rep", "manager", "admin")
    me = context.actor.user_id
    if command.rep_id is None:
        return me if context.actor.is_any("rep") else None
    if command.rep_id != me or not context.actor.is_any("rep"):
        require_manager(context)
        need_active_rep(records, command.rep_id)
    return command.rep_id


def _add_parts(command: OpenAccount, records: Records, context: Context) -> None:
    account_id = command.account_id
    if command.address is not None:
        address = {
            name: fields.parsed(name, ADDRESS_FIELDS[name], getattr(command.address, name))
            for name in ("street1", "street2", "city", "state", "postal_code")
        }
        if any(address.values()):
            records.add(Address(id=context.child_id("address"), account_id=account_id, **address))
    number = fields.parsed("licence_number", fields.text(), command.licence_number)
    if number is not None:
        number = fields.parsed("licence_number", LICENCE_FIELDS["number"], number)
        records.add(Licence(id=context.child_id("licence"), account_id=account_id, number=number))
    if command.contact is not None:
        contact = {
            name: fields.parsed(name, CONTACT_FIELDS[name], getattr(command.contact, name))
            for name in ("name", "role", "phone", "email")
        }
        records.add(Contact(id=context.child_id("contact"), account_id=account_id, **contact))
