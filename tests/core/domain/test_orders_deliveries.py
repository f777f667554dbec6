import uuid
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.records import Sku
from leora_core.domain.command import Actor, Context, Rejected, account_scope, execute
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.orders.deliveries import DeliveredLine, RecordDeliveredOrder
from leora_core.domain.orders.records import Order, OrderLine
from tests.fakes import InMemoryRecords

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


ACCOUNT, SKU, ORDER = uid(5), uid(30), uid(70)


def context(role: str = "manager", *, authority: bool = True) -> Context:
    return Context(
        command_id=str(uuid.uuid4()),
        actor=Actor(user_id=uid(1), roles=frozenset({role})),
        at=AT,
        zone=ZoneInfo("America/New_York"),
        authority=authority,
    )


@pytest.fixture
def records() -> InMemoryRecords:
    return InMemoryRecords(
        Account(id=ACCOUNT, name="Corner Wine Shop", opened_at=AT),
        Sku(id=SKU, product_id=uid(20), code="CHI-750"),
        User(id=uid(2), name="Ana", email="ana@example.com", roles=("rep",)),
    )


def line(n: int, quantity: int, cents: int, **other: Any) -> DeliveredLine:
    return DeliveredLine(line_id=uid(n), **{"sku_id": SKU, "quantity": quantity, "unit_price_cents": cents, **other})


def delivered(**other: Any) -> RecordDeliveredOrder:
    fields: dict[str, Any] = {
        "order_id": ORDER,
        "account_id": ACCOUNT,
        "delivered_on": date(2026, 11, 20),
        "lines": (line(80, 12, 1000), line(81, 1, 5000, is_sample=True), line(82, -2, 1000)),
        **other,
    }
    return RecordDeliveredOrder(**fields)


def refused(command: RecordDeliveredOrder, records: InMemoryRecords, where: Context | None = None) -> Rejected:
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where or context())
    return refusal.value


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_a_delivered_order_is_recorded_with_its_total(records: InMemoryRecords, role: str) -> None:
    command = delivered(number="VA-26-00001", external_id="X1", rep_id=uid(2), ordered_on=date(2026, 11, 18))
    assert execute(command, records, context(role)).result == {"total_cents": 10_000}
    assert records.need(Order, ORDER) == Order(
        id=ORDER,
        account_id=ACCOUNT,
        number="VA-26-00001",
        external_id="X1",
        rep_id=uid(2),
        ordered_on=date(2026, 11, 18),
        delivered_on=date(2026, 11, 20),
        total_cents=10_000,
    )
    lines = records.find(OrderLine, order_id=ORDER)
    assert [(each.quantity, each.is_sample, each.scope) for each in lines] == [
        (12, False, account_scope(ACCOUNT)),
        (1, True, account_scope(ACCOUNT)),
        (-2, False, account_scope(ACCOUNT)),
    ]


@pytest.mark.parametrize("role", ["rep", "warehouse"])
def test_reps_and_warehouses_do_not_record_orders(records: InMemoryRecords, role: str) -> None:
    before = dict(records.rows)
    assert refused(delivered(account_id=uid(99)), records, context(role)).code == "not_allowed"
    assert records.rows == before


def test_the_tenants_currency_is_taken(records: InMemoryRecords) -> None:
    records.add(TenantSettings(id=SETTINGS_ID, name="Bevco", timezone="Europe/Berlin", currency="EUR"))
    execute(delivered(), records, context())
    assert records.need(Order, ORDER).currency == "EUR"


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"lines": ()}, "order_without_lines", "lines"),
        ({"lines": (line(80, 0, 1000),)}, "field_invalid", "quantity"),
        ({"lines": (line(80, 1, 1000, sku_id=uid(99)),)}, "not_found", None),
        ({"lines": (line(80, 1, 1), line(80, 2, 1))}, "id_conflict", None),
        ({"account_id": uid(99)}, "not_found", None),
        ({"rep_id": uid(99)}, "not_found", None),
        ({"delivered_on": date(2026, 11, 23)}, "field_invalid", "delivered_on"),
        ({"ordered_on": date(2026, 11, 21)}, "field_invalid", "ordered_on"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    records: InMemoryRecords, wrong: dict[str, Any], code: str, field: str | None
) -> None:
    refusal = refused(delivered(**wrong), records)
    assert (refusal.code, refusal.field) == (code, field)


@pytest.mark.parametrize("name", ["number", "external_id"])
def test_a_number_names_one_order_where_it_can_be_known(records: InMemoryRecords, name: str) -> None:
    execute(delivered(**{name: "1"}), records, context())
    again = delivered(order_id=uid(71), lines=(line(90, 1, 1),), **{name: "1"})
    refusal = refused(again, records)
    assert (refusal.code, refusal.field) == ("order_known", name)
    execute(again, records, context(authority=False))
    assert records.count(Order) == 2


def test_orders_without_numbers_do_not_clash(records: InMemoryRecords) -> None:
    execute(delivered(), records, context())
    execute(delivered(order_id=uid(71), lines=(line(90, 1, 1),)), records, context())
    assert records.count(Order, number=None) == 2
