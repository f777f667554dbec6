import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.domain.accounts.contacts import EditContact, RemoveContact
from leora_core.domain.accounts.editing import EditAccount
from leora_core.domain.accounts.records import Account, Contact
from leora_core.domain.command import Absence, Outcome, Rejected, account_scope
from leora_core.domain.edits import Conflict, FieldChange, FieldEdit, ResolveConflict, editable, plain
from leora_core.domain.values import format_instant
from tests.core.domain.cast import ADMIN, MANAGER, NOW, OTHER_REP, REP, SHOP, Office, an_id, by

FieldEdits = dict[str, FieldEdit]


def edit(**fields: tuple[Any, Any]) -> EditAccount:
    return EditAccount(account_id=SHOP, fields={name: FieldEdit(was, now) for name, (was, now) in fields.items()})


def test_a_field_that_is_as_the_user_saw_it_is_set() -> None:
    office = Office()
    assert office.do(edit(phone=("555 1000", "555 2000")), by(REP)) == Outcome()
    assert office.shop.phone == "555 2000"


def test_a_change_leaves_its_history_in_the_scope_of_the_record() -> None:
    office = Office()
    office.do(edit(phone=("555 1000", "Café 5")), by(REP, version=7))
    [change] = office.find(FieldChange)
    assert (change.record_table, change.record_id, change.field) == ("account", SHOP, "phone")
    assert (change.old, change.new) == ('"555 1000"', '"Café 5"')
    assert (change.by, change.at, change.version) == (REP, NOW, 7)
    assert change.scope == account_scope(SHOP)


def test_a_field_that_is_already_as_wanted_is_left_alone() -> None:
    office = Office()
    assert office.do(edit(phone=("something else", "555 1000")), by(REP)) == Outcome()
    assert office.written == []


def test_a_field_somebody_else_changed_is_a_conflict_and_the_others_are_applied() -> None:
    office = Office()
    office.do(edit(phone=("555 1000", "555 2000")), by(MANAGER))
    mine = by(REP, at=NOW + timedelta(minutes=5))
    outcome = office.do(edit(phone=("555 1000", "555 3000"), territory=(None, "North")), mine)
    assert (office.shop.phone, office.shop.territory) == ("555 2000", "North")
    assert not outcome.amended
    assert outcome.result["conflicts"] == [
        {
            "field": "phone",
            "base": "555 1000",
            "mine": "555 3000",
            "theirs": "555 2000",
            "by": MANAGER,
            "at": format_instant(NOW),
            "conflict_id": mine.child_id("conflict-phone"),
        }
    ]


def test_a_conflict_keeps_all_three_values_with_the_record() -> None:
    office = Office()
    office.do(edit(phone=("555 1000", "555 2000")), by(MANAGER))
    office.do(edit(phone=("555 1000", "555 3000")), by(REP))
    [conflict] = office.find(Conflict)
    assert [json.loads(text) for text in (conflict.base, conflict.mine, conflict.theirs)] == [
        "555 1000",
        "555 3000",
        "555 2000",
    ]
    assert (conflict.mine_by, conflict.theirs_by, conflict.theirs_at) == (REP, MANAGER, NOW)
    assert conflict.status == "open"
    assert conflict.scope == account_scope(SHOP)


def test_a_value_without_history_has_nobody_behind_it() -> None:
    office = Office()
    outcome = office.do(edit(phone=("never seen", "555 3000")), by(REP))
    [told] = outcome.result["conflicts"]
    assert (told["by"], told["at"]) == (None, None)


def test_the_last_of_two_changes_to_one_value_counts_by_version_not_by_clock() -> None:
    office = Office()
    office.do(edit(phone=("555 1000", "555 2000")), by(MANAGER, version=11, at=NOW + timedelta(days=300)))
    office.do(edit(phone=("555 2000", "555 1000")), by(MANAGER, version=12))
    office.do(edit(phone=("555 1000", "555 2000")), by(ADMIN, version=13))
    outcome = office.do(edit(phone=("stale", "555 3000")), by(REP, version=14))
    assert outcome.result["conflicts"][0]["by"] == ADMIN


def test_a_change_not_yet_sent_counts_as_the_latest() -> None:
    office = Office()
    office.do(edit(phone=("555 1000", "555 2000")), by(MANAGER, version=11))
    office.do(edit(phone=("555 2000", "555 1000")), by(MANAGER, version=12))
    office.do(edit(phone=("555 1000", "555 2000")), by(ADMIN, version=0, authority=False))
    outcome = office.do(edit(phone=("stale", "555 3000")), by(REP, version=0, authority=False))
    assert outcome.result["conflicts"][0]["by"] == ADMIN


def test_one_unknown_field_refuses_the_whole_edit() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(edit(phone=("555 1000", "1"), on_hold=(False, True)), by(MANAGER))
    assert (refusal.value.code, refusal.value.field) == ("field_unknown", "on_hold")
    assert office.written == []


