import uuid
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.accounts.records import Account
from leora_core.domain.catalogue.price_lists import (
    AddPriceList,
    EditPriceList,
    RemoveContractPrice,
    RemovePrice,
    SetContractPrice,
    SetPrice,
    SetSkuCost,
)
from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem, Product, Sku, SkuCost
from leora_core.domain.command import OFFICE, Actor, Command, Context, Rejected, account_scope, execute
from leora_core.domain.edits import Conflict, FieldChange, FieldEdit
from tests.fakes import InMemoryRecords

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def uid(n: int) -> str:
    return str(uuid.UUID(int=n))


ACCOUNT, SKU, LIST = uid(5), uid(30), uid(40)


def context(role: str = "admin", *, authority: bool = True) -> Context:
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
        Product(id=uid(20), name="Chianti"),
        Sku(id=SKU, product_id=uid(20), code="CHI-750"),
        PriceList(id=LIST, name="Frontline"),
    )


def refused(command: Command, records: InMemoryRecords, where: Context | None = None) -> Rejected:
    with pytest.raises(Rejected) as refusal:
        execute(command, records, where or context())
    return refusal.value


def price(item_id: int, cents: int, **other: Any) -> SetPrice:
    return SetPrice(item_id=uid(item_id), price_list_id=LIST, sku_id=SKU, price_cents=cents, **other)


def agreed(price_id: int, cents: int, **other: Any) -> SetContractPrice:
    return SetContractPrice(price_id=uid(price_id), account_id=ACCOUNT, sku_id=SKU, price_cents=cents, **other)


EVERY_COMMAND: list[Command] = [
    AddPriceList(price_list_id=uid(41), name="New"),
    EditPriceList(price_list_id=uid(99), fields={}),
    price(50, 100),
    RemovePrice(item_id=uid(99)),
    agreed(60, 100),
    RemoveContractPrice(price_id=uid(99)),
    SetSkuCost(sku_id=uid(99), cost_cents=100),
]


@pytest.mark.parametrize("role", ["rep", "manager", "warehouse"])
@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: type(command).__name__)
def test_only_administrators_touch_prices(command: Command, role: str, records: InMemoryRecords) -> None:
    before = dict(records.rows)
    assert refused(command, records, context(role)).code == "not_allowed"
    assert records.rows == before


def test_a_price_list_is_added(records: InMemoryRecords) -> None:
    command = AddPriceList(
        price_list_id=uid(41),
        name=" Virginia ",
        rule="state",
        rule_value="VA",
        effective_on=date(2026, 1, 1),
        expires_on=date(2026, 12, 31),
    )
    execute(command, records, context())
    assert records.need(PriceList, uid(41)) == PriceList(
        id=uid(41),
        name="Virginia",
        rule="state",
        rule_value="VA",
        effective_on=date(2026, 1, 1),
        expires_on=date(2026, 12, 31),
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rule": "state"}, "rule_value"),
        ({"rule": "custom", "rule_value": " "}, "rule_value"),
        ({"effective_on": date(2026, 2, 1), "expires_on": date(2026, 1, 31)}, "expires_on"),
        ({"name": " "}, "name"),
    ],
)
def test_a_price_list_must_make_sense(records: InMemoryRecords, wrong: dict[str, Any], field: str) -> None:
    fields: dict[str, Any] = {"price_list_id": uid(41), "name": "New", **wrong}
    refusal = refused(AddPriceList(**fields), records)
    assert (refusal.code, refusal.field) == ("field_invalid", field)


def test_list_names_are_unique_where_it_can_be_known(records: InMemoryRecords) -> None:
    command = AddPriceList(price_list_id=uid(41), name="Frontline")
    assert refused(command, records).code == "price_list_name_taken"
    execute(command, records, context(authority=False))


def test_an_edited_list_must_still_make_sense(records: InMemoryRecords) -> None:
    to_state = {"rule": FieldEdit(was="global", now="state")}
    assert refused(EditPriceList(price_list_id=LIST, fields=to_state), records).field == "rule_value"
    both = {**to_state, "rule_value": FieldEdit(was=None, now="VA")}
    execute(EditPriceList(price_list_id=LIST, fields=both), records, context())
    assert records.need(PriceList, LIST).rule == "state"
    currency = {"currency": FieldEdit(was="USD", now="EUR")}
    assert refused(EditPriceList(price_list_id=LIST, fields=currency), records).code == "field_unknown"


def test_a_price_is_set_and_then_changed_in_its_row(records: InMemoryRecords) -> None:
    assert execute(price(50, 1999), records, context()).result == {"item_id": uid(50)}
    assert execute(price(51, 1899, max_quantity=11), records, context()).result == {"item_id": uid(50)}
    (item,) = records.find(PriceListItem)
    assert (item.id, item.price_cents, item.max_quantity) == (uid(50), 1899, 11)
    (change,) = records.find(FieldChange, field="price_cents")
    assert (change.old, change.new) == ("1999", "1899")


