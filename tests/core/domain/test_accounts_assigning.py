from datetime import timedelta

import pytest

from leora_core.domain.accounts.assigning import AssignAccount
from leora_core.domain.accounts.editing import EditAccount
from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Rejected, account_scope
from leora_core.domain.edits import FieldEdit
from leora_core.domain.grants import GRACE, Grant, owners_of
from leora_core.domain.identity import DisableUser
from tests.core.domain.cast import ADMIN, MANAGER, NOW, OTHER_REP, PICKER, REP, SHOP, Office, an_id, by


def assign(rep_id: str, account_id: str = SHOP) -> AssignAccount:
    return AssignAccount(account_id=account_id, rep_id=rep_id)


def test_assigning_ends_one_grant_makes_one_and_writes_nothing_else() -> None:
    office = Office()
    office.do(assign(OTHER_REP), by(MANAGER, version=20, received_at=NOW))
    ended, made = office.written
    assert isinstance(ended, Grant)
    assert isinstance(made, Grant)
    assert (ended.user_id, ended.to_version, ended.revoked_at) == (REP, 20, NOW)
    assert (made.user_id, made.from_version, made.to_version, made.why) == (OTHER_REP, 20, None, "assigned")
    assert made.held == account_scope(SHOP)
    assert owners_of(office, SHOP) == [OTHER_REP]


def test_assigning_to_the_rep_who_has_it_writes_nothing() -> None:
    office = Office()
    office.do(assign(REP), by(MANAGER))
    assert office.written == []


def test_an_account_of_the_house_gets_its_first_rep() -> None:
    office = Office(Account(id=an_id("house"), name="House", opened_at=NOW))
    office.do(assign(REP, an_id("house")), by(ADMIN))
    assert len(office.written) == 1
    assert owners_of(office, an_id("house")) == [REP]


def test_an_account_can_come_back_to_a_rep() -> None:
    office = Office()
    office.do(assign(OTHER_REP), by(MANAGER))
    office.do(assign(REP), by(MANAGER))
    assert owners_of(office, SHOP) == [REP]
    assert office.count(Grant, held=account_scope(SHOP)) == 3


@pytest.mark.parametrize("user_id", [REP, OTHER_REP, PICKER])
@pytest.mark.parametrize("account_id", [SHOP, an_id("no account")])
def test_only_managers_assign(user_id: str, account_id: str) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(assign(user_id, account_id), by(user_id))
    assert refusal.value.code == "not_allowed"


def test_only_an_active_rep_is_given_an_account() -> None:
    office = Office()
    office.do(DisableUser(user_id=OTHER_REP), by(ADMIN))
    for rep_id in (MANAGER, OTHER_REP):
        with pytest.raises(Rejected) as refusal:
            office.do(assign(rep_id), by(MANAGER))
        assert (refusal.value.code, refusal.value.field) == ("not_a_rep", "rep_id")
    assert owners_of(office, SHOP) == [REP]


def test_the_rep_who_lost_the_account_is_refused_unless_they_could_not_know() -> None:
    office = Office()
    office.do(assign(OTHER_REP), by(MANAGER, version=20, received_at=NOW))
    command = EditAccount(account_id=SHOP, fields={"phone": FieldEdit("555 1000", "1")})
    with pytest.raises(Rejected) as refusal:
        office.do(command, by(REP, base_version=20, received_at=NOW))
    assert refusal.value.code == "scope_lost"
    with pytest.raises(Rejected):
        office.do(command, by(REP, base_version=19, received_at=NOW + GRACE + timedelta(seconds=1)))
    office.do(command, by(REP, base_version=19, received_at=NOW + GRACE))
    assert office.shop.phone == "1"
