import copy
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leora_core.domain.accounts.editing import EditAccount
from leora_core.domain.accounts.opening import NewAddress, NewContact, OpenAccount
from leora_core.domain.activities.entries import LogActivity, SampleLine
from leora_core.domain.call_plans.planning import PlanAccount
from leora_core.domain.command import COMMANDS, Rejected
from leora_core.domain.edits import FieldEdit
from leora_core.domain.tasks import CompleteTask
from leora_core.protocol.codec import NewerCommand, decode_command, encode_payload, schema_of
from leora_core.protocol.old_commands import UPCASTERS, Upcaster
from tests.wire.golden import command_file
from tests.wire.world import SHOP, SKU, numbered

PLAN = {"planned_id": numbered(1), "week": "2026-W48", "account_id": SHOP}
VISIT = {"activity_id": numbered(1), "account_id": SHOP, "type": "visit", "occurred_at": "2026-11-25T14:30:00.250Z"}


def refused(name: str, payload: object) -> Rejected:
    with pytest.raises(Rejected) as caught:
        decode_command(name, 1, payload)
    assert caught.value.code == "payload_invalid"
    return caught.value


# -- what is well formed ---------------------------------------------------------------------------


def test_a_payload_becomes_its_command() -> None:
    assert decode_command("PlanAccount", 1, {**PLAN, "day": "2026-11-25", "start": "09:00"}) == PlanAccount(
        planned_id=numbered(1), week="2026-W48", account_id=SHOP, day=date(2026, 11, 25), start="09:00"
    )


def test_null_is_the_same_as_absent() -> None:
    assert decode_command("PlanAccount", 1, {**PLAN, "objective": None}) == decode_command("PlanAccount", 1, PLAN)


def test_objects_inside_become_what_the_command_says_they_are() -> None:
    visit = decode_command("LogActivity", 1, {**VISIT, "samples": [{"sku_id": SKU, "quantity": 2}], "outcomes": ["x"]})
    assert isinstance(visit, LogActivity)
    assert visit.samples == (SampleLine(sku_id=SKU, quantity=2),)
    assert visit.outcomes == ("x",)
    address, contact = {"city": "Troy"}, {"name": "Ines"}
    payload = {"account_id": SHOP, "name": "Blue Door", "address": address, "contact": contact}
    opened = decode_command("OpenAccount", 1, payload)
    assert isinstance(opened, OpenAccount)
    assert opened.address == NewAddress(city="Troy")
    assert opened.contact == NewContact(name="Ines")
    edit = decode_command("EditAccount", 1, {"account_id": SHOP, "fields": {"name": {"was": "a", "now": None}}})
    assert isinstance(edit, EditAccount)
    assert edit.fields == {"name": FieldEdit(was="a", now=None)}


def test_lists_and_objects_may_be_empty() -> None:
    visit = decode_command("LogActivity", 1, {**VISIT, "samples": [], "outcomes": []})
    assert isinstance(visit, LogActivity)
    assert (visit.samples, visit.outcomes) == ((), ())
    edit = decode_command("EditAccount", 1, {"account_id": SHOP, "fields": {}})
    assert isinstance(edit, EditAccount)
    assert edit.fields == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-25T14:30:00Z", "2026-11-25T14:30:00.000Z"),
        ("2026-11-25T14:30:00.123Z", "2026-11-25T14:30:00.123Z"),
        ("2026-11-25T14:30:00.123999Z", "2026-11-25T14:30:00.123Z"),
        ("2026-11-25T16:30:00+02:00", "2026-11-25T14:30:00.000Z"),
    ],
)
def test_an_instant_is_utc_in_whole_milliseconds_however_it_was_written(written: str, meant: str) -> None:
    visit = decode_command("LogActivity", 1, {**VISIT, "occurred_at": written})
    assert isinstance(visit, LogActivity)
    assert visit.occurred_at.tzinfo is UTC
    assert encode_payload(visit)["occurred_at"] == meant


def test_encoding_leaves_out_what_is_absent() -> None:
    command = LogActivity(
        activity_id=numbered(1),
        account_id=SHOP,
        type="visit",
        occurred_at=datetime(2026, 11, 25, 14, 30, 0, 250_000, tzinfo=UTC),
    )
    assert encode_payload(command) == VISIT


# -- what is not -----------------------------------------------------------------------------------


@pytest.mark.parametrize("payload", [None, [], "x", 3])
def test_a_payload_that_is_no_object_is_refused(payload: object) -> None:
    assert "not an object" in refused("CompleteTask", payload).sentence


def test_a_field_that_is_missing_is_named() -> None:
    assert refused("PlanAccount", {"planned_id": numbered(1), "week": "2026-W48"}).field == "account_id"


