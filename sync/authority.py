"""Commands run once, for good: by id, in the order of the device, one transaction for a batch.

What a command's handler writes, the verdict, the device's place and the chain commit together; the
answer leaves after the commit. A refusal leaves nothing but its verdict. A handler that crashes is
tried three times and then parked with its traceback, so that the commands behind it go on.
"""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

import leora_core.domain.subjects  # noqa: F401 - registers every command
from leora_core.domain.command import COMMANDS, Absence, Actor, Context, Outcome, Records, Rejected, execute
from leora_core.domain.grants import Grant
from leora_core.domain.identity import User
from leora_core.domain.values import format_instant, parse_instant
from leora_core.protocol.codec import NewerCommand, decode_command
from leora_core.protocol.messages import SentCommand, Verdict
from leora_core.store.database import Database
from leora_core.store.prepared import Prepared, Transaction
from leora_core.store.tables import BY_NAME
from sync import moment
from sync.change_log import Commit, ServerWork
from sync.ids import new_id
from sync.server_tables import command_seen, device, device_seq, settled

TRIES = 3
BATCH = 100
"""Commands committed together: one fsync for all of them."""

SYSTEM = Actor(user_id="00000000-0000-8000-8000-000000000000", roles=frozenset({"admin"}))
"""Who the server's own administration acts as."""


class TenantPlace(Protocol):
    """What the authority needs of a tenant."""

    @property
    def database(self) -> Database: ...
    @property
    def zone(self) -> ZoneInfo: ...


class SequenceGap(Exception):  # noqa: N818 - the wire's word
    """The device skipped a number; `expected` is the one to send."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        super().__init__(f"expected seq {expected}")


class DeviceForked(Exception):  # noqa: N818 - the wire's word
    """A used number came with another command: two replicas share one device id."""


@dataclass(frozen=True)
class Sender:
    """The device a batch comes from and the version its replica stood at."""

    device_id: str
    user_id: str
    base_version: int


_DEVICE = Prepared(sa.select(device.c.last_seq).where(device.c.id == sa.bindparam("device")))
_SET_SEQ = Prepared(
    sa.update(device).where(device.c.id == sa.bindparam("device")).values(last_seq=sa.bindparam("last"))
)
_ID_AT = Prepared(
    sa.select(device_seq.c.command_id).where(
        device_seq.c.device_id == sa.bindparam("device"), device_seq.c.seq == sa.bindparam("seq")
    )
)
_REFUSED_ID = Prepared(
    sa.select(settled.c.version, settled.c.verdict).where(
        settled.c.command_id == sa.bindparam("command"), settled.c.device_id == sa.bindparam("device")
    )
)
_RERUNS = Prepared(
    sa.select(settled.c.version, settled.c.command_id, settled.c.status, settled.c.verdict, settled.c.seq)
    .where(settled.c.user_id == sa.bindparam("user"), settled.c.rerun_of.is_not(None))
    .where(settled.c.version > sa.bindparam("after"))
    .order_by(settled.c.version)
)
_grant = BY_NAME["scope_grant"].table
_LOST_SINCE = Prepared(
    sa.select(sa.func.count())
    .select_from(_grant)
    .where(_grant.c.user_id == sa.bindparam("user"), _grant.c.to_version > sa.bindparam("after"))
)


@dataclass
class _Batch:
    """What one transaction gathers beside the rows."""

    verdicts: list[Verdict] = field(default_factory=list)
    seen: list[tuple[str, int]] = field(default_factory=list)
    numbers: list[tuple[str, int, str]] = field(default_factory=list)
    versions: dict[str, Verdict] = field(default_factory=dict)


def run_commands(tenant: TenantPlace, sender: Sender, commands: Sequence[SentCommand]) -> list[Verdict]:
    """Settle a device's commands in order. Raises SequenceGap or DeviceForked before running any."""
    verdicts: list[Verdict] = []
    _check_numbers(tenant, sender, commands)
    for start in range(0, len(commands), BATCH):
        part = commands[start : start + BATCH]
        done = _run_batch(tenant, sender, part)
        verdicts += done
        if any(verdict.status == "deferred" for verdict in done):
            verdicts += [_behind(command) for command in commands[start + len(done) :]]
            break
    return verdicts


