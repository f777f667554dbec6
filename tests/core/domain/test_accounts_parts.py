"""What hangs on an account: contacts, addresses, licences, windows, tags."""

from collections.abc import Callable
from datetime import date

import pytest

from leora_core.domain.accounts.addresses import AddAddress, EditAddress, RemoveAddress
from leora_core.domain.accounts.contacts import AddContact, AppendContactNote, EditContact, RemoveContact
from leora_core.domain.accounts.delivery_windows import AddDeliveryWindow, RemoveDeliveryWindow
from leora_core.domain.accounts.licences import AddLicence, EditLicence, RemoveLicence
from leora_core.domain.accounts.records import Account, Address, Contact, Licence
from leora_core.domain.accounts.tags import AddTag, RemoveTag
from leora_core.domain.command import Command, Rejected
from leora_core.domain.edits import Conflict, FieldChange, FieldEdit, ResolveConflict
from tests.core.domain.cast import MANAGER, NOW, OTHER_REP, REP, SHOP, Office, an_id, assigned, by

PART = an_id("part")
OTHER_SHOP = an_id("other shop")

COMMANDS: list[tuple[Callable[..., Command], dict[str, object]]] = [
    (AddContact, {"contact_id": PART, "name": "Kim"}),
    (EditContact, {"contact_id": PART, "fields": {}}),
    (AppendContactNote, {"contact_id": PART, "text": "Likes Riesling"}),
    (RemoveContact, {"contact_id": PART}),
    (AddAddress, {"address_id": PART}),
    (EditAddress, {"address_id": PART, "fields": {}}),
    (RemoveAddress, {"address_id": PART}),
    (AddLicence, {"licence_id": PART, "number": "L-1"}),
    (EditLicence, {"licence_id": PART, "fields": {}}),
    (RemoveLicence, {"licence_id": PART}),
    (AddDeliveryWindow, {"window_id": PART, "kind": "before", "end": "11:00"}),
    (RemoveDeliveryWindow, {"window_id": PART}),
    (AddTag, {"tag": "organic"}),
    (RemoveTag, {"tag": "organic"}),
]


@pytest.mark.parametrize(("kind", "payload"), COMMANDS)
@pytest.mark.parametrize("account_id", [SHOP, an_id("no account")])
def test_a_foreign_rep_is_refused_alike_whether_the_account_exists_or_not(
    kind: Callable[..., Command], payload: dict[str, object], account_id: str
) -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(kind(account_id=account_id, **payload), by(OTHER_REP))
    assert (refusal.value.code, refusal.value.detail) == ("not_your_account", {})
    assert office.written == []


def _adds(kind: Callable[..., Command]) -> bool:
    return kind.__name__.startswith("Add")


NAMES_A_PART = [(kind, payload) for kind, payload in COMMANDS if not _adds(kind) and "tag" not in payload]


@pytest.mark.parametrize(("kind", "payload"), NAMES_A_PART)
def test_a_part_of_another_account_is_not_reached_through_ones_own(
    kind: Callable[..., Command], payload: dict[str, object]
) -> None:
    office = Office(Account(id=OTHER_SHOP, name="Other", opened_at=NOW), assigned(OTHER_REP, OTHER_SHOP))
    for add, fields in COMMANDS:
        if _adds(add) and "tag" not in fields:
            office.do(add(account_id=SHOP, **fields), by(REP))
    with pytest.raises(Rejected) as refusal:
        office.do(kind(account_id=OTHER_SHOP, **payload), by(OTHER_REP))
    assert refusal.value.code == "not_found"


def test_a_contact_is_added_edited_and_removed() -> None:
    office = Office()
    command = AddContact(contact_id=PART, account_id=SHOP, name=" Kim ", role="Buyer", phone="1", is_buyer=True)
    office.do(command, by(REP))
    edits = {"phone": FieldEdit("1", "2"), "is_buyer": FieldEdit(True, False)}
    office.do(EditContact(account_id=SHOP, contact_id=PART, fields=edits), by(REP))
    contact = office.need(Contact, PART)
    assert (contact.name, contact.role, contact.phone, contact.is_buyer) == ("Kim", "Buyer", "2", False)
    office.do(RemoveContact(account_id=SHOP, contact_id=PART), by(REP))
    assert office.count(Contact) == 0


