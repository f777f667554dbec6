"""What the replica holds, summed from its rows: the proof that nothing is missing and nothing is extra."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import msgspec

from leora_core.protocol.proof import checksum_text, content_hash, digest_sum, row_digest
from leora_core.store.columns import convert
from leora_core.store.prepared import Transaction
from leora_core.store.statements import quote, statements
from leora_core.store.tables import BY_NAME, SYNCED

_BATCH = 10_000


@dataclass(frozen=True)
class Sum:
    """How many base rows, and the sum of their digests (not reduced)."""

    count: int
    total: int

    @property
    def checksum(self) -> str:
        """16 hexadecimal digits."""
        return checksum_text(self.total)


def base_sum(transaction: Transaction) -> Sum:
    """The sum over every base row: what is shown, with predictions replaced by their before-images."""
    count = total = 0
    for synced in SYNCED:
        table = quote("sqlite", synced.name)
        cursor = transaction.execute(f"SELECT id, row_version FROM {table}")  # noqa: S608 - our own names
        while rows := cursor.fetchmany(_BATCH):
            ids, versions = zip(*rows, strict=True)
            count += len(rows)
            total += digest_sum(synced.name, ids, versions)
    for table_name, id_, row in _images(transaction):
        shown = transaction.execute(statements(BY_NAME[table_name], "sqlite").get, (id_,)).fetchone()
        if shown is not None:
            count -= 1
            total -= row_digest(table_name, id_, shown[-1])
        if row is not None:
            count += 1
            total += row_digest(table_name, id_, row[-1])
    return Sum(count, total)


def scope_sums(transaction: Transaction) -> dict[str, Sum]:
    """The base rows summed scope by scope, to find which differs from the server's."""
    counts: dict[str, int] = defaultdict(int)
    totals: dict[str, int] = defaultdict(int)

    def add(table: str, id_: str, scope: str, version: int, sign: int) -> None:
        counts[scope] += sign
        totals[scope] += sign * row_digest(table, id_, version)

    for synced in SYNCED:
        table = quote("sqlite", synced.name)
        for id_, scope, version in transaction.execute(f"SELECT id, row_scope, row_version FROM {table}"):  # noqa: S608
            add(synced.name, id_, scope, version, 1)
    for table_name, id_, row in _images(transaction):
        shown = transaction.execute(statements(BY_NAME[table_name], "sqlite").get, (id_,)).fetchone()
        if shown is not None:
            add(table_name, id_, shown[-2], shown[-1], -1)
        if row is not None:
            add(table_name, id_, row[-2], row[-1], 1)
    return {scope: Sum(counts[scope], totals[scope]) for scope in counts}


def content_hashes(transaction: Transaction, table: str, after: str, limit: int) -> list[tuple[str, str, int, str]]:
    """(id, scope, version, content hash) of base rows of `table` in id order, for a deep check."""
    synced = BY_NAME[table]
    width = len(synced.columns)
    images = {id_: row for name, id_, row in _images(transaction) if name == table}
    read = f"{statements(synced, 'sqlite').read} WHERE id > ? ORDER BY id LIMIT ?"
    hashes = []
    for shown in transaction.execute(read, (after, limit)).fetchall():
        row = images.get(shown[0], shown) if shown[0] in images else shown
        if row is None:
            hashes.append((shown[0], "", 0, ""))
            continue
        wire = convert(list(row[:width]), synced.to_wire)
        hashes.append((shown[0], row[-2], row[-1], content_hash(wire)))
    return hashes


def _images(transaction: Transaction) -> list[tuple[str, str, list[Any] | None]]:
    rows = transaction.execute("SELECT table_name, id, row FROM before_image").fetchall()
    return [(table, id_, msgspec.json.decode(row) if row is not None else None) for table, id_, row in rows]
