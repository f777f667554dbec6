"""When the laptop asks again."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from leora_core.store.database import open_sqlite
from leora_desktop.replica.outbox import Outbox
from leora_desktop.syncing.pace import next_try, note_failure, wait_after_failures, wait_after_success

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@given(st.integers(0, 10_000))
def test_waits_stay_between_a_second_and_five_minutes(failures: int) -> None:
    assert 1 <= wait_after_failures(failures) <= 300


def test_the_longest_wait_doubles_with_each_failure() -> None:
    longest = [wait_after_failures(failures, lambda _, most: most) for failures in range(1, 11)]
    assert longest == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_polls_come_every_fifteen_seconds_give_or_take_a_fifth() -> None:
    assert wait_after_success(lambda least, _: least) == 12
    assert wait_after_success(lambda _, most: most) == 18


def test_what_is_known_of_failures_survives_a_restart(tmp_path: Path) -> None:
    with closing(Outbox(open_sqlite(tmp_path / "outbox.db"))) as outbox:
        assert next_try(outbox) is None
        note_failure(outbox, NOON)
        note_failure(outbox, NOON, asked_seconds=90)
    with closing(Outbox(open_sqlite(tmp_path / "outbox.db"))) as outbox:
        assert outbox.state("failures") == "2"
        assert outbox.state("offline_since") == "2026-11-22T12:00:00.000Z"
        due = next_try(outbox)
        assert due is not None
        assert due >= NOON + timedelta(seconds=90)