def test_two_people_edit_one_contact_and_both_values_are_kept() -> None:
    office = Office()
    office.do(AddContact(contact_id=PART, account_id=SHOP, name="Kim", phone="1"), by(REP))
    theirs = {"phone": FieldEdit("1", "2"), "role": FieldEdit(None, "Owner")}
    mine = {"phone": FieldEdit("1", "3"), "email": FieldEdit(None, "kim@example.com")}
    office.do(EditContact(account_id=SHOP, contact_id=PART, fields=theirs), by(MANAGER))
    outcome = office.do(EditContact(account_id=SHOP, contact_id=PART, fields=mine), by(REP))
    contact = office.need(Contact, PART)
    assert (contact.phone, contact.role, contact.email) == ("2", "Owner", "kim@example.com")
    [told] = outcome.result["conflicts"]
    office.do(ResolveConflict(conflict_id=told["conflict_id"], value=told["mine"]), by(REP))
    assert office.need(Contact, PART).phone == "3"
    assert office.need(Conflict, told["conflict_id"]).status == "settled"


def test_notes_of_two_people_are_both_kept_in_order() -> None:
    office = Office()
    office.do(AddContact(contact_id=PART, account_id=SHOP, name="Kim"), by(REP))
    for user_id, text in ((REP, "Likes Riesling"), (MANAGER, " Away in May\n")):
        office.do(AppendContactNote(account_id=SHOP, contact_id=PART, text=text), by(user_id))
    assert office.need(Contact, PART).notes == "Likes Riesling\nAway in May"
    assert [change.by for change in office.find(FieldChange) if change.old == "null"] == [REP]


def test_an_empty_note_is_refused() -> None:
    office = Office()
    office.do(AddContact(contact_id=PART, account_id=SHOP, name="Kim"), by(REP))
    with pytest.raises(Rejected) as refusal:
        office.do(AppendContactNote(account_id=SHOP, contact_id=PART, text=" "), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", "text")


def test_a_manager_cannot_add_to_an_account_that_is_not_there() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(AddContact(contact_id=PART, account_id=an_id("no account"), name="Kim"), by(MANAGER))
    assert refusal.value.code == "not_found"


def test_an_address_is_added_edited_and_removed() -> None:
    office = Office()
    office.do(AddAddress(address_id=PART, account_id=SHOP, city="Troy", latitude=42.7, longitude=-73), by(REP))
    edits = {"city": FieldEdit("Troy", "Albany"), "latitude": FieldEdit(42.7, None)}
    office.do(EditAddress(account_id=SHOP, address_id=PART, fields=edits), by(REP))
    address = office.need(Address, PART)
    assert (address.city, address.latitude, address.longitude, address.label) == ("Albany", None, -73.0, "primary")
    office.do(RemoveAddress(account_id=SHOP, address_id=PART), by(REP))
    assert office.count(Address) == 0


def test_labels_of_addresses_are_unique_in_an_account() -> None:
    office = Office(Account(id=OTHER_SHOP, name="Other", opened_at=NOW))
    office.do(AddAddress(address_id=PART, account_id=SHOP), by(REP))
    office.do(AddAddress(address_id=an_id("elsewhere"), account_id=OTHER_SHOP), by(MANAGER))
    with pytest.raises(Rejected) as refusal:
        office.do(AddAddress(address_id=an_id("second"), account_id=SHOP, label="primary "), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("address_label_taken", "label")
    office.do(AddAddress(address_id=an_id("second"), account_id=SHOP, label="back door"), by(REP))
    edits = {"label": FieldEdit("back door", "primary")}
    with pytest.raises(Rejected) as refusal:
        office.do(EditAddress(account_id=SHOP, address_id=an_id("second"), fields=edits), by(REP))
    assert refusal.value.code == "address_label_taken"


def test_a_place_off_the_globe_is_refused() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(AddAddress(address_id=PART, account_id=SHOP, latitude=91.0), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", "latitude")


def test_a_licence_is_added_renewed_and_removed() -> None:
    office = Office()
    command = AddLicence(licence_id=PART, account_id=SHOP, number="L-1", expires_on=date(2026, 12, 31))
    office.do(command, by(REP))
    edits = {"expires_on": FieldEdit("2026-12-31", "2027-12-31")}
    office.do(EditLicence(account_id=SHOP, licence_id=PART, fields=edits), by(REP))
    assert office.need(Licence, PART).expires_on == date(2027, 12, 31)
    office.do(RemoveLicence(account_id=SHOP, licence_id=PART), by(REP))
    assert office.count(Licence) == 0
