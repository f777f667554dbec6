"""Users, what they may see (grants), and the tenant's settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from leora_core.domain.command import (
    OFFICE,
    SHARED,
    Command,
    Context,
    Outcome,
    Record,
    Records,
    Rejected,
    handles,
)
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, Id, Length, MoneyCents, Name, ShortText

Role = Literal["rep", "manager", "admin", "warehouse"]
ROLES: tuple[Role, ...] = ("rep", "manager", "admin", "warehouse")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

SETTINGS_ID = "00000000-0000-8000-8000-000000000001"
"""The id of the one settings row of a tenant."""

declare(
    {
        "email_taken": "{email} already belongs to a user. Use another address.",
        "last_admin": "This is the last administrator. Make someone else an administrator first.",
        "zone_unknown": "{zone} is not a time zone. Use a name like America/New_York.",
    }
)


@dataclass(frozen=True, kw_only=True)
class User(Record):
    """A person of the tenant. Names and roles are shared; passwords and devices never leave the server."""

    TABLE: ClassVar[str] = "app_user"

    name: str
    email: str
    roles: tuple[str, ...]
    active: bool = True
    territory: str | None = None
    delivery_days: tuple[str, ...] = ()
    """Weekdays on which this rep's accounts are delivered, `mon` to `sun`."""
    sample_allowance: int | None = None
    """Bottles a month; None takes the tenant's."""
    weekly_quota_cents: int | None = None
    monthly_quota_cents: int | None = None

    @property
    def scope(self) -> str:
        return SHARED


@dataclass(frozen=True, kw_only=True)
class TenantSettings(Record):
    """The tenant's own rules; one row with id `SETTINGS_ID`."""

    TABLE: ClassVar[str] = "tenant_settings"

    name: str
    timezone: str
    currency: str = "USD"
    sample_allowance: int = 60
    """Bottles a rep may give away in a calendar month without a manager."""
    plan_cap: int = 75
    revenue_drop_percent: int = 15
    minimum_order_cents: int = 20_000

    @property
    def scope(self) -> str:
        return SHARED
