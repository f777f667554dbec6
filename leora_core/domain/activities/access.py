"""Who reaches a row of an account's history, and who may change it."""

from typing import TypeVar

from leora_core.domain.accounts.records import AccountPart
from leora_core.domain.command import Context, Records, Rejected
from leora_core.domain.lookup import need_permitted
from leora_core.domain.permissions import may_work_account, require_role
from leora_core.domain.reasons import declare

declare({"not_the_author": "Someone else wrote this. Ask them or a manager to change it."})

P = TypeVar("P", bound=AccountPart)


def need_part(records: Records, context: Context, kind: type[P], id: str) -> P:
    """The row, for whoever works its account; hidden ones are refused like absent ones."""
    require_role(context, "rep", "manager", "admin")
    return need_permitted(records, context, kind, id, lambda row: may_work_account(records, context, row.account_id))


def require_author(context: Context, author_id: str) -> None:
    """Raises Rejected `not_the_author` for all but the author, managers and administrators."""
    if author_id != context.actor.user_id and not context.actor.is_any("manager", "admin"):
        raise Rejected("not_the_author")
