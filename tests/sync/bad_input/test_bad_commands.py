"""Commands that are wrong, forged or absurd: each gets its verdict or refusal, and the next one goes through."""

import json

import pytest

from sync.ids import new_id
from tests.sync.bad_input.talker import AT, TEXTS, Said, Talker, an_account, refusal, rows_of


def test_an_unknown_command_is_deferred_and_those_behind_it_wait(amy: Talker) -> None:
    behind = amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=2)
    commands = [amy.command("FlyToTheMoon", {}), behind]
    verdicts = [line for line in amy.exchange(commands=commands) if line["t"] == "verdict"]
    assert [verdict["status"] for verdict in verdicts] == ["deferred", "deferred"]
    assert verdicts[0]["code"] == "unknown_command"
    assert "FlyToTheMoon" in verdicts[0]["sentence"]
    assert "version" not in verdicts[0]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"task_id": 7, "title": "x"}, "task_id"),
        ({"task_id": "no id", "title": "x"}, "task_id"),
        ({"task_id": "0193A0B0-0000-7000-8000-000000000001", "title": "x"}, "task_id"),
        ({"title": "x"}, None),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": ""}, "title"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x" * 201}, "title"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x", "colour": "red"}, "colour"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "x", "due_on": "soon"}, "due_on"),
        ({"task_id": "0193a0b0-0000-7000-8000-000000000001", "title": "a\x00b"}, None),
        ([1, 2], None),
        ("text", None),
        (None, None),
    ],
)
def test_a_payload_of_the_wrong_shape_is_refused_naming_the_field(
    amy: Talker, payload: object, field: str | None
) -> None:
    verdict = amy.do("AddTask", payload)
    assert (verdict["status"], verdict["code"]) == ("rejected", "payload_invalid")
    assert verdict["sentence"].endswith("Correct it and try again.")
    if field is not None:
        assert field in str(verdict.get("field")) or field in verdict["sentence"]
    assert amy.do("AddTask", {"task_id": new_id(), "title": "fine"})["status"] == "accepted"


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "no id"},
        {"id": new_id().upper()},
        {"id": None},
        {"seq": 0},
        {"seq": -1},
        {"seq": "1"},
        {"at": "yesterday"},
        {"at": "2026-11-22T10:00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"v": 0},
        {"v": -(10**30)},
        {"name": None},
    ],
)
def test_a_wrong_envelope_is_refused_whole_naming_the_place(amy: Talker, wrong: Said) -> None:
    answer = amy.send(amy.request(commands=[{**amy.command("AddTask", {}), **wrong}]))
    assert refusal(answer) == (400, "bad_request")
    assert "$.commands[0]" in answer.json()["error"]["sentence"].replace("[...]", "[0]")


@pytest.mark.parametrize("v", [2, 10**6, 10**30])
def test_a_later_version_of_a_command_is_deferred(amy: Talker, v: int) -> None:
    assert amy.do("AddTask", {"task_id": new_id(), "title": "x"}, v=v)["status"] == "deferred"


@pytest.mark.parametrize("seq", [2, 99, 10**30])
def test_a_gap_in_the_numbers_runs_nothing_and_says_which_is_next(amy: Talker, seq: int) -> None:
    answer = amy.send(amy.request(commands=[amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=seq)]))
    assert refusal(answer) == (409, "sequence_gap")
    assert answer.json()["error"]["expected"] == 1
    assert amy.do("AddTask", {"task_id": new_id(), "title": "x"})["version"]


def test_numbers_that_do_not_follow_each_other_within_a_request_are_a_gap(amy: Talker) -> None:
    commands = [amy.command("AddTask", {"task_id": new_id(), "title": "x"}, seq=seq) for seq in (1, 3)]
    assert refusal(amy.send(amy.request(commands=commands))) == (409, "sequence_gap")
    assert amy.exchange()[-1]["cursor"] == amy.cursor


def test_a_used_number_with_another_command_is_a_fork(amy: Talker) -> None:
    amy.do("AddTask", {"task_id": new_id(), "title": "x"})
    again = amy.command("AddTask", {"task_id": new_id(), "title": "y"}, seq=1)
    assert refusal(amy.send(amy.request(commands=[again]))) == (409, "device_forked")


def test_the_command_id_of_another_user_cannot_be_used_and_tells_nothing(amy: Talker, bob: Talker) -> None:
    taken = new_id()
    amy.do("AddTask", {"task_id": new_id(), "title": "a secret of Amy's"}, id=taken)
    verdict = bob.do("AddTask", {"task_id": new_id(), "title": "x"}, id=taken)
    assert (verdict["status"], verdict["code"]) == ("rejected", "id_conflict")
    assert "secret" not in json.dumps(verdict)
    assert bob.do("AddTask", {"task_id": new_id(), "title": "y"})["status"] == "accepted"


def test_rows_of_others_cannot_be_told_from_rows_that_are_not_there(amy: Talker, bob: Talker) -> None:
    hidden = an_account(amy)
    told = []
    for account in (hidden, new_id()):
        visit = {"activity_id": new_id(), "account_id": account, "type": "visit", "occurred_at": AT}
        verdict = bob.do("LogActivity", visit)
        told.append({name: verdict.get(name) for name in ("status", "code", "sentence", "detail", "field")})
    assert told[0] == told[1]
    assert told[0]["code"] == "not_your_account"


def test_sql_in_texts_is_text(amy: Talker) -> None:
    title = "'; DROP TABLE task; -- \" OR 1=1 %s ? :x"
    amy.do("AddTask", {"task_id": new_id(), "title": title})
    assert amy.do("AddTask", {"task_id": new_id(), "title": "still there"})["status"] == "accepted"
    assert amy.do("EditTask' OR '1'='1", {})["status"] == "deferred"
    fresh = amy.anew()
    assert title in rows_of(fresh.exchange(), "task", "title")


@pytest.mark.parametrize("title", TEXTS)
def test_any_writing_comes_back_as_it_was_sent(amy: Talker, title: str) -> None:
    said = title.encode("utf-16", "surrogatepass").decode("utf-16")
    assert amy.do("AddTask", {"task_id": new_id(), "title": said})["status"] == "accepted"
    fresh = amy.anew()
    assert said.strip() in [title.strip() for title in rows_of(fresh.exchange(), "task", "title")]


def test_half_a_character_is_no_text(amy: Talker) -> None:
    body = json.dumps(amy.request(commands=[amy.command("AddTask", {"task_id": new_id(), "title": "\ud83c"})]))
    assert "\\ud83c" in body
    assert refusal(amy.client("POST", "/v1/sync", data=body)) == (400, "bad_request")


def test_a_note_of_a_megabyte_is_taken_whole(amy: Talker) -> None:
    account, note = an_account(amy), "A long tasting. 🍷 " * 55_000
    assert len(note.encode()) > 1_000_000
    said = {"activity_id": new_id(), "account_id": account, "type": "visit", "occurred_at": AT, "note": note}
    assert amy.do("LogActivity", said)["status"] == "accepted"
    fresh = amy.anew()
    assert rows_of(fresh.exchange(), "activity", "note") == [note]
