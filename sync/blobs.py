"""Photos and recordings, kept by the SHA-256 of their content below the tenant's folder.

A blob arrives in one piece or in several; what has come so far waits in a file of the sending
device. It becomes a blob only when its content has the hash it was announced with.
"""

import hashlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from leora_core.store.prepared import Prepared
from leora_core.store.tables import BY_NAME
from sync.refusals import ApiError, bad_request
from sync.users import Signed
from sync.visibility import held_scopes

SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes (?:(\d{1,12})-(\d{1,12})|\*)/(\d{1,12})")
_PARTS = "parts"

_attachment = BY_NAME["attachment"].table
_SCOPES = Prepared(sa.select(_attachment.c.row_scope).distinct().where(_attachment.c.sha256 == sa.bindparam("sha256")))


@dataclass(frozen=True)
class Span:
    """Which bytes of how many a request brings; `start` None asks how many are there."""

    start: int | None
    end: int
    total: int


def span_of(content_range: str) -> Span:
    """The span of a Content-Range header such as `bytes 0-99/200` or `bytes */200`. Raises ApiError 400."""
    match = _RANGE.fullmatch(content_range.strip())
    if match is None:
        raise bad_request("header.content-range", "it is not like bytes 0-99/200")
    total = int(match[3])
    if total == 0:
        raise bad_request("header.content-range", "the whole has no bytes")
    if match[1] is None:
        return Span(None, 0, total)
    start, end = int(match[1]), int(match[2]) + 1
    if not start < end <= total:
        raise bad_request("header.content-range", "it does not lie within the whole")
    return Span(start, end, total)


def blob_path(folder: Path, sha256: str) -> Path:
    """Where the blob of this hash is or would be. Raises ApiError 404 for what is no hash."""
    if not SHA256.fullmatch(sha256):
        raise no_blob()
    return folder / sha256[:2] / sha256


def no_blob() -> ApiError:
    """404, whether the blob is not there or not for this device."""
    return ApiError(404, "not_found", "There is no such photo or recording here. Sync, and try again.")


def hash_mismatch() -> ApiError:
    """422 for content that is not what its name says."""
    return ApiError(422, "hash_mismatch", "The file arrived damaged: its content has another hash. Send it again.")


def readable_path(signed: Signed, sha256: str) -> Path:
    """The blob's file, if a row this device may see names it. Raises ApiError 404."""
    path = blob_path(signed.tenant.blobs, sha256)
    with signed.tenant.database.reading() as transaction:
        held = held_scopes(transaction, signed.person.id)
        named = any(held.contains(scope) for (scope,) in _SCOPES.run(transaction, sha256=sha256).fetchall())
    if not named or not path.is_file():
        raise no_blob()
    return path


class Arrival:
    """The part of a blob that one device has sent so far."""

    def __init__(self, signed: Signed, sha256: str) -> None:
        self._target = blob_path(signed.tenant.blobs, sha256)
        self._sha256 = sha256
        self._folder = signed.tenant.blobs
        self._part = self._folder / _PARTS / f"{sha256}.{signed.device.id}"

    @property
    def received(self) -> int:
        """Bytes that are there."""
        return self._part.stat().st_size if self._part.exists() else 0

    def start_at(self, start: int) -> None:
        """Make ready to take bytes from `start` on. Raises ApiError 416 where earlier ones are missing."""
        received = self.received
        if start > received:
            sentence = f"Bytes before {start} are missing. Go on from {received}."
            raise ApiError(416, "range_invalid", sentence, received=received)
        self._part.parent.mkdir(parents=True, exist_ok=True)
        with self._part.open("ab") as file:
            file.truncate(start)

    def take(self, piece: bytes) -> None:
        """Keep the bytes that come next."""
        with self._part.open("ab") as file:
            file.write(piece)

    def finish(self) -> None:
        """Turn the whole into the blob, durably. Raises ApiError 422 when its hash is another."""
        with self._part.open("rb+") as file:
            right = hashlib.file_digest(file, "sha256").hexdigest() == self._sha256
            if right:
                os.fsync(file.fileno())
        if not right:
            self._part.unlink()
            raise hash_mismatch()
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._part.replace(self._target)
        _sync_folder(self._target.parent)


def forget_parts(folder: Path, older_than_seconds: float) -> int:
    """Throw away parts nobody has gone on with for so long; returns how many."""
    stale = [p for p in (folder / _PARTS).glob("*") if p.stat().st_mtime < time.time() - older_than_seconds]
    for part in stale:
        part.unlink(missing_ok=True)
    return len(stale)


def blob_files(folder: Path) -> list[Path]:
    """Every whole blob below the tenant's folder."""
    return sorted(path for path in folder.glob("??/*") if SHA256.fullmatch(path.name))


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows knows no fsync of a folder; the rename is durable by itself
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
