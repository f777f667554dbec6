"""When an account takes deliveries."""

import re
from dataclasses import dataclass
from typing import Literal

from leora_core.domain.accounts.parts import need_account, need_part, remove_part
from leora_core.domain.accounts.records import DeliveryWindow
from leora_core.domain.command import Command, Context, Records, Rejected, handles
from leora_core.domain.identity import Weekday
from leora_core.domain.reasons import declare
from leora_core.domain.values import ClockTime, Id

declare(
    {
        "window_times": "A window {kind} a time needs {needs}. Correct the times.",
        "window_backwards": "The window ends at {end}, not after it starts at {start}. Swap or correct the times.",
    }
)

WindowKind = Literal["before", "after", "between"]

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_USES: dict[str, tuple[bool, bool, str]] = {
    "before": (False, True, "an end and no start"),
    "after": (True, False, "a start and no end"),
    "between": (True, True, "a start and an end"),
}


def window_text(window: DeliveryWindow) -> str:
    """The window in words: `Before 11:00`, `After 14:00`, `Between 09:00 and 11:30`."""
    if window.kind == "between":
        return f"Between {window.start} and {window.end}"
    return f"Before {window.end}" if window.kind == "before" else f"After {window.start}"


@dataclass(frozen=True, kw_only=True)
class AddDeliveryWindow(Command):
    """Say when an account takes deliveries, in local clock times; no weekday means every day."""

    window_id: Id
    account_id: Id
    kind: WindowKind
    weekday: Weekday | None = None
    start: ClockTime | None = None
    end: ClockTime | None = None


@handles(AddDeliveryWindow)
def add_delivery_window(command: AddDeliveryWindow, records: Records, context: Context) -> None:
    """Whoever works the account. A window the account has already is not added twice."""
    need_account(records, context, command.account_id)
    _check_times(command.kind, command.start, command.end)
    window = DeliveryWindow(
        id=command.window_id,
        account_id=command.account_id,
        kind=command.kind,
        weekday=command.weekday,
        start=command.start,
        end=command.end,
    )
    present = records.find(DeliveryWindow, account_id=command.account_id)
    if all(window_text(other) != window_text(window) or other.weekday != window.weekday for other in present):
        records.add(window)


@dataclass(frozen=True, kw_only=True)
class RemoveDeliveryWindow(Command):
    """Take a delivery window off an account."""

    account_id: Id
    window_id: Id


@handles(RemoveDeliveryWindow)
def remove_delivery_window(command: RemoveDeliveryWindow, records: Records, context: Context) -> None:
    """Whoever works the account."""
    remove_part(records, context, need_part(records, context, DeliveryWindow, command.account_id, command.window_id))


def _check_times(kind: WindowKind, start: str | None, end: str | None) -> None:
    for name, time in (("start", start), ("end", end)):
        if time is not None and not _CLOCK.fullmatch(time):
            raise Rejected("field_invalid", field=name, why="it must be a time like 09:30")
    uses_start, uses_end, needs = _USES[kind]
    if (start is not None) != uses_start:
        raise Rejected("window_times", field="start", kind=kind, needs=needs)
    if (end is not None) != uses_end:
        raise Rejected("window_times", field="end", kind=kind, needs=needs)
    if start is not None and end is not None and start >= end:
        raise Rejected("window_backwards", field="end", start=start, end=end)
