"""The office: the server's process, its administration by command line, and what its database holds."""

import json
import queue
import subprocess
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leora_core.protocol.proof import checksum_text
from sync.demo import processes
from sync.demo.telling import DemoFailed
from sync.settings import SETTINGS_FILE, load_settings
from sync.tenants import Tenants
from sync.visibility import total_sum

_START_SECONDS = 90.0
_ANNOUNCED = "listening on "


@dataclass(frozen=True)
class Settled:
    """A command as the server's history has it."""

    version: int
    name: str
    status: str
    verdict: dict[str, Any]


class Office:
    """One server directory with one tenant."""

    def __init__(self, data: Path, slug: str) -> None:
        self.data, self.slug = data, slug
        self.url = ""
        self._server: subprocess.Popen[bytes] | None = None
        data.mkdir(parents=True)

    @property
    def pid(self) -> int:
        """The number of the server's process."""
        return self._server.pid if self._server else 0

    @property
    def database(self) -> str:
        """Where the server keeps its data, as its settings say."""
        url = load_settings(self.data).database
        return "SQLite files of its own" if url is None else url

    def limit_answers(self, rows: int) -> None:
        """Set how many rows one answer may carry, in the server's settings. Takes effect when it starts."""
        path = self.data / SETTINGS_FILE
        settings = json.loads(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(json.dumps({**settings, "limits": {"row_limit": rows}}), encoding="utf-8")

    # -- the process -----------------------------------------------------------------------------

    def start(self) -> None:
        """Start the server; returns when it answers. Raises DemoFailed."""
        errors = self.data / "server.log"
        self._server = processes.start("sync", ["--data", str(self.data), "serve", "--port", "0"], errors)
        line = _first_line(self._server)
        if not line.startswith(_ANNOUNCED):
            self.stop()
            raise DemoFailed(f"The server did not start. {errors} says why.")
        self.url = line.removeprefix(_ANNOUNCED)

    def stop(self) -> int:
        """End the server's process; the exit code."""
        server, self._server = self._server, None
        return processes.stop(server) if server else 0

    # -- administration --------------------------------------------------------------------------

    def run(self, *words: str, given: str = "") -> str:
        """One `leora-sync` command; what it prints. Raises DemoFailed when it refuses."""
        done = processes.run("sync", ["--data", str(self.data), *words], given)
        if done.returncode != 0:
            raise DemoFailed(f"`leora-sync {' '.join(words)}` failed: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def report(self, *words: str) -> dict[str, Any]:
        """One command with --json; its report, whether it was content or not. Raises DemoFailed without one."""
        done = processes.run("sync", ["--data", str(self.data), *words, "--json"])
        try:
            report: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            raise DemoFailed(f"`leora-sync {' '.join(words)}` failed: {done.stderr.strip()}") from None
        return report

    # -- reading back ----------------------------------------------------------------------------

    def settled(self, device_code: str, after: int) -> list[Settled]:
        """What a device sent and the server settled after a version, in order."""
        sql = (
            "SELECT s.version, s.name, s.status, s.verdict FROM settled s JOIN device d ON d.id = s.device_id"
            " WHERE d.code = ? AND s.version > ? ORDER BY s.version"
        )
        with closing(Tenants(self.data)) as tenants, self._tenant(tenants).database.reading() as reader:
            rows = reader.execute(sql, (device_code, after)).fetchall()
        return [Settled(version, name, status, json.loads(verdict)) for version, name, status, verdict in rows]

    def sum_for(self, user_id: str) -> tuple[int, str]:
        """Count and checksum of every row in the server's database this person may hold."""
        with closing(Tenants(self.data)) as tenants, self._tenant(tenants).database.reading() as reader:
            count, total = total_sum(reader, user_id)
        return count, checksum_text(total)

    def _tenant(self, tenants: Tenants) -> Any:
        found = tenants.get(self.slug)
        if found is None:
            raise DemoFailed(f"The server's directory {self.data} has lost the tenant {self.slug}.")
        return found


def _first_line(process: "subprocess.Popen[bytes]") -> str:
    """What it says first, or nothing when it ends or takes too long."""
    said: queue.Queue[bytes] = queue.Queue()
    output = process.stdout
    if output is None:
        return ""
    threading.Thread(target=lambda: said.put(output.readline()), daemon=True).start()
    try:
        return said.get(timeout=_START_SECONDS).decode().strip()
    except queue.Empty:
        return ""
