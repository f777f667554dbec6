"""One round of the conversation: send what waits, take what is new, reveal it whole, prove it.

A round ends when nothing waits and the last answer ended in a checkpoint whose sum is ours. An answer
that is cut leaves what arrived staged; asking again is always right.
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from leora_core.domain.failures import Unavailable
from leora_core.domain.values import format_instant, parse_instant
from leora_core.protocol.messages import (
    Checkpoint,
    FillPlace,
    Gone,
    Hello,
    Page,
    Rows,
    ScopeLine,
    SentCommand,
    SyncRequest,
    Verdict,
)
from leora_core.protocol.proof import checksum_text
from leora_core.store.prepared import Transaction
from leora_core.store.tables import TABLE_ORDER
from leora_desktop.replica import proof, staging
from leora_desktop.replica.filling import Filling
from leora_desktop.replica.rebase import Rebased
from leora_desktop.replica.state import REPLICA_STATE
from leora_desktop.replica.workspace import Workspace
from leora_desktop.syncing.client import Client, NeverSent, Refused, ServerBusy
from leora_desktop.syncing.pace import note_failure
from leora_desktop.syncing.trouble import note_refusal

_ROUNDS = 10_000
_REPAIRS = 3
_FEWEST_ROWS = 500
"""What a page is never made smaller than."""
_MOST_REPAIRED = 1_000
"""Scopes filled anew one by one; the server takes 2,000 places in a request."""
_SKEW_SECONDS = 120
_DEEP_IDS = 1_000
_LINES_AT_A_TIME = 64


@dataclass
class CycleReport:
    """What a round did."""

    sent: int = 0
    accepted: int = 0
    rejected: int = 0
    parked: int = 0
    deferred: int = 0
    received: int = 0
    cursor: int = 0
    equal: bool = False
    repaired: list[str] = field(default_factory=list)
    clock_skew_seconds: int = 0
    """How far the laptop's clock is ahead of the server's, told when above 2 minutes."""


@dataclass(frozen=True)
class Proof:
    """Whether the replica's rows are exactly the server's."""

    equal: bool
    count: int
    checksum: str
    cursor: int


@dataclass
class _Answer:
    """What one answer has said so far."""

    verdicts: list[Verdict] = field(default_factory=list)
    page: Page | None = None
    checkpoint: Checkpoint | None = None
    start_over: bool = False


def synchronise(workspace: Workspace, client: Client, *, max_rows: int = 50_000) -> CycleReport:
    """Run exchanges until nothing waits and the replica is proven, or nothing more can be done now.

    A replica that turns out to be damaged is set aside and filled anew. Raises Unavailable (what has
    arrived is kept) or Refused (the outbox is untouched).
    """
    try:
        if workspace.outbox.state("damaged") is not None:
            workspace.give_up_replica()
        return _rounds(workspace, client, max_rows)
    except Exception as error:
        if not workspace.is_broken_by(error):
            raise
        workspace.give_up_replica()
        return _rounds(workspace, client, max_rows)


def _rounds(workspace: Workspace, client: Client, max_rows: int) -> CycleReport:
    report = CycleReport()
    talk = _Talk(workspace, client, report, max_rows)
    talk.check_history()
    repairs = 0
    for _ in range(_ROUNDS):
        answer = talk.exchange()
        if answer.checkpoint is None:
            continue
        talk.apply(answer.checkpoint)
        if not report.equal and repairs < _REPAIRS:
            repairs += 1
            talk.ask_for_repair()
            continue
        if not talk.has_more():
            break
    talk.note_contact()
    return report


def prove(workspace: Workspace, client: Client, *, deep: bool = False) -> Proof:
    """Sync, then sum every row the replica holds and compare with what the server says.

    Scopes that differ are filled anew; with `deep` the content of every row is compared too.
    """
    report = synchronise(workspace, client)
    for _ in range(_REPAIRS):
        with workspace.reading() as transaction:
            held = proof.base_sum(transaction)
        differing = set() if _matches(workspace, held) else _differing_scopes(workspace, client)
        if deep and not differing:
            differing = _differing_contents(workspace, client)
        if not differing:
            break
        talk = _Talk(workspace, client, report, 50_000)
        talk.repair(differing)
    with workspace.reading() as transaction:
        held = proof.base_sum(transaction)
        cursor = REPLICA_STATE.number(transaction, "cursor")
    return Proof(_matches(workspace, held), held.count, held.checksum, cursor)


def _matches(workspace: Workspace, held: proof.Sum) -> bool:
    return held.checksum == workspace.fact("server_checksum") and str(held.count) == workspace.fact("server_count")


class _Talk:
    """The exchanges of one round."""

    def __init__(self, workspace: Workspace, client: Client, report: CycleReport, max_rows: int) -> None:
        self.workspace, self.client, self.report = workspace, client, report
        self.max_rows = min(max_rows, int(workspace.outbox.state("page_rows") or max_rows))
        self._last: tuple[bytes, str] | None = None
        self._limit = int(workspace.outbox.state("command_limit") or 100)
        self._told: set[str] = set()
        self._offered: set[str] = set()
        self._beyond = 0
        """The highest number with a verdict that is not yet applied."""
        self._only_sending = False
        self._lease = workspace.outbox.state("lease") or ""

    # -- one exchange ----------------------------------------------------------------------------

    def exchange(self) -> _Answer:
        """One request and its answer, staged."""
        request = self._request()
        try:
            with self.client.exchange(request) as lines:
                return self._listen(request, lines)
        except NeverSent as failure:
            self.workspace.outbox.never_left(request.commands)
            self._gone_offline(failure)
            raise
        except Unavailable as failure:
            # A line that breaks within every page gets on with smaller ones.
            self.max_rows = max(self.max_rows // 2, _FEWEST_ROWS)
            self.workspace.outbox.remember(durable=False, page_rows=self.max_rows)
            self._gone_offline(failure)
            raise
        except Refused as refused:
            return self._refused(request, refused)

    def check_history(self) -> None:
        """Before filling from nothing: is this the history the fill was begun in, or our commands were settled in?

        From cursor 0 the server cannot see that it was restored from a backup. Raises Refused `lineage_changed`.
        """
        if not self.workspace.wants_refill():
            return
        outbox = self.workspace.outbox
        cursor, chain = self.workspace.start_filling().begun_at()
        if not cursor:
            cursor, chain = int(outbox.state("settled_cursor") or 0), outbox.state("settled_chain")
        if not cursor:
            return
        request = SyncRequest(request=str(uuid.uuid4()), lease=self._lease, cursor=cursor, chain=chain, max_rows=1)
        try:
            with self.client.exchange(request) as lines:
                for line in lines:
                    if isinstance(line, Hello):
                        self._hello(line)
        except Unavailable as failure:
            self._gone_offline(failure)
            raise
        except Refused as refused:
            self._refused(request, refused)

    def _gone_offline(self, failure: Unavailable) -> None:
        self.workspace.outbox.remember(durable=False, lease=self._lease)
        asked = failure.retry_after if isinstance(failure, ServerBusy) else None
        note_failure(self.workspace.outbox, datetime.now(UTC), asked)

    def _request(self) -> SyncRequest:
        workspace = self.workspace
        if workspace.wants_refill():
            filling = workspace.start_filling()
            cursor, chain, fill = 0, None, filling.places()
        else:
            position = workspace.position()
            cursor, chain, fill = position.cursor, position.chain or None, position.fill
        commands = [] if self.report.deferred else workspace.outbox.to_send(self._limit, beyond=self._beyond)
        # With much to send, all of it goes first and the replica is brought up to date once, at the end.
        more = len(commands) == self._limit and workspace.outbox.unsent(commands[-1].seq)
        self._only_sending = more and workspace.filling is None
        self._offered.update(command.id for command in commands)
        lease = self._lease
        if lease != workspace.outbox.state("lease"):
            # The server takes this one or the one before it: no third may be in use unrecorded.
            workspace.outbox.remember(durable=False, lease=lease)
        return SyncRequest(
            request=self._request_id(lease, cursor, fill, commands),
            lease=lease,
            cursor=cursor,
            chain=chain,
            fill=fill,
            max_rows=1 if self._only_sending else self.max_rows,
            commands=commands,
        )

    def _request_id(self, lease: str, cursor: int, fill: list[FillPlace], commands: list[SentCommand]) -> str:
        """A new id for new content; the same content sent again keeps its id."""
        content = msgspec.json.encode([lease, cursor, fill, commands])
        if self._last is None or self._last[0] != content:
            self._last = (content, str(uuid.uuid4()))
        return self._last[1]

    def _listen(self, request: SyncRequest, lines: Any) -> _Answer:
        filling = self.workspace.filling
        if filling is not None and request.cursor == 0:
            return self._listen_filling(filling, request.fill, lines)
        if self._only_sending:
            return self._listen_to_verdicts(lines)
        answer = self._listen_staging(lines)
        if answer.start_over:
            self.workspace.rebuild()
            self.workspace.forget_staged()
            # The new file starts without these verdicts: the commands are offered to it again.
            self._beyond = 0
            return _Answer()
        return self._ended(answer)

    def _listen_staging(self, lines: Any) -> _Answer:
        answer = _Answer()
        if self.workspace.position().staged:
            self.workspace.stage(staging.forget_drops)
        stage: list[Rows | Gone | ScopeLine] = []
        for line in lines:
            if isinstance(line, Rows | Gone | ScopeLine):
                # `add *` while we have a cursor: the server could not go on from it, everything comes anew.
                answer.start_over |= isinstance(line, ScopeLine) and (line.op, line.scope) == ("add", "*")
                stage.append(line)
                if len(stage) >= _LINES_AT_A_TIME:
                    self._stage(answer, stage)
            else:
                self._take(answer, line)
        self._stage(answer, stage)
        self._keep_verdicts(answer)
        return answer

    def _listen_to_verdicts(self, lines: Any) -> _Answer:
        """Only the verdicts matter now: the rows are asked for when all commands have theirs."""
        answer = _Answer()
        for line in lines:
            if isinstance(line, Hello | Verdict):
                self._take(answer, line)
        self._keep_verdicts(answer)
        return _Answer()

    def _listen_filling(self, filling: Filling, fill: list[FillPlace], lines: Any) -> _Answer:
        answer = _Answer()
        try:
            with filling.database.writing() as transaction:
                for line in lines:
                    if isinstance(line, Rows | Gone | ScopeLine):
                        filling.take(transaction, line)
                        if isinstance(line, Rows):
                            self.report.received += len(line.rows)
                    else:
                        if isinstance(line, Hello) and not fill:
                            filling.begin(transaction, line)
                        self._take(answer, line)
                filling.flush(transaction)
                if answer.page is not None:
                    filling.page(transaction, answer.page)
                elif answer.checkpoint is None:
                    raise _cut()
                filling.keep_verdicts(transaction, answer.verdicts)
        except BaseException:
            filling.forget_unwritten()
            raise
        self._tell_verdicts(answer)
        return self._ended(answer)

    def _take(self, answer: _Answer, line: Hello | Verdict | Page | Checkpoint) -> None:
        match line:
            case Hello():
                self._hello(line)
            case Verdict(status="deferred"):
                self.report.deferred += 1
                self.workspace.outbox.mark(stale={}, deferred={line.id: line.sentence or ""})
                self._told.add(line.id)
            case Verdict():
                answer.verdicts.append(line)
            case Page():
                answer.page = line
            case Checkpoint():
                answer.checkpoint = line

    def _hello(self, hello: Hello) -> None:
        self._lease = hello.lease
        skew = (datetime.now(UTC) - parse_instant(hello.server_time)).total_seconds()
        self.report.clock_skew_seconds = round(skew) if abs(skew) > _SKEW_SECONDS else 0

    def _stage(self, answer: _Answer, lines: list[Rows | Gone | ScopeLine]) -> None:
        if lines and not answer.start_over:
            self.workspace.stage(lambda transaction: _stage_lines(transaction, lines))
        lines.clear()

    def _keep_verdicts(self, answer: _Answer) -> None:
        if answer.verdicts:
            self.workspace.stage(lambda transaction: staging.stage_verdicts(transaction, answer.verdicts))
        self._tell_verdicts(answer)

    def _tell_verdicts(self, answer: _Answer) -> None:
        for verdict in answer.verdicts:
            if verdict.id in self._told:
                continue
            self._told.add(verdict.id)
            if verdict.id not in self._offered:
                # A parked command run again: its number may be one of an earlier device id.
                continue
            self._beyond = max(self._beyond, verdict.seq or 0)
            self.report.sent += 1
            self.report.accepted += verdict.status in ("accepted", "amended")
            self.report.rejected += verdict.status == "rejected"
            self.report.parked += verdict.status == "parked"

    def _ended(self, answer: _Answer) -> _Answer:
        if answer.checkpoint is not None:
            return answer
        if answer.page is None:
            raise _cut()
        if self.workspace.filling is None:
            fill = msgspec.json.encode(answer.page.fill).decode()
            self.workspace.stage(lambda transaction: REPLICA_STATE.set(transaction, fill=fill))
        return answer

    def note_contact(self) -> None:
        """The round is over. The lease may be lost in a power cut: the server takes the one before, too."""
        now = format_instant(datetime.now(UTC))
        news: dict[str, str | None] = {"lease": self._lease, "last_contact": now}
        over = ("offline_since", "trouble", "failures", "next_try_at", "page_rows")
        news |= {name: None for name in over if self.workspace.outbox.state(name) is not None}
        if self.report.equal:
            news["proven_at"] = now
        self.workspace.outbox.remember(durable=False, **news)

    # -- after it --------------------------------------------------------------------------------

    def apply(self, checkpoint: Checkpoint) -> Rebased:
        """Reveal what came."""
        filled = self.workspace.filling is not None
        done = self.workspace.apply(checkpoint)
        if not filled:
            self.report.received += done.received
        self.report.cursor = checkpoint.cursor
        self.report.equal = done.count == checkpoint.count and checksum_text(done.checksum) == checkpoint.checksum
        return done

    def has_more(self) -> bool:
        """Whether commands wait that this round has not yet offered."""
        return not self.report.deferred and self.workspace.outbox.unsent(self._beyond)

    def ask_for_repair(self) -> None:
        """The sums differ: fill the scopes anew whose sums are not the server's; all, if many or none are told."""
        differing = _differing_scopes(self.workspace, self.client)
        if 0 < len(differing) <= _MOST_REPAIRED:
            self._mark_for_repair(differing)
        else:
            self.workspace.rebuild()

    def repair(self, scopes: set[str]) -> None:
        """Fill these scopes anew, to the next checkpoint; everything, when they are very many."""
        if len(scopes) <= _MOST_REPAIRED:
            self._mark_for_repair(scopes)
        else:
            self.workspace.rebuild()
        while True:
            answer = self.exchange()
            if answer.checkpoint is not None:
                self.apply(answer.checkpoint)
                return

    def _mark_for_repair(self, scopes: set[str]) -> None:
        self.report.repaired += sorted(scopes)
        cursor = self.workspace.position().cursor
        places = [FillPlace(scope=scope, at=cursor) for scope in sorted(scopes)]

        def mark(transaction: Transaction) -> None:
            staging.clear(transaction)
            for scope in scopes:
                staging.stage_drop(transaction, scope, ours=True)
            REPLICA_STATE.set(transaction, fill=msgspec.json.encode(places).decode())

        self.workspace.stage(mark)

    def _refused(self, request: SyncRequest, refused: Refused) -> _Answer:
        """What can be put right at once is; the rest is told. Nothing here settles a command."""
        outbox = self.workspace.outbox
        if refused.code == "sequence_gap":
            outbox.expect(int(refused.more.get("expected") or 1))
            self._beyond = 0
            return _Answer()
        too_much = refused.status == 413 or (refused.status == 400 and request.commands)
        if too_much and len(request.commands) > 1:
            self._limit = max(len(request.commands) // 2, 1)
            return _Answer()
        if too_much and request.commands:
            self._set_aside(request.commands[0], refused)
            return _Answer()
        note_refusal(self.workspace, refused)
        raise refused

    def _set_aside(self, command: SentCommand, refused: Refused) -> None:
        """One command the server cannot even read must not hold up the others: it wants attention."""
        verdict = Verdict(
            id=command.id, status="rejected", code=refused.code, sentence=refused.sentence, seq=command.seq
        )
        self.workspace.outbox.settle([verdict], datetime.now(UTC))
        self.workspace.outbox.expect(command.seq)
        self._beyond = min(self._beyond, command.seq - 1)
        self.workspace.show_anew()
        self.report.rejected += 1
        self._limit = int(outbox_limit) if (outbox_limit := self.workspace.outbox.state("command_limit")) else 100


def _cut() -> Unavailable:
    return Unavailable("network", "The answer was cut. What arrived is kept; the rest is asked for again.")


def _stage_lines(transaction: Transaction, lines: list[Rows | Gone | ScopeLine]) -> None:
    for line in lines:
        match line:
            case Rows():
                staging.stage_rows(transaction, line)
            case Gone():
                staging.stage_gone(transaction, line)
            case ScopeLine(op="drop"):
                staging.stage_drop(transaction, line.scope)


def _differing_scopes(workspace: Workspace, client: Client) -> set[str]:
    """The scopes whose rows here do not sum to the server's."""
    said = client.call("GET", "/v1/scopes")
    theirs = {entry["scope"]: (entry["count"], entry["checksum"]) for entry in said["scopes"]}
    with workspace.reading() as transaction:
        ours = {scope: (held.count, held.checksum) for scope, held in proof.scope_sums(transaction).items()}
    empty = (0, checksum_text(0))
    return {scope for scope in theirs.keys() | ours.keys() if theirs.get(scope, empty) != ours.get(scope, empty)}


def _differing_contents(workspace: Workspace, client: Client) -> set[str]:
    """The scopes of rows whose content is not what the server has at the same version."""
    differing: set[str] = set()
    for table in TABLE_ORDER:
        after = ""
        while True:
            with workspace.reading() as transaction:
                ours = proof.content_hashes(transaction, table, after, _DEEP_IDS)
            if not ours:
                break
            after = ours[-1][0]
            known = [row for row in ours if row[3]]
            said = client.call("POST", "/v1/verify", {"table": table, "ids": [row[0] for row in known]})
            theirs = {row["id"]: (row["version"], row["hash"]) for row in said["rows"]}
            differing |= {
                scope for id_, scope, version, hash_ in known if theirs.get(id_, (version, "")) != (version, hash_)
            }
    return differing
