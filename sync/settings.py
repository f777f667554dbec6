"""What the server is told once: where its data lives, which database it uses, how much it takes."""

import contextlib
import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

SETTINGS_FILE = "leora-sync.json"
CONTROL_FILE = "control.db"
MIB = 1 << 20
_FEWEST_COMMANDS = 100
"""What every device may count on being taken in one exchange."""
TOKEN_DAYS = 180
"""Days without contact after which a device signs in again."""


class SettingsUnusable(Exception):  # noqa: N818 - a state of the data directory, told to its administrator
    """The stored settings cannot be used; the text says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Where the data is, how much one request may carry, and how long things live.

    All but `data` and `database` may be set in the file as `{"limits": {"row_limit": 20000, …}}`.
    """

    data: Path
    database: str | None = None
    """URL of a PostgreSQL server; None for SQLite files in the data directory."""
    command_limit: int = 500
    """Commands in one exchange."""
    body_limit: int = 32 * MIB
    """Bytes of a request's body once decompressed."""
    row_limit: int = 50_000
    """Rows in one answer."""
    blob_limit: int = 25 * MIB
    """Bytes of a photo or recording."""
    removal_days: int = 180
    """Days for which removals are remembered at least."""
    free_failures: int = 5
    """Wrong passwords after which the next try has to wait."""
    longest_wait_seconds: int = 900
    events_seconds: float = 300.0
    """A stream of events closes after this long, at the latest after twice this."""
    comment_seconds: float = 20.0
    """A stream of events says at least something this often."""
    watch_seconds: float = 0.25
    """How often the clock is looked at while somebody listens."""


_NUMBERS = {field.name for field in dataclasses.fields(ServerSettings)} - {"data", "database"}


def load_settings(data: Path, database: str | None = None) -> ServerSettings:
    """The settings stored in `data`, with the URL given now where none was before.

    Raises SettingsUnusable for a damaged file, and for a URL of another database than the first.
    """
    stored = _read(data / SETTINGS_FILE)
    first = stored.get("database")
    if database is not None and first is None and (data / CONTROL_FILE).exists():
        raise SettingsUnusable(f"The tenants of {data} are in SQLite files. Use another --data directory for a server.")
    if database is not None and first is not None and not _same_place(str(first), database):
        raise SettingsUnusable(f"{data} belongs to another database. Use its own --data directory for each database.")
    chosen = database or first
    return ServerSettings(data=data, database=None if chosen is None else str(chosen), **_numbers(stored))


def store_settings(settings: ServerSettings) -> None:
    """Keep the settings in the data directory, readable by its owner only. Does nothing when nothing changed."""
    path = settings.data / SETTINGS_FILE
    stored = _read(path)
    wanted = {**stored, "database": settings.database}
    if stored == wanted:
        return
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(wanted, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> dict[str, object]:
    try:
        stored = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise SettingsUnusable(f"{path} is damaged: it is not JSON. Mend it, or restore it from a backup.")
    if not isinstance(stored, dict):
        raise SettingsUnusable(f"{path} is damaged: it is not an object. Mend it, or restore it from a backup.")
    return stored


def _numbers(stored: dict[str, object]) -> dict[str, Any]:
    given = stored.get("limits", {})
    if not isinstance(given, dict) or not _NUMBERS.issuperset(given):
        raise SettingsUnusable(f"The limits in {SETTINGS_FILE} may be: {', '.join(sorted(_NUMBERS))}.")
    if not all(isinstance(value, int | float) and value > 0 for value in given.values()):
        raise SettingsUnusable(f"The limits in {SETTINGS_FILE} must be numbers above 0.")
    if given.get("command_limit", _FEWEST_COMMANDS) < _FEWEST_COMMANDS:
        raise SettingsUnusable(f"command_limit in {SETTINGS_FILE} must be at least {_FEWEST_COMMANDS}.")
    return given


def _same_place(one: str, other: str) -> bool:
    """Whether two URLs mean one database, whatever user and password they carry."""
    a, b = sa.make_url(one), sa.make_url(other)
    return (a.host, a.port, a.database, a.query) == (b.host, b.port, b.database, b.query)
