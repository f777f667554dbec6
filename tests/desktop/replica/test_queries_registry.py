import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from leora_core.domain.command import Rejected
from leora_desktop.replica import queries
from leora_desktop.replica.queries.registry import QUERIES, as_json, describe, run
from tests.builders import OTHER_REP, REP, a_manager, a_reader, a_viewer, an_account


def test_text_parameters_are_parsed_by_their_types(tmp_path: Path) -> None:
    with a_reader(tmp_path, an_account(name="Blue Door"), an_account(name="Red Barn")) as reader:
        found = run("accounts", reader, a_viewer(), {"limit": "1", "closed": "no", "unloved": "true", "text": ""})
        assert [row.name for row in found.rows] == ["Blue Door"]
        assert found.total == 2


@pytest.mark.parametrize(
    ("name", "params", "code", "words"),
    [
        ("nothing", {}, "query_unknown", "nothing"),
        ("accounts", {"colour": "red"}, "param_unknown", "colour"),
        ("accounts", {"limit": "many"}, "param_invalid", "whole number"),
        ("accounts", {"limit": "0"}, "param_invalid", "from 1 to 1000"),
        ("accounts", {"due": "perhaps"}, "param_invalid", "neither yes nor no"),
        ("accounts", {"sort": "colour"}, "param_invalid", "next_expected"),
        ("accounts", {"after": "x"}, "param_invalid", "page ended"),
        ("activities", {"day_from": "yesterday"}, "param_invalid", "2026-11-22"),
        ("call_plan", {"week": "48"}, "param_invalid", "week"),
        ("call_plan", {"week": "2027-W53"}, "week_unknown", "2027-W53"),
        ("account", {}, "param_invalid", "needed"),
        ("account", {"id": "nobody"}, "not_found", "account"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    tmp_path: Path, name: str, params: dict[str, str], code: str, words: str
) -> None:
    with a_reader(tmp_path) as reader, pytest.raises(Rejected) as refused:
        run(name, reader, a_viewer(), params)
    assert refused.value.code == code
    assert words in refused.value.sentence


def test_every_query_describes_itself_and_its_parameters() -> None:
    described = {item.name: item for item in describe()}
    assert set(described) == set(QUERIES)
    assert [name for name, item in described.items() if not item.summary.endswith(".")] == []
    parameters = {parameter.name: parameter for parameter in described["accounts"].parameters}
    assert parameters["sort"].type == "name|last_order|next_expected|revenue"
    assert (parameters["limit"].type, parameters["limit"].default) == ("number", 200)
    assert described["account"].parameters[0].required
    json.dumps(as_json(describe()))


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_answers_on_an_empty_replica_and_its_answer_becomes_json(tmp_path: Path, name: str) -> None:
    needed = {p.name: "zz" for p in QUERIES[name].description.parameters if p.required}
    with a_reader(tmp_path) as reader:
        if needed and name != "search":
            with pytest.raises(Rejected, match="not_found"):
                run(name, reader, a_manager(), needed)
        else:
            json.dumps(as_json(run(name, reader, a_manager(), needed)))


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Thing:
    day: date
    at: datetime
    colour: Colour
    numbers: tuple[int, ...]
    names: frozenset[str]
    by_name: Mapping[str, date | None]


def test_results_become_plain_json() -> None:
    day, at = date(2026, 11, 25), datetime(2026, 11, 25, 15, tzinfo=UTC)
    thing = Thing(day, at, Colour.RED, (1, 2), frozenset({"b", "a"}), {"x": day, "y": None})
    assert as_json([thing]) == [
        {
            "day": "2026-11-25",
            "at": "2026-11-25T15:00:00.000Z",
            "colour": "red",
            "numbers": [1, 2],
            "names": ["a", "b"],
            "by_name": {"x": "2026-11-25", "y": None},
        }
    ]


def test_a_rep_sees_no_other_rep_s_plan_and_a_manager_does(tmp_path: Path) -> None:
    with a_reader(tmp_path) as reader:
        for name in ("call_plan", "today", "samples", "call_plan_suggestions", "call_plan_recurrences"):
            run(name, reader, a_viewer(REP), {"rep": REP})
            run(name, reader, a_manager(), {"rep": REP})
            with pytest.raises(Rejected, match="not_allowed"):
                run(name, reader, a_viewer(REP), {"rep": OTHER_REP})


def test_the_package_offers_what_callers_need() -> None:
    assert {"run", "describe", "as_json", "Viewer", "QUERIES"} <= set(queries.__all__)
