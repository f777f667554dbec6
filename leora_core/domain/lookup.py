"""Finding a row by its own id without telling a stranger whether it exists."""

from collections.abc import Callable

from leora_core.domain.command import Absence, Context, R, Records, Rejected
from leora_core.domain.reasons import declare

declare({"not_yours_or_gone": "This {what} is not yours or no longer exists. Refresh, or ask a manager about it."})

_TOLD_ANYWAY = frozenset({"scope_lost", "not_on_this_laptop"})


def need_permitted(records: Records, context: Context, kind: type[R], id: str, permit: Callable[[R], None]) -> R:
    """The row, once `permit` let the actor have it; for commands whose payload does not name the scope.

    Raises Rejected `not_yours_or_gone` alike for a hidden row and for none. Managers and
    administrators, who see everything, get the plain `not_found`.
    """
    found = records.get(kind, id)
    if found is Absence.UNKNOWN or context.actor.is_any("manager", "admin"):
        found = records.need(kind, id)
        permit(found)
        return found
    hidden = Rejected("not_yours_or_gone", what=kind.TABLE.replace("_", " "))
    if isinstance(found, Absence):
        raise hidden
    try:
        permit(found)
    except Rejected as refusal:
        if refusal.code in _TOLD_ANYWAY:
            raise
        raise hidden from None
    return found
