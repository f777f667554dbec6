"""The status bar never lies: each standing from the facts that make it."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leora_core.domain.values import format_instant
from leora_desktop.syncing.status import Facts, status_of

UTC_ZONE = ZoneInfo("UTC")
NOW = format_instant(datetime.now(UTC))
CLOCK = NOW[11:16]
GREEN = Facts(waiting=0, attention=0, filled=True, equal=True, proven_at=NOW, offline_since=None, trouble=None)


@pytest.mark.parametrize(
    ("facts", "standing", "words"),
    [
        (GREEN, "up_to_date", f"up to date (proven {CLOCK})"),
        (replace(GREEN, waiting=7), "waiting", "7 waiting"),
        (replace(GREEN, attention=1), "need_you", "1 needs you"),
        (replace(GREEN, attention=2, waiting=7), "need_you", "2 need you"),
        (replace(GREEN, offline_since="2026-11-20T09:10:00.000Z"), "offline", "offline since 20 Nov 09:10"),
        (replace(GREEN, offline_since=NOW, waiting=3), "offline", f"offline since {CLOCK}, 3 waiting"),
        (replace(GREEN, trouble="token_invalid", waiting=3), "sign_in_again", "sign in again"),
        (replace(GREEN, trouble="device_revoked"), "shut_out", "this laptop's access was revoked"),
        (replace(GREEN, filled=False, equal=False), "never_synced", "not yet synced"),
        (replace(GREEN, equal=False), "unproven", "does not match the server yet; it is being repaired"),
    ],
)
def test_the_most_pressing_thing_is_shown(facts: Facts, standing: str, words: str) -> None:
    status = status_of(facts, UTC_ZONE)
    assert (status.standing, status.words) == (standing, words)


def test_green_needs_an_empty_outbox_and_a_matching_checksum() -> None:
    for facts in (replace(GREEN, waiting=1), replace(GREEN, equal=False), replace(GREEN, attention=1)):
        assert status_of(facts, UTC_ZONE).standing != "up_to_date"
