from typing import Any

import pytest

from leora_core.domain.accounts.opening import NewAddress, NewContact, OpenAccount
from leora_core.domain.accounts.records import Account, Address, Contact, Licence
from leora_core.domain.command import Rejected, account_scope
from leora_core.domain.grants import Grant, owners_of
from leora_core.domain.permissions import may_work_account
from tests.core.domain.cast import MANAGER, NOW, OTHER_REP, PICKER, REP, SHOP, Office, an_id, by

NEW = an_id("new account")


def opening(**more: Any) -> OpenAccount:
    return OpenAccount(**({"account_id": NEW, "name": " Bar Nine "} | more))


def test_an_account_opened_by_a_rep_is_theirs() -> None:
    office = Office()
    office.do(opening(), by(REP))
    account = office.need(Account, NEW)
    assert (account.name, account.opened_at, account.scope) == ("Bar Nine", NOW, account_scope(NEW))
    assert owners_of(office, NEW) == [REP]
    may_work_account(office, by(REP), NEW)


def test_an_account_opened_by_a_manager_is_the_houses_until_assigned() -> None:
    office = Office()
    office.do(opening(), by(MANAGER))
    assert owners_of(office, NEW) == []
    office.do(opening(account_id=an_id("another"), rep_id=OTHER_REP), by(MANAGER))
    assert owners_of(office, an_id("another")) == [OTHER_REP]


def test_a_rep_opens_for_nobody_else() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(opening(rep_id=OTHER_REP), by(REP))
    assert refusal.value.code == "not_allowed"
    office.do(opening(rep_id=REP), by(REP))
    assert owners_of(office, NEW) == [REP]


@pytest.mark.parametrize(("rep_id", "code"), [(MANAGER, "not_a_rep"), (an_id("nobody"), "not_found")])
def test_a_manager_names_an_active_rep(rep_id: str, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(opening(rep_id=rep_id), by(MANAGER))
    assert refusal.value.code == code


def test_a_picker_opens_no_accounts() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(opening(), by(PICKER))
    assert refusal.value.code == "not_allowed"


def test_what_is_told_at_the_opening_is_kept() -> None:
    office = Office()
    command = opening(
        account_number=" 1042 ",
        phone="555 9",
        email="bar@example.com",
        website="",
        territory="North",
        premise="on",
        payment_terms="net30",
        priority="high",
        address=NewAddress(street1="9 Main St", city="Troy", state="NY", postal_code="12180"),
        licence_number="L-77",
        contact=NewContact(name="Kim", role="Buyer"),
    )
    office.do(command, by(REP))
    account = office.need(Account, NEW)
    assert (account.account_number, account.payment_terms, account.website) == ("1042", "Net 30", None)
    [address] = office.find(Address, account_id=NEW)
    assert (address.label, address.street1, address.city, address.country) == ("primary", "9 Main St", "Troy", "US")
    assert [licence.number for licence in office.find(Licence, account_id=NEW)] == ["L-77"]
    assert [(contact.name, contact.role) for contact in office.find(Contact, account_id=NEW)] == [("Kim", "Buyer")]
    assert {row.scope for row in office.written} == {account_scope(NEW)}


def test_nothing_told_makes_no_empty_rows() -> None:
    office = Office()
    office.do(opening(address=NewAddress(city="  "), licence_number=" "), by(MANAGER))
    assert [type(row) for row in office.written] == [Account]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "  "}, "name"),
        ({"email": "bar"}, "email"),
        ({"premise": "beach"}, "premise"),
        ({"licence_number": "x" * 201}, "licence_number"),
    ],
)
def test_a_wrong_value_opens_nothing(wrong: dict[str, Any], field: str) -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(opening(**wrong), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", field)
    assert office.written == []


def test_the_server_keeps_account_numbers_unique() -> None:
    office = Office(Account(id=an_id("seven"), name="Seven", account_number="7", opened_at=NOW))
    with pytest.raises(Rejected) as refusal:
        office.do(opening(account_number="7 "), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("account_number_taken", "account_number")
    assert "Seven" not in refusal.value.sentence


def test_a_laptop_leaves_the_uniqueness_of_numbers_to_the_server() -> None:
    office = Office(Account(id=an_id("seven"), name="Seven", account_number="7", opened_at=NOW))
    office.do(opening(account_number="7"), by(REP, authority=False))
    assert office.need(Account, NEW).account_number == "7"


def test_an_id_in_use_opens_nothing_and_gives_no_right_to_what_is_there() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(opening(account_id=SHOP), by(OTHER_REP))
    assert refusal.value.code == "id_conflict"
    assert owners_of(office, SHOP) == [REP]
    assert office.count(Grant, user_id=OTHER_REP) == 0
