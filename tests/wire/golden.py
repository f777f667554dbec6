"""The golden files of the wire, and what this program makes of the same things."""

import json
from pathlib import Path
from typing import Any

import leora_core.domain.subjects  # noqa: F401 - registers every command
from leora_core.domain.command import COMMANDS
from leora_core.protocol.codec import schema_of
from leora_core.protocol.messages import (
    AnswerLine,
    Checkpoint,
    FillPlace,
    Gone,
    Hello,
    Page,
    Rows,
    ScopeLine,
    SentCommand,
    SyncRequest,
    Verdict,
)
from tests.wire.world import OTHER_REP, REP, SHOP, numbered

FOLDER = Path(__file__).parent
COMMAND_FILES = FOLDER / "commands"
SCHEMAS = FOLDER / "schemas.json"
LINES = FOLDER / "lines.ndjson"
REQUEST = FOLDER / "request.json"

CHAIN = "0f343b0931126a20f133d67c2b018a3b"

ANSWER: tuple[AnswerLine, ...] = (
    Hello(version=1_300, chain=CHAIN, lease="b3f1c2", server_time="2026-11-22T10:42:07.123Z"),
    Verdict(seq=7, id=numbered(201), status="accepted", version=1_297, result={"task_id": None, "samples": []}),
    Verdict(seq=8, id=numbered(202), status="amended", version=1_298, result={"added": 8, "did_not_fit": 4}),
    Verdict(
        seq=9,
        id=numbered(203),
        status="rejected",
        version=1_299,
        code="plan_full",
        sentence="The plan for 2026-W48 is full at 75 accounts. Take one out first, or use another week.",
        detail={"week": "2026-W48", "cap": 75},
    ),
    Verdict(
        seq=10,
        id=numbered(204),
        status="rejected",
        version=1_300,
        code="quantity_out_of_range",
        sentence="A sample is 1 to 100 bottles, not 0. Correct the quantity.",
        field="quantity",
        detail={"most": 100, "asked": 0},
    ),
    Verdict(seq=6, id=numbered(205), status="accepted", version=1_290, result={}, again=True),
    Verdict(
        seq=11,
        id=numbered(206),
        status="deferred",
        code="unknown_command",
        sentence="This server does not know PourWine version 2 yet. It waits until the server is updated.",
    ),
    ScopeLine(op="drop", scope=f"account:{numbered(12)}"),
    ScopeLine(op="add", scope=f"account:{SHOP}", at=1_300),
    Rows(
        table="account_tag",
        scope=f"account:{SHOP}",
        columns=["id", "account_id", "tag", "tagged_by", "tagged_at"],
        versions=[1_290, 1_295],
        rows=[
            [numbered(45), SHOP, "by_the_glass", REP, "2026-11-20T08:00:00.000Z"],
            [numbered(46), SHOP, "natural_wine", OTHER_REP, "2026-11-21T17:30:00.250Z"],
        ],
    ),
    Gone(table="task", scope=f"rep:{REP}", ids=[numbered(56)], versions=[1_299]),
    Page(
        fill=[FillPlace(scope="*", at=1_300, after=["activity", numbered(51)], done=50_000)],
        done_rows=50_000,
        left_rows=181_223,
    ),
    Checkpoint(cursor=1_300, chain=CHAIN, count=231_223, checksum="9f3c2a0011223344"),
    Hello(version=0, chain=None, lease="b3f1c3", server_time="2026-11-22T10:42:07.000Z"),
    Checkpoint(cursor=0, chain=None, count=0, checksum="0000000000000000"),
)
"""A line of every kind, in the order an answer has them; then an answer without a history."""

ASKED = SyncRequest(
    request=numbered(301),
    lease="b3f1c1",
    cursor=1_234,
    chain=CHAIN,
    fill=[FillPlace(scope=f"account:{SHOP}", at=1_200, after=["contact", numbered(41)], done=17)],
    commands=[
        SentCommand(
            seq=7,
            id=numbered(201),
            name="CompleteTask",
            at="2026-11-22T10:42:07.123Z",
            payload={"task_id": numbered(56)},
        )
    ],
)


def command_file(name: str) -> dict[str, Any]:
    """The golden file of a command: name, v and payload."""
    held: dict[str, Any] = json.loads((COMMAND_FILES / f"{name}.json").read_text(encoding="utf-8"))
    return held


def shapes() -> dict[str, Any]:
    """The fields of every command as its JSON Schema has them, and of the objects inside."""
    return {name: _shape(name) for name in sorted(COMMANDS)}


def _shape(name: str) -> dict[str, Any]:
    command = COMMANDS[name].command
    schema = schema_of(command)
    inside = {part: _fields(definition) for part, definition in schema["$defs"].items()}
    return {"v": command.VERSION, **_fields(schema), **({"inside": inside} if inside else {})}


def _fields(schema: dict[str, Any]) -> dict[str, list[str]]:
    return {"fields": list(schema["properties"]), "required": schema["required"]}
