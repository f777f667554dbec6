"""One signed-in profile, open: the replica screens read, the outbox, and the ways to change them.

Only `dispatch`, `apply` and the person's acts on the outbox write; one at a time, under one lock. The
replica and the outbox are two files: what a crash leaves between them is put right by `heal`.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import uuid_utils

import leora_core.domain.subjects  # noqa: F401 - registers every command
from leora_core.domain.command import COMMANDS, Rejected
from leora_core.domain.failures import Unavailable
from leora_core.domain.reasons import declare
from leora_core.domain.values import is_id, parse_instant
from leora_core.protocol.messages import Checkpoint, FillPlace, Verdict
from leora_core.protocol.proof import MODULUS, checksum_text
from leora_core.store.database import Database
from leora_core.store.prepared import Transaction
from leora_desktop.files import sync_directory
from leora_desktop.keys import Secrets
from leora_desktop.paths import Profile, SignedIn
from leora_desktop.replica import layout, search, staging
from leora_desktop.replica.database import ReplicaDamaged, destroy, is_damage, is_intact, open_encrypted
from leora_desktop.replica.filling import Filling, is_whole
from leora_desktop.replica.outbox import Attention, Outbox, Waiting
from leora_desktop.replica.proof import base_sum
from leora_desktop.replica.queries.registry import Viewer
from leora_desktop.replica.rebase import Person, Rebased, actor_of, rebase, run_here, work_on
from leora_desktop.replica.state import REPLICA_STATE
from leora_desktop.replica.work import RowKey

DATABASE_KEY = "database-key"

declare(
    {
        "not_signed_in": "Nobody is signed in here. Run `leora-desktop sign-in` first.",
        "not_filled": "This laptop has no data yet. Sync once while connected, then go on.",
    }
)


@dataclass(frozen=True, kw_only=True)
class Dispatched:
    """A command that is done here and waits to be sent."""

    id: str
    name: str
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Position:
    """Where the replica stands."""

    cursor: int
    chain: str | None
    fill: list[FillPlace]
    filled: bool
    """Whether it has ever been whole."""
    refill: bool
    """Whether somebody asked for it to be filled anew."""
    staged: bool
    """Whether something waits for the next checkpoint."""
    count: int
    checksum: int


class Workspace:
    """An open profile. Use `open`, and `close` when done."""

    def __init__(self, profile: Profile, secrets: Secrets, signed_in: SignedIn, key_hex: str) -> None:
        self.profile = profile
        self.secrets = secrets
        self.signed_in = signed_in
        self.who = Person(signed_in.user_id, ZoneInfo(signed_in.timezone))
        self.on_change: Callable[[set[RowKey]], None] = lambda _: None
        self._key = key_hex
        self._lock = threading.RLock()
        self.outbox = Outbox(
            open_encrypted(profile.outbox, key_hex, synchronous="FULL", pool_size=2, cache_mb=4),
            open_encrypted(profile.outbox, key_hex, synchronous="NORMAL", pool_size=1, cache_mb=1),
            journal=profile.outbox.with_name(f"{profile.outbox.name}-wal"),
        )
        self.replica = self._open_replica()
        self._position: Position | None = None
        self.filling: Filling | None = None
        self._put_back_in_order()

    @classmethod
    def open(cls, profile: Profile, secrets: Secrets) -> "Workspace":
        """The profile's workspace. Raises Rejected `not_signed_in`, Unavailable `keyring` or `disk`."""
        signed_in = profile.signed_in()
        if signed_in is None:
            raise Rejected("not_signed_in")
        key = secrets.get(DATABASE_KEY)
        if key is None:
            raise Unavailable(
                "keyring",
                "The key of this profile's data is not in the keyring. Restore it, or sign in to a new profile.",
            )
        return cls(profile, secrets, signed_in, key)

    def _open_replica(self) -> Database:
        if self.outbox.state("damaged") is not None:
            self._set_aside()
        if self.profile.next_replica.exists() and is_whole(self.profile.next_replica, self._key):
            # A crash came between the last page and the swap.
            self._swap_in()
        try:
            return self._opened()
        except Exception as error:
            if not isinstance(error, ReplicaDamaged) and not is_damage(error):
                raise
            self._set_aside()
            return self._opened()

    def _opened(self) -> Database:
        database = open_encrypted(self.profile.replica, self._key)
        try:
            with database.writing() as transaction:
                if not layout.is_current(transaction):
                    self._lay_out(transaction)
        except BaseException:
            database.close()
            raise
        return database

    @staticmethod
    def _lay_out(transaction: Transaction) -> None:
        layout.make_bare(transaction)
        layout.add_indexes(transaction)
        search.create(transaction)
        REPLICA_STATE.set(transaction, filled=None, cursor=0)

    def _set_aside(self) -> None:
        """Keep a damaged file as evidence, one of them; the outbox beside it is untouched."""
        kept = self.profile.replica.with_suffix(".damaged")
        if self.profile.replica.exists():
            destroy(kept)
            self.profile.replica.rename(kept)
        destroy(self.profile.replica)
        self.outbox.remember(damaged=None)

    def give_up_replica(self) -> None:
        """The replica's file is broken: set it aside and begin an empty one, which the next sync fills."""
        with self._lock:
            if self.filling is not None:
                self.filling.close()
                self.filling = None
            destroy(self.profile.next_replica)
            self.replica.close()
            self._set_aside()
            self.replica = self._opened()
            self._position = None

    @contextmanager
    def _noting_damage(self) -> Iterator[None]:
        """Broken pages show only when read: remember it, so that the next sync or start sets the file aside."""
        try:
            yield
        except Exception as error:
            if self.is_broken_by(error):
                self.outbox.remember(damaged=1)
            raise

    def is_broken_by(self, error: Exception) -> bool:
        """Whether an error tells that the replica's file is broken.

        Once SQLCipher has met a forged page it calls what follows a want of memory: then the file is looked at.
        """
        return is_damage(error) or (isinstance(error, MemoryError) and not is_intact(self.replica))

    # -- reading ---------------------------------------------------------------------------------

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A snapshot for a screen."""
        with self._noting_damage(), self.replica.reading() as transaction:
            yield transaction

    def viewer(self, now: datetime) -> Viewer:
        """Who asks a query, with the roles the server last told and the tenant's local date."""
        with self.replica.reading() as transaction:
            actor = actor_of(work_on(transaction, self.who), self.who.user_id)
        today = now.astimezone(self.who.zone).date()
        return Viewer(user_id=self.who.user_id, roles=actor.roles, zone=self.who.zone, today=today, now=now)

    def position(self) -> Position:
        """Where the replica stands. Kept in memory between writes: a poll without news reads nothing."""
        if self._position is None:
            with self.replica.reading() as transaction:
                self._position = _position(transaction)
        return self._position

    def arrived(self) -> int:
        """Rows that have come since the last checkpoint and are kept, unseen, for the next one."""
        with self.replica.reading() as transaction:
            staged = int(transaction.execute("SELECT COUNT(*) FROM staged").fetchone()[0])
        return staged if self.filling is None else staged + sum(place.done for place in self.filling.places())

    def fact(self, name: str) -> str | None:
        """A value of the replica's state: `equal`, `proven_at`, `count`, …"""
        with self.replica.reading() as transaction:
            return REPLICA_STATE.get(transaction, name)

    # -- doing -----------------------------------------------------------------------------------

    def dispatch(
        self, name: str, payload: dict[str, Any], *, command_id: str | None = None, at: datetime | None = None
    ) -> Dispatched:
        """Do a command here and queue it for the server: both or neither. Raises Rejected; nothing is stored then."""
        if name not in COMMANDS:
            raise Rejected("unknown_command", name=name)
        if command_id is not None and not is_id(command_id):
            raise Rejected("payload_invalid", field="id", why="the command id is not a lower-case UUID")
        id_ = command_id or str(uuid_utils.uuid7())
        moment = at or datetime.now(UTC)
        version = COMMANDS[name].command.VERSION
        with self._lock:
            with self._noting_damage(), self.replica.writing() as transaction:
                if REPLICA_STATE.get(transaction, "filled") is None:
                    raise Rejected("not_filled")
                if transaction.execute("SELECT 1 FROM reflected WHERE command_id = ?", (id_,)).fetchone():
                    raise Rejected("id_conflict")
                work = work_on(transaction, self.who)
                outcome = run_here(work, self.who, id_, name, version, payload, moment)
                work.keep()
                work.flush()
                transaction.execute("INSERT INTO reflected (command_id) VALUES (?)", (id_,))
                search.refresh(transaction, work.touched)
                # The outbox last: from here on nothing but the commit can fail, and `heal` replays it if that does.
                self.outbox.append(id=id_, name=name, v=version, at=moment, payload=payload)
            changed = work.touched
        self.on_change(changed)
        return Dispatched(id=id_, name=name, result=outcome.result)

    def take_back(self, id: str) -> Waiting:
        """Undo a command that was never sent. Raises Rejected `already_sent` or `not_waiting`."""
        with self._lock:
            command = self.outbox.take_back(id)
            self._replay()
        return command

    def discard(self, id: str) -> Waiting | Attention:
        """Take back an unsent command, or let go of a refused one."""
        with self._lock:
            if any(entry.id == id for entry in self.outbox.attention()):
                return self.outbox.dismiss(id)
            return self.take_back(id)

    def edit(self, id: str, payload: dict[str, Any]) -> Dispatched:
        """Send a refused or unsent command again with another payload; the old one is let go of."""
        with self._lock:
            entries: list[Waiting | Attention] = [*self.outbox.attention(), *self.outbox.waiting()]
            found = next((entry for entry in entries if entry.id == id), None)
            if found is None:
                raise Rejected("not_waiting")
            if isinstance(found, Attention):
                done = self.dispatch(found.name, payload)
                self.outbox.dismiss(id)
                return done
            taken = self.take_back(id)
            try:
                return self.dispatch(found.name, payload)
            except Rejected:
                # Nothing typed is lost: the old one waits again, in the last place.
                at = parse_instant(taken.at)
                self.outbox.append(id=taken.id, name=taken.name, v=taken.v, at=at, payload=taken.payload)
                self._replay()
                raise

    # -- syncing ---------------------------------------------------------------------------------

    def start_filling(self) -> Filling:
        """Begin, or go on with, a replica from nothing."""
        if self.filling is None:
            self.filling = Filling(self.profile, self._key)
        return self.filling

    def apply(self, checkpoint: Checkpoint) -> Rebased:
        """Reveal what was staged and settle what has a verdict; the answer's sum is compared."""
        with self._lock:
            if self.filling is not None:
                done = self._put_in_place(self.filling, checkpoint)
            elif not self.position().staged:
                done = self._note_checkpoint(checkpoint)
            else:
                done = self._reveal(checkpoint)
            self._let_go(done)
        self.on_change(done.changed)
        return done

    def _note_checkpoint(self, checkpoint: Checkpoint) -> Rebased:
        """Nothing came with it: at most the cursor has moved."""
        stood = self.position()
        done = Rebased(count=stood.count, checksum=stood.checksum)
        if (stood.cursor, stood.chain) != (checkpoint.cursor, checkpoint.chain) or not _is_equal(checkpoint, done):
            with self.replica.writing() as transaction:
                _note(transaction, checkpoint, done)
            self._position = None
        return done

    def _reveal(self, checkpoint: Checkpoint) -> Rebased:
        pending = self.outbox.waiting()
        with self.replica.writing() as transaction:
            done = rebase(
                transaction,
                self.who,
                pending,
                count=REPLICA_STATE.number(transaction, "count"),
                checksum=REPLICA_STATE.number(transaction, "checksum"),
                upto=checkpoint.cursor,
            )
            search.drop_scopes(transaction, done.dropped)
            search.refresh(transaction, done.changed)
            _note(transaction, checkpoint, done)
        self._position = None
        return done

    def _put_in_place(self, filling: Filling, checkpoint: Checkpoint) -> Rebased:
        pending = self.outbox.waiting()
        filling.index()
        with filling.database.writing() as transaction:
            layout.add_indexes(transaction)
            held = base_sum(transaction)
            done = rebase(transaction, self.who, pending, count=held.count, checksum=held.total, upto=checkpoint.cursor)
            done.received = filling.received
            search.create(transaction)
            search.rebuild(transaction)
            REPLICA_STATE.set(transaction, filled=1, fill=None)
            _note(transaction, checkpoint, done)
            # A sample of each index tells the planner enough; reading all of them would take as long as filling them.
            transaction.execute("PRAGMA analysis_limit=1000")
            transaction.execute("ANALYZE")
            # Its samples are values out of rows, and would outlive a scope that is lost.
            if transaction.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'").fetchone():
                transaction.execute("DELETE FROM sqlite_stat4")
        with filling.database.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        filling.close()
        self.filling = None
        self.replica.close()
        self._swap_in()
        self.replica = self._opened()
        self._position = None
        return done

    def _swap_in(self) -> None:
        """The filled file takes the old one's place."""
        destroy(self.profile.replica)
        self.profile.next_replica.replace(self.profile.replica)
        destroy(self.profile.next_replica)
        # The name must be on the disk before the wish is forgotten, or a power cut brings the old file back for good.
        sync_directory(self.profile.dir)
        self.outbox.remember(refill=None)

    def _let_go(self, done: Rebased) -> None:
        """The outbox follows the replica: verdicts shown there end the waiting here."""
        now = datetime.now(UTC)
        if done.verdicts:
            stood = self.position()
            self.outbox.settle(done.verdicts, now, cursor=stood.cursor, chain=stood.chain)
            with self.replica.writing() as transaction:
                transaction.execute("DELETE FROM applied_verdict")
        if done.stale:
            self.outbox.mark(stale=done.stale, deferred={})
        if done.lost:
            self.outbox.forget(done.lost)

    def _put_back_in_order(self) -> None:
        try:
            self.heal()
        except Exception as error:
            if not self.is_broken_by(error):
                raise
            self.give_up_replica()

    def heal(self) -> None:
        """Put right what a crash left between the two files: settle what was shown, replay what was not."""
        with self._lock:
            with self.replica.reading() as transaction:
                texts = transaction.execute("SELECT verdict FROM applied_verdict").fetchall()
                reflected = {row[0] for row in transaction.execute("SELECT command_id FROM reflected").fetchall()}
                filled = REPLICA_STATE.get(transaction, "filled") is not None
            if texts:
                done = Rebased(verdicts=[msgspec.json.decode(text, type=Verdict) for (text,) in texts])
                self._let_go(done)
            waiting = {command.id for command in self.outbox.waiting()}
            if filled and waiting != reflected:
                self._replay()

    def show_anew(self) -> None:
        """Let the screens show what the outbox now holds."""
        with self._lock:
            self._replay()

    def _replay(self) -> None:
        """Run what waits anew on the server's rows; nothing staged is revealed."""
        pending = self.outbox.waiting()
        with self.replica.writing() as transaction:
            done = rebase(transaction, self.who, pending, reveal=False)
            search.refresh(transaction, done.changed)
        if done.stale:
            self.outbox.mark(stale=done.stale, deferred={})
        self.on_change(done.changed)

    def rebuild(self) -> None:
        """Throw the replica away; the next sync fills it anew. The outbox stays as it is."""
        with self._lock:
            if self.filling is not None:
                self.filling.close()
                self.filling = None
            destroy(self.profile.next_replica)
            with self.replica.writing() as transaction:
                REPLICA_STATE.set(transaction, refill=1)
            self._position = None

    def wants_refill(self) -> bool:
        """Whether the next sync starts from nothing: never filled, asked for, or under way."""
        stood = self.position()
        return not stood.filled or stood.refill or self.outbox.state("refill") is not None

    def stage(self, work: Callable[[Transaction], None]) -> None:
        """Keep part of an answer for the checkpoint."""
        with self._lock, self.replica.writing() as transaction:
            work(transaction)
        self._position = None

    def forget_staged(self) -> None:
        """Begin the next answer from nothing staged."""
        with self._lock, self.replica.writing() as transaction:
            staging.clear(transaction)
            REPLICA_STATE.set(transaction, fill=None)
        self._position = None

    def close(self) -> None:
        """Close the files."""
        if self.filling is not None:
            self.filling.close()
        self.replica.close()
        self.outbox.close()


