"""Putting an account on hold, closing it, and back."""

from dataclasses import dataclass

from leora_core.domain import fields
from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Command, Context, Records, handles
from leora_core.domain.permissions import require_manager
from leora_core.domain.values import Id, ShortText


@dataclass(frozen=True, kw_only=True)
class HoldAccount(Command):
    """Put an account on hold: it is not sold to until it is released."""

    account_id: Id
    reason: ShortText | None = None


@handles(HoldAccount)
def hold_account(command: HoldAccount, records: Records, context: Context) -> None:
    """Managers and administrators. A hold that is on keeps its reason unless a new one is given."""
    require_manager(context)
    account = records.need(Account, command.account_id)
    reason = fields.parsed("reason", fields.text(), command.reason)
    if account.on_hold and reason in (None, account.hold_reason):
        return
    records.change(account, on_hold=True, hold_reason=reason)


@dataclass(frozen=True, kw_only=True)
class ReleaseAccount(Command):
    """Take an account off hold."""

    account_id: Id


@handles(ReleaseAccount)
def release_account(command: ReleaseAccount, records: Records, context: Context) -> None:
    """Managers and administrators."""
    require_manager(context)
    account = records.need(Account, command.account_id)
    if account.on_hold:
        records.change(account, on_hold=False, hold_reason=None)


@dataclass(frozen=True, kw_only=True)
class CloseAccount(Command):
    """Close an account that is out of business or lost for good."""

    account_id: Id
    reason: ShortText | None = None


@handles(CloseAccount)
def close_account(command: CloseAccount, records: Records, context: Context) -> None:
    """Managers and administrators. What is closed keeps the day and reason it was closed with."""
    require_manager(context)
    account = records.need(Account, command.account_id)
    if account.closed_at is None:
        reason = fields.parsed("reason", fields.text(), command.reason)
        records.change(account, closed_at=context.at, closed_reason=reason)


@dataclass(frozen=True, kw_only=True)
class ReopenAccount(Command):
    """Open a closed account again."""

    account_id: Id


@handles(ReopenAccount)
def reopen_account(command: ReopenAccount, records: Records, context: Context) -> None:
    """Managers and administrators."""
    require_manager(context)
    account = records.need(Account, command.account_id)
    if account.closed_at is not None:
        records.change(account, closed_at=None, closed_reason=None)
