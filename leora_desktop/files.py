"""Files written whole or not at all, and locks that hold across processes."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from leora_core.domain.failures import Unavailable

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_PAUSE_SECONDS = 0.05


def write_whole(path: Path, content: bytes) -> None:
    """Put `content` in place of `path`, readable by its owner alone; a crash leaves the old file or the new.

    Raises Unavailable `disk` when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise _not_written(path, error)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise _not_written(path, error)
    finally:
        Path(name).unlink(missing_ok=True)


def _not_written(path: Path, error: OSError) -> Unavailable:
    return Unavailable("disk", f"{path} cannot be written: {error.strerror}. Free some space or check its folder.")


def sync_directory(directory: Path) -> None:
    """Make the renaming itself survive a power cut, where the system lets a directory be opened."""
    if sys.platform == "win32":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, *, wait_seconds: float, sentence: str) -> Iterator[None]:
    """Hold the lock file at `path`. The system lets go of it when the process ends, however it ends.

    Raises Unavailable `disk` with `sentence` when another holder keeps it longer than `wait_seconds`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _not_written(path, error)
    try:
        _wait_for(descriptor, wait_seconds, sentence)
        yield
    finally:
        os.close(descriptor)


def _wait_for(descriptor: int, wait_seconds: float, sentence: str) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            _take(descriptor)
            return
        except OSError:
            if time.monotonic() >= deadline:
                raise Unavailable("disk", sentence)
            time.sleep(_PAUSE_SECONDS)
