"""Which price a bottle has for an account: contract before list, the nearer list before the wider one.

Order: manual override, the customer's contract, custom list, federal property, state, global. Within
one rule: the highest quantity step reached, then the lowest price, then the list's name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import Literal

from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem
from leora_core.domain.values import Cents

PriceRule = Literal["manual", "contract", "custom", "federal_property", "state", "global", "manual_list", "any_list"]

_NEARNESS = {"custom": 0, "federal_property": 1, "state": 2, "global": 3}
_FEDERAL = re.compile(
    r"\b(army|navy|naval|marines?|air force|afb|coast guard|military|commissary|base)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """The facts of an account that price lists look at."""

    account_id: str
    name: str
    territory: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A price of the SKU with the list it stands on."""

    item: PriceListItem
    price_list: PriceList


@dataclass(frozen=True, slots=True)
class PriceChoice:
    """A price and its proof, to be kept on the order line so that later price changes do not touch it."""

    price_cents: Cents
    rule: PriceRule
    list_id: str | None
    """None for a contract, and for an override where no list has a price."""
    list_name: str | None
    list_price_cents: Cents | None
    """What the lists alone would say; None where they say nothing."""
    needs_approval: bool


class NoPrice(Enum):
    """Why there is no price. Falsy, so `if not choice` covers it."""

    NOT_LISTED = "This product is on no price list. Ask an administrator to price it."
    NOT_ACTIVE = "No price list with this product holds on that day. Choose another day or ask an administrator."
    QUANTITY = "No price list has a price for this quantity. Change the quantity or ask an administrator."

    def __bool__(self) -> bool:
        return False


def choose_price(
    buyer: Buyer,
    *,
    day: date,
    quantity: int,
    candidates: Iterable[Candidate],
    contracts: Iterable[ContractPrice] = (),
    manual_cents: Cents | None = None,
) -> PriceChoice | NoPrice:
    """The price of one bottle when `quantity` are bought on `day`. All prices given are of one SKU and one currency.

    An override needs approval when it differs from the price it replaces. Without a list for this
    account, lists that allow manual prices are tried, then any list; both need approval.
    """
    listed = _from_lists(buyer, day, quantity, list(candidates))
    contract = _contract(buyer, day, quantity, contracts)
    present = listed if contract is None else _agreed(contract, listed)
    return present if manual_cents is None else _overridden(present, manual_cents)


def matches(buyer: Buyer, price_list: PriceList) -> bool:
    """Whether the list is meant for this account."""
    place = (buyer.name, buyer.territory or "")
    wanted = (price_list.rule_value or "").strip().casefold()
    match price_list.rule:
        case "global":
            return True
        case "state":
            return bool(wanted) and wanted == (buyer.state or "").strip().casefold()
        case "federal_property":
            return any(_FEDERAL.search(text) for text in place)
        case "custom":
            return bool(wanted) and (wanted == buyer.account_id or any(wanted in text.casefold() for text in place))


def is_active(effective_on: date | None, expires_on: date | None, day: date) -> bool:
    """Whether `day` lies in the span, both ends inclusive, None open."""
    return (effective_on is None or effective_on <= day) and (expires_on is None or day <= expires_on)


def _from_lists(buyer: Buyer, day: date, quantity: int, candidates: list[Candidate]) -> PriceChoice | NoPrice:
    if not candidates:
        return NoPrice.NOT_LISTED
    active = [c for c in candidates if is_active(c.price_list.effective_on, c.price_list.expires_on, day)]
    if not active:
        return NoPrice.NOT_ACTIVE
    reached = [c for c in active if _covers(c.item, quantity)]
    if not reached:
        return NoPrice.QUANTITY
    meant = [c for c in reached if matches(buyer, c.price_list)]
    if meant:
        best = min(meant, key=lambda c: (_NEARNESS[c.price_list.rule], *_rank(c)))
        return _choice(best, best.price_list.rule, needs_approval=False)
    manual = [c for c in reached if c.price_list.allow_manual]
    if manual:
        return _choice(min(manual, key=_rank), "manual_list", needs_approval=True)
    return _choice(min(reached, key=_rank), "any_list", needs_approval=True)


def _covers(item: PriceListItem, quantity: int) -> bool:
    return item.min_quantity <= quantity and (item.max_quantity is None or quantity <= item.max_quantity)


def _rank(candidate: Candidate) -> tuple[int, Cents, str, str]:
    item = candidate.item
    return (-item.min_quantity, item.price_cents, candidate.price_list.name.casefold(), item.id)


def _choice(candidate: Candidate, rule: PriceRule, *, needs_approval: bool) -> PriceChoice:
    return PriceChoice(
        price_cents=candidate.item.price_cents,
        rule=rule,
        list_id=candidate.price_list.id,
        list_name=candidate.price_list.name,
        list_price_cents=candidate.item.price_cents,
        needs_approval=needs_approval,
    )


def _contract(buyer: Buyer, day: date, quantity: int, contracts: Iterable[ContractPrice]) -> ContractPrice | None:
    held = [
        c
        for c in contracts
        if c.account_id == buyer.account_id
        and c.min_quantity <= quantity
        and is_active(c.effective_on, c.expires_on, day)
    ]
    return min(held, key=lambda c: (-c.min_quantity, c.price_cents, c.id), default=None)


def _agreed(contract: ContractPrice, listed: PriceChoice | NoPrice) -> PriceChoice:
    """The contract's price; a list meant for others is no proof of what it replaced."""
    proof = listed.list_price_cents if isinstance(listed, PriceChoice) and not listed.needs_approval else None
    return PriceChoice(
        price_cents=contract.price_cents,
        rule="contract",
        list_id=None,
        list_name=None,
        list_price_cents=proof,
        needs_approval=False,
    )


def _overridden(present: PriceChoice | NoPrice, manual_cents: Cents) -> PriceChoice:
    if isinstance(present, NoPrice):
        return PriceChoice(
            price_cents=manual_cents,
            rule="manual",
            list_id=None,
            list_name=None,
            list_price_cents=None,
            needs_approval=True,
        )
    changed = present.needs_approval or manual_cents != present.price_cents
    return replace(present, price_cents=manual_cents, rule="manual", needs_approval=changed)
