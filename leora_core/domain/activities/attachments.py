"""Photos and files on an account: the row names the content, the content travels by itself."""

from dataclasses import dataclass
from typing import Annotated

from leora_core.domain.accounts.records import Account
from leora_core.domain.activities.access import need_part, require_author
from leora_core.domain.activities.records import Activity, Attachment
from leora_core.domain.command import Command, Context, Records, Rejected, handles
from leora_core.domain.permissions import may_work_account
from leora_core.domain.reasons import declare
from leora_core.domain.values import Id, Name, Pattern

MEBIBYTE = 1024 * 1024
LARGEST_PHOTO = 5 * MEBIBYTE
LARGEST_FILE = 25 * MEBIBYTE

Sha256 = Annotated[str, Pattern(r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, Pattern(r"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}$")]

declare(
    {
        "file_too_large": "{name} is larger than {most} MiB. Make it smaller and attach it again.",
        "file_empty": "{name} is empty. Choose another file.",
        "attachment_elsewhere": "That activity belongs to another account. Attach the file there.",
    }
)


@dataclass(frozen=True, kw_only=True)
class AttachFile(Command):
    """Attach a photo (5 MiB at most) or another file (25 MiB) to an account or one of its activities."""

    attachment_id: Id
    account_id: Id
    activity_id: Id | None = None
    sha256: Sha256
    name: Name
    media_type: MediaType
    bytes: int


@handles(AttachFile)
def attach_file(command: AttachFile, records: Records, context: Context) -> None:
    """Whoever works the account."""
    may_work_account(records, context, command.account_id)
    records.need(Account, command.account_id)
    most = LARGEST_PHOTO if command.media_type.startswith("image/") else LARGEST_FILE
    if command.bytes > most:
        raise Rejected("file_too_large", field="bytes", name=command.name, most=most // MEBIBYTE)
    if command.bytes < 1:
        raise Rejected("file_empty", field="bytes", name=command.name)
    if command.activity_id is not None:
        activity = need_part(records, context, Activity, command.activity_id)
        if activity.account_id != command.account_id:
            raise Rejected("attachment_elsewhere", field="activity_id")
    records.add(
        Attachment(
            id=command.attachment_id,
            account_id=command.account_id,
            activity_id=command.activity_id,
            sha256=command.sha256,
            name=command.name,
            media_type=command.media_type,
            bytes=command.bytes,
            attached_by=context.actor.user_id,
            attached_at=context.at,
        )
    )


@dataclass(frozen=True, kw_only=True)
class RemoveAttachment(Command):
    """Take a file off its account."""

    attachment_id: Id


@handles(RemoveAttachment)
def remove_attachment(command: RemoveAttachment, records: Records, context: Context) -> None:
    """Whoever attached it, or a manager."""
    attachment = need_part(records, context, Attachment, command.attachment_id)
    require_author(context, attachment.attached_by)
    records.remove(attachment)
