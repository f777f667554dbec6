"""Every command on the wire: what is written in `commands/` is understood today and for ever."""

import json
from typing import Any

import pytest

from leora_core.domain.command import COMMANDS, Outcome, Rejected, execute
from leora_core.protocol.codec import decode_command, encode_payload, schema_of
from tests.wire.golden import COMMAND_FILES, SCHEMAS, command_file, shapes
from tests.wire.world import ADMIN, MANAGER, REP, context_of, world

NAMES = sorted(COMMANDS)
FULL_BUT_REFUSED = {"LogActivity": "activity_field_unfit"}
"""No kind of activity has all the fields, so a payload with all of them is decoded but refused."""


def test_every_command_has_its_file_and_no_file_lacks_a_command() -> None:
    assert sorted(path.stem for path in COMMAND_FILES.iterdir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_file_names_its_command_and_version(name: str) -> None:
    held = command_file(name)
    assert list(held) == ["name", "v", "payload"]
    assert (held["name"], held["v"]) == (name, COMMANDS[name].command.VERSION)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_fills_every_field(name: str) -> None:
    schema = schema_of(COMMANDS[name].command)
    assert set(command_file(name)["payload"]) == set(schema["properties"])


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_is_the_same_after_decoding_and_encoding(name: str) -> None:
    payload = command_file(name)["payload"]
    encoded = encode_payload(decode_command(name, 1, payload))
    assert json.dumps(encoded, sort_keys=True) == json.dumps(payload, sort_keys=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_with_only_what_is_required_is_understood(name: str) -> None:
    payload = command_file(name)["payload"]
    least = {field: payload[field] for field in schema_of(COMMANDS[name].command)["required"]}
    again = encode_payload(decode_command(name, 1, least))
    assert again.items() >= least.items()
    assert decode_command(name, 1, again) == decode_command(name, 1, least)


def test_fields_change_only_with_the_golden_shapes() -> None:
    assert shapes() == json.loads(SCHEMAS.read_text(encoding="utf-8"))


def run(name: str, user_id: str) -> tuple[Outcome | tuple[str, str, str | None, dict[str, Any]], dict[Any, Any]]:
    """What comes of the golden command when this user gives it, and the world after it."""
    records = world()
    try:
        outcome = execute(decode_command(name, 1, command_file(name)["payload"]), records, context_of(user_id))
    except Rejected as refused:
        return (refused.code, refused.sentence, refused.field, refused.detail), {}
    return outcome, records.rows


@pytest.mark.parametrize("user_id", [REP, MANAGER, ADMIN], ids=["rep", "manager", "admin"])
@pytest.mark.parametrize("name", NAMES)
def test_a_handler_does_the_same_twice(name: str, user_id: str) -> None:
    assert run(name, user_id) == run(name, user_id)


@pytest.mark.parametrize("name", NAMES)
def test_somebody_may_give_the_golden_command(name: str) -> None:
    said = [run(name, user_id)[0] for user_id in (REP, MANAGER, ADMIN)]
    if name in FULL_BUT_REFUSED:
        assert {outcome[0] for outcome in said if isinstance(outcome, tuple)} == {FULL_BUT_REFUSED[name]}
    else:
        assert any(isinstance(outcome, Outcome) for outcome in said), said
