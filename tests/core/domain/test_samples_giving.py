import uuid
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Product, Sku
from leora_core.domain.command import Actor, Context, Rejected, account_scope, execute, rep_scope
from leora_core.domain.grants import Grant
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.samples.gifts import GiveSample, RecordSampleFeedback
from leora_core.domain.samples.giving import give
from leora_core.domain.samples.ledger import ReceiveSamples, balance
from leora_core.domain.samples.records import AllowanceRequest, SampleGiven, SampleMovement
from leora_core.domain.tasks import Task
from tests.fakes import InMemoryRecords

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


ANA, BO, MANAGER, ACCOUNT, SKU, OLD_SKU = uid(1), uid(2), uid(8), uid(5), uid(30), uid(31)


def context(user_id: str = ANA, role: str = "rep", at: datetime = AT) -> Context:
    return Context(
        command_id=str(uuid.uuid4()),
        actor=Actor(user_id=user_id, roles=frozenset({role})),
        at=at,
        zone=ZoneInfo("America/New_York"),
    )


@pytest.fixture
def records() -> InMemoryRecords:
    """Ana has the account; the tenant's allowance is 60."""
    return InMemoryRecords(
        TenantSettings(id=SETTINGS_ID, name="Bevco", timezone="America/New_York"),
        User(id=ANA, name="Ana", email="a@example.com", roles=("rep",)),
        User(id=BO, name="Bo", email="b@example.com", roles=("rep",)),
        Account(id=ACCOUNT, name="Corner Wine Shop", opened_at=AT),
        Grant(id=uid(90), user_id=ANA, held=account_scope(ACCOUNT), why="assigned", granted_at=AT),
        Product(id=uid(20), name="Chianti"),
        Sku(id=SKU, product_id=uid(20), code="CHI-750", size="750 ml"),
        Sku(id=OLD_SKU, product_id=uid(20), code="CHI-375", active=False),
    )


def sample(n: int, quantity: int = 1, **other: Any) -> GiveSample:
    return GiveSample(**{"movement_id": uid(n), "account_id": ACCOUNT, "sku_id": SKU, "quantity": quantity, **other})


def refused(command: Any, records: InMemoryRecords, where: Context | None = None) -> Rejected:
    before = dict(records.rows)
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where or context())
    assert records.rows == before
    return refusal.value


def test_a_sample_leaves_the_stock_and_is_told_at_the_account(records: InMemoryRecords) -> None:
    execute(ReceiveSamples(movement_id=uid(99), sku_id=SKU, quantity=6), records, context())
    outcome = execute(sample(100, 2, feedback="Fresh"), records, context())
    assert outcome.result == {"used": 2, "allowance": 60, "warning": False, "short": 0}
    movement = records.need(SampleMovement, uid(100))
    assert (movement.kind, movement.quantity, movement.month, movement.account_id, movement.scope) == (
        "give",
        -2,
        "2026-11",
        ACCOUNT,
        rep_scope(ANA),
    )
    assert records.need(SampleGiven, uid(100)) == SampleGiven(
        id=uid(100), account_id=ACCOUNT, rep_id=ANA, sku_id=SKU, quantity=2, given_at=AT, feedback="Fresh"
    )
    assert balance(records, ANA, SKU) == 4
    assert records.count(Task) == 0


def test_a_follow_up_is_due_a_week_after_the_local_day(records: InMemoryRecords) -> None:
    where = context(at=datetime(2026, 12, 1, 3, tzinfo=UTC))
    execute(sample(100, follow_up=True), records, where)
    (task,) = records.find(Task)
    assert task.id == where.child_id("task-sample")
    assert (task.due_on, task.assignee_id, task.account_id) == (date(2026, 12, 7), ANA, ACCOUNT)
    assert (task.title, task.source) == ("Follow up on the sample of Chianti 750 ml", f"sample:{uid(100)}")
    assert records.need(SampleGiven, uid(100)).follow_up_task_id == task.id


def test_a_long_product_name_still_makes_a_title(records: InMemoryRecords) -> None:
    records.change(records.need(Product, uid(20)), name="x" * 200)
    execute(sample(100, follow_up=True), records, context())
    assert len(records.find(Task)[0].title) == 200


def test_several_samples_of_one_command_stay_apart(records: InMemoryRecords) -> None:
    where = context()
    visited = datetime(2026, 10, 31, 20, tzinfo=UTC)
    for n in (0, 1):
        result = give(
            records,
            where,
            movement_id=where.child_id(f"movement-{n}"),
            account_id=ACCOUNT,
            sku_id=SKU,
            quantity=3,
            activity_id=uid(70),
            follow_up=True,
            name=f"sample-{n}",
            given_at=visited,
        )
        assert result["used"] == 3 * (n + 1)
    assert {task.due_on for task in records.find(Task)} == {date(2026, 11, 7)}
    assert records.count(Task) == 2
    assert {(m.month, m.moved_at, m.activity_id) for m in records.find(SampleMovement)} == {
        ("2026-10", visited, uid(70))
    }
    assert {(g.given_at, g.activity_id) for g in records.find(SampleGiven)} == {(visited, uid(70))}


def test_a_bottle_the_office_forgot_leaves_the_stock_short(records: InMemoryRecords) -> None:
    execute(ReceiveSamples(movement_id=uid(99), sku_id=SKU, quantity=1), records, context())
    assert execute(sample(100, 3), records, context()).result["short"] == 2
    assert balance(records, ANA, SKU) == -2


