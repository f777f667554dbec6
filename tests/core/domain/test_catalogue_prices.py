from datetime import date
from typing import Any

import pytest

from leora_core.domain.catalogue.prices import Buyer, Candidate, NoPrice, PriceChoice, choose_price, is_active, matches
from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem

DAY = date(2026, 11, 23)
BUYER = Buyer("acc", "Corner Wine Shop", territory="North", state="VA")


def on_list(cents: int, *, name: str = "Frontline", step: int = 1, top: int | None = None, **of_list: Any) -> Candidate:
    price_list = PriceList(id=f"list-{name}", name=name, **of_list)
    item = PriceListItem(
        id=f"item-{name}-{step}-{cents}",
        price_list_id=price_list.id,
        sku_id="sku",
        price_cents=cents,
        min_quantity=step,
        max_quantity=top,
    )
    return Candidate(item, price_list)


def contract(cents: int, *, account_id: str = "acc", **other: Any) -> ContractPrice:
    return ContractPrice(id=f"contract-{cents}", account_id=account_id, sku_id="sku", price_cents=cents, **other)


def chosen(candidates: list[Candidate], buyer: Buyer = BUYER, quantity: int = 1, **other: Any) -> PriceChoice:
    choice = choose_price(buyer, day=DAY, quantity=quantity, candidates=candidates, **other)
    assert isinstance(choice, PriceChoice)
    return choice


GLOBAL = on_list(2000)
STATE = on_list(2100, name="Virginia", rule="state", rule_value="VA")
FEDERAL = on_list(2200, name="Federal", rule="federal_property")
CUSTOM = on_list(2300, name="Custom", rule="custom", rule_value="navy yard")
NAVY_YARD = Buyer("acc", "Navy Yard Exchange", territory="North", state="VA")


def test_the_nearer_rule_wins_whatever_it_costs() -> None:
    lists = [GLOBAL, STATE, FEDERAL, CUSTOM]
    order = []
    while lists:
        choice = chosen(lists, NAVY_YARD)
        order.append(choice.rule)
        lists = [c for c in lists if c.price_list.id != choice.list_id]
    assert order == ["custom", "federal_property", "state", "global"]


def test_a_contract_beats_every_list_and_tells_the_list_price() -> None:
    choice = chosen([GLOBAL, CUSTOM], NAVY_YARD, contracts=[contract(2500)])
    assert (choice.price_cents, choice.rule, choice.list_id, choice.list_price_cents) == (2500, "contract", None, 2300)
    assert not choice.needs_approval


def test_a_contract_needs_no_list() -> None:
    choice = chosen([], contracts=[contract(2500)])
    assert (choice.price_cents, choice.list_price_cents, choice.needs_approval) == (2500, None, False)


def test_a_list_for_others_is_no_proof_beside_a_contract() -> None:
    assert chosen([CUSTOM], contracts=[contract(2500)]).list_price_cents is None


def test_the_best_contract_step_reached_holds() -> None:
    contracts = [
        contract(1900),
        contract(1700, min_quantity=12),
        contract(1600, min_quantity=24),
        contract(100, account_id="other"),
        contract(200, expires_on=date(2026, 11, 22)),
        contract(300, effective_on=date(2026, 11, 24)),
    ]
    assert chosen([GLOBAL], contracts=contracts).price_cents == 1900
    assert chosen([GLOBAL], contracts=contracts, quantity=12).price_cents == 1700
    assert chosen([GLOBAL], contracts=contracts, quantity=30).price_cents == 1600


def test_an_override_keeps_the_list_as_proof_and_needs_approval() -> None:
    choice = chosen([GLOBAL], manual_cents=1500)
    assert choice == PriceChoice(1500, "manual", "list-Frontline", "Frontline", 2000, True)


def test_an_override_at_the_present_price_needs_no_approval() -> None:
    assert not chosen([GLOBAL], manual_cents=2000).needs_approval


def test_an_override_at_the_contract_price_needs_no_approval() -> None:
    choice = chosen([GLOBAL], contracts=[contract(1800)], manual_cents=1800)
    assert (choice.rule, choice.needs_approval) == ("manual", False)


def test_an_override_without_any_list_is_possible_with_approval() -> None:
    assert chosen([], manual_cents=1500) == PriceChoice(1500, "manual", None, None, None, True)


