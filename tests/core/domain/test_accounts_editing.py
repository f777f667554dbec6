from typing import Any

import pytest

from leora_core.domain.accounts.editing import ACCOUNT_FIELDS, EditAccount
from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Rejected
from leora_core.domain.edits import FieldEdit, plain
from leora_core.domain.values import Scalar
from tests.core.domain.cast import MANAGER, NOW, OTHER_REP, PICKER, REP, SHOP, Office, an_id, by

NEW_VALUES: dict[str, Scalar] = {
    "name": "Corner Shop & Bar",
    "account_number": "1042",
    "external_id": "ERP-9",
    "phone": "555 7",
    "email": "corner@example.com",
    "website": "https://corner.example",
    "territory": "South",
    "premise": "both",
    "payment_terms": "Net 15th of next month",
    "requires_po": True,
    "tax_exempt": True,
    "delivery_instructions": "Ring twice",
    "priority": "high",
    "quarterly_target_cents": 500_000,
    "do_not_contact_until": "2026-12-24",
}


def test_every_editable_field_takes_a_value_and_gives_it_back() -> None:
    assert set(NEW_VALUES) == set(ACCOUNT_FIELDS)
    office = Office()
    edits = {name: FieldEdit(plain(getattr(office.shop, name)), value) for name, value in NEW_VALUES.items()}
    assert office.do(EditAccount(account_id=SHOP, fields=edits), by(REP)).result == {}
    assert {name: plain(getattr(office.shop, name)) for name in NEW_VALUES} == NEW_VALUES


def test_priority_set_back_to_none_is_derived_again() -> None:
    office = Office()
    office.do(EditAccount(account_id=SHOP, fields={"priority": FieldEdit(None, "low")}), by(REP))
    office.do(EditAccount(account_id=SHOP, fields={"priority": FieldEdit("low", None)}), by(REP))
    assert office.shop.priority is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", None),
        ("priority", "HIGH"),
        ("premise", "beach"),
        ("requires_po", None),
        ("quarterly_target_cents", -1),
        ("do_not_contact_until", "soon"),
        ("phone", 5551000),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(name: str, value: Any) -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(EditAccount(account_id=SHOP, fields={name: FieldEdit(getattr(office.shop, name), value)}), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", name)


@pytest.mark.parametrize(
    "name", ["on_hold", "hold_reason", "closed_at", "closed_reason", "opened_at", "baseline_order_cents", "id", "scope"]
)
def test_what_has_commands_of_its_own_is_not_edited(name: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(EditAccount(account_id=SHOP, fields={name: FieldEdit(None, None)}), by(MANAGER))
    assert refusal.value.code == "field_unknown"


@pytest.mark.parametrize("account_id", [SHOP, an_id("no account")])
def test_a_foreign_rep_is_refused_before_anything_is_looked_up(account_id: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(EditAccount(account_id=account_id, fields={"nonsense": FieldEdit()}), by(OTHER_REP))
    assert (refusal.value.code, refusal.value.detail) == ("not_your_account", {})


def test_a_picker_edits_no_accounts() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(EditAccount(account_id=SHOP, fields={}), by(PICKER))
    assert refusal.value.code == "not_allowed"


def test_a_manager_is_told_that_an_account_does_not_exist() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(EditAccount(account_id=an_id("no account"), fields={}), by(MANAGER))
    assert refusal.value.code == "not_found"


@pytest.mark.parametrize(
    ("name", "code"), [("account_number", "account_number_taken"), ("external_id", "external_id_taken")]
)
def test_the_server_keeps_numbers_unique_when_they_are_edited(name: str, code: str) -> None:
    office = Office(Account(id=an_id("seven"), name="Seven", account_number="7", external_id="7", opened_at=NOW))
    command = EditAccount(account_id=SHOP, fields={name: FieldEdit(None, "7")})
    with pytest.raises(Rejected) as refusal:
        office.do(command, by(REP))
    assert (refusal.value.code, refusal.value.field) == (code, name)
    office.do(command, by(REP, authority=False))
