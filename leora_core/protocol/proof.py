"""The sums both ends compute: row digests, checksums, content hashes, the chain of commits."""

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

MODULUS = 1 << 64
EMPTY_CHAIN = ""


def row_digest(table: str, id: str, version: int) -> int:
    """BLAKE2b with 8 bytes over `table|id|version`, as a big-endian whole number."""
    return int.from_bytes(hashlib.blake2b(f"{table}|{id}|{version}".encode(), digest_size=8).digest())


def digest_sum(table: str, ids: Iterable[str], versions: Iterable[int]) -> int:
    """The sum of the digests of many rows of one table (not yet taken modulo 2^64)."""
    blake2b, number = hashlib.blake2b, int.from_bytes
    return sum(
        number(blake2b(f"{table}|{id_}|{version}".encode(), digest_size=8).digest())
        for id_, version in zip(ids, versions, strict=True)
    )


def checksum_text(total: int) -> str:
    """A sum modulo 2^64 as 16 hexadecimal digits."""
    return f"{total % MODULUS:016x}"


def to_signed(total: int) -> int:
    """A sum modulo 2^64 as the signed number a database column holds."""
    total %= MODULUS
    return total - MODULUS if total >= MODULUS // 2 else total


def next_chain(previous: str, version: int, command_id: str, changed: Iterable[str]) -> str:
    """The chain after a commit: BLAKE2b-128 of `previous|version|command id|a b c`, hexadecimal.

    `changed` are `table|id` texts; they are sorted and joined by single spaces. The chain before
    version 1 is the empty text.
    """
    text = f"{previous}|{version}|{command_id}|{' '.join(sorted(changed))}"
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def content_hash(row: list[Any]) -> str:
    """BLAKE2b with 8 bytes over the row's wire values as compact JSON, hexadecimal, for deep checks."""
    return hashlib.blake2b(msgspec.json.encode(row), digest_size=8).hexdigest()
