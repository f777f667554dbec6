"""Commands on their way up: whatever the network and the server do, each is done once and in order."""

import random
import socket
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from leora_core.domain.command import Context, Outcome
from leora_core.domain.failures import Unavailable
from leora_desktop.syncing.client import Refused
from sync.app import create_app
from sync.serving import serving
from sync.settings import TOKEN_DAYS
from sync.simulation.network import Call, Fault
from sync.simulation.poison import POISONED
from sync.simulation.world import World
from tests.conversation.acts import (
    Sound,
    a_contact,
    a_task,
    a_visit,
    account_of,
    assert_all_ends_well,
    days_later,
    handled_by,
    last_seq,
    lines_of,
    outbox_as_is,
    runs,
    settled_order,
    shown,
    statuses,
)


def test_s01_response_lost_after_commit_and_retried_five_times_runs_the_command_once(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    for _ in range(5):
        with pytest.raises(Unavailable):
            ana.sync(Fault.ANSWER_LOST)
        assert ana.waiting_ids() == [id_]
    assert runs(world)[id_] == 1
    (version,) = [version for command_id, _, version, _ in world.server.settled() if command_id == id_]
    report = ana.sync()
    assert (report.sent, report.accepted, ana.waiting_ids()) == (1, 1, [])
    with ana.workspace.outbox.database.reading() as transaction:
        assert transaction.execute("SELECT version FROM accepted WHERE id = ?", (id_,)).fetchone() == (version,)
    assert runs(world)[id_] == 1
    assert_all_ends_well(world)


def test_s02_request_cut_at_any_byte_applies_nothing_and_the_whole_is_sent_again(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    ana = world.devices["ana"]
    ids = [ana.do(*a_task()) for _ in range(30)]
    with pytest.raises(Unavailable):
        ana.sync(Fault.REQUEST_LOST)
    whole = ana.transport.sent[-1]
    rng = random.Random(2)
    assert world.server.served is not None
    for at in (1, len(whole.body) - 1, *(rng.randrange(1, len(whole.body)) for _ in range(20))):
        # Something between cuts it and mends the length; a cut connection is what follows.
        assert world.server.served.call(replace(whole, body=whole.body[:at])).status == 400
    with serving(create_app(world.server.tenants, world.server.settings)) as url:
        for at in (0, len(whole.body) // 2, len(whole.body) - 1):
            _hang_up_after(url, whole, at)
    assert "incident" not in caplog.text
    assert last_seq(world, ana) == 0
    assert not set(ids) & set(statuses(world))
    assert ana.sync().accepted == 30
    assert [id_ for id_ in settled_order(world) if id_ in ids] == ids
    assert_all_ends_well(world)


def _hang_up_after(url: str, call: Call, at: int) -> None:
    """Send the head and `at` bytes of the body, then close."""
    host, port = url.removeprefix("http://").split(":")
    headers = {"Host": host, **call.headers, "Content-Length": str(len(call.body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with closing(socket.create_connection((host, int(port)), timeout=10)) as line:
        line.sendall(f"POST {call.path} HTTP/1.1\r\n{head}\r\n".encode() + call.body[:at])


class Killed(BaseException):
    """Ends the server as a kill does: no code of it catches this."""


def test_s03_server_killed_between_two_commits_of_a_push_keeps_the_first_and_gets_the_rest_again(world: World) -> None:
    """The server commits a hundred at a time: killed within the second hundred, it has exactly the first."""
    ana = world.devices["ana"]
    ids = [ana.do("AddTask", {**a_task(f"number {number}")[1]}) for number in range(130)]
    ran = 0

    def handler(sound: Sound, command: Any, context: Context) -> Outcome | None:
        nonlocal ran
        ran += context.authority
        if ran == 118:
            raise Killed
        return sound()

    with handled_by("AddTask", handler), pytest.raises(Killed):
        ana.sync()
    world.server.restart()
    assert last_seq(world, ana) == 100
    assert [id_ for id_ in settled_order(world) if id_ in ids] == ids[:100]
    assert ana.waiting_ids() == ids
    ana.sync()
    assert [id_ for id_ in settled_order(world) if id_ in ids] == ids
    assert_all_ends_well(world)


@pytest.mark.parametrize("heard", [Fault.TWICE, Fault.TWICE_FIRST_HEARD])
def test_s04_request_duplicated_by_the_network_runs_once_and_is_no_fork(world: World, heard: Fault) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    assert ana.sync(heard).accepted == 1
    assert runs(world)[id_] == 1
    assert world.server.served is not None
    ana.do(*a_task())
    with pytest.raises(Unavailable):
        ana.sync(Fault.REQUEST_LOST)
    answers = [lines_of(world.server.served.call(ana.transport.sent[-1])) for _ in range(2)]
    assert answers[0][0]["lease"] == answers[1][0]["lease"]
    verdicts = [line for answer in answers for line in answer if line["t"] == "verdict"]
    assert [verdict.get("again", False) for verdict in verdicts] == [False, True]
    ana.sync()
    assert ana.sign_ins == 0
    assert_all_ends_well(world)


def test_s05_older_request_arriving_after_a_newer_one_changes_nothing(world: World) -> None:
    ana = world.devices["ana"]
    first = ana.do(*a_task())
    with pytest.raises(Unavailable):
        ana.sync(Fault.LATE)
    second = ana.do(*a_task())
    cursor = ana.sync().cursor
    version, _ = world.server.head()
    assert set(ana.transport.deliver_late()) <= {200, 409}
    assert world.server.head()[0] == version
    assert (runs(world)[first], runs(world)[second]) == (1, 1)
    # It has used up the lease before ours; ours was given for the same one, and holds.
    third = ana.do(*a_task())
    report = ana.sync()
    assert report.cursor > cursor
    assert runs(world)[third] == 1
    assert_all_ends_well(world)


def test_s13_handler_that_fails_on_the_server_alone_is_parked_after_three_tries(world: World) -> None:
    ana = world.devices["ana"]
    tries = 0

    def handler(sound: Sound, command: Any, context: Context) -> Outcome | None:
        nonlocal tries
        if context.authority and command.title.startswith(POISONED):
            tries += 1
            raise ZeroDivisionError("a bad release")
        return sound()

    bad = ana.do(*a_task(POISONED))
    good = [ana.do(*a_task()) for _ in range(5)]
    with handled_by("AddTask", handler):
        report = ana.sync()
    assert (report.parked, report.accepted, tries) == (1, 5, 3)
    assert ana.waiting_ids() == []
    assert ana.attention()[bad].status == "parked"
    with world.server.tenant.database.reading() as transaction:
        row = transaction.execute("SELECT trace, payload FROM settled WHERE command_id = ?", (bad,)).fetchone()
    assert "a bad release" in row[0]
    assert POISONED in row[1]
    assert set(good) <= statuses(world).keys()
    assert world.server.rerun_parked() == 1
    ana.sync()
    assert ana.attention() == {}
    assert shown(ana, "SELECT COUNT(*) FROM task WHERE title LIKE ?", f"{POISONED}%") == [(1,)]
    assert_all_ends_well(world)


def test_s14_dependents_of_a_parked_command_are_told_and_the_unrelated_go_on(world: World) -> None:
    """What needed the parked one is refused with its text kept, and can be sent again after the fix."""
    ana = world.devices["ana"]
    world.poison.works = True
    add, payload = a_task(POISONED)
    parked = ana.do(add, payload)
    task_id = payload["task_id"]
    words = {"description": "Bring the list", "due_on": "2026-12-01", "priority": "high"}
    was: dict[str, str | None] = {"description": None, "due_on": None, "priority": "medium"}
    edits = [{"task_id": task_id, "fields": {name: {"was": was[name], "now": words[name]}}} for name in words]
    dependents = [ana.do("EditTask", edit) for edit in edits] + [ana.do("CompleteTask", {"task_id": task_id})]
    unrelated = [ana.do(*a_task()) for _ in range(20)]
    report = ana.sync()
    assert (report.parked, report.rejected, report.accepted) == (1, 4, 20)
    assert {statuses(world)[id_] for id_ in unrelated} == {"accepted"}
    told = ana.attention()
    assert told.keys() == {parked, *dependents}
    assert {told[id_].code for id_ in dependents} == {"not_yours_or_gone"}
    world.poison.works = False
    world.server.rerun_parked()
    ana.sync()
    for id_ in dependents:
        ana.note_given(ana.workspace.edit(id_, told[id_].payload).id, told[id_].name, told[id_].payload)
    ana.sync()
    assert ana.attention() == {}
    found = shown(ana, "SELECT status, description, priority FROM task WHERE id = ?", task_id)
    assert found == [("done", "Bring the list", "high")]
    assert_all_ends_well(world)


def test_s15_command_too_large_for_the_server_is_set_aside_and_the_others_go_on(world: World) -> None:
    world.server.settings = replace(world.server.settings, body_limit=1 << 20)
    world.server.restart()
    ana = world.devices["ana"]
    before = [ana.do(*a_task()) for _ in range(15)]
    note = "🍷" * 300_000
    large = ana.do(*a_visit(account_of(world), note=note))
    after = [ana.do(*a_task()) for _ in range(14)]
    ana.sync()
    assert ana.waiting_ids() == []
    assert ana.attention().keys() == {large}
    assert ana.attention()[large].code == "body_too_large"
    assert ana.attention()[large].payload["note"] == note
    assert [id_ for id_ in settled_order(world) if id_ in {*before, large, *after}] == before + after
    assert_all_ends_well(world)


def test_s16_token_that_dies_after_the_commit_loses_no_result(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    with pytest.raises(Unavailable):
        ana.sync(Fault.ANSWER_LOST)
    waiting = outbox_as_is(ana)
    with days_later(TOKEN_DAYS + 1):
        with pytest.raises(Refused) as refused:
            ana.sync()
        assert (refused.value.status, refused.value.code) == (401, "token_invalid")
        assert outbox_as_is(ana) == waiting
        ana.sign_in()
        report = ana.sync()
        assert (report.accepted, ana.waiting_ids()) == (1, [])
        assert runs(world)[id_] == 1
        assert_all_ends_well(world)


def test_s17_refusals_from_between_settle_nothing_however_long_they_last(world: World) -> None:
    ana = world.devices["ana"]
    ids = [ana.do(*a_task()) for _ in range(3)]
    for fault in (Fault.FORBIDDEN, Fault.UNAUTHORIZED, Fault.ERROR_BEFORE, Fault.THROTTLED) * 10:
        with pytest.raises((Refused, Unavailable)):
            ana.sync(fault)
        assert ana.waiting_ids() == ids
    assert ana.sync().accepted == 3
    assert ana.attention() == {}
    assert_all_ends_well(world)


def test_s12_edit_of_what_the_server_removed_is_stale_then_refused_and_its_text_kept(world: World) -> None:
    """Behind a command the server cannot yet take, the edit waits while the base moves on under it."""
    ana, account = world.devices["ana"], account_of(world)
    name, contact = a_contact(account)
    ana.do(name, contact)
    ana.sync()
    newer = ana.do(*a_task())
    with ana.workspace.outbox.database.writing() as transaction:
        transaction.execute("UPDATE waiting SET v = 2 WHERE id = ?", (newer,))
    named = {"account_id": account, "contact_id": contact["contact_id"]}
    payload = {**named, "fields": {"role": {"was": None, "now": "Buyer, ask for him"}}}
    edit = ana.do("EditContact", payload)
    world.server.command("RemoveContact", named, world.boss())
    version, _ = world.server.head()
    report = ana.sync()
    assert (report.deferred, report.cursor) == (2, version)
    (stale,) = [command for command in ana.workspace.outbox.waiting() if command.id == edit]
    assert stale.stale is not None
    assert shown(ana, "SELECT id FROM contact WHERE id = ?", contact["contact_id"]) == []
    with ana.workspace.outbox.database.writing() as transaction:
        transaction.execute("UPDATE waiting SET v = 1 WHERE id = ?", (newer,))
    ana.sync()
    assert ana.attention().keys() == {edit}
    assert ana.attention()[edit].code == "not_found"
    assert ana.attention()[edit].payload == payload
    assert_all_ends_well(world)
