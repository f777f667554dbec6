"""What was measured, what was aimed at, and the table of both."""

import platform
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Line:
    """One figure, with its goal if it has one."""

    group: str
    what: str
    value: str
    goal: str = ""
    reached: bool | None = None

    @property
    def mark(self) -> str:
        """In a word."""
        return "" if self.reached is None else "reached" if self.reached else "NOT reached"


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def at_least(group: str, what: str, value: float, goal: float, form: str = "{:,.2f}") -> Line:
    """A figure that should be high."""
    return Line(group, what, form.format(value), "≥ " + form.format(goal), value >= goal)


def at_most(group: str, what: str, value: float, goal: float, form: str = "{:,.2f}") -> Line:
    """A figure that should be low."""
    return Line(group, what, form.format(value), "≤ " + form.format(goal), value <= goal)


def told(group: str, what: str, value: float, form: str = "{:,.2f}") -> Line:
    """A figure without a goal."""
    return Line(group, what, form.format(value))


def plain(lines: Sequence[Line]) -> str:
    """The table for a terminal."""
    wide = [max(len(getattr(line, name)) for line in lines) for name in ("group", "what", "value", "goal")]
    rows = [
        f"{line.group:<{wide[0]}}  {line.what:<{wide[1]}}  {line.value:>{wide[2]}}  {line.goal:<{wide[3]}}  {line.mark}"
        for line in lines
    ]
    return "\n".join(row.rstrip() for row in rows)


def markdown(lines: Sequence[Line]) -> str:
    """The table for a page."""
    head = ["| what | figure | measured | goal | |", "|---|---|---:|---|---|"]
    return "\n".join(
        head + [f"| {line.group} | {line.what} | {line.value} | {line.goal} | {line.mark} |" for line in lines]
    )


def as_json(lines: Sequence[Line]) -> dict[str, Any]:
    """Everything, for a program."""
    return {"machine": machine(), "lines": [asdict(line) for line in lines]}


def machine() -> dict[str, str]:
    """Where this ran."""
    words = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.partition(":")[2].strip() for line in words if line.startswith("model name")]
    return {
        "processor": f"{len(models)} x {models[0]}" if models else platform.processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
