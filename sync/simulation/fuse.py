"""Cutting the power of a simulated laptop at any statement it gives to a database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from leora_core.store.database import Database
from leora_core.store.prepared import Transaction


class PowerCut(BaseException):
    """The machine is off. No code of the laptop may catch this."""


class _Fuse:
    """Blows at the `left`-th step of its own thread, once; every later step fails too, for the machine is off."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.blown = False
        self._thread = threading.get_ident()

    def step(self) -> None:
        """One statement, or one side of a commit."""
        if threading.get_ident() != self._thread:
            return
        self.left -= 1
        if self.left < 0:
            self.blown = True
            raise PowerCut


@contextmanager
def fuse(after: int) -> Iterator[_Fuse]:
    """Let `after` steps of this thread pass, then raise PowerCut. A step is a statement, or a side of a commit."""
    execute, executemany, writing = Transaction.execute, Transaction.executemany, Database.writing
    cutting = _Fuse(after)

    def counted_execute(self: Transaction, *arguments: Any, **named: Any) -> Any:
        cutting.step()
        return execute(self, *arguments, **named)

    def counted_executemany(self: Transaction, *arguments: Any, **named: Any) -> Any:
        cutting.step()
        return executemany(self, *arguments, **named)

    @contextmanager
    def counted_writing(self: Database) -> Iterator[Transaction]:
        with writing(self) as transaction:
            yield transaction
            cutting.step()
        cutting.step()

    patched: Any = Transaction
    database: Any = Database
    patched.execute, patched.executemany, database.writing = counted_execute, counted_executemany, counted_writing
    try:
        yield cutting
    finally:
        patched.execute, patched.executemany, database.writing = execute, executemany, writing