def test_each_quantity_step_has_a_row_of_its_own(records: InMemoryRecords) -> None:
    execute(price(50, 1999), records, context())
    execute(price(51, 1799, min_quantity=12), records, context())
    assert [(i.min_quantity, i.price_cents) for i in records.find(PriceListItem)] == [(1, 1999), (12, 1799)]


def test_a_price_somebody_changed_meanwhile_becomes_a_conflict(records: InMemoryRecords) -> None:
    execute(price(50, 1999), records, context())
    execute(price(50, 1899, was_cents=1999), records, context())
    outcome = execute(price(50, 1799, was_cents=1999), records, context())
    assert records.need(PriceListItem, uid(50)).price_cents == 1899
    (conflict,) = outcome.result["conflicts"]
    assert (conflict["base"], conflict["mine"], conflict["theirs"]) == (1999, 1799, 1899)


def test_a_price_names_known_rows_and_a_sound_step(records: InMemoryRecords) -> None:
    unknown_list = SetPrice(item_id=uid(50), price_list_id=uid(99), sku_id=SKU, price_cents=1)
    unknown_sku = SetPrice(item_id=uid(50), price_list_id=LIST, sku_id=uid(99), price_cents=1)
    assert refused(unknown_list, records).code == "not_found"
    assert refused(unknown_sku, records).code == "not_found"
    assert refused(price(50, 1, min_quantity=12, max_quantity=11), records).field == "max_quantity"


def test_a_taken_id_does_not_move_another_price(records: InMemoryRecords) -> None:
    execute(price(50, 1999), records, context())
    assert refused(price(50, 1799, min_quantity=12), records).code == "id_conflict"


def test_a_price_is_removed_with_its_conflicts(records: InMemoryRecords) -> None:
    execute(price(50, 1999), records, context())
    execute(price(50, 1899, was_cents=5), records, context())
    execute(RemovePrice(item_id=uid(50)), records, context())
    assert records.count(PriceListItem) == 0
    assert records.count(Conflict, status="open") == 0
    assert refused(RemovePrice(item_id=uid(50)), records).code == "not_found"


def test_a_contract_price_lives_with_its_account(records: InMemoryRecords) -> None:
    assert execute(agreed(60, 1500), records, context()).result == {"price_id": uid(60)}
    assert records.need(ContractPrice, uid(60)).scope == account_scope(ACCOUNT)


def test_a_contract_price_is_changed_in_its_row_and_renewed_in_a_new_one(records: InMemoryRecords) -> None:
    execute(agreed(60, 1500), records, context())
    changed = agreed(61, 1400, expires_on=date(2026, 12, 31))
    assert execute(changed, records, context()).result == {"price_id": uid(60)}
    execute(agreed(62, 1450, effective_on=date(2027, 1, 1)), records, context())
    assert [(p.id, p.price_cents, p.expires_on) for p in records.find(ContractPrice)] == [
        (uid(60), 1400, date(2026, 12, 31)),
        (uid(62), 1450, None),
    ]


def test_a_contract_price_cannot_end_before_it_begins(records: InMemoryRecords) -> None:
    wrong = agreed(60, 1, effective_on=date(2026, 2, 1), expires_on=date(2026, 1, 1))
    assert refused(wrong, records).field == "expires_on"


def test_a_contract_price_needs_its_account(records: InMemoryRecords) -> None:
    command = SetContractPrice(price_id=uid(60), account_id=uid(99), sku_id=SKU, price_cents=1)
    assert refused(command, records).code == "not_found"


def test_a_contract_price_is_removed(records: InMemoryRecords) -> None:
    execute(agreed(60, 1500), records, context())
    execute(RemoveContractPrice(price_id=uid(60)), records, context())
    assert records.count(ContractPrice) == 0


def test_a_cost_is_one_row_a_sku_in_the_offices_scope(records: InMemoryRecords) -> None:
    execute(SetSkuCost(sku_id=SKU, cost_cents=800), records, context())
    execute(SetSkuCost(sku_id=SKU, cost_cents=850), records, context())
    (cost,) = records.find(SkuCost)
    assert (cost.cost_cents, cost.scope) == (850, OFFICE)
    assert [change.scope for change in records.find(FieldChange)] == [OFFICE]


def test_a_cost_somebody_changed_meanwhile_becomes_a_conflict(records: InMemoryRecords) -> None:
    execute(SetSkuCost(sku_id=SKU, cost_cents=800), records, context())
    outcome = execute(SetSkuCost(sku_id=SKU, cost_cents=900, was_cents=700), records, context())
    assert outcome.result["conflicts"][0]["theirs"] == 800
    assert [conflict.scope for conflict in records.find(Conflict)] == [OFFICE]


def test_a_cost_needs_a_known_sku(records: InMemoryRecords) -> None:
    assert refused(SetSkuCost(sku_id=uid(99), cost_cents=1), records).code == "not_found"
