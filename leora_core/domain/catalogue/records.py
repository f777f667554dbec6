"""The rows of the catalogue."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from leora_core.domain.command import OFFICE, SHARED, Record, account_scope


@dataclass(frozen=True, kw_only=True)
class SharedRecord(Record):
    """A row every user of the tenant may see."""

    HOME: ClassVar[str] = SHARED

    @property
    def scope(self) -> str:
        return SHARED


@dataclass(frozen=True, kw_only=True)
class Supplier(SharedRecord):
    """A winery, brewery, distillery or importer."""

    TABLE: ClassVar[str] = "supplier"

    name: str
    external_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Product(SharedRecord):
    """What is sold, whatever the bottle's size or year."""

    TABLE: ClassVar[str] = "product"

    name: str
    external_id: str | None = None
    supplier_id: str | None = None
    brand: str | None = None
    category: str | None = None
    """Such as `Red`, `Sparkling`, `Beer`."""
    grapes: tuple[str, ...] = ()
    country: str | None = None
    region: str | None = None
    description: str | None = None
    sample_only: bool = False
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class Sku(SharedRecord):
    """A product in one size and year: the thing counted in bottles."""

    TABLE: ClassVar[str] = "sku"

    product_id: str
    code: str
    """Unique in the tenant."""
    size: str | None = None
    """As written on the label: `750 ml`."""
    millilitres: int | None = None
    items_per_case: int = 12
    vintage: int | None = None
    """The year, or None for a blend without one."""
    abv: float | None = None
    """Alcohol by volume, per cent."""
    bottle_barcode: str | None = None
    case_barcode: str | None = None
    active: bool = True


@dataclass(frozen=True, kw_only=True)
class SkuCost(Record):
    """What a bottle costs us; its scope keeps it from reps."""

    TABLE: ClassVar[str] = "sku_cost"
    HOME: ClassVar[str] = OFFICE

    sku_id: str
    cost_cents: int

    @property
    def scope(self) -> str:
        return OFFICE


@dataclass(frozen=True, kw_only=True)
class PriceList(SharedRecord):
    """Prices that hold for some accounts during some days (both inclusive; None is open)."""

    TABLE: ClassVar[str] = "price_list"

    name: str
    currency: str = "USD"
    rule: Literal["custom", "federal_property", "state", "global"] = "global"
    """How the list finds its accounts."""
    rule_value: str | None = None
    """The state for `state`, the text looked for in name and territory for `custom`."""
    effective_on: date | None = None
    expires_on: date | None = None
    allow_manual: bool = False


@dataclass(frozen=True, kw_only=True)
class PriceListItem(SharedRecord):
    """The price of one bottle of a SKU from `min_quantity` bottles upward."""

    TABLE: ClassVar[str] = "price_list_item"

    price_list_id: str
    sku_id: str
    price_cents: int
    min_quantity: int = 1
    max_quantity: int | None = None


@dataclass(frozen=True, kw_only=True)
class ContractPrice(Record):
    """A price agreed with one account; seen only by whoever sees the account."""

    TABLE: ClassVar[str] = "contract_price"
    LIVES_BY: ClassVar[str | None] = "account_id"

    account_id: str
    sku_id: str
    price_cents: int
    min_quantity: int = 1
    effective_on: date | None = None
    expires_on: date | None = None

    @property
    def scope(self) -> str:
        return account_scope(self.account_id)
