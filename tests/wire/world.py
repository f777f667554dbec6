"""The small world that the golden commands are about: every id they name is here, or is new."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from leora_core.domain.accounts.records import (
    Account,
    AccountTag,
    Address,
    Contact,
    DeliveryWindow,
    Licence,
    TagDefinition,
)
from leora_core.domain.accounts.tags import tag_definition_id
from leora_core.domain.activities.records import Activity, Attachment, Note
from leora_core.domain.call_plans.plans import plan_id_of
from leora_core.domain.call_plans.records import CallPlan, PlannedAccount, Recurrence, TerritoryBlock
from leora_core.domain.catalogue.records import ContractPrice, PriceList, PriceListItem, Product, Sku, Supplier
from leora_core.domain.command import Actor, Context, Record, account_scope
from leora_core.domain.edits import Conflict
from leora_core.domain.grants import Grant
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.samples.records import AllowanceRequest, SampleGiven, SampleMovement
from leora_core.domain.tasks import Task
from leora_core.domain.values import child_id
from tests.fakes import InMemoryRecords

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
"""A Wednesday, in 2026-W48."""


def numbered(number: int) -> str:
    """The id of that number in the golden files."""
    return f"01940000-0000-7000-8000-{number:012d}"


REP, OTHER_REP, MANAGER, ADMIN, DISABLED = (numbered(number) for number in range(1, 6))
SHOP, HELD_SHOP, CLOSED_SHOP = (numbered(number) for number in range(11, 14))
PRODUCT, ARCHIVED, SKU, SUPPLIER, PRICE_LIST = (numbered(number) for number in range(21, 26))
THIS_WEEK, CLOSED_WEEK = plan_id_of(REP, "2026-W48"), plan_id_of(REP, "2026-W47")
ROLES = {REP: "rep", OTHER_REP: "rep", MANAGER: "manager", ADMIN: "admin", DISABLED: "rep"}


def world() -> InMemoryRecords:
    """All of it, made anew."""
    return InMemoryRecords(*_people(), *_catalogue(), *_accounts(), *_history(), *_plans(), *_samples())


def context_of(user_id: str) -> Context:
    """The circumstances of a command of that user, on the server."""
    return Context(
        command_id=numbered(999),
        actor=Actor(user_id=user_id, roles=frozenset({ROLES[user_id]})),
        at=NOW,
        zone=ZoneInfo("America/New_York"),
        authority=True,
        version=100,
        base_version=99,
        received_at=NOW,
        device_id=numbered(998),
    )


def _people() -> list[Record]:
    return [
        TenantSettings(id=SETTINGS_ID, name="Vine & Co", timezone="America/New_York"),
        *(
            User(
                id=id_,
                name=f"Person {id_[-1]}",
                email=f"p{id_[-1]}@wine.example",
                roles=(role,),
                active=id_ != DISABLED,
            )
            for id_, role in ROLES.items()
        ),
        *(
            Grant(id=numbered(30 + n), user_id=REP, held=account_scope(shop), why="assigned", granted_at=NOW)
            for n, shop in enumerate((SHOP, HELD_SHOP, CLOSED_SHOP))
        ),
    ]


def _catalogue() -> list[Record]:
    return [
        Supplier(id=SUPPLIER, name="Casa Nova"),
        Product(id=PRODUCT, name="Old Vines", supplier_id=SUPPLIER),
        Product(id=ARCHIVED, name="Last Year's Rosé", archived=True),
        Sku(id=SKU, product_id=PRODUCT, code="OV-750", size="750 ml", millilitres=750),
        PriceList(id=PRICE_LIST, name="Retail"),
        PriceListItem(id=numbered(26), price_list_id=PRICE_LIST, sku_id=SKU, price_cents=1_200, min_quantity=60),
        ContractPrice(id=numbered(27), account_id=SHOP, sku_id=SKU, price_cents=1_100, min_quantity=60),
        TagDefinition(id=tag_definition_id("natural_wine"), code="natural_wine", name="Natural wine"),
        TagDefinition(id=tag_definition_id("by_the_glass"), code="by_the_glass", name="By the glass"),
    ]


def _accounts() -> list[Record]:
    return [
        Account(id=SHOP, name="Corner Shop", phone="555 1000", opened_at=NOW),
        Account(id=HELD_SHOP, name="Held Shop", on_hold=True, hold_reason="unpaid", opened_at=NOW),
        Account(id=CLOSED_SHOP, name="Closed Shop", closed_at=NOW, opened_at=NOW),
        Contact(id=numbered(41), account_id=SHOP, name="Maria Silva", role="buyer", notes="Tuesdays"),
        Address(id=numbered(42), account_id=SHOP, city="Albany", state="NY"),
        Licence(id=numbered(43), account_id=SHOP, number="L-1"),
        DeliveryWindow(id=numbered(44), account_id=SHOP, kind="before", end="11:00"),
        AccountTag(
            id=child_id(SHOP, "tag-by_the_glass"), account_id=SHOP, tag="by_the_glass", tagged_by=REP, tagged_at=NOW
        ),
    ]


def _history() -> list[Record]:
    return [
        _visit(51, note="Liked the red", outcomes=("order_placed",)),
        _visit(52, removed_at=NOW),
        Note(id=numbered(53), account_id=SHOP, author_id=REP, text="Back door", written_at=NOW),
        Note(id=numbered(54), account_id=SHOP, author_id=REP, text="Old", written_at=NOW, removed_at=NOW),
        Attachment(
            id=numbered(55),
            account_id=SHOP,
            sha256="ab" * 32,
            name="shelf.jpg",
            media_type="image/jpeg",
            bytes=1_000,
            attached_by=REP,
            attached_at=NOW,
        ),
        Task(id=numbered(56), assignee_id=REP, assigned_by=REP, title="Call back", made_at=NOW),
        Task(id=numbered(57), assignee_id=REP, assigned_by=REP, title="Done", status="done", made_at=NOW),
        _conflict(),
    ]


def _visit(
    number: int, *, note: str | None = None, outcomes: tuple[str, ...] = (), removed_at: datetime | None = None
) -> Activity:
    return Activity(
        id=numbered(number),
        account_id=SHOP,
        type="visit",
        user_id=REP,
        occurred_at=NOW,
        note=note,
        outcomes=outcomes,
        removed_at=removed_at,
    )


def _conflict() -> Conflict:
    return Conflict(
        id=numbered(58),
        record_table="account",
        record_id=SHOP,
        field="phone",
        base='"555 1"',
        mine='"555 2000"',
        theirs='"555 1000"',
        mine_by=REP,
        made_at=NOW,
        lives_in=account_scope(SHOP),
    )


def _plans() -> list[Record]:
    return [
        CallPlan(id=THIS_WEEK, rep_id=REP, week="2026-W48"),
        CallPlan(id=CLOSED_WEEK, rep_id=REP, week="2026-W47", closed_at=NOW),
        PlannedAccount(id=numbered(61), rep_id=REP, plan_id=THIS_WEEK, account_id=SHOP, day=date(2026, 11, 26)),
        PlannedAccount(
            id=numbered(62),
            rep_id=REP,
            plan_id=THIS_WEEK,
            account_id=HELD_SHOP,
            method="phone",
            result="met",
            contacted_on=date(2026, 11, 24),
        ),
        Recurrence(id=numbered(63), rep_id=REP, account_id=SHOP, every="week", anchor=date(2026, 11, 2)),
        TerritoryBlock(id=numbered(64), rep_id=REP, plan_id=THIS_WEEK, weekday=5, label="Desk"),
    ]


def _samples() -> list[Record]:
    return [
        _moved(71, "receive", 24),
        _moved(72, "give", -2),
        SampleGiven(id=numbered(72), account_id=SHOP, rep_id=REP, sku_id=SKU, quantity=2, given_at=NOW),
        AllowanceRequest(
            id=numbered(73), rep_id=REP, month="2026-11", quantity=12, purpose="Tasting week", asked_at=NOW
        ),
    ]


def _moved(number: int, kind: str, quantity: int) -> SampleMovement:
    fields = {"id": numbered(number), "rep_id": REP, "sku_id": SKU, "quantity": quantity}
    return SampleMovement(**fields, kind=kind, month="2026-11", moved_at=NOW)  # type: ignore[arg-type]
