import logging
from pathlib import Path

import pytest

from leora_desktop.settings import Preferences, load_preferences, save_preferences


def test_nothing_set_means_the_defaults(tmp_path: Path) -> None:
    assert load_preferences(tmp_path / "preferences.json") == Preferences(poll_seconds=15)


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "preferences.json"
    save_preferences(path, Preferences(poll_seconds=60, log_level="DEBUG"))
    assert load_preferences(path) == Preferences(poll_seconds=60, log_level="DEBUG")


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "\x00"])
def test_a_broken_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "preferences.json"
    path.write_text(text)
    assert load_preferences(path) == Preferences()


def test_one_wrong_value_does_not_cost_the_others(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "preferences.json"
    path.write_text('{"poll_seconds": "often", "lock_wait_seconds": 3, "of_a_later_version": 1, "log_level": "LOUD"}')
    with caplog.at_level(logging.WARNING):
        assert load_preferences(path) == Preferences(lock_wait_seconds=3)
    assert "poll_seconds is a whole number from 5 to 3600" in caplog.text


@pytest.mark.parametrize("wrong", [{"poll_seconds": 4}, {"poll_seconds": True}, {"lock_wait_seconds": -1}])
def test_a_value_out_of_its_limits_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Preferences(**wrong)  # type: ignore[arg-type]