def _position(transaction: Transaction) -> Position:
    text = REPLICA_STATE.get(transaction, "fill")
    staged = any(
        transaction.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608 - our own names
        for table in ("staged", "staged_drop", "staged_verdict")
    )
    return Position(
        cursor=REPLICA_STATE.number(transaction, "cursor"),
        chain=REPLICA_STATE.get(transaction, "chain"),
        fill=msgspec.json.decode(text, type=list[FillPlace]) if text else [],
        filled=REPLICA_STATE.get(transaction, "filled") is not None,
        refill=REPLICA_STATE.get(transaction, "refill") is not None,
        staged=staged,
        count=REPLICA_STATE.number(transaction, "count"),
        checksum=REPLICA_STATE.number(transaction, "checksum"),
    )


def _is_equal(checkpoint: Checkpoint, done: Rebased) -> bool:
    return done.count == checkpoint.count and checksum_text(done.checksum) == checkpoint.checksum


def _note(transaction: Transaction, checkpoint: Checkpoint, done: Rebased) -> None:
    REPLICA_STATE.set(
        transaction,
        cursor=checkpoint.cursor,
        chain=checkpoint.chain,
        fill=None,
        count=done.count,
        checksum=done.checksum % MODULUS,
        server_count=checkpoint.count,
        server_checksum=checkpoint.checksum,
        equal=1 if _is_equal(checkpoint, done) else 0,
    )
