"""How the demo starts the products: as processes of their own, with this Python."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_STOP_SECONDS = 30


def environment() -> dict[str, str]:
    """This environment, UTF-8 everywhere and no proxy before this machine."""
    near = "127.0.0.1,localhost"
    return {**os.environ, "PYTHONUTF8": "1", "NO_PROXY": near, "no_proxy": near}


def start(module: str, words: Sequence[str], errors: Path) -> "subprocess.Popen[bytes]":
    """`python -m module words…` with pipes for its input and output; what it complains of goes into a file."""
    with errors.open("ab") as sink:
        return subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", module, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env=environment(),
        )


def stop(process: "subprocess.Popen[bytes]") -> int:
    """End it: a polite request first, then none. The exit code."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    return process.returncode


def run(module: str, words: Sequence[str], given: str = "") -> "subprocess.CompletedProcess[str]":
    """`python -m module words…` to its end, with `given` on its standard input."""
    return subprocess.run(  # noqa: S603 - our own programs
        [sys.executable, "-m", module, *words],
        input=given,
        capture_output=True,
        encoding="utf-8",
        env=environment(),
        check=False,
    )
