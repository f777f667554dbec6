"""What the command line can do: each verb takes a session and a request and returns plain data."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

import leora_core.domain.subjects  # noqa: F401 - registers every command
from leora_core.domain.command import COMMANDS, Rejected
from leora_core.domain.reasons import declare
from leora_core.domain.values import format_instant, parse_instant
from leora_core.protocol.codec import schema_of
from leora_desktop.bootstrap.session import Session
from leora_desktop.files import write_whole
from leora_desktop.replica.queries import as_json, describe, run
from leora_desktop.syncing.cycle import prove, synchronise
from leora_desktop.syncing.sign_in import sign_out
from leora_desktop.syncing.status import status

declare(
    {
        "usage": "This cannot be understood: {why}. `leora-desktop --help` lists the verbs.",
        "sign_out_unsent": "{waiting} commands were not sent yet. Sync first, or sign out with --abandon.",
    }
)

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Verb:
    """A verb: what it does in a line, the fields a request must and may have, and the function behind it."""

    summary: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]
    act: Callable[[Session, Request], Any]


VERBS: dict[str, Verb] = {}


def verb(
    name: str, *, needs: tuple[str, ...] = (), takes: tuple[str, ...] = ()
) -> Callable[[Callable[[Session, Request], Any]], Callable[[Session, Request], Any]]:
    """Register the decorated function under `name`; its docstring is its line in the help."""

    def register(act: Callable[[Session, Request], Any]) -> Callable[[Session, Request], Any]:
        VERBS[name] = Verb((act.__doc__ or "").strip(), needs, takes, act)
        return act

    return register


def perform(session: Session, request: Request) -> Any:
    """Do what the request says. Raises Rejected `usage` for one that is not well formed, or what the verb raises."""
    name = request.get("verb")
    known = VERBS.get(name) if isinstance(name, str) else None
    if known is None:
        raise Rejected("usage", why=f"there is no verb {name!r}")
    given = request.keys() - {"verb"}
    if unknown := sorted(given - set(known.needs) - set(known.takes)):
        raise Rejected("usage", why=f"{name} takes no {', '.join(unknown)}")
    if missing := [field for field in known.needs if field not in given]:
        raise Rejected("usage", why=f"{name} needs {', '.join(missing)}")
    return known.act(session, request)


# The person and the server


@verb("sign-in", needs=("server", "tenant", "email", "password"))
def _sign_in(session: Session, request: Request) -> Any:
    """make this profile a device of a person"""
    return session.sign_in({field: _text(request, field) for field in ("server", "tenant", "email", "password")})


@verb("sign-out", takes=("abandon",))
def _sign_out(session: Session, request: Request) -> Any:
    """end this device's token; refused while commands wait, unless they are abandoned"""
    waiting, _ = session.workspace.outbox.counts()
    abandon = _flag(request, "abandon")
    if waiting and not abandon:
        raise Rejected("sign_out_unsent", waiting=waiting)
    sign_out(session.workspace, session.client, abandon=abandon)
    session.let_go()
    return {"signed_out": True, "abandoned": waiting}


@verb("sync")
def _sync(session: Session, _: Request) -> Any:
    """send what waits, take what is new, compare the checksum"""
    return dataclasses.asdict(synchronise(session.workspace, session.client))


@verb("prove", takes=("deep",))
def _prove(session: Session, request: Request) -> Any:
    """sync, then sum every row anew and compare; --deep compares contents too"""
    return dataclasses.asdict(prove(session.workspace, session.client, deep=_flag(request, "deep")))


@verb("rebuild")
def _rebuild(session: Session, _: Request) -> Any:
    """let the next sync fetch the whole replica anew; the outbox stays"""
    session.workspace.rebuild()
    return {"rebuild": "at the next sync"}


@verb("status")
def _status(session: Session, _: Request) -> Any:
    """who is signed in, what waits, where the replica stands"""
    workspace = session.workspace
    waiting, attention = workspace.outbox.counts()
    position = workspace.position()
    who = workspace.signed_in
    shown = status(workspace)
    return {
        "standing": shown.standing,
        "words": shown.words,
        "server": who.server,
        "tenant": {"slug": who.tenant, "name": who.tenant_name, "timezone": who.timezone},
        "user": {"id": who.user_id, "name": who.user_name, "email": who.email},
        "device_id": who.device_id,
        "device_code": who.device_code,
        "waiting": waiting,
        "attention": attention,
        "filled": position.filled,
        "cursor": position.cursor,
        "arrived": workspace.arrived(),
        "count": int(workspace.fact("count") or 0),
        "equal": workspace.fact("equal") == "1",
        "proven_at": workspace.outbox.state("proven_at"),
        "last_contact": workspace.outbox.state("last_contact"),
        "offline_since": workspace.outbox.state("offline_since"),
        "next_try_at": workspace.outbox.state("next_try_at"),
        "trouble": workspace.outbox.state("trouble"),
    }


# Commands


