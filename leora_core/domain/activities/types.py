"""The kinds of activity: what each has, what may come of it, when to follow up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from leora_core.domain.command import Rejected
from leora_core.domain.reasons import declare

ActivityCode = Literal[
    "visit",
    "tasting",
    "call",
    "email",
    "text",
    "event",
    "major_change",
    "note",
    "order",
    "portal_follow_up",
]
ChangeType = Literal["ownership", "management", "license", "location", "contact", "business_model", "other"]
Impact = Literal["high", "medium", "low"]

CHANGE_TYPES = ("ownership", "management", "license", "location", "contact", "business_model", "other")
IMPACTS = ("high", "medium", "low")
CALL_DURATIONS = ("<5min", "5-15min", "15-30min", "30min+")
VISIT_DURATIONS = ("<30min", "30min-1hr", "1-2hr", "2hr+")
NOTE_LIMIT = 2_000_000
"""Characters."""

declare(
    {
        "activity_type_unknown": "There is no activity type {type}. Choose one of the list.",
        "activity_field_unfit": "A {type} has no {name}. Leave it out or choose another type.",
        "outcome_unfit": "{outcome} is no outcome of a {type}. Choose one of the list.",
        "duration_unfit": "{duration} is no duration of a {type}. Choose one of the list.",
        "note_too_short": "A {type} needs a note of {least} characters or more. Describe what changed.",
        "note_too_long": "A {type} has {most} characters at most. Shorten it.",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ActivityType:
    """One kind: `fields` beside subject, note, outcomes and follow-up; note bounds in characters."""

    code: ActivityCode
    words: str
    fields: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    durations: tuple[str, ...] = ()
    follow_up_days: int | None = None
    takes_samples: bool = False
    """Whether the form offers samples; one logged with another kind is taken all the same."""
    note_expected: bool = False
    """Whether the form asks for a note; only `note_least` refuses."""
    note_least: int = 0
    note_most: int = NOTE_LIMIT

    def follow_up_from(self, day: date) -> date | None:
        """The usual follow-up day, None for kinds without."""
        return None if self.follow_up_days is None else day + timedelta(days=self.follow_up_days)


GENERIC_OUTCOMES = (
    "received_order",
    "scheduled_next_appointment",
    "follow_up_required",
    "customer_not_interested",
    "improper_fit",
    "decision_maker_unavailable",
)
"""Outcomes every kind has."""

_ALL = (
    ActivityType(
        code="visit",
        words="visit",
        fields=("duration", "attendees", "location"),
        outcomes=(
            "positive_meeting",
            "needs_followup",
            "decision_pending",
            "order_placed",
            "samples_delivered",
            "issues_discussed",
        ),
        durations=VISIT_DURATIONS,
        follow_up_days=7,
        takes_samples=True,
        note_expected=True,
    ),
    ActivityType(
        code="tasting",
        words="tasting",
        fields=("attendees", "location"),
        outcomes=(
            "high_interest",
            "orders_placed",
            "samples_distributed",
            "feedback_collected",
            "followup_requested",
        ),
        follow_up_days=3,
        takes_samples=True,
        note_expected=True,
    ),
    ActivityType(
        code="event",
        words="event",
        fields=("attendees", "location"),
        outcomes=("well_attended", "high_interest", "orders_placed", "samples_distributed"),
        follow_up_days=3,
        takes_samples=True,
        note_expected=True,
    ),
    ActivityType(
        code="call",
        words="call",
        fields=("duration",),
        outcomes=(
            "spoke_with_dm",
            "left_voicemail",
            "no_answer",
            "interested",
            "not_interested",
            "order_placed",
        ),
        durations=CALL_DURATIONS,
        follow_up_days=7,
        note_expected=True,
    ),
    ActivityType(
        code="email",
        words="e-mail",
        outcomes=("email_sent", "response_received", "interested", "not_interested", "bounced"),
        follow_up_days=3,
    ),
    ActivityType(
        code="text",
        words="text message",
        outcomes=("message_sent", "reply_received", "interested", "unsubscribe_requested"),
        note_most=500,
    ),
    ActivityType(
        code="major_change",
        words="major change",
        fields=("change_type", "effective_on", "impact"),
        note_expected=True,
        note_least=50,
    ),
    ActivityType(code="note", words="note"),
    ActivityType(code="order", words="order"),
    ActivityType(
        code="portal_follow_up",
        words="portal follow-up",
        outcomes=("catalog_viewed", "order_submitted", "profile_updated"),
    ),
)

TYPES: dict[str, ActivityType] = {kind.code: kind for kind in _ALL}


def type_of(code: str) -> ActivityType:
    """The type of this code. Raises Rejected `activity_type_unknown`."""
    if code not in TYPES:
        raise Rejected("activity_type_unknown", field="type", type=code)
    return TYPES[code]


def fitting_outcomes(kind: ActivityType, outcomes: Iterable[str]) -> tuple[str, ...]:
    """The outcomes in lower case, each once. Raises Rejected `outcome_unfit` for one the type does not have."""
    codes = tuple(dict.fromkeys(outcome.strip().lower() for outcome in outcomes))
    for code in codes:
        if code not in kind.outcomes and code not in GENERIC_OUTCOMES:
            raise Rejected("outcome_unfit", field="outcomes", outcome=code, type=kind.words)
    return codes


def require_note(kind: ActivityType, note: str | None) -> None:
    """Raises Rejected `note_too_short` or `note_too_long` by the type's bounds."""
    length = len((note or "").strip())
    if length < kind.note_least:
        raise Rejected("note_too_short", field="note", type=kind.words, least=kind.note_least)
    if length > kind.note_most:
        raise Rejected("note_too_long", field="note", type=kind.words, most=kind.note_most)


TYPE_FIELDS = ("duration", "attendees", "location", "change_type", "effective_on", "impact")
"""Fields only some types have."""


def require_fit(kind: ActivityType, values: dict[str, Any]) -> None:
    """Raises Rejected for a value in a field the type does not have, and for a duration not among its own."""
    for name in TYPE_FIELDS:
        if values.get(name) is not None and name not in kind.fields:
            raise Rejected("activity_field_unfit", field=name, type=kind.words, name=name)
    duration = values.get("duration")
    if duration is not None and duration not in kind.durations:
        raise Rejected("duration_unfit", field="duration", duration=duration, type=kind.words)
