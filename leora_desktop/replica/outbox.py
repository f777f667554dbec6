"""What was done here and has no verdict yet, in a file of its own that outlives any replica.

A command gets its number when it is first sent, so one that never left can still be taken back
without a gap. Every change is on the disk before anybody is told it is saved.
"""

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from leora_core.domain.command import Rejected
from leora_core.domain.reasons import declare
from leora_core.domain.values import format_instant
from leora_core.protocol.messages import SentCommand, Verdict
from leora_core.store.database import Database
from leora_core.store.prepared import Transaction
from leora_desktop.replica.local_tables import OUTBOX
from leora_desktop.replica.state import OUTBOX_STATE

KEPT = timedelta(days=60)
"""How long accepted commands are kept, to be offered again to a server restored from a backup."""

declare(
    {
        "already_sent": "This has been sent and cannot be taken back unseen. Wait for the answer, then undo it.",
        "not_waiting": "There is no such entry in the outbox. See `leora-desktop outbox` for the list.",
    }
)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A command without a verdict."""

    id: str
    seq: int | None
    name: str
    v: int
    at: str
    payload: dict[str, Any]
    stale: dict[str, Any] | None
    deferred: str | None
    offered: bool
    """Whether a server may have it: under its number, or an earlier one."""


@dataclass(frozen=True, kw_only=True)
class Attention:
    """A command that was refused or parked."""

    id: str
    name: str
    v: int
    at: str
    payload: dict[str, Any]
    status: str
    code: str | None
    sentence: str | None
    field: str | None
    detail: dict[str, Any] | None
    version: int | None
    settled_at: str


_WAITING = "SELECT id, seq, name, v, at, payload, stale, deferred, offered FROM waiting ORDER BY position"
_BEYOND = _WAITING.replace("ORDER BY", "WHERE seq IS NULL OR seq > ? ORDER BY")
_ATTENTION = (
    "SELECT id, name, v, at, payload, status, code, sentence, field, detail, version, settled_at "
    "FROM attention ORDER BY settled_at, id"
)


class Outbox:
    """The outbox file. All methods are safe to call again after a crash."""

    def __init__(self, database: Database, soft: Database | None = None, *, journal: Path | None = None) -> None:
        self.database = database
        self._soft = soft or database
        self._journal = journal
        self._flusher = ThreadPoolExecutor(1, "outbox-flush") if soft and journal else None
        self._offered_before = 0
        self._newly_offered: list[tuple[str]] = []
        with database.writing() as transaction:
            OUTBOX.create_all(transaction.connection)
            rows = transaction.execute("SELECT name, value FROM outbox_state").fetchall()
        self._state: dict[str, str] = dict(rows)
        self._known_empty = False
        """Whether nothing waits, as far as memory knows: a poll then reads nothing."""

    # -- reading ---------------------------------------------------------------------------------

    def waiting(self) -> list[Waiting]:
        """What has no verdict, in the order it was done."""
        if self._known_empty:
            return []
        with self.database.reading() as transaction:
            rows = transaction.execute(_WAITING).fetchall()
        self._known_empty = not rows
        return [_waiting(row) for row in rows]

    def attention(self) -> list[Attention]:
        """What was refused or parked and still wants somebody to look at it."""
        with self.database.reading() as transaction:
            return [_attention(row) for row in transaction.execute(_ATTENTION).fetchall()]

    def counts(self) -> tuple[int, int]:
        """How many wait, how many need the person."""
        with self.database.reading() as transaction:
            waiting = transaction.execute("SELECT COUNT(*) FROM waiting").fetchone()[0]
            attention = transaction.execute("SELECT COUNT(*) FROM attention").fetchone()[0]
        return int(waiting), int(attention)

    def state(self, name: str) -> str | None:
        """A small value kept beside the commands."""
        return self._state.get(name)

    def remember(self, *, durable: bool = True, **values: str | int | None) -> None:
        """Keep small values. What is not `durable` reaches the disk a moment later, without being waited for."""
        with (self.database if durable else self._soft).writing() as transaction:
            self._set(transaction, **values)
        if not durable and self._flusher is not None:
            with contextlib.suppress(RuntimeError):  # closed meanwhile: its last writes are on their way
                self._flusher.submit(_flush, self._journal)

    def _set(self, transaction: Transaction, **values: str | int | None) -> None:
        OUTBOX_STATE.set(transaction, **values)
        for name, value in values.items():
            if value is None:
                self._state.pop(name, None)
            else:
                self._state[name] = str(value)

    # -- the person's acts -----------------------------------------------------------------------

    def append(self, *, id: str, name: str, v: int, at: datetime, payload: dict[str, Any]) -> None:
        """Queue a command; on the disk when this returns."""
        self._known_empty = False
        with self.database.writing() as transaction:
            transaction.execute(
                "INSERT INTO waiting (id, position, name, v, at, payload) "
                "VALUES (?, COALESCE((SELECT MAX(position) FROM waiting), 0) + 1, ?, ?, ?, ?)",
                (id, name, v, format_instant(at), _json(payload)),
            )

    def take_back(self, id: str) -> Waiting:
        """Remove a command that never left. Raises Rejected `already_sent` or `not_waiting`."""
        with self.database.writing() as transaction:
            row = transaction.execute(_WAITING.replace("ORDER BY", "WHERE id = ? ORDER BY"), (id,)).fetchone()
            if row is None:
                raise Rejected("not_waiting")
            command = _waiting(row)
            if command.offered and command.deferred is None:
                raise Rejected("already_sent")
            transaction.execute("DELETE FROM waiting WHERE id = ?", (id,))
            self._renumber_after(transaction, command.seq)
        return command

    def dismiss(self, id: str) -> Attention:
        """Let go of a refused or parked command. Raises Rejected `not_waiting`."""
        with self.database.writing() as transaction:
            row = transaction.execute(_ATTENTION.replace("ORDER BY", "WHERE id = ? ORDER BY"), (id,)).fetchone()
            if row is None:
                raise Rejected("not_waiting")
            transaction.execute("DELETE FROM attention WHERE id = ?", (id,))
        return _attention(row)

    def _renumber_after(self, transaction: Transaction, seq: int | None) -> None:
        """Numbers from `seq` on were never used by the server (it deferred them): give them anew."""
        if seq is not None:
            transaction.execute("UPDATE waiting SET seq = NULL WHERE seq > ?", (seq,))
            self._set(transaction, next_seq=seq, offered_seq=seq - 1)

    # -- sending ---------------------------------------------------------------------------------

    def unsent(self, beyond: int) -> bool:
        """Whether any wait with a number above `beyond` or none."""
        if self._known_empty:
            return False
        with self.database.reading() as transaction:
            found = transaction.execute("SELECT 1 FROM waiting WHERE seq IS NULL OR seq > ? LIMIT 1", (beyond,))
            unsent = found.fetchone() is not None
            self._known_empty = not unsent and not beyond
        return unsent

    def to_send(self, limit: int, *, beyond: int = 0) -> list[SentCommand]:
        """The first commands with a number above `beyond` or none; new numbers are on the disk before they leave."""
        if not self.unsent(beyond):
            return []
        with self.database.writing() as transaction:
            rows = transaction.execute(f"{_BEYOND} LIMIT ?", (beyond, limit)).fetchall()
            next_seq = max(OUTBOX_STATE.number(transaction, "next_seq"), 1)
            sent, numbers = [], []
            self._newly_offered = []
            for row in rows:
                command = _waiting(row)
                seq = command.seq
                if seq is None:
                    seq, next_seq = next_seq, next_seq + 1
                if not command.offered:
                    self._newly_offered.append((command.id,))
                if seq != command.seq or not command.offered or command.deferred is not None:
                    numbers.append((seq, command.id))
                sent.append(_sent(command, seq))
            # Counted as offered before they leave: a crash tells nobody whether they did.
            transaction.executemany("UPDATE waiting SET seq = ?, offered = 1, deferred = NULL WHERE id = ?", numbers)
            self._offered_before = OUTBOX_STATE.number(transaction, "offered_seq")
            self._set(transaction, next_seq=next_seq, offered_seq=max(self._offered_before, sent[-1].seq))
        return sent

    def never_left(self, commands: list[SentCommand]) -> None:
        """The request of the last `to_send` was not even begun: numbers that were new in it are free again."""
        if not commands:
            return
        known = self._offered_before
        with self.database.writing() as transaction:
            self._set(transaction, next_seq=known + 1, offered_seq=known)
            transaction.executemany(
                "UPDATE waiting SET seq = NULL WHERE id = ? AND seq > ?", [(c.id, known) for c in commands]
            )
            transaction.executemany("UPDATE waiting SET offered = 0 WHERE id = ?", self._newly_offered)

    def renumber(self) -> None:
        """Number everything from 1 again, as a device with a new id does."""
        with self.database.writing() as transaction:
            transaction.execute("UPDATE waiting SET seq = NULL, deferred = NULL")
            self._set(transaction, next_seq=1, offered_seq=0)

    def expect(self, seq: int) -> None:
        """The server expects `seq` next: numbers from there on are given anew."""
        with self.database.writing() as transaction:
            transaction.execute("UPDATE waiting SET seq = NULL WHERE seq >= ?", (seq,))
            self._set(transaction, next_seq=seq, offered_seq=seq - 1)

    def offer_again(self) -> int:
        """Put every command accepted in the last 60 days before the waiting ones, in old version order.

        For a server whose history is not the one that accepted them; it knows by id which it still has.
        """
        self._known_empty = False
        with self.database.writing() as transaction:
            rows = transaction.execute(
                "SELECT id, name, v, at, payload FROM accepted "
                "WHERE id NOT IN (SELECT id FROM waiting) ORDER BY version"
            ).fetchall()
            lowest = int(transaction.execute("SELECT COALESCE(MIN(position), 1) FROM waiting").fetchone()[0])
            start = lowest - len(rows)
            transaction.executemany(
                "INSERT INTO waiting (id, position, name, v, at, payload, offered) VALUES (?, ?, ?, ?, ?, ?, 1)",
                [(row[0], start + index, *row[1:]) for index, row in enumerate(rows)],
            )
        return len(rows)

    def forget(self, scopes: list[str]) -> None:
        """Scopes were lost: nothing of them is kept but what was not yet sent."""
        lost = [scope.partition(":")[2] for scope in scopes if ":" in scope]
        with self.database.writing() as transaction:
            transaction.executemany(
                "DELETE FROM accepted WHERE instr(payload, ?1) > 0 OR instr(verdict, ?1) > 0", [(id_,) for id_ in lost]
            )

    # -- verdicts --------------------------------------------------------------------------------

    def settle(
        self, verdicts: list[Verdict], at: datetime, *, cursor: int | None = None, chain: str | None = None
    ) -> None:
        """Let go of the commands these verdicts are about; refused and parked ones want attention.

        (`cursor`, `chain`) name the history they were settled in, should the replica be lost.
        """
        with self.database.writing() as transaction:
            if cursor is not None:
                self._set(transaction, settled_cursor=cursor, settled_chain=chain)
            for verdict in verdicts:
                self._settle_one(transaction, verdict, format_instant(at))
            horizon = format_instant(at - KEPT)
            transaction.execute("DELETE FROM accepted WHERE settled_at < ?", (horizon,))

    @staticmethod
    def _settle_one(transaction: Transaction, verdict: Verdict, at: str) -> None:
        source = "waiting"
        row = transaction.execute("SELECT id, name, v, at, payload FROM waiting WHERE id = ?", (verdict.id,)).fetchone()
        if row is None:
            source = "attention"
            row = transaction.execute(
                "SELECT id, name, v, at, payload FROM attention WHERE id = ? AND status = 'parked'", (verdict.id,)
            ).fetchone()
        if row is None:
            return
        transaction.execute(f"DELETE FROM {source} WHERE id = ?", (verdict.id,))  # noqa: S608 - our own names
        if verdict.status in ("accepted", "amended"):
            transaction.execute(
                "INSERT OR REPLACE INTO accepted (id, version, name, v, at, payload, verdict, settled_at) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (row[0], verdict.version, *row[1:], _json(verdict), at),
            )
            return
        transaction.execute("DELETE FROM accepted WHERE id = ?", (verdict.id,))
        transaction.execute(
            "INSERT OR REPLACE INTO attention (id, name, v, at, payload, status, code, sentence, field, detail, "
            "version, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *row,
                verdict.status,
                verdict.code,
                verdict.sentence,
                verdict.field,
                _json(verdict.detail) if verdict.detail else None,
                verdict.version,
                at,
            ),
        )

    def mark(self, *, stale: dict[str, dict[str, str] | None], deferred: dict[str, str]) -> None:
        """Note which commands no longer apply here, and which the server is too old for."""
        with self.database.writing() as transaction:
            for id_, reason in stale.items():
                text = _json(reason) if reason else None
                transaction.execute("UPDATE waiting SET stale = ? WHERE id = ?", (text, id_))
            for id_, sentence in deferred.items():
                transaction.execute("UPDATE waiting SET deferred = ? WHERE id = ?", (sentence, id_))

    def close(self) -> None:
        """Close the file."""
        if self._flusher is not None:
            self._flusher.shutdown()
        self._soft.close()
        self.database.close()


def _flush(journal: Path | None) -> None:
    """Put the file's journal on the disk; where that cannot be done now, the next full commit does it."""
    if journal is None:
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(journal, os.O_RDWR)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _waiting(row: Any) -> Waiting:
    id_, seq, name, v, at, payload, stale, deferred, offered = row
    return Waiting(
        id=id_,
        seq=seq,
        name=name,
        v=v,
        at=at,
        payload=msgspec.json.decode(payload),
        stale=msgspec.json.decode(stale) if stale else None,
        deferred=deferred,
        offered=bool(offered),
    )


def _attention(row: Any) -> Attention:
    id_, name, v, at, payload, status, code, sentence, field, detail, version, settled_at = row
    return Attention(
        id=id_,
        name=name,
        v=v,
        at=at,
        payload=msgspec.json.decode(payload),
        status=status,
        code=code,
        sentence=sentence,
        field=field,
        detail=msgspec.json.decode(detail) if detail else None,
        version=version,
        settled_at=settled_at,
    )


def _sent(command: Waiting, seq: int) -> SentCommand:
    return SentCommand(seq=seq, id=command.id, name=command.name, v=command.v, at=command.at, payload=command.payload)
