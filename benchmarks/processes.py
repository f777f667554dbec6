"""Processes of our own, and what they used: wall clock, CPU seconds, the most memory, bytes sent and received."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_TICK = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60.0


@dataclass
class Figures:
    """What one run of one case took."""

    seconds: float = 0.0
    client_cpu: float = 0.0
    server_cpu: float = 0.0
    client_rss: int = 0
    """The most memory the client's process ever held, bytes."""
    server_rss: int = 0
    wire: int = 0
    """Bytes of all bodies, both ways, as they travelled."""
    requests: int = 0
    count: int = 0
    """How many rows, commands or rounds that was."""
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """How many in a second."""
        return self.count / self.seconds if self.seconds else 0.0

    @property
    def cpu_micros(self) -> float:
        """CPU microseconds of both ends for each."""
        return (self.client_cpu + self.server_cpu) / max(self.count, 1) * 1e6


@contextlib.contextmanager
def measuring(server_pid: int) -> Iterator[Figures]:
    """Measure what happens inside; `server_pid` is the process that answers."""
    figures = Figures()
    server = cpu_seconds(server_pid)
    own = time.process_time()
    start = time.perf_counter()
    yield figures
    figures.seconds = time.perf_counter() - start
    figures.client_cpu = time.process_time() - own
    figures.server_cpu = cpu_seconds(server_pid) - server
    # Not getrusage: what that says of a child begins with what its parent held.
    figures.client_rss = peak_rss(os.getpid())
    figures.server_rss = peak_rss(server_pid)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads. In steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def peak_rss(pid: int) -> int:
    """The most memory a process ever held, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    url: str
    pid: int


@contextlib.contextmanager
def running(*command: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """Run a server that says `listening on URL` on its standard output when it is ready."""
    with (Path("/tmp") / f"leora-benchmark-{os.getpid()}.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **(environment or {})}
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"{' '.join(command)} did not start; it said: {line!r}. See {log.name}.")
        yield Server(line.split()[-1], process.pid)
    finally:
        process.terminate()
        process.wait(timeout=_START_SECONDS)


def leora_server(data: Path) -> contextlib.AbstractContextManager[Server]:
    """The real server on this data directory."""
    return running(sys.executable, "-m", "sync", "--data", str(data), "serve", "--port", "0")


def in_own_process(module: str, case: str, python: str = sys.executable, **arguments: Any) -> Figures:
    """Run `case` of a benchmark module in a process of its own."""
    said = json.dumps(arguments, default=str)
    done = subprocess.run(
        [python, "-m", module, case],
        cwd=ROOT,
        input=said,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=3_600,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{module} {case} failed; the lines above say why")
    return Figures(**json.loads(done.stdout.splitlines()[-1]))


def answer(cases: dict[str, Any]) -> None:
    """The other end of `in_own_process`."""
    figures = cases[sys.argv[1]](**json.load(sys.stdin))
    print(json.dumps(asdict(figures)))
