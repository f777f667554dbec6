"""The register of queries: each is a function from a snapshot and a viewer to frozen rows.

A screen calls `run` (or the function itself) on a reader thread; the command line calls `run` with text.
"""

import dataclasses
import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from leora_core.domain.command import Rejected
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, Id, Length, Pattern, format_instant
from leora_core.store.prepared import Transaction

declare(
    {
        "query_unknown": "There is no query called {name}. The queries are: {known}.",
        "param_unknown": "The query {query} takes no {param}. It takes: {known}.",
        "param_invalid": "{param} is not valid: {why}. Correct it and try again.",
    }
)

Limit = Annotated[int, Between(1, 1_000)]
"""How many rows a page may have."""


@dataclass(frozen=True)
class Viewer:
    """Who asks and when: `today` is the tenant's local date of `now` in `zone`."""

    user_id: str
    roles: frozenset[str]
    zone: ZoneInfo
    today: date
    now: datetime

    @property
    def manages(self) -> bool:
        """Whether the viewer sees everybody's work."""
        return not self.roles.isdisjoint({"manager", "admin"})

    def local_date(self, instant: datetime) -> date:
        """The tenant's local date of an instant."""
        return instant.astimezone(self.zone).date()

    def begin_of(self, day: date) -> str:
        """The first instant of a local day, as it is stored."""
        return format_instant(datetime.combine(day, time(), self.zone))

    def end_of(self, day: date) -> str:
        """The first instant after a local day, as it is stored."""
        return self.begin_of(day + timedelta(days=1))

    def rep(self, asked: str | None) -> str:
        """Whose plan or stock is meant: the viewer's own unless a manager asks. Raises Rejected `not_allowed`."""
        if asked is not None and asked != self.user_id:
            self.require_manager()
        return asked or self.user_id

    def own_or_all(self, asked: str | None) -> str | None:
        """Like `rep`, but a manager who is no rep means everybody (None)."""
        return self.rep(asked) if asked or "rep" in self.roles else None

    def require_manager(self) -> None:
        """Raises Rejected `not_allowed` for anybody but managers and administrators."""
        if not self.manages:
            raise Rejected("not_allowed")


Function = Callable[..., Any]
F = TypeVar("F", bound=Function)
Parser = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a query as people give it."""

    name: str
    type: str
    """`text`, `number`, `yes or no`, `day`, or the words to choose from with bars between them."""
    required: bool
    default: Any = None


@dataclass(frozen=True, slots=True)
class Description:
    """A query for people: its name, what it answers, what it takes."""

    name: str
    summary: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True)
class Query:
    """A registered query."""

    function: Function
    parsers: Mapping[str, Parser]
    description: Description


QUERIES: dict[str, Query] = {}


def query(name: str) -> Callable[[F], F]:
    """Register `(reader, viewer, **typed keyword parameters) -> frozen rows` as `name`."""

    def register(function: F) -> F:
        if name in QUERIES:
            raise ValueError(f"query {name} is registered twice")
        hints = typing.get_type_hints(function, include_extras=True)
        given = list(inspect.signature(function).parameters.values())[2:]
        parsers = {parameter.name: _parser(hints[parameter.name]) for parameter in given}
        described = tuple(_describe(parameter, hints[parameter.name]) for parameter in given)
        summary = " ".join((function.__doc__ or "").split())
        QUERIES[name] = Query(function, parsers, Description(name, summary, described))
        return function

    return register


def run(name: str, reader: Transaction, viewer: Viewer, params: Mapping[str, str] | None = None) -> Any:
    """Answer the query `name`. Raises Rejected `query_unknown`, `param_unknown`, `param_invalid` or the query's own."""
    found = QUERIES.get(name)
    if found is None:
        raise Rejected("query_unknown", name=name, known=", ".join(sorted(QUERIES)))
    return found.function(reader, viewer, **_parsed(found, params or {}))


def describe() -> list[Description]:
    """Every query with its parameters, by name."""
    return [QUERIES[name].description for name in sorted(QUERIES)]


def as_json(value: Any) -> Any:
    """The result of a query as JSON knows it: objects, lists, text, numbers, true, false, null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: as_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(as_json(item) for item in value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value


def invalid(param: str, why: str) -> Rejected:
    """The refusal of a parameter's value."""
    return Rejected("param_invalid", field=param, param=param, why=why)


def _parsed(found: Query, params: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in params.items():
        if name not in found.parsers:
            known = ", ".join(found.parsers) or "nothing"
            raise Rejected("param_unknown", field=name, param=name, query=found.description.name, known=known)
        try:
            values[name] = found.parsers[name](text)
        except ValueError as error:
            raise invalid(name, str(error)) from None
    for parameter in found.description.parameters:
        if parameter.required and parameter.name not in values:
            raise invalid(parameter.name, "it is needed")
    return values


def _parser(hint: Any) -> Parser:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _parser(next(option for option in arguments if option is not type(None)))
        return lambda text: None if text == "" else inner(text)
    if origin is Literal:
        return _one_of(arguments)
    if origin is Annotated:
        return _checked(_parser(arguments[0]), arguments[1:])
    return _PARSERS[hint]


def _one_of(choices: tuple[str, ...]) -> Parser:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"choose one of {', '.join(choices)}")
        return text

    return parse


def _checked(parse: Parser, bounds: tuple[Any, ...]) -> Parser:
    def check(text: str) -> Any:
        value = parse(text)
        for bound in bounds:
            _check(value, bound)
        return value

    return check


def _check(value: Any, bound: Any) -> None:
    if isinstance(bound, Between) and not bound.min <= value <= bound.max:
        raise ValueError(f"it must be from {bound.min} to {bound.max}")
    if isinstance(bound, Length) and not bound.min <= len(value) <= bound.max:
        raise ValueError(f"it must have {bound.min} to {bound.max} characters")
    if isinstance(bound, Pattern) and re.search(bound.regex, value) is None:
        raise ValueError(f"{value!r} does not have the form that is wanted")


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _yes_or_no(text: str) -> bool:
    word = text.strip().casefold()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day such as 2026-11-22") from None


_PARSERS: dict[Any, Parser] = {str: str, int: _whole, bool: _yes_or_no, date: _day}
_TYPE_WORDS: dict[Any, str] = {str: "text", int: "number", bool: "yes or no", date: "day"}


def _describe(parameter: inspect.Parameter, hint: Any) -> Parameter:
    required = parameter.default is inspect.Parameter.empty
    default = None if required else as_json(parameter.default)
    return Parameter(parameter.name, _type_words(hint), required, default)


def _type_words(hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _type_words(next(option for option in arguments if option is not type(None)))
    if origin is Literal:
        return "|".join(arguments)
    if origin is Annotated:
        return "id" if hint == Id else _type_words(arguments[0])
    return _TYPE_WORDS[hint]
