"""Assigning an account to a rep."""

from dataclasses import dataclass

from leora_core.domain.accounts.records import Account
from leora_core.domain.command import Command, Context, Records, account_scope, handles
from leora_core.domain.grants import grant, live_grants, revoke
from leora_core.domain.identity import need_active_rep
from leora_core.domain.permissions import require_manager
from leora_core.domain.values import Id


@dataclass(frozen=True, kw_only=True)
class AssignAccount(Command):
    """Give an account to a rep; the one who had it no longer sees it."""

    account_id: Id
    rep_id: Id


@handles(AssignAccount)
def assign_account(command: AssignAccount, records: Records, context: Context) -> None:
    """Managers and administrators. One grant ends, one begins; nothing else of the account is written."""
    require_manager(context)
    records.need(Account, command.account_id)
    need_active_rep(records, command.rep_id)
    held = account_scope(command.account_id)
    for old in live_grants(records, held):
        if old.why == "assigned" and old.user_id != command.rep_id:
            revoke(records, context, old)
    grant(records, context, name="rep", user_id=command.rep_id, held=held, why="assigned")
