"""Signing in: a device id and a token for a name and a password, and what to do with earlier work."""

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.reasons import declare
from leora_desktop.keys import Secrets, new_database_key
from leora_desktop.paths import Profile, SignedIn
from leora_desktop.replica.database import destroy, open_encrypted
from leora_desktop.replica.outbox import Outbox
from leora_desktop.replica.workspace import DATABASE_KEY, Workspace
from leora_desktop.syncing.client import Client, Transport

declare(
    {
        "profile_taken": "This profile belongs to {email} at {tenant}. Use another --profile for somebody else.",
    }
)


@dataclass(frozen=True)
class Who:
    """Where and as whom to sign in."""

    server: str
    tenant: str
    email: str
    password: str
    vault: str | None = None


def sign_in(profile: Profile, secrets: Secrets, transport: Transport, who: Who) -> dict[str, Any]:
    """Enrol this device, or enrol it anew over what it has; returns the server's answer without the secrets.

    Nothing that waits is lost: it is numbered afresh under the new device id, and after a change of
    the server's history what it had accepted is offered again. Raises Rejected, Refused, Unavailable.
    """
    before = profile.signed_in()
    if before is not None and (before.tenant, before.email.casefold()) != (who.tenant, who.email.casefold()):
        raise Rejected("profile_taken", email=before.email, tenant=before.tenant)
    answer = _ask(Client(transport), who, before)
    key = secrets.get(DATABASE_KEY)
    if key is None:
        key = new_database_key()
        secrets.set(DATABASE_KEY, key)
    _keep(profile, key, answer)
    profile.sign_in(
        SignedIn(
            server=who.server,
            tenant=who.tenant,
            email=who.email,
            user_id=answer["user"]["id"],
            user_name=answer["user"]["name"],
            device_id=answer["device_id"],
            device_code=answer["device_code"],
            tenant_name=answer["tenant"]["name"],
            timezone=answer["tenant"]["timezone"],
            vault=who.vault,
        )
    )
    return {name: answer[name] for name in ("device_id", "device_code", "user", "tenant")}


def _ask(client: Client, who: Who, before: SignedIn | None) -> dict[str, Any]:
    device = {"name": platform.node() or "laptop", "platform": platform.system().lower() or "unknown"}
    device["app_version"] = version("leora-desktop")
    body: dict[str, Any] = {"tenant": who.tenant, "email": who.email, "password": who.password, "device": device}
    if before is not None:
        body["replaces"] = before.device_id
    answer: dict[str, Any] = client.call("POST", "/v1/sign-in", body)
    return answer


def _keep(profile: Profile, key: str, answer: dict[str, Any]) -> None:
    """The token and what the new device id asks for go into the outbox's file, which is encrypted."""
    outbox = Outbox(open_encrypted(profile.outbox, key, synchronous="FULL", pool_size=2, cache_mb=4))
    try:
        new_history = outbox.state("trouble") == "lineage_changed"
        if new_history:
            outbox.offer_again()
            outbox.remember(settled_cursor=None, settled_chain=None)
            destroy(profile.next_replica)
        outbox.renumber()
        outbox.remember(
            token=answer["token"],
            lease=answer["lease"],
            command_limit=answer["limits"]["commands"],
            trouble=None,
            refill=1 if new_history else None,
        )
    finally:
        outbox.close()


def sign_out(workspace: Workspace, client: Client, *, abandon: bool = False) -> None:
    """End the device's token. Raises Refused `unsent_work` while commands wait, unless `abandon`."""
    waiting, _ = workspace.outbox.counts()
    body: dict[str, Any] = {"waiting": waiting}
    if abandon:
        body["abandon"] = True
    client.call("POST", "/v1/sign-out", body)
    workspace.outbox.remember(token=None)
