"""The rows of the sample ledger."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from leora_core.domain.accounts.records import AccountPart
from leora_core.domain.call_plans.records import RepRecord

MovementKind = Literal["receive", "give", "return", "break", "transfer_out", "transfer_in", "count"]


@dataclass(frozen=True, kw_only=True)
class SampleMovement(RepRecord):
    """One line of a rep's sample ledger. The balance of a SKU is the sum of `quantity`.

    What was given is also told in the account's scope, by a SampleGiven with the same id.
    """

    TABLE: ClassVar[str] = "sample_movement"

    sku_id: str
    kind: MovementKind
    quantity: int
    """Bottles: positive into the rep's stock, negative out of it."""
    month: str
    """`2026-11`, the tenant's local month of `moved_at`, for the allowance."""
    moved_at: datetime
    account_id: str | None = None
    other_rep_id: str | None = None
    activity_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class SampleGiven(AccountPart):
    """A sample handed to an account, as whoever sees the account sees it."""

    TABLE: ClassVar[str] = "sample_given"

    rep_id: str
    sku_id: str
    quantity: int
    """Bottles, positive."""
    given_at: datetime
    activity_id: str | None = None
    feedback: str | None = None
    follow_up_task_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class AllowanceRequest(RepRecord):
    """A rep's wish for bottles above the month's allowance, and the manager's answer."""

    TABLE: ClassVar[str] = "allowance_request"

    month: str
    quantity: int
    """Bottles wanted beyond the allowance."""
    purpose: str
    status: Literal["open", "approved", "rejected"] = "open"
    granted: int = 0
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    answer: str | None = None
