"""What a person may set on this laptop, with its limits and what holds when nothing is set."""

import dataclasses
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leora_desktop.files import write_whole

_LOG = logging.getLogger(__name__)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """The settings of one profile. Raises ValueError with a sentence when one is out of its limits."""

    poll_seconds: int = 15
    """How often the laptop asks for news when the server does not nudge it."""
    lock_wait_seconds: int = 30
    """How long a second program waits for the profile."""
    log_level: str = "INFO"

    def __post_init__(self) -> None:
        _whole_between("poll_seconds", self.poll_seconds, 5, 3_600)
        _whole_between("lock_wait_seconds", self.lock_wait_seconds, 0, 600)
        if self.log_level not in LOG_LEVELS:
            raise ValueError(f"log_level is one of {', '.join(LOG_LEVELS)}.")


def _whole_between(name: str, value: Any, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"{name} is a whole number from {least} to {most}.")


def load_preferences(path: Path) -> Preferences:
    """The preferences in the file. What is missing, broken or out of limits holds its default and is logged."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Preferences()
    except (OSError, ValueError) as error:
        _LOG.warning("%s cannot be read, so the defaults hold: %s", path.name, error)
        return Preferences()
    preferences = Preferences()
    for name, value in found.items() if isinstance(found, dict) else ():
        preferences = _with(preferences, name, value)
    return preferences


def _with(preferences: Preferences, name: str, value: Any) -> Preferences:
    try:
        return dataclasses.replace(preferences, **{name: value})
    except (TypeError, ValueError) as error:
        _LOG.warning("the setting %s is passed over: %s", name, error)
        return preferences


def save_preferences(path: Path, preferences: Preferences) -> None:
    """Write all of them. Raises Unavailable `disk`."""
    write_whole(path, json.dumps(dataclasses.asdict(preferences), indent=2).encode() + b"\n")