def _check_numbers(tenant: TenantPlace, sender: Sender, commands: Sequence[SentCommand]) -> None:
    if not commands:
        return
    with tenant.database.reading() as transaction:
        last = int(_DEVICE.run(transaction, device=sender.device_id).fetchone()[0])
        _check_sequence(transaction, sender, commands, last)


def _check_sequence(transaction: Transaction, sender: Sender, commands: Sequence[SentCommand], last: int) -> None:
    expected = min(commands[0].seq, last + 1)
    for command in commands:
        if command.seq != expected:
            raise SequenceGap(max(expected, last + 1) if command.seq > last else last + 1)
        expected += 1
        if command.seq <= last:
            _check_same(transaction, sender, command)


def _check_same(transaction: Transaction, sender: Sender, command: SentCommand) -> None:
    row = _ID_AT.run(transaction, device=sender.device_id, seq=command.seq).fetchone()
    if row is None or row[0] != command.id:
        raise DeviceForked(sender.device_id)


def _run_batch(tenant: TenantPlace, sender: Sender, commands: Sequence[SentCommand]) -> list[Verdict]:
    try:
        return _commit_batch(tenant, sender, commands, park=False)
    except constraint_errors(tenant.database):
        # A handler wrote what the database refuses: a bug. Find the one command and park it.
        if len(commands) > 1:
            return [verdict for command in commands for verdict in _run_batch(tenant, sender, [command])]
        return _commit_batch(tenant, sender, commands, park=True)


def constraint_errors(database: Database) -> tuple[type[Exception], ...]:
    """What is raised when a row breaks a constraint: by the driver at once, by SQLAlchemy at the commit."""
    driver: Any = database.engine.dialect.dbapi
    return (driver.IntegrityError, driver.DataError, sa.exc.IntegrityError, sa.exc.DataError)


def database_errors(database: Database) -> tuple[type[Exception], ...]:
    """Everything a database can raise; none of it is the handler's fault alone."""
    driver: Any = database.engine.dialect.dbapi
    return (driver.Error, sa.exc.SQLAlchemyError)


def _commit_batch(tenant: TenantPlace, sender: Sender, commands: Sequence[SentCommand], *, park: bool) -> list[Verdict]:
    with tenant.database.writing() as transaction:
        commit = Commit(transaction)
        last = int(_DEVICE.run(transaction, device=sender.device_id).fetchone()[0])
        batch = _Batch()
        runner = _Runner(tenant, sender, commit, batch, park=park)
        runner.seen = _seen(transaction, [command.id for command in commands])
        # Again, now that nobody else can write: two requests of one device may have met.
        _check_sequence(transaction, sender, commands, last)
        for command in commands:
            verdict = runner.settle(command, last)
            batch.verdicts.append(verdict)
            if verdict.status == "deferred":
                break
            last = max(last, command.seq)
        commit.write()
        _write_batch(transaction, sender, batch, last)
    return batch.verdicts


def _seen(transaction: Transaction, ids: list[str]) -> dict[str, Any]:
    marks = ", ".join([transaction.placeholder] * len(ids))
    rows = transaction.execute(
        "SELECT e.command_id, s.version, s.user_id, s.status, s.verdict FROM command_seen e "  # noqa: S608
        f"JOIN settled s ON s.version = e.version WHERE e.command_id IN ({marks})",
        ids,
    ).fetchall()
    return {row[0]: row for row in rows}


def _write_batch(transaction: Transaction, sender: Sender, batch: _Batch, last: int) -> None:
    mark = transaction.placeholder
    if batch.seen:
        transaction.executemany(
            f"INSERT INTO command_seen (command_id, version) VALUES ({mark}, {mark})",  # noqa: S608
            batch.seen,
        )
    if batch.numbers:
        sql = f"INSERT INTO device_seq (device_id, seq, command_id) VALUES ({mark}, {mark}, {mark})"  # noqa: S608
        transaction.executemany(sql, batch.numbers)
        _SET_SEQ.run(transaction, device=sender.device_id, last=last)


