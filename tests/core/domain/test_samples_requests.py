import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.command import Actor, Command, Context, Rejected, execute, rep_scope
from leora_core.domain.samples.allowance import allowance_of
from leora_core.domain.samples.records import AllowanceRequest
from leora_core.domain.samples.requests import AskAllowance, DecideAllowance
from tests.fakes import InMemoryRecords


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


ANA, MANAGER, OTHER_MANAGER, REQUEST = uid(1), uid(8), uid(9), uid(50)


def context(user_id: str = ANA, role: str = "rep") -> Context:
    return Context(
        command_id=str(uuid.uuid4()),
        actor=Actor(user_id=user_id, roles=frozenset({role})),
        at=datetime(2026, 12, 1, 3, tzinfo=UTC),
        zone=ZoneInfo("America/New_York"),
    )


def ask(**other: Any) -> AskAllowance:
    return AskAllowance(**{"request_id": REQUEST, "quantity": 20, "purpose": "Trade show", **other})


def decide(approve: bool, **other: Any) -> DecideAllowance:
    return DecideAllowance(**{"request_id": REQUEST, "approve": approve, **other})


def refused(command: Command, records: InMemoryRecords, where: Context) -> Rejected:
    before = dict(records.rows)
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where)
    assert records.rows == before
    return refusal.value


@pytest.fixture
def records() -> InMemoryRecords:
    """With one open request of Ana's."""
    records = InMemoryRecords()
    execute(ask(), records, context())
    return records


def test_a_request_is_for_the_tenants_present_month_unless_named(records: InMemoryRecords) -> None:
    execute(ask(request_id=uid(51), month="2026-12"), records, context())
    request = records.need(AllowanceRequest, REQUEST)
    assert (request.month, request.status, request.granted, request.scope) == ("2026-11", "open", 0, rep_scope(ANA))
    assert records.need(AllowanceRequest, uid(51)).month == "2026-12"


def test_a_month_that_is_over_cannot_be_asked_for() -> None:
    assert refused(ask(month="2026-10"), InMemoryRecords(), context()).code == "month_over"


def test_a_request_says_what_for() -> None:
    assert refused(ask(purpose="  "), InMemoryRecords(), context()).field == "purpose"


def test_warehouses_do_not_ask() -> None:
    assert refused(ask(), InMemoryRecords(), context(uid(7), "warehouse")).code == "not_allowed"


def test_an_open_request_gives_nothing(records: InMemoryRecords) -> None:
    assert allowance_of(records, ANA, "2026-11").allowance == 60


@pytest.mark.parametrize(("granted", "given"), [(None, 20), (5, 5), (30, 30)])
def test_an_approved_request_widens_the_month(records: InMemoryRecords, granted: int | None, given: int) -> None:
    outcome = execute(decide(True, granted=granted, answer="Fine"), records, context(MANAGER, "manager"))
    assert outcome.result == {"granted": given}
    request = records.need(AllowanceRequest, REQUEST)
    assert (request.status, request.granted, request.decided_by, request.answer) == (
        "approved",
        given,
        MANAGER,
        "Fine",
    )
    assert request.decided_at is not None
    assert allowance_of(records, ANA, "2026-11").allowance == 60 + given
    assert allowance_of(records, ANA, "2026-12").allowance == 60


def test_a_refused_request_gives_nothing(records: InMemoryRecords) -> None:
    assert execute(decide(False), records, context(MANAGER, "admin")).result == {"granted": 0}
    assert records.need(AllowanceRequest, REQUEST).status == "rejected"
    assert allowance_of(records, ANA, "2026-11").allowance == 60


def test_a_refusal_cannot_grant(records: InMemoryRecords) -> None:
    assert refused(decide(False, granted=5), records, context(MANAGER, "manager")).field == "granted"


def test_a_request_is_decided_once(records: InMemoryRecords) -> None:
    execute(decide(False), records, context(MANAGER, "manager"))
    refusal = refused(decide(True), records, context(OTHER_MANAGER, "manager"))
    assert refusal.code == "request_decided"
    assert "rejected" in refusal.sentence


@pytest.mark.parametrize("role", ["rep", "warehouse"])
def test_only_managers_decide_and_strangers_learn_nothing(records: InMemoryRecords, role: str) -> None:
    assert refused(decide(True), records, context(uid(2), role)).code == "not_allowed"
    assert refused(decide(True, request_id=uid(99)), records, context(uid(2), role)).code == "not_allowed"
    assert refused(decide(True, request_id=uid(99)), records, context(MANAGER, "manager")).code == "not_found"


def test_nobody_decides_his_own_request() -> None:
    records = InMemoryRecords()
    execute(ask(), records, context(MANAGER, "manager"))
    assert refused(decide(True), records, context(MANAGER, "manager")).code == "own_request"
    execute(decide(True), records, context(OTHER_MANAGER, "manager"))
    assert allowance_of(records, MANAGER, "2026-11").allowance == 80