@verb("do", needs=("command", "payload"), takes=("at", "id"))
def _do(session: Session, request: Request) -> Any:
    """carry out a command here and queue it for the server; the payload comes on standard input"""
    at = parse_moment(_text(request, "at")) if request.get("at") is not None else None
    id_ = _text(request, "id") if request.get("id") is not None else None
    done = session.workspace.dispatch(_text(request, "command"), _object(request, "payload"), command_id=id_, at=at)
    return {"id": done.id, "name": done.name, "result": done.result, "status": "waiting"}


@verb("commands")
def _commands(_: Session, __: Request) -> Any:
    """every command with its version and what it does"""
    return [
        {"name": name, "version": known.command.VERSION, "summary": known.summary}
        for name, known in sorted(COMMANDS.items())
    ]


@verb("schema", needs=("command",))
def _schema(_: Session, request: Request) -> Any:
    """the JSON Schema of a command's payload"""
    name = _text(request, "command")
    if name not in COMMANDS:
        raise Rejected("unknown_command", name=name)
    return schema_of(COMMANDS[name].command)


# The outbox


@verb("outbox", takes=("action", "id", "payload", "file"))
def _outbox(session: Session, request: Request) -> Any:
    """what waits or needs you; discard ID, edit ID (payload on standard input), export FILE"""
    action = request.get("action")
    if action is None:
        return _outbox_entries(session)
    if not isinstance(action, str) or action not in _OUTBOX_ACTIONS:
        raise Rejected("usage", why=f"outbox takes {', '.join(_OUTBOX_ACTIONS)} or nothing")
    return _OUTBOX_ACTIONS[action](session, request)


def _outbox_entries(session: Session) -> dict[str, Any]:
    outbox = session.workspace.outbox
    return {
        "waiting": [dataclasses.asdict(entry) for entry in outbox.waiting()],
        "attention": [dataclasses.asdict(entry) for entry in outbox.attention()],
    }


def _discard(session: Session, request: Request) -> Any:
    gone = session.workspace.discard(_text(request, "id"))
    return {"discarded": gone.id, "name": gone.name, "payload": gone.payload}


def _edit(session: Session, request: Request) -> Any:
    done = session.workspace.edit(_text(request, "id"), _object(request, "payload"))
    return {"id": done.id, "name": done.name, "result": done.result, "status": "waiting"}


def _export(session: Session, request: Request) -> Any:
    entries = _outbox_entries(session)
    file = Path(_text(request, "file")).absolute()
    content = {"exported_at": format_instant(datetime.now(UTC)), "device_id": session.workspace.signed_in.device_id}
    write_whole(file, msgspec.json.format(msgspec.json.encode({**content, **entries})) + b"\n")
    return {"file": str(file), "count": sum(map(len, entries.values()))}


_OUTBOX_ACTIONS: dict[str, Callable[[Session, Request], Any]] = {"discard": _discard, "edit": _edit, "export": _export}


# Questions


@verb("conflicts")
def _conflicts(session: Session, _: Request) -> Any:
    """fields that two people changed and nobody has settled"""
    return _ask(session, "conflicts", {})


@verb("query", needs=("name",), takes=("params",))
def _query(session: Session, request: Request) -> Any:
    """ask a query by name, with --param name=value as often as needed"""
    params = _object(request, "params") if "params" in request else {}
    return _ask(session, _text(request, "name"), {key: _word(value) for key, value in params.items()})


@verb("queries")
def _queries(_: Session, __: Request) -> Any:
    """every query with what it answers and takes"""
    return [as_json(description) for description in describe()]


def _ask(session: Session, name: str, params: dict[str, str]) -> Any:
    workspace = session.workspace
    viewer = workspace.viewer(datetime.now(UTC))
    with workspace.reading() as transaction:
        return as_json(run(name, transaction, viewer, params))


def _word(value: Any) -> str:
    """A parameter as people type it."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


# What a request says


def parse_moment(text: str) -> datetime:
    """An instant such as `2026-11-22T10:42:07.123Z`. Raises Rejected `usage`."""
    try:
        return parse_instant(text)
    except ValueError:
        raise Rejected("usage", field="at", why=f"{text!r} is not an instant such as 2026-11-22T10:42:07.123Z")


def parse_payload(raw: bytes) -> Any:
    """The JSON on standard input; nothing is an empty object. Raises Rejected `payload_invalid`."""
    try:
        return msgspec.json.decode(raw) if raw.strip() else {}
    except msgspec.DecodeError as error:
        raise Rejected("payload_invalid", why=f"it is not JSON: {error}")


def _text(request: Request, field: str) -> str:
    value = request.get(field)
    if not isinstance(value, str) or not value:
        raise Rejected("usage", field=field, why=f"{field} must be a text")
    return value


def _flag(request: Request, field: str) -> bool:
    value = request.get(field, False)
    if not isinstance(value, bool):
        raise Rejected("usage", field=field, why=f"{field} must be true or false")
    return value


def _object(request: Request, field: str) -> dict[str, Any]:
    value = request.get(field)
    if not isinstance(value, dict):
        raise Rejected("payload_invalid", field=field, why=f"{field} is not an object")
    return value
