"""Who may do what: one function per question, the same answer on laptop and server.

Each raises Rejected, so that a refusal carries the same code everywhere. Ask before looking for the
record: a refusal must not tell whether a hidden one exists.
"""

from leora_core.domain.command import Context, Records, Rejected, account_scope
from leora_core.domain.grants import Grant, late_grant


def require_role(context: Context, *roles: str) -> None:
    """Raises Rejected `not_allowed` unless the actor has one of `roles`."""
    if not context.actor.is_any(*roles):
        raise Rejected("not_allowed")


def require_admin(context: Context) -> None:
    """Users, imports, prices and products: administrators only."""
    require_role(context, "admin")


def require_manager(context: Context) -> None:
    """Reassigning, holding, closing, approving: managers and administrators."""
    require_role(context, "manager", "admin")


def may_work_account(records: Records, context: Context, account_id: str) -> None:
    """Edit, plan, visit, sample, note: the account's own rep, managers and administrators.

    A rep whose grant ended unseen in the last 72 hours still may (docs/sync.md, Wipe); the authority flags it.
    Raises Rejected `not_your_account` or `scope_lost`.
    """
    if context.actor.is_any("manager", "admin"):
        return
    require_role(context, "rep")
    held = account_scope(account_id)
    mine = records.find(Grant, user_id=context.actor.user_id, held=held)
    if any(g.to_version is None for g in mine):
        return
    if late_grant(records, context, held) is not None:
        return
    raise Rejected("scope_lost" if mine else "not_your_account")


def require_self_or_manager(context: Context, user_id: str) -> None:
    """A rep's own plan, stock and tasks: that rep, managers and administrators."""
    if context.actor.user_id != user_id:
        require_manager(context)
