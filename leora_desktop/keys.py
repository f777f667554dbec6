"""Where secrets are kept: the system's keyring, or a vault file under a passphrase.

Only short secrets belong here (the databases' key, the device's token): the Windows store takes no
more than 1,280 characters each.
"""

import base64
import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from leora_core.domain.failures import Unavailable
from leora_desktop.files import locked, write_whole

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "Leora Desktop"
LONGEST = 1_024
"""Characters a secret may have."""
_NAME = re.compile(r"[a-z0-9_.:-]{1,100}")
_OPEN_TO_ALL = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
_SCRYPT = {"n": 2**16, "r": 8, "p": 1}


class Secrets(Protocol):
    """Short secrets by name. Every call may take seconds or ask the person: not for the UI thread.

    Raises Unavailable `keyring` when the store cannot be reached.
    """

    def get(self, name: str) -> str | None:
        """The secret, or None."""

    def set(self, name: str, secret: str) -> None:
        """Keep the secret, in place of an earlier one. Raises ValueError when it or its name is too long."""

    def delete(self, name: str) -> None:
        """Forget the secret; no error where there is none."""


class VaultLocked(Exception):  # noqa: N818 - it says what is so
    """The passphrase does not open the vault."""

    code = "vault_locked"

    def __init__(self, path: Path) -> None:
        self.sentence = f"The passphrase does not open the vault {path}. Check it and try again."
        super().__init__(self.sentence)


def new_database_key() -> str:
    """A fresh 256-bit key as 64 hexadecimal digits."""
    return secrets.token_hex(32)


def check_secret(name: str, secret: str = "") -> None:
    """Raise ValueError unless every store can take it: short, and named in small letters and digits."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a secret: {name!r}")
    if len(secret) > LONGEST:
        raise ValueError(f"the secret {name} has more than {LONGEST} characters")


class KeyringSecrets:
    """`Secrets` in the keyring of the operating system."""

    def __init__(self, profile_id: str) -> None:
        self._profile_id = profile_id

    def get(self, name: str) -> str | None:
        check_secret(name)
        with _keyring() as keyring:
            return keyring.get_password(SERVICE, self._entry(name))

    def set(self, name: str, secret: str) -> None:
        check_secret(name, secret)
        with _keyring() as keyring:
            keyring.set_password(SERVICE, self._entry(name), secret)

    def delete(self, name: str) -> None:
        check_secret(name)
        with _keyring() as keyring:
            if keyring.get_password(SERVICE, self._entry(name)) is not None:
                keyring.delete_password(SERVICE, self._entry(name))

    def _entry(self, name: str) -> str:
        return f"{self._profile_id}:{name}"


@contextlib.contextmanager
def _keyring() -> "Iterator[KeyringBackend]":
    """The keyring in use; whatever it raises becomes Unavailable."""
    try:
        import keyring

        yield trustworthy(keyring.get_keyring())
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - backends leak the errors of their own libraries
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise Unavailable("keyring", f"The system's keyring did not answer: {reason}. Unlock it and try again.")


def trustworthy(backend: "KeyringBackend") -> "KeyringBackend":
    """The backend, or the first behind a chain of them, that hides what it keeps. Raises Unavailable for none."""
    for candidate in getattr(backend, "backends", [backend]):
        module = type(candidate).__module__
        if module.startswith(_OPEN_TO_ALL):
            continue
        if module == "keyring.backends.Windows":
            # Else the secret would roam to every machine the person signs in to.
            windows: Any = candidate
            windows.persist = "local machine"
        return candidate  # type: ignore[no-any-return]
    raise Unavailable(
        "keyring",
        "This computer has no keyring that keeps secrets. Start one (GNOME Keyring, KWallet), "
        "or sign in with --vault FILE and a passphrase.",
    )


class VaultSecrets:
    """`Secrets` in one file: a JSON line that says how, then AES-256-GCM over them, bound to that line.

    The key is scrypt of the passphrase. `owner` keeps apart the secrets of profiles that share a vault.
    Raises VaultLocked on a wrong passphrase, Unavailable `disk` on a broken file.
    """

    def __init__(self, path: Path, passphrase: str, owner: str = "") -> None:
        self._path = path
        self._passphrase = passphrase.encode()
        self._owner = owner
        self._derived: tuple[bytes, bytes] | None = None

    def get(self, name: str) -> str | None:
        check_secret(name)
        return self._read().get(self._entry(name))

    def set(self, name: str, secret: str) -> None:
        check_secret(name, secret)
        with self._alone():
            self._write({**self._read(), self._entry(name): secret})

    def delete(self, name: str) -> None:
        check_secret(name)
        with self._alone():
            held = self._read()
            if held.pop(self._entry(name), None) is not None:
                self._write(held)

    def _entry(self, name: str) -> str:
        return f"{self._owner}:{name}"

    def _alone(self) -> Any:
        lock = self._path.with_name(self._path.name + ".lock")
        sentence = f"Another program keeps the vault {self._path} locked. Close it and try again."
        return locked(lock, wait_seconds=30, sentence=sentence)

    def _key(self, salt: bytes) -> bytes:
        if self._derived is None or self._derived[0] != salt:
            self._derived = (salt, Scrypt(salt=salt, length=32, **_SCRYPT).derive(self._passphrase))
        return self._derived[1]

    def _read(self) -> dict[str, str]:
        try:
            header, _, sealed = self._path.read_bytes().partition(b"\n")
            said = json.loads(header)
            if (said["v"], said["kdf"]) != (1, "scrypt") or {k: said[k] for k in _SCRYPT} != _SCRYPT:
                raise ValueError("another kind of vault")
            salt, nonce = (base64.b64decode(said[part], validate=True) for part in ("salt", "nonce"))
            opened = AESGCM(self._key(salt)).decrypt(nonce, sealed, header)
        except FileNotFoundError:
            return {}
        except InvalidTag:
            raise VaultLocked(self._path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable("disk", f"The vault {self._path} cannot be read ({error}). Put its last copy back.")
        held: dict[str, str] = json.loads(opened)
        return held

    def _write(self, held: dict[str, str]) -> None:
        salt = self._derived[0] if self._derived else os.urandom(16)
        nonce = os.urandom(12)
        said = {"v": 1, "kdf": "scrypt", **_SCRYPT, "salt": _text(salt), "nonce": _text(nonce)}
        header = json.dumps(said, sort_keys=True).encode()
        sealed = AESGCM(self._key(salt)).encrypt(nonce, json.dumps(held).encode(), header)
        write_whole(self._path, header + b"\n" + sealed)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
