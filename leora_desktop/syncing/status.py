"""The one value the status bar shows: what the laptop truly knows of its standing with the server."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from leora_core.domain.values import parse_instant
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.trouble import SIGN_IN_AGAIN

Standing = Literal[
    "up_to_date", "waiting", "offline", "need_you", "sign_in_again", "shut_out", "never_synced", "unproven"
]


@dataclass(frozen=True)
class Status:
    """`standing` is for programs, `words` for people."""

    standing: Standing
    words: str


@dataclass(frozen=True)
class Facts:
    """What the standing is told from. Instants as stored, None where there is none."""

    waiting: int
    attention: int
    filled: bool
    equal: bool
    proven_at: str | None
    offline_since: str | None
    trouble: str | None


def status_of(facts: Facts, zone: ZoneInfo) -> Status:
    """The most pressing thing first; `up_to_date` only with an empty outbox and a checksum that matched."""
    if facts.trouble in SIGN_IN_AGAIN:
        return Status("sign_in_again", "sign in again")
    if facts.trouble is not None:
        return Status("shut_out", "this laptop's access was revoked")
    if facts.attention:
        return Status("need_you", f"{facts.attention} need{'s' if facts.attention == 1 else ''} you")
    if facts.offline_since is not None:
        waiting = f", {facts.waiting} waiting" if facts.waiting else ""
        return Status("offline", f"offline since {_clock(facts.offline_since, zone)}{waiting}")
    if not facts.filled:
        return Status("never_synced", "not yet synced")
    if facts.waiting:
        return Status("waiting", f"{facts.waiting} waiting")
    if not facts.equal or facts.proven_at is None:
        return Status("unproven", "does not match the server yet; it is being repaired")
    return Status("up_to_date", f"up to date (proven {_clock(facts.proven_at, zone)})")


def status(workspace: Workspace) -> Status:
    """The standing of an open profile."""
    waiting, attention = workspace.outbox.counts()
    state = workspace.outbox.state
    facts = Facts(
        waiting=waiting,
        attention=attention,
        filled=workspace.position().filled,
        equal=workspace.fact("equal") == "1",
        proven_at=state("proven_at"),
        offline_since=state("offline_since"),
        trouble=state("trouble"),
    )
    return status_of(facts, workspace.who.zone)


def _clock(instant: str, zone: ZoneInfo) -> str:
    """The local clock time, with the day unless it is today."""
    local = parse_instant(instant).astimezone(zone)
    today = datetime.now(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %H:%M}"
