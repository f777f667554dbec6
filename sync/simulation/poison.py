"""A fault that only the server has: what a bad release does to one kind of command."""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager

from leora_core.domain.command import COMMANDS, Command, Context, Outcome, Records

POISONED = "poisoned "
"""A task whose title begins so crashes the server's handler while the poison works."""


class Poison:
    """Whether the server has the fault now."""

    def __init__(self) -> None:
        self.works = False


@contextmanager
def poisoned_tasks(poison: Poison) -> Iterator[None]:
    """Give the server's AddTask handler the fault, for as long as the context lasts and `poison.works`."""
    sound = COMMANDS["AddTask"]

    def handler(command: Command, records: Records, context: Context) -> Outcome | None:
        outcome = sound.handler(command, records, context)
        if poison.works and context.authority and str(getattr(command, "title", "")).startswith(POISONED):
            raise ZeroDivisionError("a bad release")
        return outcome

    COMMANDS["AddTask"] = dataclasses.replace(sound, handler=handler)
    try:
        yield
    finally:
        COMMANDS["AddTask"] = sound