def test_the_highest_step_reached_wins_over_a_lower_price() -> None:
    steps = [on_list(1500), on_list(1800, name="Three cases", step=36)]
    assert chosen(steps, quantity=36).price_cents == 1800
    assert chosen(steps, quantity=35).price_cents == 1500


def test_a_step_ends_at_its_greatest_quantity() -> None:
    steps = [on_list(2000), on_list(1800, name="Split", step=6, top=11)]
    assert [chosen(steps, quantity=n).price_cents for n in (5, 6, 11, 12)] == [2000, 1800, 1800, 2000]


def test_equal_steps_go_to_the_lowest_price_then_the_first_name() -> None:
    assert chosen([on_list(2000, name="A"), on_list(1900, name="Z")]).list_name == "Z"
    assert chosen([on_list(1900, name="b"), on_list(1900, name="A"), on_list(1900, name="C")]).list_name == "A"


def test_only_lists_of_the_day_count() -> None:
    old = on_list(100, name="Old", expires_on=date(2026, 11, 22))
    coming = on_list(200, name="Coming", effective_on=date(2026, 11, 24))
    assert chosen([old, coming, GLOBAL]).list_name == "Frontline"


def test_both_ends_of_a_span_are_inside() -> None:
    assert is_active(DAY, DAY, DAY)
    assert is_active(None, None, DAY)
    assert not is_active(date(2026, 11, 24), None, DAY)
    assert not is_active(None, date(2026, 11, 22), DAY)


def test_without_a_list_for_the_account_one_that_allows_manual_prices_is_taken_with_approval() -> None:
    other_state = on_list(900, name="Maryland", rule="state", rule_value="MD")
    manual = on_list(2600, name="By hand", rule="state", rule_value="DC", allow_manual=True)
    choice = chosen([other_state, manual])
    assert (choice.rule, choice.list_name, choice.needs_approval) == ("manual_list", "By hand", True)


def test_without_one_of_these_any_list_is_taken_with_approval() -> None:
    other_state = on_list(900, name="Maryland", rule="state", rule_value="MD")
    choice = chosen([other_state])
    assert (choice.rule, choice.price_cents, choice.needs_approval) == ("any_list", 900, True)


def test_an_override_at_a_price_that_needs_approval_still_needs_it() -> None:
    assert chosen([on_list(900, rule="state", rule_value="MD")], manual_cents=900).needs_approval


@pytest.mark.parametrize(
    ("candidates", "reason"),
    [
        ([], NoPrice.NOT_LISTED),
        ([on_list(900, expires_on=date(2026, 11, 22))], NoPrice.NOT_ACTIVE),
        ([on_list(900, step=12)], NoPrice.QUANTITY),
    ],
)
def test_no_price_tells_why(candidates: list[Candidate], reason: NoPrice) -> None:
    choice = choose_price(BUYER, day=DAY, quantity=6, candidates=candidates)
    assert choice is reason
    assert not choice


@pytest.mark.parametrize(
    ("name", "territory", "federal"),
    [
        ("Army Club", None, True),
        ("NAVAL Station Mess", None, True),
        ("Fort Shop", "Marine Corps", True),
        ("Andrews Air Force Shop", None, True),
        ("Joint Base Lewis", None, True),
        ("Baseline Bar", None, False),
        ("The Basement", None, False),
        ("Submarine Sandwiches", None, False),
        ("Airforce Cafe", None, False),
        ("Corner Wine Shop", "North", False),
    ],
)
def test_federal_property_is_told_by_whole_words(name: str, territory: str | None, federal: bool) -> None:
    assert matches(Buyer("acc", name, territory), FEDERAL.price_list) is federal


def test_a_state_list_wants_the_same_state() -> None:
    assert matches(Buyer("a", "X", state=" va "), STATE.price_list)
    assert not matches(Buyer("a", "X", state="WV"), STATE.price_list)
    assert not matches(Buyer("a", "X"), PriceList(id="l", name="l", rule="state", rule_value=None))


def test_a_custom_list_looks_in_name_territory_and_account() -> None:
    assert matches(Buyer("a", "X", territory="Old NAVY YARD east"), CUSTOM.price_list)
    assert matches(Buyer("a-1", "X"), PriceList(id="l", name="l", rule="custom", rule_value="a-1"))
    assert not matches(BUYER, CUSTOM.price_list)
    assert not matches(BUYER, PriceList(id="l", name="l", rule="custom", rule_value="  "))
