"""Anki, a mature program that syncs many rows between a Rust client and a Rust server, on the same machine.

What differs: one user, no scopes, no permissions, no commands; a full download copies the database
file; conflicts are settled by the later time; nothing is encrypted at rest; a note is two rows.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.data import OUTPUT
from benchmarks.processes import ROOT

VERSION = "26.9.3"
MISSING = f"Anki {VERSION} could not be installed into benchmark-output/anki-venv; it is left out."
_MOST_NOTES = 100_000
"""A collection is made note by note; a million would take longer than all the rest."""


@cache
def python() -> Path | None:
    """The Python of an environment with Anki, made if it can be; None when it cannot."""
    folder = OUTPUT / "anki-venv"
    found = folder / "bin" / "python"
    if _has_anki(found):
        return found
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    subprocess.run([sys.executable, "-m", "venv", str(folder)], **quiet)  # type: ignore[call-overload]
    install = [str(found), "-m", "pip", "install", "-q", f"anki=={VERSION}"]
    if found.exists():
        subprocess.run(install, **quiet)  # type: ignore[call-overload]
    return found if _has_anki(found) else None


def _has_anki(found: Path) -> bool:
    probe = [str(found), "-c", "import anki.collection"]
    return found.exists() and subprocess.run(probe, check=False, capture_output=True).returncode == 0


def measure(size: int) -> dict[str, Any] | None:
    """Anki's figures, None without Anki or for more rows than it is asked for."""
    found = python()
    if found is None or size > _MOST_NOTES:
        return None
    done = subprocess.run(
        [str(found), "-m", "benchmarks.anki_worker", str(size)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