def test_an_unknown_field_is_refused_by_name() -> None:
    told = refused("PlanAccount", {**PLAN, "colour": "red"})
    assert "`colour`" in told.sentence
    assert told.field == "colour"


@pytest.mark.parametrize(
    ("name", "payload", "field"),
    [
        ("PlanAccount", {**PLAN, "minutes": "45"}, "minutes"),
        ("PlanAccount", {**PLAN, "minutes": True}, "minutes"),
        ("PlanAccount", {**PLAN, "minutes": 45.5}, "minutes"),
        ("PlanAccount", {**PLAN, "minutes": 14}, "minutes"),
        ("PlanAccount", {**PLAN, "minutes": 481}, "minutes"),
        ("PlanAccount", {**PLAN, "objective": "x" * 101}, "objective"),
        ("PlanAccount", {**PLAN, "day": "2026-02-30"}, "day"),
        ("PlanAccount", {**PLAN, "day": "2026-11-25T00:00:00Z"}, "day"),
        ("PlanAccount", {**PLAN, "start": "24:00"}, "start"),
        ("PlanAccount", {**PLAN, "account_id": SHOP.upper().replace("0", "A")}, "account_id"),
        ("PlanAccount", {**PLAN, "account_id": f"{SHOP}\n"}, "account_id"),
        ("PlanAccount", {**PLAN, "week": "2026-W48\n"}, "week"),
        ("PlanAccount", {**PLAN, "week": "٢٠٢٦-W48"}, "week"),
        ("PlanAccount", {**PLAN, "start": "0٩:00"}, "start"),
        ("LogActivity", {**VISIT, "type": "riddle"}, "type"),
        ("LogActivity", {**VISIT, "occurred_at": "2026-11-25T14:30:00"}, "occurred_at"),
        ("LogActivity", {**VISIT, "occurred_at": 1_795_617_000}, "occurred_at"),
        ("LogActivity", {**VISIT, "occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ("LogActivity", {**VISIT, "occurred_at": "9999-12-31T23:59:59-14:00"}, "occurred_at"),
        ("LogActivity", {**VISIT, "samples": [{"sku_id": SKU, "quantity": 1}, {"sku_id": SKU}]}, "samples"),
        ("LogActivity", {**VISIT, "samples": [{"sku_id": SKU, "quantity": 1, "x": 1}]}, "samples"),
        ("LogActivity", {**VISIT, "outcomes": ["x", 3]}, "outcomes"),
        ("OpenAccount", {"account_id": SHOP, "name": ""}, "name"),
        ("OpenAccount", {"account_id": SHOP, "name": "x", "address": {"city": 1}}, "address"),
        ("EditAccount", {"account_id": SHOP, "fields": {"name": {"was": []}}}, "fields"),
        ("EditAccount", {"account_id": SHOP, "fields": {"name": "Blue Door"}}, "fields"),
    ],
)
def test_what_breaks_a_limit_or_is_of_the_wrong_type_is_refused_by_place(
    name: str, payload: dict[str, Any], field: str
) -> None:
    told = refused(name, payload)
    assert told.field is not None
    assert re.split(r"[.\[]", told.field)[0] == field


def test_limits_are_inclusive_and_count_characters() -> None:
    decode_command("PlanAccount", 1, {**PLAN, "objective": "🍷" * 100, "minutes": 15})
    decode_command("PlanAccount", 1, {**PLAN, "minutes": 480})


@pytest.mark.parametrize(
    "payload",
    [
        {**VISIT, "note": "a\x00b"},
        {**VISIT, "outcomes": ["fine", "\x00"]},
        {**VISIT, "samples": [{"sku_id": SKU, "quantity": 1, "feedback": "\x00"}]},
    ],
)
def test_a_text_with_nul_is_refused_wherever_it_is(payload: dict[str, Any]) -> None:
    assert "NUL" in refused("LogActivity", payload).sentence


def test_nul_is_refused_in_names_of_fields_too() -> None:
    assert "NUL" in refused("EditAccount", {"account_id": SHOP, "fields": {"na\x00me": {"now": "x"}}}).sentence


def test_other_odd_characters_are_kept() -> None:
    note = "مرحبا \u202e 🍷\r\n\t\x1f\ufeff e\u0301"
    assert encode_payload(decode_command("LogActivity", 1, {**VISIT, "note": note}))["note"] == note


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**70, float("nan"), float("inf")])
def test_a_number_not_every_side_can_hold_is_refused(number: float) -> None:
    refused("EditAccount", {"account_id": SHOP, "fields": {"name": {"now": number}}})


def test_the_largest_whole_number_is_taken() -> None:
    decode_command("EditAccount", 1, {"account_id": SHOP, "fields": {"name": {"was": 2**53 - 1, "now": -(2**53 - 1)}}})


# -- versions --------------------------------------------------------------------------------------


