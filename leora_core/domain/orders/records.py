"""The rows of the order history."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from leora_core.domain.accounts.records import AccountPart


@dataclass(frozen=True, kw_only=True)
class Order(AccountPart):
    """An order. Revenue counts on `delivered_on` for every status but cancelled."""

    TABLE: ClassVar[str] = "order"

    number: str | None = None
    external_id: str | None = None
    rep_id: str | None = None
    status: str = "delivered"
    ordered_on: date | None = None
    delivered_on: date | None = None
    total_cents: int
    """Product revenue: the sum over lines that are not samples."""
    currency: str = "USD"


@dataclass(frozen=True, kw_only=True)
class OrderLine(AccountPart):
    """One SKU of an order."""

    TABLE: ClassVar[str] = "order_line"

    order_id: str
    sku_id: str
    quantity: int
    """Bottles; negative on a return."""
    unit_price_cents: int
    is_sample: bool = False
