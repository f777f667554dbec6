"""At a checkpoint: take predictions back, show the server's rows, run what still waits on top.

All of it is one write transaction, so a screen sees the state before or the state after. A command
that no longer applies is marked stale and still sent; it never stops the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from leora_core.domain.command import ALL_SCOPES, Absence, Actor, Context, Outcome, Rejected, execute
from leora_core.domain.identity import User
from leora_core.domain.values import parse_instant
from leora_core.protocol.codec import NewerCommand, decode_command
from leora_core.protocol.messages import Verdict
from leora_core.protocol.proof import row_digest
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements
from leora_core.store.tables import BY_NAME, SYNCED
from leora_desktop.replica.outbox import Waiting
from leora_desktop.replica.work import ReplicaWork, RowKey, put_back_images

_FLUSH_AT = 2_000
_APPLY_AT = 5_000


@dataclass(frozen=True)
class Person:
    """Whose replica it is, and the tenant's zone."""

    user_id: str
    zone: ZoneInfo


@dataclass
class Rebased:
    """What a rebase did."""

    changed: set[RowKey] = field(default_factory=set)
    """Rows that look different than before."""
    dropped: list[str] = field(default_factory=list)
    """Scopes whose rows were erased."""
    lost: list[str] = field(default_factory=list)
    """Those of them that the person no longer holds; the others are only filled anew."""
    stale: dict[str, dict[str, str] | None] = field(default_factory=dict)
    received: int = 0
    verdicts: list[Verdict] = field(default_factory=list)
    count: int = 0
    checksum: int = 0


def rebase(
    transaction: Transaction,
    person: Person,
    pending: Sequence[Waiting],
    *,
    count: int = 0,
    checksum: int = 0,
    reveal: bool = True,
    upto: int = 0,
) -> Rebased:
    """Run `pending` anew on the server's rows; with `reveal` those staged since the last checkpoint come in.

    A verdict settles only if its version is within the rows shown, which reach `upto`. `count` and
    `checksum` are of the base rows before; the result has them after.
    """
    done = Rebased(count=count, checksum=checksum)
    before = _visible(transaction, _dirty_keys(transaction))
    undone = put_back_images(transaction)
    if reveal:
        _drop_scopes(transaction, done)
        _apply_staged(transaction, done)
        done.verdicts = _take_verdicts(transaction, upto)
    settled = {verdict.id for verdict in done.verdicts} | _applied_ids(transaction)
    work = work_on(transaction, person)
    unsettled = [command for command in pending if command.id not in settled]
    replay(work, person, unsettled, done.stale)
    predicted = undone | work.touched
    done.changed = (done.changed - predicted) | _differing(transaction, before, predicted)
    _reflect(transaction, unsettled)
    return done


def work_on(transaction: Transaction, person: Person) -> ReplicaWork:
    """A unit of work that knows which scopes this replica holds."""
    rows = transaction.execute(
        "SELECT held FROM scope_grant WHERE user_id = ? AND to_version IS NULL", (person.user_id,)
    ).fetchall()
    held = {row[0] for row in rows}
    holds: Callable[[str], bool] = (lambda _: True) if ALL_SCOPES in held else held.__contains__
    return ReplicaWork(transaction, holds=holds)


def replay(
    work: ReplicaWork, person: Person, pending: Sequence[Waiting], stale: dict[str, dict[str, str] | None]
) -> None:
    """Run pending commands in order on top of what is there; note in `stale` which no longer apply."""
    for number, command in enumerate(pending, start=1):
        reason = _replay_one(work, person, command)
        if reason != command.stale:
            stale[command.id] = reason
        if number % _FLUSH_AT == 0:
            work.flush()
    work.flush()


def _replay_one(work: ReplicaWork, person: Person, command: Waiting) -> dict[str, str] | None:
    try:
        run_here(work, person, command.id, command.name, command.v, command.payload, parse_instant(command.at))
    except Rejected as refused:
        work.discard()
        return {"code": refused.code, "sentence": refused.sentence}
    except NewerCommand:
        work.discard()
        return {
            "code": "unknown_command",
            "sentence": "A newer version of the program made this; it is sent all the same.",
        }
    except Exception as error:  # noqa: BLE001 - one bad command must not freeze the replica
        work.discard()
        return {
            "code": "bug",
            "sentence": f"This cannot be shown here ({type(error).__name__}); it is sent all the same.",
        }
    work.keep()
    return None


def run_here(
    work: ReplicaWork, person: Person, id: str, name: str, v: int, payload: dict[str, Any], at: datetime
) -> Outcome:
    """Run one command as a prediction. Raises Rejected; the caller keeps or discards what was written."""
    command = decode_command(name, v, payload)
    context = Context(command_id=id, actor=actor_of(work, person.user_id), at=at, zone=person.zone)
    return execute(command, work, context)


