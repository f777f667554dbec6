"""The kit must notice: each mistake put into the product breaks a promise within a few random walks."""

import dataclasses
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from leora_core.domain.accounts.editing import EditAccount
from leora_core.domain.accounts.records import Account
from leora_core.domain.command import COMMANDS, Context, Outcome, Records
from leora_core.domain.edits import FieldChange
from leora_core.protocol.messages import Checkpoint, SentCommand, Verdict
from leora_desktop.replica import rebase
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing import cycle
from sync import authority, change_log, exchange, visibility
from sync.endpoints import sync as endpoint
from sync.server_tables import settled
from sync.simulation.command import fast_folder
from sync.simulation.oracle import Violation
from sync.simulation.walk import walk
from sync.simulation.world import Template, World

Patch = pytest.MonkeyPatch
WALKS = 50
STEPS = 60

OFTEN = {"type": 6, "sync": 4, "sync_badly": 4, "type_meanwhile": 2, "reassign": 2}
"""What goes on everywhere; a case adds what its mistake shows in."""


def show_before_the_checkpoint(patch: Patch) -> None:
    """Rows are shown page by page, not at a checkpoint."""
    ended = cycle._Talk._ended

    def shown_at_once(talk: Any, answer: Any) -> Any:
        workspace = talk.workspace
        if answer.page is not None and workspace.filling is None:
            stood = workspace.position()
            workspace.apply(Checkpoint(cursor=stood.cursor, chain=stood.chain, count=0, checksum=""))
        return ended(talk, answer)

    patch.setattr(cycle._Talk, "_ended", shown_at_once)


def take_403_for_a_refusal(patch: Patch) -> None:
    """The outbox is emptied because something between answers 403."""
    refused = cycle._Talk._refused

    def emptied(talk: Any, request: Any, refusal: Any) -> Any:
        if refusal.status == 403:
            with talk.workspace.outbox.database.writing() as transaction:
                transaction.execute("DELETE FROM waiting")
        return refused(talk, request, refusal)

    patch.setattr(cycle._Talk, "_refused", emptied)


def settle_at_once(patch: Patch) -> None:
    """A verdict ends the waiting when it is heard, before its rows are shown."""
    keep = cycle._Talk._keep_verdicts

    def let_go(talk: Any, answer: Any) -> None:
        keep(talk, answer)
        with talk.workspace.outbox.database.writing() as transaction:
            transaction.executemany("DELETE FROM waiting WHERE id = ?", [(v.id,) for v in answer.verdicts])

    patch.setattr(cycle._Talk, "_keep_verdicts", let_go)


def remember_verdicts_later(patch: Patch) -> None:
    """Rows commit first, what is remembered of the command after them: now and then the server dies between."""
    write = authority._write_batch
    rng = random.Random(1)

    def sometimes(*batch: Any) -> None:
        if rng.random() < 0.7:
            write(*batch)

    patch.setattr(authority, "_write_batch", sometimes)


def tell_repeats_by_number_alone(patch: Patch) -> None:
    """A command is known by its number on the device, not by its id."""
    verdict_at = sa.select(settled.c.version, settled.c.status).where(settled.c.device_id == sa.bindparam("device"))

    def by_number(runner: Any, sent: SentCommand) -> Verdict | None:
        query = verdict_at.where(settled.c.seq == sent.seq)
        connection = runner.commit.transaction.connection
        row = connection.execute(query, {"device": runner.sender.device_id}).first()
        if row is None:
            return None
        return Verdict(seq=sent.seq, id=sent.id, status=row[1], version=row[0], again=True)

    def unseen(transaction: Any, sender: Any, batch: Any, last: int) -> None:
        known = {row[0] for row in transaction.execute("SELECT command_id FROM command_seen").fetchall()}
        batch.seen = [entry for entry in batch.seen if entry[0] not in known]
        write(transaction, sender, batch, last)

    write = authority._write_batch
    patch.setattr(authority._Runner, "_earlier", by_number)
    patch.setattr(authority, "_write_batch", unseen)


def let_clocks_decide(patch: Patch) -> None:
    """An edit that a clock calls older than the last one is passed over in silence."""
    sound = COMMANDS["EditAccount"]

    def by_clock(command: EditAccount, records: Records, context: Context) -> Outcome | None:
        changes = records.find(FieldChange, record_id=command.account_id)
        if any(change.field in command.fields and change.at > context.at for change in changes):
            return Outcome()
        return sound.handler(command, records, context)

    patch.setitem(COMMANDS, "EditAccount", dataclasses.replace(sound, handler=by_clock))


def overwrite_unseen(patch: Patch) -> None:
    """The last edit wins, and no conflict is kept."""
    sound = COMMANDS["EditAccount"]

    def last_wins(command: EditAccount, records: Records, context: Context) -> Outcome | None:
        account = records.need(Account, command.account_id)
        present = {name: getattr(account, name) for name in command.fields}
        edits = {name: dataclasses.replace(edit, was=present[name]) for name, edit in command.fields.items()}
        sound.handler(dataclasses.replace(command, fields=edits), records, context)
        for change in records.find(FieldChange, record_id=command.account_id):
            if change.version not in (context.version, 0):
                records.remove(change)
        return Outcome()

    patch.setitem(COMMANDS, "EditAccount", dataclasses.replace(sound, handler=last_wins))


