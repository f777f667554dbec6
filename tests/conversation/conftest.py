"""A company with two reps and a manager, each on a laptop: real client, real server, real files, one process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sync.simulation.world import Template, World
from tests.postgres import postgres_cluster, postgres_url

pytest.register_assert_rewrite("tests.conversation.acts")

__all__ = ["postgres_cluster", "postgres_url"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """rep1 on `ana`, rep2 on `ben`, boss1 on `max`; two accounts for each rep."""
    world = World.make(tmp_path_factory.mktemp("template") / "world")
    for name, person in (("ana", "rep1"), ("ben", "rep2"), ("max", "boss1")):
        world.enrol(name, person)
    return Template.of(world)


@pytest.fixture
def worlds(template: Template, tmp_path: Path) -> Iterator[Callable[[], World]]:
    """Fresh worlds, as many as a test wants."""
    made: list[World] = []

    def make() -> World:
        made.append(template.world(tmp_path / f"world-{len(made)}"))
        return made[-1]

    yield make
    for world in made:
        world.close()


@pytest.fixture
def world(worlds: Callable[[], World]) -> World:
    """A fresh world."""
    return worlds()
