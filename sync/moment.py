"""The server's clock. It records; it never orders anything."""

from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""How far a device's clock may run ahead before its times are set back."""


def now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def clamped(claimed: datetime, received: datetime) -> datetime:
    """What a device's clock said, but never more than 5 minutes after the server heard it."""
    return min(claimed, received + TOLERANCE)