def forget_what_was_taken_away(patch: Patch) -> None:
    """Laptops are not told which scopes they lost."""
    patch.setattr(visibility, "_dropped", lambda *_: [])


def forget_what_was_granted(patch: Patch) -> None:
    """The delta leaves out scopes that are new to the laptop."""
    patch.setattr(visibility, "_added", lambda held, then: {} if then else dict(held.since))


def send_whatever_changed(patch: Patch) -> None:
    """Rows are not held against the grants of whoever asks."""
    patch.setattr(exchange.Pull, "_held_filter", lambda *_: ("", []))


def forget_removals(patch: Patch) -> None:
    """Rows that were taken away are not told of."""
    patch.setattr(exchange.Pull, "_send_gone", lambda *_: iter(()))


def let_a_refusal_stop_the_replay(patch: Patch) -> None:
    """A pending command that no longer applies stops the replica."""

    def unguarded(work: Any, person: Any, command: Any) -> None:
        at = rebase.parse_instant(command.at)
        rebase.run_here(work, person, command.id, command.name, command.v, command.payload, at)
        work.keep()

    patch.setattr(rebase, "_replay_one", unguarded)


def keep_predictions(patch: Patch) -> None:
    """What the server decided is written over predictions, which are not taken back first."""

    def forgotten(transaction: Any) -> set[Any]:
        transaction.execute("DELETE FROM before_image")
        return set()

    patch.setattr(rebase, "put_back_images", forgotten)


def leave_crashes_as_they_are(patch: Patch) -> None:
    """What a power cut left between replica and outbox is not put right."""
    patch.setattr(Workspace, "heal", lambda _: None)


def believe_every_history(patch: Patch) -> None:
    """A server restored from a backup sends increments on top of what it never wrote."""
    patch.setattr(endpoint, "_check_lineage", lambda *_: None)


def count_sums_wrong(patch: Patch) -> None:
    """A changed row's old version stays in its scope's sum."""
    counted = change_log._sum_changes

    def without_old(changes: Any) -> Any:
        return counted([dataclasses.replace(change, before=None) for change in changes])

    patch.setattr(change_log, "_sum_changes", without_old)


def park_without_a_word(patch: Patch) -> None:
    """A command that crashes the server is called done."""
    parked = authority._Attempt.parked

    def silently(attempt: Any, trace: str) -> tuple[Verdict, str]:
        verdict, kept = parked(attempt, trace)
        done: dict[str, Any] = {"status": "accepted", "code": None, "sentence": None, "result": {}}
        return msgspec.structs.replace(verdict, **done), kept

    patch.setattr(authority._Attempt, "parked", silently)


Case = tuple[Callable[[Patch], None], Mapping[str, float]]

MISTAKES: list[Case] = [
    (show_before_the_checkpoint, {}),
    (take_403_for_a_refusal, {}),
    (settle_at_once, {}),
    (remember_verdicts_later, {}),
    (tell_repeats_by_number_alone, {"put_back": 1, "image": 1, "clone": 1}),
    (let_clocks_decide, {}),
    (overwrite_unseen, {}),
    (forget_what_was_taken_away, {"reassign": 4}),
    (forget_what_was_granted, {"reassign": 4}),
    (send_whatever_changed, {}),
    (forget_removals, {}),
    (let_a_refusal_stop_the_replay, {"reassign": 4, "type_meanwhile": 6}),
    (keep_predictions, {}),
    (leave_crashes_as_they_are, {"crash": 4}),
    (believe_every_history, {"backup": 1, "rewind": 1}),
    (count_sums_wrong, {}),
    (park_without_a_word, {"switch_poison": 2}),
]


@pytest.fixture(scope="module")
def small_template() -> Iterator[Template]:
    folder = Path(tempfile.mkdtemp(prefix="leora-mutations-", dir=fast_folder()))
    world = World.make(folder / "world", exchange_only=True)
    for name, person in (("ana", "rep1"), ("ben", "rep2"), ("max", "boss1")):
        world.enrol(name, person)
    yield Template.of(world)
    shutil.rmtree(folder)


def walked(template: Template, folder: Path, weights: Mapping[str, float], walks: int) -> list[Violation]:
    """What the first walk that finds anything found."""
    for seed in range(walks):
        world = template.world(folder / str(seed))
        try:
            found = walk(world, STEPS, seed, stop_early=True, weights={**OFTEN, **weights}).violations
        finally:
            world.close()
            shutil.rmtree(folder / str(seed))
        if found:
            return found
    return []


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="leora-mutations-", dir=fast_folder()))
    yield made
    shutil.rmtree(made)


@pytest.mark.slow
@pytest.mark.parametrize(("mistake", "weights"), MISTAKES, ids=[mistake.__name__ for mistake, _ in MISTAKES])
def test_a_mistake_is_noticed(
    mistake: Callable[[Patch], None],
    weights: Mapping[str, float],
    small_template: Template,
    folder: Path,
    monkeypatch: Patch,
) -> None:
    mistake(monkeypatch)
    assert walked(small_template, folder, weights, WALKS) != []


@pytest.mark.slow
def test_nothing_is_noticed_where_there_is_no_mistake(small_template: Template, folder: Path) -> None:
    every = {name: weight for _, weights in MISTAKES for name, weight in weights.items()}
    assert walked(small_template, folder, every, 5) == []
