"""The rows an account is made of."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from leora_core.domain.command import SHARED, Record, account_scope

Priority = Literal["high", "medium", "low"]
Premise = Literal["on", "off", "both", "other"]


@dataclass(frozen=True, kw_only=True)
class Account(Record):
    """A shop, bar or restaurant. Its rep is whoever holds a live `assigned` grant for its scope."""

    TABLE: ClassVar[str] = "account"

    name: str
    account_number: str | None = None
    external_id: str | None = None
    """Its id in the system it was imported from; unique where present."""
    phone: str | None = None
    email: str | None = None
    website: str | None = None
    territory: str | None = None
    premise: str | None = None
    payment_terms: str | None = None
    requires_po: bool = False
    tax_exempt: bool = False
    delivery_instructions: str | None = None
    priority: str | None = None
    """high, medium or low when set by hand; None means derived from revenue."""
    quarterly_target_cents: int | None = None
    baseline_order_cents: int | None = None
    """The established value of one order (mean of orders 4 to 12), for the revenue rule; never a yearly sum."""
    do_not_contact_until: date | None = None
    on_hold: bool = False
    hold_reason: str | None = None
    closed_at: datetime | None = None
    closed_reason: str | None = None
    opened_at: datetime

    @property
    def scope(self) -> str:
        return account_scope(self.id)


@dataclass(frozen=True, kw_only=True)
class AccountPart(Record):
    """A row that hangs on an account and lives in its scope."""

    LIVES_BY: ClassVar[str | None] = "account_id"

    account_id: str

    @property
    def scope(self) -> str:
        return account_scope(self.account_id)


@dataclass(frozen=True, kw_only=True)
class Contact(AccountPart):
    """A person at the account."""

    TABLE: ClassVar[str] = "contact"

    name: str
    role: str | None = None
    phone: str | None = None
    mobile: str | None = None
    email: str | None = None
    notes: str | None = None
    is_buyer: bool = False


@dataclass(frozen=True, kw_only=True)
class Address(AccountPart):
    """Where the account is or is delivered to. Latitude and longitude in degrees (WGS 84)."""

    TABLE: ClassVar[str] = "address"

    label: str = "primary"
    street1: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str = "US"
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, kw_only=True)
class Licence(AccountPart):
    """A licence to sell alcohol."""

    TABLE: ClassVar[str] = "licence"

    number: str
    kind: str | None = None
    status: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class DeliveryWindow(AccountPart):
    """When the account takes deliveries, local clock times `HH:MM`.

    `before` uses `end`, `after` uses `start`, `between` both. No weekday means every day.
    """

    TABLE: ClassVar[str] = "delivery_window"

    kind: Literal["before", "after", "between"]
    weekday: str | None = None
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, kw_only=True)
class AccountTag(AccountPart):
    """A tag on an account."""

    TABLE: ClassVar[str] = "account_tag"

    tag: str
    """The code of a TagDefinition."""
    tagged_by: str
    tagged_at: datetime


@dataclass(frozen=True, kw_only=True)
class TagDefinition(Record):
    """A tag that accounts may carry, such as `natural_wine`."""

    TABLE: ClassVar[str] = "tag_definition"
    HOME: ClassVar[str] = SHARED

    code: str
    name: str
    colour: str | None = None
    active: bool = True

    @property
    def scope(self) -> str:
        return SHARED
