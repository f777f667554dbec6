"""Laptops and a server in any order of typing, syncing, failing and healing that Hypothesis can think of.

`pytest tests/conversation/test_conversation.py --conversation-examples 5000` looks longer;
`--hypothesis-seed N`, or the blob a failure prints, does the same again.
"""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis.core
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync.simulation.command import fast_folder
from sync.simulation.network import Fault, Strike
from sync.simulation.oracle import check_end
from sync.simulation.walk import MOST_CLONES, Walk
from sync.simulation.world import Template, World

STEPS = 25
LAPTOPS = (("ana", "rep1"), ("ben", "rep2"), ("max", "boss1"))

SEEDS = st.integers(0, 1 << 16)
"""What an act chooses by itself: which command, which byte, which statement."""
WHO = st.integers(0, len(LAPTOPS) - 1 + MOST_CLONES)
STRIKES = st.lists(st.builds(Strike, st.sampled_from(Fault), st.floats(0, 0.99)), max_size=3)


class Conversation(RuleBasedStateMachine):
    """Two reps, a manager and a server."""

    template: Template

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="leora-conversation-", dir=fast_folder()))
        self.world = self.template.world(self.folder / "world")
        self.walk = Walk(self.world, random.Random(0))
        self.broken = False
        self.acts = 0

    def act(self, name: str, who: int = 0, seed: int = 0, **more: object) -> None:
        devices = list(self.world.devices.values())
        device = devices[who % len(devices)]
        # The same seed twice must not give the same ids twice.
        self.acts += 1
        self.walk.rng = random.Random(f"{seed} {self.acts}")
        self.broken = True
        getattr(self.walk, name)(device, **more)
        self.walk.look_at(device)
        self.broken = False

    # -- people ----------------------------------------------------------------------------------

    @rule(who=WHO, seed=SEEDS, times=st.integers(1, 5))
    def type(self, who: int, seed: int, times: int) -> None:
        self.act("type", who, seed, times=times)

    @rule(who=WHO, strikes=STRIKES, few_rows=st.booleans())
    def sync(self, who: int, strikes: list[Strike], few_rows: bool) -> None:
        devices = list(self.world.devices.values())
        devices[who % len(devices)].transport.strike(*strikes)
        self.act("sync", who, few_rows=few_rows)

    @rule(who=WHO, seed=SEEDS)
    def type_meanwhile(self, who: int, seed: int) -> None:
        self.act("type_meanwhile", who, seed)

    @rule()
    def all_sync(self) -> None:
        for who in range(len(self.world.devices)):
            self.act("sync", who)

    @rule(who=WHO, seed=SEEDS)
    def prove(self, who: int, seed: int) -> None:
        self.act("prove", who, seed)

    @rule(who=WHO, seed=SEEDS)
    def discard(self, who: int, seed: int) -> None:
        self.act("discard", who, seed)

    # -- machines --------------------------------------------------------------------------------

    @rule(who=WHO)
    def restart(self, who: int) -> None:
        self.act("restart", who)

    @rule(who=WHO, seed=SEEDS)
    def crash(self, who: int, seed: int) -> None:
        self.act("crash", who, seed)

    @rule(who=WHO)
    def image(self, who: int) -> None:
        self.act("image", who)

    @precondition(lambda self: self.walk.images)
    @rule(who=WHO, seed=SEEDS)
    def put_back(self, who: int, seed: int) -> None:
        self.act("put_back", who, seed)

    @rule(who=WHO)
    def clone(self, who: int) -> None:
        self.act("clone", who)

    @rule(who=WHO)
    def lose_replica(self, who: int) -> None:
        self.act("lose_replica", who)

    @rule(who=WHO, seed=SEEDS)
    def damage_replica(self, who: int, seed: int) -> None:
        self.act("damage_replica", who, seed)

    @rule(who=WHO)
    def rebuild(self, who: int) -> None:
        self.act("rebuild", who)

    # -- the network -----------------------------------------------------------------------------

    @rule(who=WHO)
    def deliver_late(self, who: int) -> None:
        self.act("deliver_late", who)

    @rule(who=WHO, seed=SEEDS)
    def send_again(self, who: int, seed: int) -> None:
        self.act("send_again", who, seed)

    # -- the office ------------------------------------------------------------------------------

    @rule()
    def server_restart(self) -> None:
        self.act("server_restart")

    @rule()
    def server_down_or_up(self) -> None:
        self.act("server_down")

    @rule()
    def backup(self) -> None:
        self.act("backup")

    @precondition(lambda self: self.walk.backups)
    @rule(seed=SEEDS)
    def rewind(self, seed: int) -> None:
        self.act("rewind", seed=seed)

    @rule(seed=SEEDS)
    def reassign(self, seed: int) -> None:
        self.act("reassign", seed=seed)

    @rule(who=WHO, seed=SEEDS)
    def switch_person(self, who: int, seed: int) -> None:
        self.act("switch_person", who, seed)

    @rule()
    def switch_poison(self) -> None:
        self.act("switch_poison")

    # -- what must hold --------------------------------------------------------------------------

    @invariant()
    def no_promise_is_broken(self) -> None:
        assert self.walk.violations == []

    def teardown(self) -> None:
        try:
            if not self.broken and not self.walk.violations:
                assert check_end(self.world) == []
        finally:
            self.world.close()
            shutil.rmtree(self.folder)


def converse(template: Template, examples: int) -> None:
    """Run so many conversations. Raises AssertionError with the shortest one that breaks a promise."""
    machine = type("Conversation", (Conversation,), {"template": template})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            print_blob=True,
            # The same conversations on every run, so that what lands does not hang on luck; others with a seed.
            derandomize=hypothesis.core.global_force_seed is None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is one: nothing here has to outlive the test."""
    folder = Path(tempfile.mkdtemp(prefix="leora-conversation-", dir=fast_folder()))
    yield folder
    shutil.rmtree(folder)


def a_template(folder: Path, database: str | None = None) -> Template:
    world = World.make(folder / "template", database=database, exchange_only=True)
    for name, person in LAPTOPS:
        world.enrol(name, person)
    return Template.of(world)


@pytest.mark.slow
def test_any_conversation_ends_well(quick_folder: Path, conversation_examples: int | None) -> None:
    converse(a_template(quick_folder), conversation_examples or 200)


@pytest.mark.slow
def test_any_conversation_ends_well_on_postgresql(
    quick_folder: Path, postgres_url: str, conversation_examples: int | None
) -> None:
    converse(a_template(quick_folder, postgres_url), (conversation_examples or 200) // 4)