def test_a_command_this_program_does_not_know_is_newer() -> None:
    with pytest.raises(NewerCommand):
        decode_command("PourWine", 1, {})


def test_a_version_this_program_does_not_know_is_newer_whatever_its_payload() -> None:
    with pytest.raises(NewerCommand):
        decode_command("CompleteTask", 2, {"brand_new": True})


@contextmanager
def shipped(name: str, version: int, steps: dict[int, Upcaster]) -> Iterator[None]:
    """As if the command had come to `version` by these steps."""
    command = COMMANDS[name].command
    UPCASTERS.update({(name, reads): step for reads, step in steps.items()})
    command.VERSION = version
    try:
        yield
    finally:
        del command.VERSION
        for reads in steps:
            del UPCASTERS[name, reads]


def test_older_shapes_are_lifted_step_by_step() -> None:
    steps: dict[int, Upcaster] = {
        1: lambda payload: {"todo": payload["id"]},
        2: lambda payload: {"task_id": payload["todo"]},
    }
    wanted = CompleteTask(task_id=numbered(1))
    sent = {"id": numbered(1)}
    with shipped("CompleteTask", 3, steps):
        assert decode_command("CompleteTask", 1, sent) == wanted
        assert decode_command("CompleteTask", 2, {"todo": numbered(1)}) == wanted
        assert decode_command("CompleteTask", 3, {"task_id": numbered(1)}) == wanted
        refused("CompleteTask", {"id": "no id"})
        with pytest.raises(NewerCommand):
            decode_command("CompleteTask", 4, {"task_id": numbered(1)})
    assert sent == {"id": numbered(1)}
    assert COMMANDS["CompleteTask"].command.VERSION == 1


def test_a_version_that_only_added_fields_needs_no_step() -> None:
    with shipped("CompleteTask", 2, {}):
        assert decode_command("CompleteTask", 1, {"task_id": numbered(1)}) == CompleteTask(task_id=numbered(1))


# -- the published schema --------------------------------------------------------------------------


def fits(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    """Whether `value` fits a JSON Schema made of the words ours are made of."""
    if "$ref" in schema:
        return fits(value, definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    if "anyOf" in schema:
        return any(fits(value, one, definitions) for one in schema["anyOf"])
    return value in schema["enum"] if "enum" in schema else fits_type(value, schema, definitions)


def fits_type(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    match schema["type"]:
        case "object":
            return isinstance(value, dict) and fits_object(value, schema, definitions)
        case "array":
            return isinstance(value, list | tuple) and all(fits(item, schema["items"], definitions) for item in value)
        case "string":
            return isinstance(value, str) and fits_text(value, schema)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case kind:
            numbers = int if kind == "integer" else int | float
            in_order = isinstance(value, numbers) and not isinstance(value, bool)
            return in_order and schema.get("minimum", value) <= value <= schema.get("maximum", value)


def fits_object(value: dict[str, Any], schema: dict[str, Any], definitions: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    if not value.keys() >= set(schema.get("required", ())):
        return False
    if not isinstance(others, dict) and not value.keys() <= known.keys():
        return False
    return all(fits(item, known.get(name, others), definitions) for name, item in value.items())


def fits_text(value: str, schema: dict[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    if re.search(schema.get("pattern", ""), value) is None:
        return False
    try:
        if schema.get("format") == "date":
            return len(value) == 10 and bool(date.fromisoformat(value))
        if schema.get("format") == "date-time":
            return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
    return True


ODD: list[Any] = [
    *(None, True, 0, -1, 10**13, 1.5, [], [None], {}, {"a": 1}, "", "x" * 201, "x" * 2_001),
    *("2026-11-25", "2026-13-01", "2026-11-25T10:00:00", "2026-11-25T10:00:00Z", "09:00", "9:00", "2026-W48"),
    *(numbered(7), f"{numbered(7)}\n", numbered(7).replace("-", ""), [numbered(7)], ["rep"], [["rep"]]),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), st.data())
def test_what_the_schema_rejects_is_refused_and_what_it_takes_is_taken(name: str, data: st.DataObject) -> None:
    payload = copy.deepcopy(command_file(name)["payload"])
    for _ in range(data.draw(st.integers(1, 2))):
        field = data.draw(st.sampled_from([*payload, "brand_new"]) if payload else st.just("brand_new"))
        if data.draw(st.booleans()):
            payload[field] = data.draw(st.sampled_from(ODD))
        else:
            payload.pop(field, None)
    schema = schema_of(COMMANDS[name].command)
    if fits(payload, schema, schema["$defs"]):
        decode_command(name, 1, payload)
    else:
        refused(name, payload)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_golden_payload_fits_the_schema(name: str) -> None:
    schema = schema_of(COMMANDS[name].command)
    assert fits(command_file(name)["payload"], schema, schema["$defs"])
    assert schema["title"] == name
    assert schema["description"]
