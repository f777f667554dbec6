"""Proving that a tenant's data is what its history says: sums, chain, scopes, references, ledgers."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from leora_core.domain.command import ALL_SCOPES
from leora_core.protocol.proof import EMPTY_CHAIN, checksum_text, digest_sum
from leora_core.store.prepared import Transaction
from leora_core.store.statements import statements
from leora_core.store.tables import SYNCED, Synced
from leora_core.store.unit_of_work import to_record
from sync.tenants import Tenant

_PAGE = 10_000
_MOST_NAMED = 20
"""Problems of one kind that are named; the others are counted."""


@dataclass(frozen=True)
class Problem:
    """Something that is not as it must be."""

    code: str
    sentence: str


@dataclass
class Report:
    """What was found of one tenant."""

    tenant: str
    version: int = 0
    rows: int = 0
    problems: list[Problem] = field(default_factory=list)
    _counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def wrong(self, code: str, sentence: str) -> None:
        """Note a problem; of very many of one kind only the first are named."""
        self._counts[code] += 1
        if self._counts[code] <= _MOST_NAMED:
            self.problems.append(Problem(code, sentence))
        elif self._counts[code] == _MOST_NAMED + 1:
            self.problems.append(Problem(code, "There are more problems of this kind."))


def check_tenant(tenant: Tenant) -> Report:
    """Everything that can be proven of a tenant, read in one snapshot."""
    report = Report(tenant.slug)
    with tenant.database.reading() as transaction:
        version, chain = transaction.execute("SELECT version, chain FROM clock WHERE id = 1").fetchone()
        report.version = int(version)
        _check_chain(transaction, report, chain)
        sums = _check_rows(transaction, report)
        _check_sums(transaction, report, sums)
        _check_removals(transaction, report)
        _check_references(transaction, report)
        _check_samples(transaction, report)
    return report


def _check_chain(transaction: Transaction, report: Report, chain: str | None) -> None:
    rows = transaction.execute("SELECT version, chain FROM settled ORDER BY version")
    expected, last = 1, EMPTY_CHAIN
    while part := rows.fetchmany(_PAGE):
        for version, link in part:
            if version != expected:
                report.wrong("history_gap", f"The history lacks version {expected}; it goes on with {version}.")
                expected = version
            if len(link) != 32 or not set(link) <= set("0123456789abcdef"):
                report.wrong("chain_damaged", f"The chain at version {version} is no hash.")
            expected, last = version + 1, link
    if expected - 1 != report.version:
        report.wrong("clock_wrong", f"The clock stands at {report.version}, the history ends at {expected - 1}.")
    if last != (chain or EMPTY_CHAIN):
        report.wrong("chain_wrong", "The clock's chain is not that of the last version.")


@dataclass
class _Sums:
    """Rows and digests counted anew."""

    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, scope: str, count: int, total: int) -> None:
        """Count so many rows in a scope and in all."""
        for name in (scope, ALL_SCOPES):
            self.counts[name] += count
            self.totals[name] += total


def _check_rows(transaction: Transaction, report: Report) -> _Sums:
    sums = _Sums()
    for synced in SYNCED:
        for rows in _pages(transaction, synced):
            report.rows += len(rows)
            by_scope: dict[str, list[Any]] = defaultdict(list)
            for row in rows:
                by_scope[row[-2]].append(row)
                _check_row(report, synced, row)
            for scope, members in by_scope.items():
                total = digest_sum(synced.name, [row[0] for row in members], [row[-1] for row in members])
                sums.add(scope, len(members), total)
    return sums


def _check_row(report: Report, synced: Synced, row: Any) -> None:
    where = f"{synced.name} {row[0]}"
    if not 1 <= row[-1] <= report.version:
        report.wrong("version_wrong", f"{where} has version {row[-1]}; the clock stands at {report.version}.")
    try:
        scope = to_record(synced, list(row)).scope
    except (ValueError, TypeError) as error:
        report.wrong("row_damaged", f"{where} cannot be read: {error}.")
        return
    if scope != row[-2]:
        report.wrong("scope_wrong", f"{where} lies in {row[-2]} and belongs in {scope}.")


def _pages(transaction: Transaction, synced: Synced) -> Iterator[list[Any]]:
    mark = transaction.placeholder
    sql = f"{statements(synced, transaction.dialect).read} WHERE id > {mark} ORDER BY id LIMIT {_PAGE}"
    after = ""
    while rows := transaction.execute(sql, (after,)).fetchall():
        yield rows
        after = rows[-1][0]


def _check_sums(transaction: Transaction, report: Report, sums: _Sums) -> None:
    stored = {
        scope: (int(count), int(total))
        for scope, count, total in transaction.execute("SELECT scope, count, checksum FROM scope_sum").fetchall()
    }
    for scope in sorted({*stored, *sums.counts}):
        count, total = stored.get(scope, (0, 0))
        if count != sums.counts[scope]:
            report.wrong("count_wrong", f"{scope} is said to have {count} rows and has {sums.counts[scope]}.")
        elif checksum_text(total) != checksum_text(sums.totals[scope]):
            report.wrong("checksum_wrong", f"The checksum of {scope} is not that of its rows.")


def _check_removals(transaction: Transaction, report: Report) -> None:
    horizon = transaction.execute("SELECT horizon FROM clock WHERE id = 1").fetchone()[0]
    for table, id_, version in transaction.execute("SELECT table_name, id, version FROM removal").fetchall():
        if not horizon < version <= report.version:
            report.wrong("removal_wrong", f"The removal of {table} {id_} has version {version}, outside the history.")


def _check_references(transaction: Transaction, report: Report) -> None:
    """PostgreSQL never lets a reference break; a SQLite file can be written by anything."""
    if transaction.dialect != "sqlite":
        return
    for table, _, parent, _ in transaction.execute("PRAGMA foreign_key_check").fetchall():
        report.wrong("reference_broken", f"A row of {table} points to a {parent} that is not there.")


def _check_samples(transaction: Transaction, report: Report) -> None:
    lone = transaction.execute(
        "SELECT g.id FROM sample_given g LEFT JOIN sample_movement m "
        "ON m.id = g.id AND m.kind = 'give' AND m.quantity = -g.quantity "
        "AND m.rep_id = g.rep_id AND m.sku_id = g.sku_id WHERE m.id IS NULL"
    )
    for (id_,) in lone.fetchall():
        report.wrong("sample_unbooked", f"The sample {id_} was given but is not booked as such in the rep's stock.")
