"""What an import did, or would do, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from sync.imports.planning import Plan, Status
from sync.imports.prepared import Prepared

_STATUSES: tuple[Status, ...] = ("added", "updated", "same", "duplicate", "bad")
_SHOWN = 20
"""Problems told in full on the screen; the JSON has them all."""


@dataclass(frozen=True)
class Report:
    """The outcome of one import. `batch_id` is None when nothing was written."""

    prepared: Prepared
    plan: Plan
    dry_run: bool = False
    batch_id: str | None = None
    version: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Rows by what becomes of them."""
        return {status: self.plan.count(status) for status in _STATUSES}

    @property
    def ok(self) -> bool:
        """Whether no row was refused, or those were skipped on purpose and the rest was written."""
        return not self.plan.problems or self.batch_id is not None

    def as_json(self) -> dict[str, Any]:
        """Everything, with a verdict for every row."""
        places = {problem.row: problem for problem in reversed(self.plan.problems)}
        rows = []
        for verdict in sorted(self.plan.verdicts.values(), key=lambda verdict: verdict.row):
            entry: dict[str, Any] = {"row": verdict.row, "status": verdict.status, "about": verdict.about}
            if verdict.row in places:
                entry |= {"column": places[verdict.row].column, "sentence": places[verdict.row].sentence}
            rows.append(entry)
        return {
            "ok": self.ok,
            "batch": self.batch_id,
            "version": self.version,
            "dry_run": self.dry_run,
            "written": self.batch_id is not None,
            "kind": self.prepared.kind.name,
            "file": self.prepared.source.name,
            "recipe": self.prepared.recipe.name,
            "rows_read": self.prepared.rows_read,
            **self.counts,
            "notes": self._notes(),
            "problems": [
                {"row": p.row, "column": p.column, "value": p.value, "sentence": p.sentence}
                for p in sorted(self.plan.problems, key=lambda p: p.row)
            ],
            "rows": rows,
        }

    def lines(self) -> list[str]:
        """A summary for the screen."""
        counts = ", ".join(f"{number:,} {status}" for status, number in self.counts.items() if number)
        told = [
            f"{self.prepared.source.name}: {self.prepared.rows_read:,} rows of {self.prepared.kind.name}: {counts}."
        ]
        told += [f"Note: {note}" for note in self._notes()]
        problems = sorted(self.plan.problems, key=lambda problem: problem.row)
        told += [problem.sentence for problem in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            told.append(f"… and {len(problems) - _SHOWN:,} more problems; --json lists them all.")
        return [*told, self._outcome()]

    def _notes(self) -> list[str]:
        return [*self.prepared.notes, *self.plan.notes]

    def _outcome(self) -> str:
        bad = len({problem.row for problem in self.plan.problems})
        if self.dry_run:
            without = f" Without the {bad:,} wrong rows if --skip-bad is given, else not at all." if bad else ""
            return f"Dry run: nothing was written.{without}"
        if self.batch_id is not None:
            left = f" {bad:,} wrong rows were left out." if bad else ""
            return f"Imported as batch {self.batch_id} (version {self.version}).{left} It can be undone by that id."
        if bad:
            return "Nothing was written. Correct the rows above and import again, or leave them out with --skip-bad."
        return "Nothing was written: everything in the file is here already."
