"""Mistakes that random conversations brought to light, each as short as it can be told."""

import pytest

from leora_core.domain.command import Rejected
from leora_core.protocol.messages import Verdict
from leora_desktop.replica import rebase, staging
from leora_desktop.replica.state import REPLICA_STATE
from sync.simulation.network import Fault, Strike
from sync.simulation.oracle import check_device, check_end
from sync.simulation.world import World
from tests.conversation.acts import a_task, a_visit, account_of


def test_rep_gets_no_row_of_another_reps_account_on_the_first_sync(world: World) -> None:
    with world.devices["ana"].workspace.reading() as transaction:
        scopes = {row[0] for row in transaction.execute("SELECT row_scope FROM account").fetchall()}
    assert scopes == {f"account:{id_}" for id_ in world.company.accounts["rep1"]}


def test_command_that_may_have_left_under_an_earlier_device_id_cannot_be_taken_back(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    ana.sync_through(Fault.ANSWER_LOST)
    ana.sign_in()
    with pytest.raises(Rejected, match="already_sent"):
        ana.discard(id_)
    ana.sync()
    assert check_end(world) == []


def test_command_whose_request_never_left_can_be_taken_back(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    ana.sync_through(Fault.NEVER_SENT)
    ana.discard(id_)
    assert ana.waiting_ids() == []
    assert check_end(world) == []


def test_commands_settled_before_the_server_and_the_replica_were_both_lost_are_offered_again(world: World) -> None:
    ana = world.devices["ana"]
    backup = world.server.backup()
    ana.do(*a_visit(account_of(world)))
    ana.sync()
    world.rewind(backup)
    ana.lose_replica()
    assert check_end(world) == []


def test_fill_begun_in_a_history_the_server_lost_starts_over(world: World) -> None:
    ana = world.devices["ana"]
    backup = world.server.backup()
    world.assign(account_of(world, "rep2"), "rep1")
    ana.lose_replica()
    ana.sync_through(Fault.DELIVER, Fault.NEVER_SENT, max_rows=5)
    world.rewind(backup)
    world.assign(account_of(world, "rep2"), "rep1")
    assert check_end(world) == []


def test_lost_history_and_the_one_after_it_never_look_the_same(world: World) -> None:
    ana, twin = world.devices["ana"], world.clone(world.devices["ana"], "twin")
    ana.sync()
    backup = world.server.backup()
    ana.do(*a_visit(account_of(world)))
    ana.sync()
    twin.sync_through()
    at = ana.workspace.position()
    world.rewind(backup)
    ana.sync_through()
    assert world.server.head()[0] >= at.cursor
    assert world.server.chain_at(at.cursor) != at.chain
    assert check_end(world) == []


def test_verdict_from_beyond_the_rows_shown_settles_nothing(world: World) -> None:
    ana = world.devices["ana"]
    ana.do(*a_task())
    ana.sync_through(Strike(Fault.CUT_QUIETLY, 0.8))
    with ana.workspace.replica.writing() as transaction:
        staging.stage_verdicts(transaction, [Verdict(id="x", status="accepted", version=99)])
        done = rebase.rebase(transaction, ana.workspace.who, ana.workspace.outbox.waiting(), upto=98)
    assert "x" not in {verdict.id for verdict in done.verdicts}


def test_prediction_whose_command_was_refused_is_gone_after_a_power_cut_that_cost_the_replica_its_last_writes(
    world: World,
) -> None:
    ana = world.devices["ana"]
    world.poison.works = True
    ana.do("AddTask", a_task("poisoned ")[1])
    for after in range(100, 200):
        if not ana.crash_during(ana.sync, after, forget_replica=True):
            break
        assert check_device(world, ana) == []
    assert check_end(world) == []


def test_repaired_scope_keeps_what_was_accepted_for_a_server_that_may_lose_it(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_visit(account_of(world)))
    ana.sync()
    with ana.workspace.replica.writing() as transaction:
        staging.stage_drop(transaction, f"account:{account_of(world)}", ours=True)
        text = f'[{{"scope":"account:{account_of(world)}","at":{ana.workspace.position().cursor}}}]'
        REPLICA_STATE.set(transaction, fill=text)
    ana.restart()
    ana.sync()
    assert id_ in ana.kept_ids()
    assert check_end(world) == []


def test_fill_that_was_whole_but_never_put_in_place_starts_from_an_empty_file(world: World) -> None:
    ana = world.devices["ana"]
    ana.lose_replica()
    _ = ana.workspace
    for after in range(60, 1_000, 60):
        ana.crash_during(ana.sync, after)
        if ana.profile.next_replica.exists() and ana.workspace.filling is None:
            break
    world.assign(account_of(world), "rep2")
    ana.sync()
    assert check_device(world, ana) == []
    assert check_end(world) == []


def test_same_command_id_is_taken_once(world: World) -> None:
    ana = world.devices["ana"]
    id_ = ana.do(*a_task())
    with pytest.raises(Rejected, match="id_conflict"):
        ana.do(*a_task(), command_id=id_)
    assert check_end(world) == []


def test_parked_command_that_was_run_again_is_told_to_a_laptop_that_signed_in_anew(world: World) -> None:
    ana = world.devices["ana"]
    world.poison.works = True
    id_ = ana.do("AddTask", a_task("poisoned ")[1])
    ana.sync()
    assert ana.attention()[id_].status == "parked"
    ana.sign_in()
    ana.lose_replica()
    world.poison.works = False
    world.server.rerun_parked()
    ana.sync()
    assert ana.attention() == {}
