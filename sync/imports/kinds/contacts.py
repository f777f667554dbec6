"""Contacts: each row a person at an account."""

from collections import defaultdict
from collections.abc import Iterable

from leora_core.domain.accounts.records import Account, Contact
from sync.imports.fields import Code, Email, LongText, PostalCode, Text, YesNo
from sync.imports.matching import AccountBook, mentioned_account, normal_name
from sync.imports.planning import Field, Kind, Planner, Row

FIELDS = {
    "name": Field(Text, required=True),
    "account_external_id": Field(Code),
    "account_number": Field(Code),
    "account_name": Field(Text),
    "postal_code": Field(PostalCode),
    "role": Field(Text),
    "phone": Field(Text),
    "mobile": Field(Text),
    "email": Field(Email),
    "notes": Field(LongText),
    "is_buyer": Field(YesNo),
}
_OWN = ("name", "role", "phone", "mobile", "email", "notes", "is_buyer")
_NAMING_ACCOUNT = ("account_external_id", "account_number", "account_name")


def _plan(planner: Planner, rows: Iterable[Row]) -> None:
    book = AccountBook(planner.records)
    people: defaultdict[str, list[Contact]] = defaultdict(list)
    for contact in planner.records.find(Contact):
        people[contact.account_id].append(contact)
    seen: dict[str, Row] = {}
    for row in rows:
        account = mentioned_account(planner, book, row)
        if account is not None:
            _take(planner, row, account, people[account.id], seen)


def _take(planner: Planner, row: Row, account: Account, people: list[Contact], seen: dict[str, Row]) -> None:
    known = _same_person(row, people)
    about = f"{row.get('name')}, {account.name}"
    if known is None:
        contact = planner.add(Contact(id=planner.new_id(), account_id=account.id, **row.given(*_OWN)))
        people.append(contact)
        seen[contact.id] = row
        planner.plan.settle(row.number, "added", about=about)
    elif known.id in seen:
        first = seen[known.id]
        differs = next((n for n in _OWN if n in row.values and row.get(n) != first.get(n)), None)
        planner.duplicate(row, first.number, differs=differs)
    else:
        changed = planner.change(known, row.given(*_OWN))
        people[people.index(known)] = changed
        seen[known.id] = row
        planner.plan.settle(row.number, "same" if changed is known else "updated", about=about)


def _same_person(row: Row, people: list[Contact]) -> Contact | None:
    """By name, then by an e-mail address of their own."""
    name, email = normal_name(row.get("name")), row.get("email")
    by_name = next((one for one in people if normal_name(one.name) == name), None)
    return by_name or next((one for one in people if email and one.email == email), None)


CONTACTS = Kind("contacts", FIELDS, (("name",), _NAMING_ACCOUNT), _plan)
