import uuid
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.catalogue.records import Sku
from leora_core.domain.command import Actor, Command, Context, Rejected, execute, rep_scope
from leora_core.domain.identity import User
from leora_core.domain.samples.ledger import (
    BreakSamples,
    CountSamples,
    ReceiveSamples,
    ReturnSamples,
    TransferSamples,
    balance,
)
from leora_core.domain.samples.records import SampleMovement
from tests.fakes import InMemoryRecords


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


ANA, BO, GONE, SKU = uid(1), uid(2), uid(3), uid(30)


def context(user_id: str = ANA, role: str = "rep", at: datetime = datetime(2026, 11, 22, 10, tzinfo=UTC)) -> Context:
    return Context(
        command_id=str(uuid.uuid4()),
        actor=Actor(user_id=user_id, roles=frozenset({role})),
        at=at,
        zone=ZoneInfo("America/New_York"),
    )


@pytest.fixture
def records() -> InMemoryRecords:
    return InMemoryRecords(
        Sku(id=SKU, product_id=uid(20), code="CHI-750", active=False),
        User(id=ANA, name="Ana", email="a@example.com", roles=("rep",)),
        User(id=BO, name="Bo", email="b@example.com", roles=("rep",)),
        User(id=GONE, name="Cy", email="c@example.com", roles=("rep",), active=False),
    )


def entry(kind: type[Command], n: int, **fields: Any) -> Command:
    return kind(**{"movement_id": uid(n), "sku_id": SKU, **fields})


def refused(command: Command, records: InMemoryRecords, where: Context | None = None) -> Rejected:
    before = dict(records.rows)
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where or context())
    assert records.rows == before
    return refusal.value


def test_bottles_come_and_go_by_the_ledger(records: InMemoryRecords) -> None:
    steps = [
        (entry(ReceiveSamples, 100, quantity=12, reason="Kick-off"), 12),
        (entry(BreakSamples, 101, quantity=1), 11),
        (entry(ReturnSamples, 102, quantity=3), 8),
    ]
    for command, left in steps:
        assert execute(command, records, context()).result == {"balance": left, "short": 0}
    lines = records.find(SampleMovement)
    assert [(line.kind, line.quantity, line.reason) for line in lines] == [
        ("receive", 12, "Kick-off"),
        ("break", -1, None),
        ("return", -3, None),
    ]
    assert {line.scope for line in lines} == {rep_scope(ANA)}
    assert balance(records, ANA, SKU) == 8


def test_a_bottle_nobody_booked_leaves_the_stock_short(records: InMemoryRecords) -> None:
    assert execute(entry(BreakSamples, 100, quantity=2), records, context()).result == {"balance": -2, "short": 2}


def test_the_month_is_the_tenants_and_not_that_of_utc(records: InMemoryRecords) -> None:
    late = datetime(2026, 12, 1, 3, tzinfo=UTC)
    execute(entry(ReceiveSamples, 100, quantity=1), records, context(at=late))
    assert records.need(SampleMovement, uid(100)).month == "2026-11"


@pytest.mark.parametrize(("counted", "variance"), [(0, -10), (10, 0), (14, 4)])
def test_a_count_writes_the_difference(records: InMemoryRecords, counted: int, variance: int) -> None:
    execute(entry(ReceiveSamples, 100, quantity=10), records, context())
    outcome = execute(entry(CountSamples, 101, counted=counted), records, context())
    assert outcome.result == {"balance": counted, "short": 0, "variance": variance}
    line = records.need(SampleMovement, uid(101))
    assert (line.kind, line.quantity) == ("count", variance)
    assert balance(records, ANA, SKU) == counted


def test_a_count_settles_a_short_stock(records: InMemoryRecords) -> None:
    execute(entry(BreakSamples, 100, quantity=2), records, context())
    execute(entry(CountSamples, 101, counted=0), records, context())
    assert balance(records, ANA, SKU) == 0


def test_a_transfer_is_two_lines_in_two_scopes(records: InMemoryRecords) -> None:
    execute(entry(ReceiveSamples, 100, quantity=10), records, context())
    where = context()
    outcome = execute(entry(TransferSamples, 101, quantity=4, to_rep_id=BO, reason="Event"), records, where)
    assert outcome.result == {"balance": 6, "short": 0}
    out = records.need(SampleMovement, uid(101))
    into = records.need(SampleMovement, where.child_id("transfer-in"))
    assert (out.scope, out.kind, out.quantity, out.other_rep_id) == (rep_scope(ANA), "transfer_out", -4, BO)
    assert (into.scope, into.kind, into.quantity, into.other_rep_id) == (rep_scope(BO), "transfer_in", 4, ANA)
    assert (into.reason, into.month, into.moved_at) == ("Event", out.month, out.moved_at)
    assert (balance(records, ANA, SKU), balance(records, BO, SKU)) == (6, 4)


def test_a_transfer_goes_to_another_rep_who_works_here(records: InMemoryRecords) -> None:
    assert refused(entry(TransferSamples, 100, quantity=1, to_rep_id=ANA), records).code == "transfer_to_self"
    assert refused(entry(TransferSamples, 100, quantity=1, to_rep_id=GONE), records).code == "rep_inactive"
    assert refused(entry(TransferSamples, 100, quantity=1, to_rep_id=uid(99)), records).code == "not_found"


EVERY_COMMAND = [
    (ReceiveSamples, {"quantity": 1}),
    (ReturnSamples, {"quantity": 1}),
    (BreakSamples, {"quantity": 1}),
    (CountSamples, {"counted": 1}),
    (TransferSamples, {"quantity": 1, "to_rep_id": BO}),
]


@pytest.mark.parametrize(("kind", "fields"), EVERY_COMMAND)
def test_a_rep_moves_only_his_own_stock(kind: type[Command], fields: dict[str, Any], records: InMemoryRecords) -> None:
    assert refused(entry(kind, 100, rep_id=GONE, **fields), records).code == "not_allowed"
    execute(entry(kind, 100, rep_id=ANA, **fields), records, context())


@pytest.mark.parametrize(("kind", "fields"), EVERY_COMMAND)
def test_a_manager_moves_anyones_stock(kind: type[Command], fields: dict[str, Any], records: InMemoryRecords) -> None:
    execute(entry(kind, 100, rep_id=ANA, **fields), records, context(uid(9), "manager"))
    assert records.need(SampleMovement, uid(100)).rep_id == ANA
    assert refused(entry(kind, 101, rep_id=uid(99), **fields), records, context(uid(9), "admin")).code == "not_found"


@pytest.mark.parametrize(("kind", "fields"), EVERY_COMMAND)
def test_a_warehouse_has_no_sample_stock(kind: type[Command], fields: dict[str, Any], records: InMemoryRecords) -> None:
    assert refused(entry(kind, 100, **fields), records, context(uid(9), "warehouse")).code == "not_allowed"


@pytest.mark.parametrize(("kind", "fields"), EVERY_COMMAND)
def test_a_line_needs_a_known_sku_and_an_id_of_its_own(
    kind: type[Command], fields: dict[str, Any], records: InMemoryRecords
) -> None:
    assert refused(entry(kind, 100, **{**fields, "sku_id": uid(99)}), records).code == "not_found"
    execute(entry(ReceiveSamples, 100, quantity=5), records, context())
    assert refused(entry(kind, 100, **fields), records).code == "id_conflict"
