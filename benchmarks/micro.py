"""Single acts measured in one process: a rebase, a reassignment, searching a million entries, one dispatch."""

import shutil
import statistics
import time
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import stage
from benchmarks.data import OUTPUT, prepare
from benchmarks.people import OTHER_REP, REP, SLUG
from benchmarks.processes import Figures, answer
from benchmarks.product import Device, log_visit, work_offline
from benchmarks.stage import copied, scratch
from leora_core.domain.accounts.records import Account, Contact
from leora_core.domain.activities.records import Activity
from leora_core.domain.catalogue.records import Product
from leora_core.domain.command import Context, Record, account_scope
from leora_core.protocol.messages import Checkpoint, Rows
from leora_core.store.prepared import Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import BY_KIND, BY_NAME, SYNCED
from leora_core.store.unit_of_work import to_row
from leora_desktop.replica import layout, search, staging
from leora_desktop.replica.database import destroy, open_encrypted
from sync import authority
from sync.change_log import ServerWork
from sync.ids import new_id
from sync.tenants import Tenant, Tenants

PENDING, INCOMING = 500, 1_000
ACCOUNT_ROWS = 5_000
ENTRIES = 1_000_000
_KEY = "5e" * 32
_SYLLABLES = "ba ro lo chi an ti mal bec san cer re rio ja vin cel lar mon tal ci no"
_PARTS = _SYLLABLES.split()
_NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def rebase(size: int, rounds: int) -> Figures:
    """Milliseconds to show 1,000 incoming rows under 500 pending commands, search index included."""
    kept = stage.idle(size)
    figures = Figures(count=rounds)
    times = []
    with copied(kept, kept.profile("a")) as here, closing(Device("http://127.0.0.1:9", here.profile("a"))) as device:
        work_offline(device, PENDING)
        workspace = device.workspace
        for number in range(rounds):
            cursor = workspace.position().cursor + 1
            workspace.stage(partial(_stage, lines=_incoming(device.accounts(), cursor)))
            start, cpu = time.perf_counter(), time.process_time()
            done = workspace.apply(Checkpoint(cursor=cursor, chain=f"{number}", count=0, checksum="0" * 16))
            times.append(time.perf_counter() - start)
            figures.client_cpu += time.process_time() - cpu
            assert done.received == INCOMING
            assert workspace.outbox.counts()[0] == PENDING
    figures.seconds = sum(times)
    figures.more["times"] = times
    return figures


def _stage(transaction: Transaction, lines: list[Rows]) -> None:
    for line in lines:
        staging.stage_rows(transaction, line)


def _incoming(accounts: list[str], version: int) -> list[Rows]:
    synced = BY_NAME["activity"]
    lines = []
    for number in range(INCOMING):
        account_id = accounts[number % len(accounts)]
        visit = _visit(account_id, new_id())
        row = [*to_row(synced, visit)]
        row[synced.column_names.index("outcomes")] = []
        scope = account_scope(account_id)
        lines.append(Rows(table="activity", scope=scope, columns=synced.column_names, versions=[version], rows=[row]))
    return lines


def _visit(account_id: str, user_id: str) -> Activity:
    note = "Tasted the new Barolo with the buyer."
    return Activity(id=new_id(), account_id=account_id, type="visit", user_id=user_id, occurred_at=_NOW, note=note)


def dispatch(size: int, rounds: int) -> Figures:
    """Milliseconds from a command to its rows on the screen and its place in the outbox, on the disk."""
    kept = stage.idle(size)
    with copied(kept, kept.profile("a")) as here, closing(Device("http://127.0.0.1:9", here.profile("a"))) as device:
        account_id = device.accounts()[0]
        times = []
        for number in range(rounds):
            start = time.perf_counter()
            log_visit(device, account_id, number)
            times.append(time.perf_counter() - start)
    return Figures(seconds=sum(times), count=rounds, more={"times": times})


# -- reassigning -----------------------------------------------------------------------------------


def reassign(size: int) -> Figures:
    """Rows written when an account with 5,000 rows changes hands."""
    with scratch() as folder:
        shutil.copytree(prepare(size).folder, folder / "server")
        with closing(Tenants(folder / "server")) as tenants:
            tenant = tenants.get(SLUG)
            assert tenant is not None
            return _reassign(tenant)


