from datetime import timedelta

import pytest

from leora_core.domain.accounts.holding import CloseAccount, HoldAccount, ReleaseAccount, ReopenAccount
from leora_core.domain.command import Command, Rejected
from tests.core.domain.cast import MANAGER, NOW, REP, SHOP, Office, by


def test_a_hold_is_put_on_and_taken_off() -> None:
    office = Office()
    office.do(HoldAccount(account_id=SHOP, reason=" Unpaid "), by(MANAGER))
    assert (office.shop.on_hold, office.shop.hold_reason) == (True, "Unpaid")
    office.do(ReleaseAccount(account_id=SHOP), by(MANAGER))
    assert (office.shop.on_hold, office.shop.hold_reason) == (False, None)


def test_a_second_hold_changes_only_a_reason_that_is_given() -> None:
    office = Office()
    office.do(HoldAccount(account_id=SHOP, reason="Unpaid"), by(MANAGER))
    office.do(HoldAccount(account_id=SHOP), by(MANAGER))
    assert (office.shop.hold_reason, len(office.written)) == ("Unpaid", 1)
    office.do(HoldAccount(account_id=SHOP, reason="Licence ended"), by(MANAGER))
    assert office.shop.hold_reason == "Licence ended"


def test_an_account_is_closed_and_reopened() -> None:
    office = Office()
    office.do(CloseAccount(account_id=SHOP, reason="Sold"), by(MANAGER))
    office.do(CloseAccount(account_id=SHOP, reason="Again"), by(MANAGER, at=NOW + timedelta(days=1)))
    assert (office.shop.closed_at, office.shop.closed_reason) == (NOW, "Sold")
    office.do(ReopenAccount(account_id=SHOP), by(MANAGER))
    assert (office.shop.closed_at, office.shop.closed_reason) == (None, None)


@pytest.mark.parametrize("command", [ReleaseAccount(account_id=SHOP), ReopenAccount(account_id=SHOP)])
def test_undoing_what_was_not_done_writes_nothing(command: Command) -> None:
    office = Office()
    office.do(command, by(MANAGER))
    assert office.written == []


@pytest.mark.parametrize("kind", [HoldAccount, ReleaseAccount, CloseAccount, ReopenAccount])
def test_only_managers_hold_and_close(kind: type[Command]) -> None:
    with pytest.raises(Rejected) as refusal:
        Office().do(kind(account_id=SHOP), by(REP))  # type: ignore[call-arg]
    assert refusal.value.code == "not_allowed"