def actor_of(work: ReplicaWork, user_id: str) -> Actor:
    """The signed-in user with the roles the server last told."""
    user = work.get(User, user_id)
    roles = frozenset() if isinstance(user, Absence) or not user.active else frozenset(user.roles)
    return Actor(user_id=user_id, roles=roles)


# -- the pieces ------------------------------------------------------------------------------------


def _dirty_keys(transaction: Transaction) -> set[RowKey]:
    return {(table, id_) for table, id_ in transaction.execute("SELECT table_name, id FROM before_image").fetchall()}


def _visible(transaction: Transaction, keys: set[RowKey]) -> dict[RowKey, Any]:
    """The rows as screens see them now, without the version."""
    rows: dict[RowKey, Any] = {}
    for table, id_ in keys:
        row = transaction.execute(statements(BY_NAME[table], "sqlite").get, (id_,)).fetchone()
        rows[table, id_] = None if row is None else row[:-1]
    return rows


def _differing(transaction: Transaction, before: dict[RowKey, Any], touched: set[RowKey]) -> set[RowKey]:
    now = _visible(transaction, touched)
    return {key for key, row in now.items() if key not in before or before[key] != row}


def _drop_scopes(transaction: Transaction, done: Rebased) -> None:
    told = transaction.execute("SELECT scope, ours FROM staged_drop").fetchall()
    scopes = [scope for scope, _ in told]
    for scope in scopes:
        for synced in SYNCED:
            table = quote("sqlite", synced.name)
            rows = transaction.execute(
                f"SELECT id, row_version FROM {table} WHERE row_scope = ?",  # noqa: S608 - our own names
                (scope,),
            ).fetchall()
            if rows:
                done.count -= len(rows)
                done.checksum -= sum(row_digest(synced.name, id_, version) for id_, version in rows)
                done.changed.update((synced.name, id_) for id_, _ in rows)
                transaction.execute(f"DELETE FROM {table} WHERE row_scope = ?", (scope,))  # noqa: S608
    transaction.execute("DELETE FROM staged_drop")
    done.dropped = scopes
    done.lost = [scope for scope, ours in told if not ours]


def _apply_staged(transaction: Transaction, done: Rebased) -> None:
    """Write what was staged, table by table."""
    tables = [row[0] for row in transaction.execute("SELECT DISTINCT table_name FROM staged").fetchall()]
    for table in tables:
        after = ""
        while rows := transaction.execute(
            "SELECT id, version, row FROM staged WHERE table_name = ? AND id > ? ORDER BY id LIMIT ?",
            (table, after, _APPLY_AT),
        ).fetchall():
            _apply_rows(transaction, table, rows, done)
            after = rows[-1][0]
    transaction.execute("DELETE FROM staged")


def _apply_rows(transaction: Transaction, table: str, rows: list[Any], done: Rebased) -> None:
    said = statements(BY_NAME[table], "sqlite")
    version_of = f"SELECT row_version FROM {quote('sqlite', table)} WHERE id = ?"  # noqa: S608 - our own names
    new, gone = [], []
    for id_, version, text in rows:
        held = transaction.execute(version_of, (id_,)).fetchone()
        if held is not None and held[0] > version:
            continue
        if held is not None:
            done.count -= 1
            done.checksum -= row_digest(table, id_, held[0])
        if text is None:
            gone.append((id_,))
        else:
            done.count += 1
            done.checksum += row_digest(table, id_, version)
            new.append(msgspec.json.decode(text))
        if held is None or held[0] != version:
            done.changed.add((table, id_))
    done.received += len(rows)
    if new:
        transaction.executemany(said.upsert, new)
    if gone:
        transaction.executemany(said.delete, gone)


def _take_verdicts(transaction: Transaction, upto: int) -> list[Verdict]:
    """Staged verdicts become applied in this transaction: with their rows, not before.

    One from beyond the rows is of a history the server has lost since: its command is sent again.
    """
    texts = transaction.execute("SELECT verdict FROM staged_verdict").fetchall()
    verdicts = [msgspec.json.decode(text, type=Verdict) for (text,) in texts]
    taken = sorted((v for v in verdicts if (v.version or 0) <= upto), key=lambda verdict: verdict.version or 0)
    transaction.executemany(
        "INSERT OR REPLACE INTO applied_verdict (command_id, verdict) VALUES (?, ?)",
        [(verdict.id, msgspec.json.encode(verdict).decode()) for verdict in taken],
    )
    transaction.execute("DELETE FROM staged_verdict")
    return taken


def _applied_ids(transaction: Transaction) -> set[str]:
    return {row[0] for row in transaction.execute("SELECT command_id FROM applied_verdict").fetchall()}


def _reflect(transaction: Transaction, pending: Sequence[Waiting]) -> None:
    transaction.execute("DELETE FROM reflected")
    transaction.executemany(
        "INSERT OR IGNORE INTO reflected (command_id) VALUES (?)", [(command.id,) for command in pending]
    )
