"""What became of a request, in one shape for the command line, for scripts and for the exit code."""

import logging
from dataclasses import dataclass, field
from typing import Any

from leora_core.domain.command import Rejected
from leora_core.domain.failures import Unavailable
from leora_desktop.bootstrap.session import Session
from leora_desktop.bootstrap.verbs import VERBS, Request, perform
from leora_desktop.keys import VaultLocked
from leora_desktop.replica.database import ReplicaDamaged, is_damage
from leora_desktop.syncing.client import Refused

_LOG = logging.getLogger(__name__)

DONE, BUG, REJECTED, UNAVAILABLE = 0, 1, 2, 3


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The exit code and, for 0, the result; else a stable code, a sentence and what more is known."""

    exit: int
    result: Any = None
    code: str = ""
    sentence: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def as_json(self) -> dict[str, Any]:
        """The reply as an object: `{"ok": true, "result": …}` or `{"ok": false, "exit": …, …}`."""
        if self.exit == DONE:
            return {"ok": True, "result": self.result}
        return {"ok": False, "exit": self.exit, "code": self.code, "sentence": self.sentence, **self.more}


def attempt(session: Session, request: Request) -> Reply:
    """Do what the request says and tell what became of it; never raises."""
    reply = _attempt(session, request)
    name = request.get("verb")
    _LOG.info(
        "%s: %s %s", name if isinstance(name, str) and name in VERBS else "no verb", reply.exit, reply.code or "done"
    )
    return reply


def _attempt(session: Session, request: Request) -> Reply:
    try:
        return Reply(exit=DONE, result=perform(session, request))
    except Rejected as refused:
        more = {"field": refused.field, "detail": refused.detail}
        return Reply(exit=REJECTED, code=refused.code, sentence=refused.sentence, more=_said(more))
    except Refused as refused:
        # A refused device may have been wiped: what is open here may be gone.
        session.let_go()
        return Reply(exit=REJECTED, code=refused.code, sentence=refused.sentence, more=_said({"detail": refused.more}))
    except VaultLocked as locked:
        return Reply(exit=REJECTED, code=locked.code, sentence=locked.sentence)
    except Unavailable as missing:
        return Reply(exit=UNAVAILABLE, code=missing.what, sentence=missing.sentence)
    except ReplicaDamaged as damaged:
        return Reply(exit=UNAVAILABLE, code="disk", sentence=damaged.sentence)
    except Exception as error:  # noqa: BLE001 - the one place that turns a fault into a sentence
        return _unexpected(session, error)


def _unexpected(session: Session, error: Exception) -> Reply:
    _LOG.exception("a verb failed")
    where = f"The log {session.log_file} says more." if session.log_file else f"{type(error).__name__}: {error}"
    if is_damage(error):
        # Opened anew, a damaged replica is set aside and filled again.
        session.let_go()
        return Reply(exit=UNAVAILABLE, code="disk", sentence=f"A file of this profile is damaged. Try again. {where}")
    return Reply(exit=BUG, code="bug", sentence=f"This is a fault in the program; nothing you did. {where}")


def _said(more: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in more.items() if value}
