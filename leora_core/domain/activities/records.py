"""The rows of an account's history."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from leora_core.domain.accounts.records import AccountPart


@dataclass(frozen=True, kw_only=True)
class Activity(AccountPart):
    """A visit, tasting, call, e-mail, text, event or major change."""

    TABLE: ClassVar[str] = "activity"

    type: str
    user_id: str
    occurred_at: datetime
    clamped: bool = False
    """The device's clock ran ahead: the server set the time back to its own."""
    subject: str | None = None
    note: str | None = None
    outcomes: tuple[str, ...] = ()
    follow_up_on: date | None = None
    duration: str | None = None
    """A band such as `30min-1hr`, as the type's field list names it."""
    attendees: int | None = None
    location: str | None = None
    change_type: str | None = None
    effective_on: date | None = None
    impact: str | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Note(AccountPart):
    """A lasting note on an account; a pinned one stands on top of its page."""

    TABLE: ClassVar[str] = "note"

    author_id: str
    text: str
    pinned: bool = False
    written_at: datetime
    removed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Attachment(AccountPart):
    """A file kept by its content: `sha256` names the blob, which travels by itself."""

    TABLE: ClassVar[str] = "attachment"

    activity_id: str | None = None
    sha256: str
    name: str
    media_type: str
    bytes: int
    attached_by: str
    attached_at: datetime