def _reassign(tenant: Tenant) -> Figures:
    with tenant.database.reading() as transaction:
        users = dict(transaction.execute("SELECT email, id FROM app_user").fetchall())
        account_id = transaction.execute("SELECT id FROM account ORDER BY id").fetchone()[0]

    def work(records: ServerWork, _context: Context) -> dict[str, Any]:
        for _ in range(ACCOUNT_ROWS):
            records.add(_visit(account_id, users[REP]))
        return {}

    authority.commit_work(tenant, name="Benchmark", actor=authority.SYSTEM, command_id=new_id(), payload={}, work=work)
    start = time.perf_counter()
    verdict = authority.run_command(
        tenant, authority.SYSTEM, "AssignAccount", {"account_id": account_id, "rep_id": users[OTHER_REP]}
    )
    seconds = time.perf_counter() - start
    with tenant.database.reading() as transaction:
        held = transaction.execute(
            "SELECT count(*) FROM activity WHERE row_scope = ?", (account_scope(account_id),)
        ).fetchone()[0]
        written = sum(
            transaction.execute(
                f'SELECT count(*) FROM "{synced.name}" WHERE row_version = ?', (verdict.version,)
            ).fetchone()[0]
            for synced in SYNCED
        )
    return Figures(seconds=seconds, count=1, more={"written": written, "held": held})


# -- searching -------------------------------------------------------------------------------------


def searching(entries: int, rounds: int) -> Figures:
    """CPU milliseconds of a search in an encrypted replica with so many entries."""
    path = _searchable(entries)
    database = open_encrypted(path, _KEY, pool_size=1)
    times, walls = [], []
    for number in range(rounds):
        for text in _typed(number):
            with database.reading() as reader:
                cpu, start = time.process_time(), time.perf_counter()
                search.search(reader, text)
                times.append(time.process_time() - cpu)
                walls.append(time.perf_counter() - start)
    database.close()
    return Figures(seconds=sum(walls), client_cpu=sum(times), count=len(times), more={"times": times})


def _typed(number: int) -> list[str]:
    """What a person types: two letters, three, a word, two words, a number."""
    word = f"{_syllables(number * 7)}"
    other = _syllables(number * 13 + 5)
    return [word[:2], word[:3], word[:4], word, f"{word} {other[:3]}", f"617555{number % 10_000:04}"[:8]]


def _syllables(number: int) -> str:
    """One of 8,000 made words."""
    number %= 8_000
    return _PARTS[number % 20] + _PARTS[number // 20 % 20] + _PARTS[number // 400]


def _searchable(entries: int) -> Path:
    path = OUTPUT / f"search-{entries}-{layout.SCHEMA}.db"
    if path.exists():
        return path
    making = path.with_suffix(".making")
    destroy(making)
    database = open_encrypted(making, _KEY, pool_size=1, journal="TRUNCATE")
    with database.writing() as transaction:
        layout.make_bare(transaction)
        for kind, count in ((Product, entries // 10), (Account, entries * 4 // 10), (Contact, entries - entries // 2)):
            _write_made(transaction, kind, count)
        layout.add_indexes(transaction)
        search.rebuild(transaction)
    database.close()
    making.replace(path)
    return path


def _write_made(transaction: Transaction, kind: type[Record], count: int) -> None:
    synced = BY_KIND[kind]
    insert = statements(synced, "sqlite").insert
    for start in range(0, count, 10_000):
        records = [_made(kind, number) for number in range(start, min(start + 10_000, count))]
        transaction.executemany(insert, [[*to_row(synced, record), record.scope, 1] for record in records])


def _made(kind: type[Record], number: int) -> Record:
    name = f"{_syllables(number * 31)} {_syllables(number * 17 + number // 8_000)} {number}"
    account_id = f"01930000-0000-7000-8001-{number % (ENTRIES * 4 // 10):012x}"
    if kind is Product:
        return Product(id=f"01930000-0000-7000-8002-{number:012x}", name=name.title())
    if kind is Account:
        return Account(id=account_id, name=name.title(), phone=f"617555{number % 10_000:04}", opened_at=_NOW)
    return Contact(id=f"01930000-0000-7000-8003-{number:012x}", account_id=account_id, name=name.title(), role="Buyer")


def p95(times: list[float]) -> float:
    """What 19 of 20 stay below."""
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    answer({"rebase": rebase, "dispatch": dispatch, "reassign": reassign, "searching": searching})
