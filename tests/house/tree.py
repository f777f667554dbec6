"""The files of the repository, as the house tests see them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = {"", ".cfg", ".css", ".ini", ".json", ".lock", ".md", ".py", ".spec", ".svg", ".toml", ".txt", ".yaml", ".yml"}


@cache
def files() -> tuple[Path, ...]:
    """What is committed or about to be: everything git does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return tuple(sorted(path for name in set(listing.split("\0")) if name and (path := ROOT / name).is_file()))


def texts() -> list[tuple[Path, str]]:
    """Path and content of the text files."""
    return [(path, path.read_text(encoding="utf-8")) for path in files() if path.suffix in TEXT]


def sources(*folders: str) -> list[Path]:
    """The Python files below these folders."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]
