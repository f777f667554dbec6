"""What stands between a laptop and its server until somebody signs in again."""

from datetime import UTC, datetime

import msgspec

from leora_core.domain.failures import Unavailable
from leora_core.domain.values import format_instant
from leora_desktop.replica.database import destroy
from leora_desktop.replica.workspace import DATABASE_KEY, Workspace
from leora_desktop.syncing.client import Client, HttpTransport, Refused

SIGN_IN_AGAIN = frozenset({"token_invalid", "device_forked", "lineage_changed"})


def note_refusal(workspace: Workspace, refused: Refused) -> None:
    """Remember why the server will not talk to this device; a wipe is carried out."""
    if refused.code in SIGN_IN_AGAIN or refused.code == "device_revoked":
        workspace.outbox.remember(trouble=refused.code)
    if refused.code == "device_revoked" and refused.more.get("wipe"):
        wipe(workspace)


def hand_in(workspace: Workspace, client: Client, why: str) -> bool:
    """Give the server what was not sent, for an administrator to judge. False when it cannot be reached."""
    entries = [*workspace.outbox.waiting(), *workspace.outbox.attention()]
    if not entries:
        return True
    body = {"why": why, "commands": msgspec.to_builtins(entries)}
    try:
        client.call("POST", "/v1/salvage", body)
    except (Unavailable, Refused):
        return False
    return True


def wipe(workspace: Workspace) -> None:
    """The server asked for it: hand in the outbox if it can be, then destroy the key, then the files."""
    profile, secrets = workspace.profile, workspace.secrets
    client = Client(HttpTransport(workspace.signed_in.server), workspace.outbox.state("token"))
    handed_in = hand_in(workspace, client, "wiped")
    client.close()
    workspace.close()
    secrets.delete(DATABASE_KEY)
    for path in (profile.replica, profile.next_replica, profile.outbox, profile.replica.with_suffix(".damaged")):
        destroy(path)
    profile.sign_out()
    kept = "What had not been sent was handed in." if handed_in else "What had not been sent could not be handed in."
    told = f"{format_instant(datetime.now(UTC))} This laptop's data was erased because its access was revoked. {kept}"
    (profile.dir / "wiped.txt").write_text(told + "\n", encoding="utf-8")
