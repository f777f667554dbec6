"""Runs in the environment that has Anki: its client against its server. Standard library and `anki` only."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anki.collection import AddNoteRequest, Collection  # type: ignore[import-not-found]
from anki.decks import DeckId  # type: ignore[import-not-found]

NOTE = "Tasted the new Barolo with the buyer; wants a case price by Thursday. " * 4
ROUND_TRIPS = 30


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Anki's sync server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"SYNC_USER1": "u:p", "SYNC_HOST": "127.0.0.1", "SYNC_PORT": str(port), "SYNC_BASE": str(folder)}
    own |= {"RUST_LOG": "error", "MAX_SYNC_PAYLOAD_MEGS": "1000"}
    command = [sys.executable, "-m", "anki.syncserver"]
    process = subprocess.Popen(command, env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            time.sleep(0.05)
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


class Laptop:
    """One collection and its account."""

    def __init__(self, path: Path, url: str) -> None:
        self.collection = Collection(str(path))
        self.auth = self.collection.sync_login("u", "p", url)

    def add(self, count: int, start: int = 0) -> None:
        kind = self.collection.models.by_name("Basic")
        requests = []
        for number in range(start, start + count):
            note = self.collection.new_note(kind)
            note["Front"], note["Back"] = f"{number} {time.time_ns()}", NOTE
            requests.append(AddNoteRequest(note=note, deck_id=DeckId(1)))
        self.collection.add_notes(requests)

    def sync(self) -> None:
        self.collection.sync_collection(self.auth, False)

    def whole(self, *, upload: bool) -> None:
        self.collection.close_for_full_sync()
        self.collection.full_upload_or_download(auth=self.auth, server_usn=None, upload=upload)
        self.collection.reopen(after_full_sync=True)

    def count(self) -> int:
        return int(self.collection.note_count())


def _peak_rss() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure(size: int) -> dict[str, Any]:
    """Seconds of each act."""
    with tempfile.TemporaryDirectory() as name, server(Path(name)) as url:
        a = Laptop(Path(name) / "a.anki2", url)
        a.add(size)
        a.whole(upload=True)
        b = Laptop(Path(name) / "b.anki2", url)
        cpu = time.process_time()
        download = timed(lambda: b.whole(upload=False))
        download_cpu = time.process_time() - cpu
        assert b.count() == size
        a.sync()
        b.sync()
        more = min(size, 10_000)
        a.add(more, size)
        push, pull = timed(a.sync), timed(b.sync)
        assert b.count() == size + more
        single = []
        for number in range(ROUND_TRIPS):
            start = time.perf_counter()
            a.add(1, 10**9 + number)
            a.sync()
            b.sync()
            single.append(time.perf_counter() - start)
        assert b.count() == size + more + ROUND_TRIPS
        idle = [timed(a.sync) for _ in range(ROUND_TRIPS)]
    return {
        "download_rate": size / download,
        "download_client_cpu_us": download_cpu / size * 1e6,
        "pull_rate": more / pull,
        "push_rate": more / push,
        "round_trip": statistics.median(single),
        "no_op": statistics.median(idle),
        "client_rss": _peak_rss(),
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