class _Runner:
    """Runs one device's commands inside one commit."""

    def __init__(self, tenant: TenantPlace, sender: Sender, commit: Commit, batch: _Batch, *, park: bool) -> None:
        self.tenant, self.sender, self.commit, self.batch, self.park = tenant, sender, commit, batch, park
        self.seen: dict[str, Any] = {}
        """What is remembered of the batch's command ids, read at once."""
        row = _LOST_SINCE.run(commit.transaction, user=sender.user_id, after=sender.base_version).fetchone()
        self.lost_something = bool(row[0])

    def settle(self, sent: SentCommand, last: int) -> Verdict:
        """The verdict of one command, new or remembered."""
        earlier = self._earlier(sent)
        if earlier is not None:
            if sent.seq > last:
                self.batch.numbers.append((self.sender.device_id, sent.seq, sent.id))
            return earlier
        received = moment.now()
        actor = actor_of(self.commit.records, self.sender.user_id)
        attempt = _Attempt(self, sent, actor, received)
        verdict, trace = attempt.parked("the database refused what it wrote") if self.park else attempt.run()
        if verdict.status == "deferred":
            return verdict
        self._remember(sent, verdict, trace, received)
        return verdict

    def _earlier(self, sent: SentCommand) -> Verdict | None:
        if sent.id in self.batch.versions:
            return msgspec.structs.replace(self.batch.versions[sent.id], seq=sent.seq, again=True)
        row = self.seen.get(sent.id)
        if row is None:
            return None
        _, version, user_id, status, text = row
        if user_id != self.sender.user_id:
            # Somebody else's command has this id. Say no more than that the id cannot be used.
            refused = Rejected("id_conflict")
            return self._foreign(sent, refused)
        said = msgspec.json.decode(text, type=dict[str, Any])
        return Verdict(seq=sent.seq, id=sent.id, status=status, version=int(version), again=True, **said)

    def _foreign(self, sent: SentCommand, refused: Rejected) -> Verdict:
        row = _REFUSED_ID.run(self.commit.transaction, command=sent.id, device=self.sender.device_id).fetchone()
        if row is not None:
            said = msgspec.json.decode(row[1], type=dict[str, Any])
            return Verdict(seq=sent.seq, id=sent.id, status="rejected", version=int(row[0]), again=True, **said)
        verdict = _rejection(sent, self.commit.begin(), refused)
        self._entry(sent, verdict, None, moment.now())
        return verdict

    def _remember(self, sent: SentCommand, verdict: Verdict, trace: str | None, received: datetime) -> None:
        self._entry(sent, verdict, trace, received)
        self.batch.numbers.append((self.sender.device_id, sent.seq, sent.id))
        self.batch.seen.append((sent.id, verdict.version or 0))
        self.batch.versions[sent.id] = verdict

    def _entry(self, sent: SentCommand, verdict: Verdict, trace: str | None, received: datetime) -> None:
        self.commit.settle(
            {
                "command_id": sent.id,
                "device_id": self.sender.device_id,
                "seq": sent.seq,
                "user_id": self.sender.user_id,
                "name": sent.name,
                "v": sent.v,
                "payload": msgspec.json.encode(sent.payload).decode(),
                "at": sent.at,
                "received_at": format_instant(received),
                "status": verdict.status,
                "verdict": verdict_body(verdict),
                "trace": trace,
            }
        )


