"""The messages of the exchange, as the wire has them. Field names are fixed by the sync contract."""

from collections.abc import Callable
from typing import Any

import msgspec

from leora_core.protocol.versions import PROTOCOL


class SentCommand(msgspec.Struct, kw_only=True):
    """A command as a device sends it; the payload is kept as it came."""

    seq: int
    id: str
    name: str
    v: int = 1
    at: str
    payload: Any = None


class FillPlace(msgspec.Struct, kw_only=True, omit_defaults=True):
    """How far a fill has come: the rows of `scope` up to `after`, as they stood at version `at` or later."""

    scope: str
    at: int
    after: list[str] = []
    done: int = 0


class SyncRequest(msgspec.Struct, kw_only=True):
    """One exchange. `cursor` 0 with `chain` null asks for everything."""

    request: str
    lease: str
    cursor: int
    chain: str | None = None
    fill: list[FillPlace] = []
    max_rows: int = 50_000
    commands: list[SentCommand] = []


class Verdict(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t", tag="verdict"):
    """What became of one command. `version` is absent only for `deferred`, which settles nothing."""

    seq: int | None = None
    id: str
    status: str
    version: int | None = None
    result: dict[str, Any] | None = None
    code: str | None = None
    sentence: str | None = None
    field: str | None = None
    detail: dict[str, Any] | None = None
    again: bool = False


class Hello(msgspec.Struct, kw_only=True, tag_field="t", tag="hello"):
    """The state the answer was read at."""

    version: int
    chain: str | None
    lease: str
    server_time: str
    protocol: int = PROTOCOL


class ScopeLine(msgspec.Struct, kw_only=True, omit_defaults=True, tag_field="t", tag="scope"):
    """A scope the device now holds (`add`, its rows follow) or must erase (`drop`)."""

    op: str
    scope: str
    at: int | None = None


class Rows(msgspec.Struct, kw_only=True, tag_field="t", tag="rows"):
    """Rows of one table and scope; `versions` runs beside `rows`."""

    table: str
    scope: str
    columns: list[str]
    versions: list[int]
    rows: list[list[Any]]


class Gone(msgspec.Struct, kw_only=True, tag_field="t", tag="gone"):
    """Rows taken away."""

    table: str
    scope: str
    ids: list[str]
    versions: list[int]


class Page(msgspec.Struct, kw_only=True, tag_field="t", tag="page"):
    """More is to come: ask again with the same cursor and chain, and this `fill`."""

    fill: list[FillPlace]
    done_rows: int
    left_rows: int


class Checkpoint(msgspec.Struct, kw_only=True, tag_field="t", tag="checkpoint"):
    """All is said: the device may reveal, and must hold `count` rows of this checksum."""

    cursor: int
    chain: str | None
    count: int
    checksum: str


AnswerLine = Hello | Verdict | ScopeLine | Rows | Gone | Page | Checkpoint

encode = msgspec.json.Encoder().encode
decode_line: Callable[[bytes], AnswerLine] = msgspec.json.Decoder(AnswerLine).decode
decode_request = msgspec.json.Decoder(SyncRequest).decode