def test_one_invalid_value_refuses_the_whole_edit() -> None:
    office = Office()
    with pytest.raises(Rejected) as refusal:
        office.do(edit(phone=("555 1000", "1"), email=(None, "no address")), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", "email")
    assert office.written == []


def test_dates_travel_as_text_and_flags_are_no_numbers() -> None:
    office = Office()
    office.do(edit(do_not_contact_until=(None, "2026-12-24")), by(REP))
    office.do(edit(do_not_contact_until=("2026-12-24", None), requires_po=(False, True)), by(REP))
    assert (office.shop.do_not_contact_until, office.shop.requires_po) == (None, True)
    outcome = office.do(edit(requires_po=(1, False)), by(REP))
    assert [told["field"] for told in outcome.result["conflicts"]] == ["requires_po"]


def test_only_plain_values_travel() -> None:
    assert plain(("mon", "thu")) == "mon,thu"
    assert plain(NOW) == "2026-11-23T15:30:00.000Z"
    with pytest.raises(TypeError):
        plain({})


def test_a_kind_is_declared_editable_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        editable(Account, fields={}, may_edit=lambda _records, _context, _record: None)


def in_conflict() -> tuple[Office, str]:
    office = Office()
    office.do(edit(phone=("555 1000", "555 2000")), by(MANAGER))
    outcome = office.do(edit(phone=("555 1000", "555 3000")), by(REP))
    return office, outcome.result["conflicts"][0]["conflict_id"]


@pytest.mark.parametrize("value", ["555 2000", "555 3000", "555 4000", None])
def test_settling_sets_the_chosen_value(value: str | None) -> None:
    office, conflict_id = in_conflict()
    office.do(ResolveConflict(conflict_id=conflict_id, value=value), by(REP))
    conflict = office.need(Conflict, conflict_id)
    assert office.shop.phone == value
    assert (conflict.status, conflict.settled_by, conflict.settled_at) == ("settled", REP, NOW)
    assert json.loads(conflict.settled_value or "") == value
    assert office.count(FieldChange) == (1 if value == "555 2000" else 2)


def test_a_settled_conflict_is_not_settled_again() -> None:
    office, conflict_id = in_conflict()
    office.do(ResolveConflict(conflict_id=conflict_id, value="555 3000"), by(REP))
    with pytest.raises(Rejected) as refusal:
        office.do(ResolveConflict(conflict_id=conflict_id, value="555 2000"), by(MANAGER))
    assert refusal.value.code == "conflict_settled"
    assert office.shop.phone == "555 3000"


def test_the_chosen_value_is_checked_like_any_other() -> None:
    office, conflict_id = in_conflict()
    with pytest.raises(Rejected) as refusal:
        office.do(ResolveConflict(conflict_id=conflict_id, value="5" * 51), by(REP))
    assert (refusal.value.code, refusal.value.field) == ("field_invalid", "value")


def test_the_chosen_value_obeys_rules_between_records_too() -> None:
    office = Office(Account(id=an_id("other shop"), name="Other", account_number="7", opened_at=NOW))
    outcome = office.do(edit(account_number=("stale", "8")), by(REP))
    conflict_id = outcome.result["conflicts"][0]["conflict_id"]
    with pytest.raises(Rejected) as refusal:
        office.do(ResolveConflict(conflict_id=conflict_id, value="7"), by(REP))
    assert refusal.value.code == "account_number_taken"


def test_a_stranger_learns_nothing_about_conflicts() -> None:
    office, conflict_id = in_conflict()
    refusals = []
    for asked in (conflict_id, an_id("no conflict")):
        with pytest.raises(Rejected) as refusal:
            office.do(ResolveConflict(conflict_id=asked, value="1"), by(OTHER_REP))
        refusals.append((refusal.value.code, refusal.value.sentence, refusal.value.detail))
    assert refusals[0] == refusals[1]
    assert refusals[0][0] == "not_yours_or_gone"


def test_a_manager_is_told_that_there_is_no_such_conflict() -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(ResolveConflict(conflict_id=an_id("no conflict"), value="1"), by(MANAGER))
    assert refusal.value.code == "not_found"


def test_a_conflict_beyond_the_laptop_is_not_called_gone() -> None:
    class Laptop(Office):
        def get(self, kind: type[Any], id: str) -> Any:
            return super().get(kind, id) or Absence.UNKNOWN

        def need(self, kind: type[Any], id: str) -> Any:
            found = self.get(kind, id)
            if found is Absence.UNKNOWN:
                raise Rejected("not_on_this_laptop", what=kind.TABLE)
            return found

    with pytest.raises(Rejected) as refusal:
        Laptop().do(ResolveConflict(conflict_id=an_id("elsewhere"), value="1"), by(REP, authority=False))
    assert refusal.value.code == "not_on_this_laptop"


def test_removing_the_record_settles_its_conflicts() -> None:
    contact = Contact(id=an_id("contact"), account_id=SHOP, name="Kim")
    office = Office(contact)
    fields = {"name": FieldEdit("Kym", "Kimberly")}
    office.do(EditContact(account_id=SHOP, contact_id=contact.id, fields=fields), by(REP))
    office.do(RemoveContact(account_id=SHOP, contact_id=contact.id), by(REP))
    [conflict] = office.find(Conflict)
    assert (conflict.status, conflict.settled_value) == ("settled", None)


VALUES = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(st.tuples(st.sampled_from([REP, MANAGER]), VALUES, VALUES), max_size=12))
def test_whatever_the_order_no_value_is_overwritten_unseen_and_none_is_lost(edits: list[tuple[str, str, str]]) -> None:
    office = Office()
    office.change(office.shop, phone="a")
    for user_id, was, now in edits:
        before = office.shop.phone
        open_before = office.count(Conflict)
        office.do(edit(phone=(was, now)), by(user_id))
        if office.shop.phone != before:
            assert before == was
            assert office.shop.phone == now
        else:
            kept = office.count(Conflict) == open_before + 1
            assert kept or before == now
    history = office.find(FieldChange)
    assert all(json.loads(change.old) != json.loads(change.new) for change in history)
