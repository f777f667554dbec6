"""`python -m sync.demo`: a server, three laptops and a day of work, ending in a proof."""

import argparse
import contextlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from sync.demo import material
from sync.demo.devices import Refused
from sync.demo.line import Line
from sync.demo.office import Office
from sync.demo.stage import REPS, STAFF, Stage
from sync.demo.story import play
from sync.demo.telling import DemoFailed, Transcript

_MARKER = ".made-by-the-demo"
_SLUG = "harbor-vine"


def main(argv: Sequence[str] | None = None) -> int:
    """Play the demo; 0 when everything is proven equal, else 1 with a sentence."""
    options = _options(argv)
    out: Path = options.out.absolute()
    try:
        _make_empty(out)
        with Transcript(out / "transcript.txt") as tell:
            return _play(options, out, tell)
    except (DemoFailed, OSError) as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    line = argparse.ArgumentParser(prog="sync.demo", description="A server, three laptops and a day of work.")
    line.add_argument("--size", choices=tuple(material.VOLUMES), default="small", help="how much data to make (small)")
    line.add_argument("--data", type=Path, metavar="DIR", help="a folder with real input, instead of made data")
    line.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed makes the same files (1)")
    line.add_argument("--out", type=Path, default=Path("demo-output"), metavar="DIR", help="where results go")
    return line.parse_args(argv)


def _play(options: argparse.Namespace, out: Path, tell: Transcript) -> int:
    with contextlib.ExitStack() as closing:
        try:
            stage = Stage(out, tell, Office(out / "server", _SLUG), Line(), _material(options, out / "files"))
            closing.callback(stage.close)
            play(stage)
        except (DemoFailed, Refused) as failed:
            tell.say(f"FAILED: {failed}")
            return 1
    return 0


def _material(options: argparse.Namespace, folder: Path) -> material.Material:
    if options.data is not None:
        return material.given(folder, options.data)
    return material.made(folder, options.size, options.seed, [rep.email for rep in REPS])


def _make_empty(out: Path) -> None:
    """An empty folder with our mark. Raises DemoFailed for one that somebody else filled."""
    marker = out / _MARKER
    if out.exists() and not out.is_dir():
        raise DemoFailed(f"{out} is a file. Name a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not marker.exists():
        raise DemoFailed(f"{out} holds files that the demo did not make. Empty it, or name another folder with --out.")
    out.mkdir(parents=True, exist_ok=True)
    marker.touch()
    for old in out.iterdir():
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        elif old != marker:
            old.unlink()
    (out / "keys.txt").write_text(_keys(out), encoding="utf-8")


def _keys(out: Path) -> str:
    """How to look at the laptops afterwards. The secrets were made for this run and open nothing else."""
    lines = ["Each laptop is opened with its passphrase on the first line of standard input:", ""]
    for employee in STAFF:
        folder = out / "laptops" / employee.key
        lines += [
            f"{employee.name}: passphrase {employee.passphrase}, password {employee.password}",
            f"  python -m leora_desktop --profile {folder / 'profile'} --vault-passphrase-fd 0 status",
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
