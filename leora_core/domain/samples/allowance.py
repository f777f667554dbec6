"""How many bottles a rep may give away in a month, how many are gone, and how near the end that is."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from leora_core.domain.command import Records
from leora_core.domain.identity import SETTINGS_ID, TenantSettings, User
from leora_core.domain.samples.records import AllowanceRequest, SampleMovement
from leora_core.domain.values import Pattern

DEFAULT_ALLOWANCE = 60
"""Bottles a month where the tenant's settings are not known."""
WARN_ABOVE_PERCENT = 80

Month = Annotated[str, Pattern(r"^\d{4}-(0[1-9]|1[0-2])$")]
Level = Literal["ok", "warn", "over"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """Bottles given in a month against the bottles allowed, approved extra included."""

    used: int
    allowance: int

    @property
    def level(self) -> Level:
        """`ok` up to and with 80 %, `warn` up to and with the whole allowance, `over` beyond it."""
        if self.used > self.allowance:
            return "over"
        return "warn" if self.used * 100 > self.allowance * WARN_ABOVE_PERCENT else "ok"

    @property
    def left(self) -> int:
        """Bottles that may still be given; never negative."""
        return max(0, self.allowance - self.used)

    def after(self, quantity: int) -> "Allowance":
        """The allowance when `quantity` more bottles are given."""
        return Allowance(self.used + quantity, self.allowance)


def month_of(day: date) -> str:
    """`2026-11`."""
    return f"{day:%Y-%m}"


def monthly_allowance(records: Records, rep_id: str) -> int:
    """Bottles a month without a manager: the rep's own number, else the tenant's."""
    user = records.get(User, rep_id)
    if isinstance(user, User) and user.sample_allowance is not None:
        return user.sample_allowance
    settings = records.get(TenantSettings, SETTINGS_ID)
    return settings.sample_allowance if isinstance(settings, TenantSettings) else DEFAULT_ALLOWANCE


def allowance_of(records: Records, rep_id: str, month: str) -> Allowance:
    """Where a rep stands in a month. On a laptop a prediction: another device of his may have given more."""
    lines = records.find(SampleMovement, rep_id=rep_id, month=month)
    given = -sum(line.quantity for line in lines if line.kind == "give")
    extra = records.total(AllowanceRequest, "granted", rep_id=rep_id, month=month, status="approved")
    return Allowance(given, monthly_allowance(records, rep_id) + extra)