class _Attempt:
    """One command being run."""

    def __init__(self, runner: _Runner, sent: SentCommand, actor: Actor, received: datetime) -> None:
        self.runner, self.sent, self.actor, self.received = runner, sent, actor, received
        self.records: ServerWork = runner.commit.records

    def run(self) -> tuple[Verdict, str | None]:
        """The verdict, and the traceback of a parked command."""
        trace = ""
        for _ in range(TRIES):
            try:
                return self._once(), None
            except Rejected as refused:
                self.records.discard()
                return _rejection(self.sent, self.runner.commit.begin(), refused), None
            except NewerCommand:
                self.records.discard()
                return _deferred(self.sent), None
            except database_errors(self.runner.tenant.database):
                raise
            except Exception:  # noqa: BLE001 - whatever a handler does wrong, the others go on
                self.records.discard()
                trace = traceback.format_exc()
        return self.parked(trace)

    def parked(self, trace: str) -> tuple[Verdict, str]:
        """The verdict of a command our own mistake keeps from running."""
        version = self.runner.commit.begin()
        sentence = (
            "The server could not carry this out because of a fault of its own. It is kept and will be run again."
        )
        verdict = Verdict(
            seq=self.sent.seq,
            id=self.sent.id,
            status="parked",
            version=version,
            code="parked",
            sentence=sentence,
        )
        return verdict, trace

    def _once(self) -> Verdict:
        command = decode_command(self.sent.name, self.sent.v, self.sent.payload)
        version = self.runner.commit.begin()
        outcome = execute(command, self.records, self._context(version))
        if self.runner.lost_something:
            outcome = _flag_if_late(outcome, self.records, self.actor)
        return Verdict(
            seq=self.sent.seq,
            id=self.sent.id,
            status="amended" if outcome.amended else "accepted",
            version=version,
            result=outcome.result,
        )

    def _context(self, version: int) -> Context:
        return Context(
            command_id=self.sent.id,
            actor=self.actor,
            at=moment.clamped(parse_instant(self.sent.at), self.received),
            zone=self.runner.tenant.zone,
            authority=True,
            version=version,
            base_version=self.runner.sender.base_version,
            received_at=self.received,
            device_id=self.runner.sender.device_id,
        )


def _flag_if_late(outcome: Outcome, records: ServerWork, actor: Actor) -> Outcome:
    """Say so in the result when the command touched an account whose grant had ended meanwhile."""
    if actor.is_any("manager", "admin"):
        return outcome
    touched = {scope for scope in records.scopes_in_hand() if scope.startswith("account:")}
    for scope in touched:
        if not records.find(Grant, user_id=actor.user_id, held=scope, to_version=None):
            return Outcome(result={**outcome.result, "late": True}, amended=outcome.amended)
    return outcome


def _rejection(sent: SentCommand, version: int, refused: Rejected) -> Verdict:
    return Verdict(
        seq=sent.seq,
        id=sent.id,
        status="rejected",
        version=version,
        code=refused.code,
        sentence=refused.sentence,
        field=refused.field,
        detail=refused.detail or None,
    )


def _deferred(sent: SentCommand) -> Verdict:
    sentence = f"This server does not know {sent.name} version {sent.v} yet. It waits until the server is updated."
    return Verdict(seq=sent.seq, id=sent.id, status="deferred", code="unknown_command", sentence=sentence)


def _behind(sent: SentCommand) -> Verdict:
    sentence = "An earlier command waits for the server to be updated; this one waits behind it."
    return Verdict(seq=sent.seq, id=sent.id, status="deferred", code="waits_behind", sentence=sentence)


def verdict_body(verdict: Verdict) -> str:
    """What is kept of a verdict: all but number, id, status and version."""
    said = {"result": verdict.result, "code": verdict.code, "sentence": verdict.sentence}
    said |= {"field": verdict.field, "detail": verdict.detail}
    return msgspec.json.encode({name: value for name, value in said.items() if value is not None}).decode()


def actor_of(records: Records, user_id: str) -> Actor:
    """The user as the rules see them now; a disabled user has no role."""
    user = records.get(User, user_id)
    if isinstance(user, Absence) or not user.active:
        return Actor(user_id=user_id, roles=frozenset())
    return Actor(user_id=user_id, roles=frozenset(user.roles))


def reruns_since(transaction: Transaction, user_id: str, after: int) -> list[Verdict]:
    """Verdicts of this user's parked commands that were run again after version `after`.

    Of all their devices: the one that sent a command may have signed in anew since.
    """
    verdicts = []
    for version, command_id, status, text, seq in _RERUNS.run(transaction, user=user_id, after=after).fetchall():
        said = msgspec.json.decode(text, type=dict[str, Any])
        verdicts.append(Verdict(seq=seq, id=command_id, status=status, version=int(version), again=True, **said))
    return verdicts