@pytest.mark.parametrize("quantity", [-1, 0, 101, 10**9])
def test_a_sample_is_one_to_a_hundred_bottles(records: InMemoryRecords, quantity: int) -> None:
    refusal = refused(sample(100, quantity), records)
    assert (refusal.code, refusal.field) == ("quantity_out_of_range", "quantity")
    assert str(quantity) in refusal.sentence


def test_the_warning_comes_above_four_fifths_and_the_refusal_above_all(records: InMemoryRecords) -> None:
    assert execute(sample(100, 48), records, context()).result["warning"] is False
    assert execute(sample(101, 1), records, context()).result == {
        "used": 49,
        "allowance": 60,
        "warning": True,
        "short": 49,
    }
    assert execute(sample(102, 11), records, context()).result["used"] == 60
    refusal = refused(sample(103, 1), records)
    assert (refusal.code, refusal.field) == ("allowance_exceeded", "quantity")
    assert refusal.detail == {"used": 60, "allowance": 60, "asked": 1, "month": "2026-11"}
    assert "Ask a manager" in refusal.sentence


def test_a_new_month_begins_at_nothing(records: InMemoryRecords) -> None:
    execute(sample(100, 60), records, context())
    december = context(at=datetime(2026, 12, 1, 12, tzinfo=UTC))
    assert execute(sample(101, 60), records, december).result["used"] == 60


def test_the_months_end_is_the_tenants(records: InMemoryRecords) -> None:
    execute(sample(100, 60), records, context())
    still_november = context(at=datetime(2026, 12, 1, 4, 59, tzinfo=UTC))
    assert refused(sample(101, 1), records, still_november).code == "allowance_exceeded"


def test_an_approved_request_makes_room(records: InMemoryRecords) -> None:
    execute(sample(100, 60), records, context())
    records.add(
        AllowanceRequest(
            id=uid(50),
            rep_id=ANA,
            month="2026-11",
            quantity=10,
            purpose="Tasting",
            status="approved",
            granted=10,
            asked_at=AT,
        )
    )
    result = execute(sample(101, 10), records, context()).result
    assert (result["used"], result["allowance"]) == (70, 70)
    assert refused(sample(102, 1), records).code == "allowance_exceeded"


def test_a_rep_with_an_allowance_of_his_own_has_that(records: InMemoryRecords) -> None:
    records.change(records.need(User, ANA), sample_allowance=5)
    assert execute(sample(100, 5), records, context()).result["allowance"] == 5
    assert refused(sample(101, 1), records).code == "allowance_exceeded"


def test_the_sku_is_known_and_sold(records: InMemoryRecords) -> None:
    assert refused(sample(100, sku_id=uid(98)), records).code == "not_found"
    refusal = refused(sample(100, sku_id=OLD_SKU), records)
    assert (refusal.code, refusal.field) == ("sku_inactive", "sku_id")
    assert "CHI-375" in refusal.sentence


def test_a_sample_goes_out_once(records: InMemoryRecords) -> None:
    execute(sample(100), records, context())
    assert refused(sample(100), records).code == "id_conflict"


def test_a_stranger_gives_nothing_and_learns_nothing(records: InMemoryRecords) -> None:
    assert refused(sample(100), records, context(BO)).code == "not_your_account"
    assert refused(sample(100, account_id=uid(98)), records, context(BO)).code == "not_your_account"
    assert refused(sample(100), records, context(uid(7), "warehouse")).code == "not_allowed"


def test_a_rep_who_lost_the_account_is_told_so(records: InMemoryRecords) -> None:
    records.change(records.need(Grant, uid(90)), to_version=5, revoked_at=AT)
    assert refused(sample(100), records).code == "scope_lost"


def test_a_manager_gives_from_his_own_stock_and_allowance(records: InMemoryRecords) -> None:
    execute(sample(100, 60), records, context())
    assert execute(sample(101, 3), records, context(MANAGER, "manager")).result["used"] == 3
    assert records.need(SampleMovement, uid(101)).rep_id == MANAGER
    assert refused(sample(102, account_id=uid(98)), records, context(MANAGER, "admin")).code == "not_found"


def test_feedback_is_set_and_added_to(records: InMemoryRecords) -> None:
    execute(sample(100), records, context())
    said = [RecordSampleFeedback(given_id=uid(100), feedback=text) for text in (" Too dry ", "Wants six", "Too dry")]
    for command in said:
        execute(command, records, context())
    assert records.need(SampleGiven, uid(100)).feedback == "Too dry\n\nWants six"


def test_feedback_has_words(records: InMemoryRecords) -> None:
    execute(sample(100), records, context())
    assert refused(RecordSampleFeedback(given_id=uid(100), feedback="  "), records).field == "feedback"


def test_feedback_is_for_whoever_works_the_account(records: InMemoryRecords) -> None:
    execute(sample(100), records, context(MANAGER, "manager"))
    hidden = RecordSampleFeedback(given_id=uid(100), feedback="Nice")
    missing = RecordSampleFeedback(given_id=uid(98), feedback="Nice")
    assert refused(hidden, records, context(BO)).code == refused(missing, records, context(BO)).code
    execute(hidden, records, context(ANA))
    assert records.need(SampleGiven, uid(100)).feedback == "Nice"
