"""Accounts: each row an account with its address, licence, first contact and rep."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from leora_core.domain.accounts.records import Account, Address, Contact, Licence
from leora_core.domain.accounts.terms import normalise
from leora_core.domain.command import account_scope
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from sync.imports.dates import Day
from sync.imports.fields import (
    Code,
    Column,
    Country,
    Email,
    LongText,
    PostalCode,
    State,
    Text,
    YesNo,
    choice,
)
from sync.imports.matching import AccountBook, Evidence, RepBook, normal_name, same_code
from sync.imports.numbers import Money
from sync.imports.planning import Assignment, Field, Kind, Planner, Row, Status
from sync.imports.problems import counted

_PREMISE = {
    **dict.fromkeys(("on", "on premise", "on premises", "onpremise", "restaurant", "bar", "restaurant bar"), "on"),
    **dict.fromkeys(("off", "off premise", "off premises", "offpremise", "retail", "store", "shop", "grocery"), "off"),
    **dict.fromkeys(("both", "on and off premise", "on off premise", "on off"), "both"),
    **dict.fromkeys(("other", "distributor", "caterer"), "other"),
}
_PRIORITY = {
    **dict.fromkeys(("high", "h", "a", "1"), "high"),
    **dict.fromkeys(("medium", "m", "b", "2"), "medium"),
    **dict.fromkeys(("low", "l", "c", "3"), "low"),
}
_COUNTRY = "US"


class Terms(Column):
    """Payment terms in their one spelling."""

    def parse(self, text: str) -> str:
        return normalise(text)


FIELDS = {
    "name": Field(Text, required=True),
    "external_id": Field(Code),
    "account_number": Field(Code),
    "phone": Field(Text),
    "email": Field(Email),
    "website": Field(Text),
    "territory": Field(Text),
    "premise": Field(choice(_PREMISE)),
    "payment_terms": Field(Terms),
    "requires_po": Field(YesNo),
    "tax_exempt": Field(YesNo),
    "delivery_instructions": Field(LongText),
    "priority": Field(choice(_PRIORITY)),
    "quarterly_target_cents": Field(Money),
    "do_not_contact_until": Field(Day),
    "on_hold": Field(YesNo),
    "hold_reason": Field(Text),
    "opened_on": Field(Day),
    "street1": Field(Text),
    "street2": Field(Text),
    "city": Field(Text),
    "state": Field(State),
    "postal_code": Field(PostalCode),
    "country": Field(Country),
    "licence_number": Field(Code),
    "licence_kind": Field(Text),
    "licence_status": Field(Text),
    "licence_expires_on": Field(Day),
    "contact_name": Field(Text),
    "contact_role": Field(Text),
    "contact_phone": Field(Text),
    "contact_email": Field(Email),
    "rep_email": Field(Email),
}
_OWN = tuple(FIELDS)[: tuple(FIELDS).index("opened_on")]
_ADDRESS = ("street1", "street2", "city", "state", "postal_code", "country")
_LICENCE = {"licence_kind": "kind", "licence_status": "status", "licence_expires_on": "expires_on"}
_OF_ACCOUNT = (*_OWN, "opened_on", *_ADDRESS, "rep_email")
_CONTACT = {"contact_role": "role", "contact_phone": "phone", "contact_email": "email"}


class _Accounts:
    """One run over the rows of a file."""

    def __init__(self, planner: Planner) -> None:
        self.planner = planner
        self.book = AccountBook(planner.records)
        self.reps = RepBook(planner.records)
        self.contacts: defaultdict[str, list[Contact]] = defaultdict(list)
        for contact in planner.records.find(Contact):
            self.contacts[contact.account_id].append(contact)
        self.assigned: defaultdict[str, list[Grant]] = defaultdict(list)
        for held in planner.records.find(Grant, why="assigned", to_version=None):
            self.assigned[held.held].append(held)
        self.seen: dict[str, Row] = {}
        """The first row of this file about each account."""
        self.told: dict[str, Row] = {}
        """The first row about each licence and contact, by its id."""

    def take(self, row: Row) -> None:
        """Plan one row."""
        rep = self.reps.mentioned(self.planner, row)
        if rep is None and row.get("rep_email"):
            return
        found = self.book.match(_evidence(row))
        if isinstance(found, str):
            self.planner.refuse_row(row, found, "name")
        elif found is None:
            self._open(row, rep)
        elif found.id in self.seen:
            self._again(row, found)
        else:
            self._update(row, found, rep)

    def _open(self, row: Row, rep: User | None) -> None:
        planner = self.planner
        account = Account(id=planner.new_id(), opened_at=self._opened(row), **row.given(*_OWN))
        planner.add(account)
        self._address(row, account.id)
        self._licence(row, account.id)
        self._contact(row, account.id)
        self._assign(account.id, rep)
        self._settle(row, account, "added")

    def _update(self, row: Row, account: Account, rep: User | None) -> None:
        changed = self.planner.change(account, row.given(*_OWN))
        parts = [
            changed is not account,
            self._address(row, account.id),
            self._licence(row, account.id),
            self._contact(row, account.id),
            self._assign(account.id, rep),
        ]
        self._settle(row, changed, "updated" if any(parts) else "same")

    def _again(self, row: Row, account: Account) -> None:
        """A second row about one account may bring another licence or contact; for the rest it must agree."""
        first = self.seen[account.id]
        licence, contact = self._known_licence(row, account.id), self._known_contact(row, account.id)
        differs = (
            _difference(row, first, _OF_ACCOUNT)
            or _difference(row, self.told.get(licence.id) if licence else None, _LICENCE)
            or _difference(row, self.told.get(contact.id) if contact else None, _CONTACT)
        )
        if differs is None and self._licence(row, account.id) | self._contact(row, account.id):
            self.planner.plan.settle(row.number, "added", about=f"more of the account in row {first.number}")
        else:
            self.planner.duplicate(row, first.number, differs=differs)

    def _settle(self, row: Row, account: Account, status: Status) -> None:
        self.book.enter(account)
        self.seen[account.id] = row
        self.planner.plan.settle(row.number, status, about=account.name)

    def _opened(self, row: Row) -> datetime:
        opened: date | None = row.get("opened_on")
        if opened is None:
            return self.planner.at
        return datetime.combine(opened, time(12), self.planner.zone).astimezone(UTC)

    def _address(self, row: Row, account_id: str) -> bool:
        values = row.given(*_ADDRESS)
        if not set(values) - {"country"}:
            return False
        known = self.book.addresses[account_id]
        primary = next((address for address in known if address.label == "primary"), known[0] if known else None)
        if primary is None:
            address = Address(id=self.planner.new_id(), account_id=account_id, **{"country": _COUNTRY} | values)
            self.book.enter_address(self.planner.add(address))
            return True
        changed = self.planner.change(primary, values)
        self.book.enter_address(changed)
        return changed is not primary

    def _licence(self, row: Row, account_id: str) -> bool:
        number = row.get("licence_number")
        if number is None:
            return False
        values = {record: row.get(name) for name, record in _LICENCE.items() if row.get(name) is not None}
        known = self._known_licence(row, account_id)
        if known is None:
            licence = Licence(id=self.planner.new_id(), account_id=account_id, number=number, **values)
            self.book.enter_licence(self.planner.add(licence))
            self.told[licence.id] = row
            return True
        self.told.setdefault(known.id, row)
        changed = self.planner.change(known, values)
        self.book.enter_licence(changed)
        return changed is not known

    def _known_licence(self, row: Row, account_id: str) -> Licence | None:
        number = same_code(row.get("licence_number") or "")
        return next((one for one in self.book.licences[account_id] if same_code(one.number) == number), None)

    def _contact(self, row: Row, account_id: str) -> bool:
        name = row.get("contact_name")
        if name is None:
            return False
        values: dict[str, Any] = {record: row.get(n) for n, record in _CONTACT.items() if row.get(n) is not None}
        known = self._known_contact(row, account_id)
        if known is None:
            contact = Contact(id=self.planner.new_id(), account_id=account_id, name=name, **values)
            self.contacts[account_id].append(self.planner.add(contact))
            self.told[contact.id] = row
            return True
        self.told.setdefault(known.id, row)
        changed = self.planner.change(known, values)
        self.contacts[account_id] = [changed if one.id == known.id else one for one in self.contacts[account_id]]
        return changed is not known

    def _known_contact(self, row: Row, account_id: str) -> Contact | None:
        name = normal_name(row.get("contact_name") or "")
        return next((one for one in self.contacts[account_id] if normal_name(one.name) == name), None)

    def _assign(self, account_id: str, rep: User | None) -> bool:
        held = self.assigned[account_scope(account_id)]
        if rep is None or any(grant.user_id == rep.id for grant in held):
            return False
        self.planner.plan.assignments.append(Assignment(account_id, rep.id, list(held)))
        return True


def _evidence(row: Row) -> Evidence:
    return Evidence(
        external_id=row.get("external_id"),
        number=row.get("account_number"),
        licence=row.get("licence_number"),
        name=row.get("name") if row.get("postal_code") else None,
        postal_code=row.get("postal_code"),
    )


def _difference(row: Row, first: Row | None, names: Iterable[str]) -> str | None:
    """The first of these fields in which two rows contradict each other; saying nothing contradicts nothing."""
    if first is None:
        return None
    for name in names:
        a, b = row.get(name), first.get(name)
        if a is not None and b is not None and a != b and not (name == "name" and normal_name(a) == normal_name(b)):
            return name
    return None


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    accounts = _Accounts(planner)
    for row in rows:
        accounts.take(row)
    if accounts.book.by_name_alone:
        planner.plan.notes.append(
            f"{counted(accounts.book.by_name_alone, 'row')} matched to an account by name and ZIP alone. Check them."
        )


ACCOUNTS = Kind("accounts", FIELDS, (("name",),), _plan)