def commit_work(
    tenant: TenantPlace,
    *,
    name: str,
    actor: Actor,
    command_id: str,
    payload: dict[str, Any],
    work: Callable[[ServerWork, Context], dict[str, Any]],
    at: datetime | None = None,
) -> Verdict:
    """Run `work` as one version: imports, undoing them, the server's own acts. All of it or nothing.

    `work` may write any number of rows; they are flushed as they come. Rejected passes through and
    nothing is written.
    """
    received = moment.now()
    with tenant.database.writing() as transaction:
        commit = Commit(transaction)
        version = commit.begin()
        commit.records.bulk()
        context = Context(
            command_id=command_id,
            actor=actor,
            at=at or received,
            zone=tenant.zone,
            authority=True,
            version=version,
            base_version=version - 1,
            received_at=received,
        )
        result = work(commit.records, context)
        verdict = Verdict(id=command_id, status="accepted", version=version, result=result)
        commit.settle(
            {
                "command_id": command_id,
                "user_id": actor.user_id,
                "name": name,
                "v": 1,
                "payload": msgspec.json.encode(payload).decode(),
                "at": format_instant(context.at),
                "received_at": format_instant(received),
                "status": "accepted",
                "verdict": verdict_body(verdict),
            }
        )
        commit.write()
        _write_seen(transaction, command_id, version)
    return verdict


def _write_seen(transaction: Transaction, command_id: str, version: int) -> None:
    transaction.execute(
        f"INSERT INTO command_seen (command_id, version) VALUES ({transaction.placeholder}, {transaction.placeholder})",  # noqa: S608
        (command_id, version),
    )


def run_command(
    tenant: TenantPlace,
    actor: Actor,
    name: str,
    payload: dict[str, Any],
    *,
    command_id: str | None = None,
    at: datetime | None = None,
) -> Verdict:
    """Run one registered command on the server itself. Raises Rejected; nothing is written then."""
    command = decode_command(name, _version_of(name), payload)

    def work(records: ServerWork, context: Context) -> dict[str, Any]:
        return execute(command, records, context).result

    return commit_work(
        tenant, name=name, actor=actor, command_id=command_id or new_id(), payload=payload, work=work, at=at
    )


def _version_of(name: str) -> int:
    if name not in COMMANDS:
        raise Rejected("unknown_command", name=name)
    return COMMANDS[name].command.VERSION


def rerun_parked(tenant: TenantPlace, parked_version: int) -> Verdict:
    """Run a parked command again, after a fix, as whoever gave it. Raises Rejected if there is none.

    The new verdict takes a version of its own and reaches the device with its next exchange.
    """
    with tenant.database.writing() as transaction:
        commit = Commit(transaction)
        row = (
            transaction.connection.execute(
                sa.select(settled)
                .join(command_seen, command_seen.c.version == settled.c.version)
                .where(settled.c.version == parked_version, settled.c.status == "parked")
            )
            .mappings()
            .fetchone()
        )
        if row is None:
            raise Rejected("not_found", what="parked command")
        sent = SentCommand(
            seq=row["seq"],
            id=row["command_id"],
            name=row["name"],
            v=row["v"],
            at=row["at"],
            payload=msgspec.json.decode(row["payload"]),
        )
        sender = Sender(row["device_id"], row["user_id"], parked_version)
        runner = _Runner(tenant, sender, commit, _Batch(), park=False)
        received = moment.now()
        attempt = _Attempt(runner, sent, actor_of(commit.records, sender.user_id), received)
        verdict, trace = attempt.run()
        if verdict.version is None:
            raise Rejected("unknown_command", name=sent.name)
        _settle_rerun(commit, row, verdict, trace, received)
        commit.write()
    return verdict


def _settle_rerun(commit: Commit, row: Any, verdict: Verdict, trace: str | None, received: datetime) -> None:
    kept = {name: row[name] for name in ("command_id", "device_id", "seq", "user_id", "name", "v", "payload", "at")}
    commit.settle(
        {
            **kept,
            "received_at": format_instant(received),
            "status": verdict.status,
            "verdict": verdict_body(verdict),
            "trace": trace,
            "rerun_of": row["version"],
        }
    )
    commit.transaction.connection.execute(
        sa.update(command_seen).where(command_seen.c.command_id == row["command_id"]).values(version=verdict.version)
    )
