"""Where the files of one signed-in person live."""

import dataclasses
import json
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import platformdirs

from leora_core.domain.failures import Unavailable
from leora_desktop.files import locked, write_whole

LOCK_WAIT_SECONDS = 30.0
"""How long a second program waits for the first one to let go of a profile."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who the profile belongs to, as the server said at sign-in. Holds no secret."""

    server: str
    tenant: str
    email: str
    user_id: str
    user_name: str
    device_id: str
    device_code: str
    tenant_name: str
    timezone: str
    vault: str | None = None
    """The file the keys are in, where the system's keyring is not used."""


class Profile:
    """The folder of one (server, tenant, user). Paths only: nothing is made until it is written."""

    def __init__(self, dir: Path) -> None:
        self.dir = dir
        self.replica = dir / "replica.db"
        self.next_replica = dir / "replica.next.db"
        """A replica being filled anew, before it takes the place of the present one."""
        self.outbox = dir / "outbox.db"
        self.preferences = dir / "preferences.json"
        self.logs = dir / "logs"
        self._signed_in = dir / "profile.json"
        self._id = dir / "profile.id"

    @cached_property
    def id(self) -> str:
        """A name for the profile's keys, made once; it stays when the folder is moved."""
        try:
            return str(uuid.UUID(self._id.read_text(encoding="ascii").strip()))
        except (FileNotFoundError, ValueError):
            made = str(uuid.uuid4())
            write_whole(self._id, made.encode())
            return made
        except OSError as error:
            raise _not_read(self._id, error)

    def signed_in(self) -> SignedIn | None:
        """Who is signed in; None for nobody. Raises Unavailable `disk` when the file cannot be read."""
        try:
            found = json.loads(self._signed_in.read_bytes())
            return SignedIn(**_known(found))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _not_read(self._signed_in, error)
        except (ValueError, TypeError, AttributeError):
            raise Unavailable("disk", f"{self._signed_in} is damaged. Sign in again to write it anew.")

    def sign_in(self, signed_in: SignedIn) -> None:
        """Remember who the profile belongs to."""
        text = json.dumps(dataclasses.asdict(signed_in), indent=2, ensure_ascii=False)
        write_whole(self._signed_in, text.encode() + b"\n")

    def sign_out(self) -> None:
        """Forget who the profile belongs to; the other files stay."""
        self._signed_in.unlink(missing_ok=True)

    def lock(self, wait_seconds: float = LOCK_WAIT_SECONDS) -> AbstractContextManager[None]:
        """The right to write here, held by one program at a time.

        Raises Unavailable `disk` when another keeps it longer than `wait_seconds`.
        """
        sentence = f"Leora is already open on this profile ({self.dir}). Close it, or use another --profile."
        return locked(self.dir / "lock", wait_seconds=wait_seconds, sentence=sentence)


def _known(found: dict[str, Any]) -> dict[str, Any]:
    """The fields this version knows, so that an older one can read what a newer one wrote."""
    names = {field.name for field in dataclasses.fields(SignedIn)}
    return {name: value for name, value in found.items() if name in names}


def _not_read(path: Path, error: OSError) -> Unavailable:
    return Unavailable("disk", f"{path} cannot be read: {error.strerror}. Check that it is yours.")


def default_profile() -> Path:
    """Where the profile is when nobody says otherwise."""
    return platformdirs.user_data_path("Leora Desktop", appauthor=False, roaming=False) / "profile"
