"""When to ask the server again: every 15 seconds, and ever later while it cannot be reached.

The waits are drawn anew each time, so that a hundred laptops do not come back at the same moment.
What is known of failures is kept with the outbox and survives a restart.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from leora_core.domain.values import format_instant, parse_instant
from leora_desktop.replica.outbox import Outbox

POLL_SECONDS = 15.0
POLL_SPREAD = 0.2
"""A poll comes up to this share of its interval earlier or later."""
SHORTEST_SECONDS = 1.0
LONGEST_SECONDS = 300.0


def wait_after_success(spread: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds until the next poll when all is well."""
    return POLL_SECONDS * spread(1 - POLL_SPREAD, 1 + POLL_SPREAD)


def wait_after_failures(failures: int, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds until the next try after so many failures in a row: full jitter, 1 s to 5 min."""
    most = min(LONGEST_SECONDS, SHORTEST_SECONDS * 2.0 ** min(failures, 16))
    return spread(SHORTEST_SECONDS, max(most, SHORTEST_SECONDS))


def note_failure(outbox: Outbox, now: datetime, asked_seconds: float | None = None) -> None:
    """One more failure: the next try of its own accord is not before what the server asked, or a drawn wait."""
    failures = int(outbox.state("failures") or 0) + 1
    wait = max(wait_after_failures(failures), asked_seconds or 0.0)
    next_try = format_instant(now + timedelta(seconds=wait))
    since = outbox.state("offline_since") or format_instant(now)
    outbox.remember(durable=False, failures=failures, next_try_at=next_try, offline_since=since)


def next_try(outbox: Outbox) -> datetime | None:
    """When the next try is due; None when nothing stands against trying now."""
    at = outbox.state("next_try_at")
    return parse_instant(at) if at else None
