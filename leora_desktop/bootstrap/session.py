"""One profile in use by one program: its parts are built when a verb first needs them."""

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.reasons import declare
from leora_desktop.keys import KeyringSecrets, Secrets, VaultSecrets
from leora_desktop.logs import FILE_NAME, start_logging, stop_logging
from leora_desktop.paths import Profile, SignedIn
from leora_desktop.replica.workspace import Workspace
from leora_desktop.settings import load_preferences
from leora_desktop.syncing.client import Client, HttpTransport
from leora_desktop.syncing.sign_in import Who, sign_in

declare(
    {
        "passphrase_missing": "The keys are in the vault {vault}. Give its passphrase by --vault-passphrase-fd N.",
        "device_wiped": "{told} Sign in again when you have access again.",
    }
)


class Session:
    """A profile, locked from first use to `close`. `passphrase` is asked only when there is a vault."""

    def __init__(
        self, profile: Profile, *, vault: Path | None = None, passphrase: Callable[[], str | None] = lambda: None
    ) -> None:
        self.profile = profile
        self.preferences = load_preferences(profile.preferences)
        self._vault = vault
        self._passphrase = passphrase
        self._stack = contextlib.ExitStack()
        self._log: logging.Handler | None = None
        self._locked = False
        self._secrets: Secrets | None = None
        self._workspace: Workspace | None = None
        self._client: Client | None = None

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def log_file(self) -> Path | None:
        """Where this program writes its log; None when it has none."""
        return self.profile.logs / FILE_NAME if self._log else None

    def hold(self) -> None:
        """Take the profile for this program alone. Raises Unavailable `disk` when another keeps it."""
        if not self._locked:
            self._stack.enter_context(self.profile.lock(self.preferences.lock_wait_seconds))
            self._locked = True
            # A log that cannot be written is no reason to refuse work.
            with contextlib.suppress(OSError):
                self._log = start_logging(self.profile.logs, self.preferences.log_level)
                self._stack.callback(stop_logging, self._log)

    @property
    def workspace(self) -> Workspace:
        """The open workspace. Raises Rejected, Unavailable or VaultLocked when there is none to open."""
        if self._workspace is None:
            self.hold()
            self._refuse_if_wiped()
            self._workspace = Workspace.open(self.profile, self._secrets_of(self.profile.signed_in()))
        return self._workspace

    @property
    def client(self) -> Client:
        """The server, as the device that is signed in."""
        if self._client is None:
            token = self.workspace.outbox.state("token")
            self._client = Client(HttpTransport(self.workspace.signed_in.server), token)
        return self._client

    def sign_in(self, who: dict[str, str]) -> dict[str, Any]:
        """Sign in with server, tenant, email and password; the answer holds no secret."""
        self.hold()
        self.let_go()
        before = self.profile.signed_in()
        secrets = self._secrets_of(before)
        vault = self._vault_of(before)
        transport = HttpTransport(who["server"])
        try:
            answer = sign_in(self.profile, secrets, transport, Who(**who, vault=str(vault) if vault else None))
        finally:
            transport.close()
        self._wiped.unlink(missing_ok=True)
        return answer

    def let_go(self) -> None:
        """Close the workspace and the connection; the next verb opens them anew."""
        client, self._client = self._client, None
        workspace, self._workspace = self._workspace, None
        if client is not None:
            client.close()
        if workspace is not None:
            workspace.close()

    def close(self) -> None:
        """Close everything and let other programs have the profile."""
        try:
            self.let_go()
        finally:
            self._stack.close()
            self._locked = False

    @property
    def _wiped(self) -> Path:
        return self.profile.dir / "wiped.txt"

    def _refuse_if_wiped(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            raise Rejected("device_wiped", told=self._wiped.read_text(encoding="utf-8").strip())

    def _vault_of(self, signed_in: SignedIn | None) -> Path | None:
        if self._vault is not None:
            return self._vault
        return Path(signed_in.vault) if signed_in is not None and signed_in.vault else None

    def _secrets_of(self, signed_in: SignedIn | None) -> Secrets:
        if self._secrets is None:
            self._secrets = self._open_secrets(self._vault_of(signed_in))
        return self._secrets

    def _open_secrets(self, vault: Path | None) -> Secrets:
        if vault is None:
            return KeyringSecrets(self.profile.id)
        passphrase = self._passphrase()
        if not passphrase:
            raise Rejected("passphrase_missing", vault=vault)
        return VaultSecrets(vault, passphrase, self.profile.id)
