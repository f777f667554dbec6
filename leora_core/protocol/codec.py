"""Commands to JSON and back, by the types of their own fields.

A payload is checked against a struct made from the command's dataclass: right types, limits, no
unknown fields. The same struct gives the published JSON Schema, so the schema is what is enforced.
A command's shape changes only together with its VERSION; older shapes pass through `old_commands`.
"""

import dataclasses
import math
import types
import typing
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any

import msgspec

from leora_core.domain.command import COMMANDS, Command, Rejected
from leora_core.domain.values import Between, Length, Pattern, format_instant, parse_instant
from leora_core.protocol.old_commands import upcast

_LARGEST = 2**53 - 1
"""The largest whole number every reader of JSON holds exactly."""


class NewerCommand(Exception):  # noqa: N818 - a state of the world, not an error of ours
    """The command, or this version of it, is newer than this program."""


def decode_command(name: str, version: int, payload: object) -> Command:
    """The command that `payload` says, whatever shipped version it was written in.

    Raises NewerCommand when this program is too old for it, Rejected `payload_invalid` when it is
    not well formed (the detail names the place).
    """
    registered = COMMANDS.get(name)
    if registered is None or version > registered.command.VERSION:
        raise NewerCommand(name)
    if not isinstance(payload, dict):
        raise Rejected("payload_invalid", why="the payload is not an object")
    current = upcast(name, version, payload)
    try:
        struct = msgspec.convert(current, _struct_of(registered.command))
    except msgspec.ValidationError as error:
        raise Rejected("payload_invalid", field=_place(str(error)), why=str(error)) from None
    _refuse_unstorable(current)
    command = _to_dataclass(registered.command, struct)
    assert isinstance(command, Command)  # noqa: S101 - by construction
    return command


def encode_payload(command: Command) -> dict[str, Any]:
    """The payload of `command` as JSON-able values; absent fields are left out."""
    return {name: value for name, value in _plain(command).items() if value is not None}


def schema_of(command: type[Command]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the command's payload."""
    (schema,), components = msgspec.json.schema_components([_struct_of(command)], ref_template="#/$defs/{name}")
    definitions = dict(components)
    name = schema["$ref"].rsplit("/", 1)[1]
    own = definitions.pop(name)
    return {**own, "title": command.__name__, "description": (command.__doc__ or "").strip(), "$defs": definitions}


_STRUCTS: dict[type, type[msgspec.Struct]] = {}


def _struct_of(kind: type) -> type[msgspec.Struct]:
    """A struct with the fields of a dataclass, its limits as msgspec's."""
    if kind not in _STRUCTS:
        _STRUCTS[kind] = _make_struct(kind)
    return _STRUCTS[kind]


def _make_struct(kind: type) -> type[msgspec.Struct]:
    hints = typing.get_type_hints(kind, include_extras=True)
    fields: list[Any] = []
    for field in dataclasses.fields(kind):
        wire_type = _wire_type(hints[field.name])
        if field.default is not dataclasses.MISSING:
            fields.append((field.name, wire_type, field.default))
        elif field.default_factory is not dataclasses.MISSING:
            fields.append((field.name, wire_type, msgspec.field(default_factory=field.default_factory)))
        else:
            fields.append((field.name, wire_type))
    return msgspec.defstruct(kind.__name__, fields, kw_only=True, forbid_unknown_fields=True)


def _wire_type(hint: Any) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        metas = [meta for mark in arguments[1:] if (meta := _meta(mark)) is not None]
        return Annotated[(_wire_type(arguments[0]), *metas)] if metas else _wire_type(arguments[0])
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _struct_of(hint)
    if hint is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_wire_type(argument) for argument in arguments)]  # noqa: UP007 - built at run time
    if origin in (tuple, list, dict):
        return origin[tuple(_wire_type(argument) if argument is not ... else ... for argument in arguments)]
    return hint


def _meta(mark: object) -> msgspec.Meta | None:
    match mark:
        case Length(max=most, min=least):
            return msgspec.Meta(max_length=most, min_length=least)
        case Between(min=least, max=most):
            return msgspec.Meta(ge=least, le=most)
        case Pattern(regex=regex):
            # Python's `\d` takes the digits of every script, its `$` a last newline; other languages' do not.
            return msgspec.Meta(pattern=regex.replace(r"\d", "[0-9]").replace("$", r"$(?!\n)"))
    return None


def _to_dataclass(kind: type, struct: msgspec.Struct) -> Any:
    hints = _hints(kind)
    values = {}
    for name in struct.__struct_fields__:
        try:
            values[name] = _value(hints[name], getattr(struct, name))
        except OverflowError:
            why = "an instant lies outside the years 1 to 9999"
            raise Rejected("payload_invalid", field=name, why=why) from None
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _value(hint: Any, value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _to_dataclass(_dataclass_in(hint), value)
    if isinstance(value, datetime):
        # As it is stored and sent: UTC, whole milliseconds.
        return parse_instant(format_instant(value))
    if isinstance(value, list | tuple) and value and isinstance(value[0], msgspec.Struct):
        return type(value)(_to_dataclass(_dataclass_in(hint), item) for item in value)
    if isinstance(value, dict) and any(isinstance(item, msgspec.Struct) for item in value.values()):
        return {key: _to_dataclass(_dataclass_in(hint), item) for key, item in value.items()}
    return value


@cache
def _dataclass_in(hint: Any) -> type:
    """The one dataclass somewhere inside a hint such as `tuple[Line, ...] | None`."""
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return hint
    for argument in typing.get_args(hint):
        try:
            return _dataclass_in(argument)
        except TypeError:
            continue
    raise TypeError(f"no dataclass in {hint!r}")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _refuse_unstorable(value: object) -> None:
    """What a database or another client's JSON cannot hold, no side takes. Raises Rejected `payload_invalid`."""
    if isinstance(value, str) and "\x00" in value:
        raise Rejected("payload_invalid", why="a text contains the character NUL, which cannot be stored")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise Rejected("payload_invalid", why=f"a whole number is larger than {_LARGEST}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Rejected("payload_invalid", why="a number is not finite")
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_unstorable(name)
            _refuse_unstorable(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unstorable(item)


def _place(message: str) -> str | None:
    """The field in a message such as "Expected `int`, got `str` - at `$.quantity`" or "… unknown field `colour`"."""
    _, mark, place = message.partition("at `$.")
    if mark:
        return place.rstrip("`").split("[")[0]
    _, mark, named = message.partition(" field `")
    return named.split("`")[0] if mark else None
