"""What hangs on an account: asking permission by the account before a part is looked up."""

from typing import TypeVar

from leora_core.domain.accounts.records import Account, AccountPart
from leora_core.domain.command import Context, Records, Rejected
from leora_core.domain.edits import close_conflicts
from leora_core.domain.permissions import may_work_account

Part = TypeVar("Part", bound=AccountPart)


def need_account(records: Records, context: Context, account_id: str) -> Account:
    """The account, for whoever works it. Raises Rejected `not_your_account` before it looks."""
    may_work_account(records, context, account_id)
    return records.need(Account, account_id)


def need_part(records: Records, context: Context, kind: type[Part], account_id: str, part_id: str) -> Part:
    """The part of that account, for whoever works it. Raises Rejected `not_found` for another account's part."""
    may_work_account(records, context, account_id)
    part = records.need(kind, part_id)
    if part.account_id != account_id:
        raise Rejected("not_found", what=kind.TABLE.replace("_", " "))
    return part


def remove_part(records: Records, context: Context, part: AccountPart) -> None:
    """Take the part away and settle the conflicts about it."""
    close_conflicts(records, context, part)
    records.remove(part)


def may_edit_part(records: Records, context: Context, part: AccountPart) -> None:
    """Raises Rejected unless the actor works the account the part hangs on."""
    may_work_account(records, context, part.account_id)
