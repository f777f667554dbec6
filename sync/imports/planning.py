"""What an import would do: rows to add, change and remove, and a verdict for every row of the file.

Nothing is written here; `applying` does that in one transaction.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import uuid_utils

from leora_core.domain.command import R, Record, Records
from leora_core.domain.grants import Grant
from sync.imports.fields import MakeColumn
from sync.imports.problems import Problem, cell_problem, empty_problem, row_problem

Status = Literal["same", "added", "updated", "duplicate", "bad"]
_RANK: dict[str, int] = {"same": 0, "duplicate": 1, "added": 2, "updated": 3, "bad": 4}


@dataclass(frozen=True)
class Field:
    """One field a kind of file may have."""

    column: MakeColumn
    required: bool = False
    """Whether every row needs a value."""


@dataclass(slots=True)
class Row:
    """A row of the file with its values read; None for an empty cell, absent for a column that is not there."""

    number: int
    values: dict[str, Any]

    def get(self, name: str) -> Any:
        """The value, None where there is none."""
        return self.values.get(name)

    def given(self, *names: str) -> dict[str, Any]:
        """Those of `names` that have a value: an empty cell never erases what is known."""
        return {name: self.values[name] for name in names if self.values.get(name) is not None}


@dataclass(slots=True)
class RowVerdict:
    """What becomes of one row. `problem` is None unless something is wrong with it."""

    row: int
    status: Status
    problem: Problem | None = None
    about: str | None = None


@dataclass(slots=True)
class Staged:
    """One record as it was and as it shall be; None for not there."""

    before: Record | None
    after: Record | None


@dataclass(slots=True)
class Assignment:
    """An account that goes to a rep, and the grants that end with it."""

    account_id: str
    rep_id: str
    ending: list[Grant]


@dataclass
class Plan:
    """What an import would write, and what it found in each row."""

    staged: dict[tuple[type[Record], str], Staged] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    verdicts: dict[int, RowVerdict] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def settle(self, row: int, status: Status, *, problem: Problem | None = None, about: str | None = None) -> None:
        """Say what becomes of a row; of several answers for one row the weightiest stands."""
        known = self.verdicts.get(row)
        if problem is not None:
            self.problems.append(problem)
        if known is None or _RANK[status] > _RANK[known.status] or (problem and not known.problem):
            self.verdicts[row] = RowVerdict(row, status, problem, about)

    def bad(self, problem: Problem) -> None:
        """A row that cannot be imported."""
        self.settle(problem.row, "bad", problem=problem)

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return sum(1 for verdict in self.verdicts.values() if verdict.status == status)


class Planner:
    """What the kinds of import share: the records as they stand, new ids, and the plan they fill."""

    def __init__(
        self, records: Records, plan: Plan, *, at: datetime, zone: ZoneInfo, headers: Mapping[str, str]
    ) -> None:
        self.records = records
        self.plan = plan
        self.at = at
        self.zone = zone
        self.currency = "USD"
        self.unread: Sequence[tuple[int, Mapping[str, str]]] = ()
        """Rows that could not be read, as number and texts."""
        self._headers = headers

    def new_id(self) -> str:
        """An id above every one before it."""
        return str(uuid_utils.uuid7())

    def header(self, name: str) -> str:
        """The file's own header of a field."""
        return self._headers.get(name, name)

    def has(self, name: str) -> bool:
        """Whether the file has a column (or the recipe a constant) for this field."""
        return name in self._headers

    def add(self, record: R) -> R:
        """Stage a new record."""
        self.plan.staged[type(record), record.id] = Staged(None, record)
        return record

    def change(self, record: R, values: Mapping[str, Any]) -> R:
        """Stage the record with those of `values` that differ; the record itself where none does."""
        differing = {name: value for name, value in values.items() if getattr(record, name) != value}
        if not differing:
            return record
        changed = replace(record, **differing)
        staged = self.plan.staged.setdefault((type(record), record.id), Staged(record, record))
        staged.after = changed
        return changed

    def remove(self, record: Record) -> None:
        """Stage the removal of a record that is there."""
        self.plan.staged.setdefault((type(record), record.id), Staged(record, record)).after = None

    def refuse(self, row: Row, name: str, why: str, value: object = None) -> None:
        """A cell that is well formed but cannot be right: the words that follow its value."""
        shown = str(row.get(name) if value is None else value)
        self.plan.bad(cell_problem(row.number, self.header(name), shown, why))

    def empty(self, row: Row, name: str) -> None:
        """A value this row needs is not there."""
        self.plan.bad(empty_problem(row.number, self.header(name)))

    def refuse_row(self, row: Row, sentence: str, name: str | None = None) -> None:
        """A row that does not fit the others or what is known."""
        self.plan.bad(row_problem(row.number, self.header(name) if name else None, None, sentence))

    def duplicate(self, row: Row, first: int, *, differs: str | None = None) -> None:
        """A row that tells again what row `first` told; a problem where it tells it otherwise."""
        problem = None
        if differs is not None:
            sentence = f"this is row {first} again with another {self.header(differs)}. Keep one of the two."
            problem = row_problem(row.number, self.header(differs), str(row.get(differs)), sentence)
        self.plan.settle(row.number, "duplicate", problem=problem, about=f"row {first}")


@dataclass(frozen=True)
class Kind:
    """One kind of file: its fields, which of them must be there, and how rows become records."""

    name: str
    fields: Mapping[str, Field]
    needs: tuple[tuple[str, ...], ...]
    """Groups of fields; the file needs a column for one of each group."""
    plan: Callable[[Planner, Iterable[Row]], None]
