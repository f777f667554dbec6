import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leora_core.protocol.proof import (
    EMPTY_CHAIN,
    checksum_text,
    content_hash,
    digest_sum,
    next_chain,
    row_digest,
    to_signed,
)

ROWS = [("account", "0193", 1), ("account", "0194", 2**40), ("task", "0193", 1), ("naïve", "é🍷", 7)]


def own_digest(table: str, id_: str, version: int) -> int:
    """The digest from the words of the contract, by another way."""
    digest = hashlib.blake2b(digest_size=8)
    for part in (table, "|", id_, "|", str(version)):
        digest.update(part.encode("utf-8"))
    return int(digest.hexdigest(), 16)


@pytest.mark.parametrize(("table", "id_", "version"), ROWS)
def test_a_rows_digest_is_that_of_table_id_and_version(table: str, id_: str, version: int) -> None:
    assert row_digest(table, id_, version) == own_digest(table, id_, version)


def test_a_digest_stays_the_same_for_ever() -> None:
    assert f"{row_digest('account', '01940000-0000-7000-8000-000000000011', 1_290):016x}" == "05d3667c333d17fd"
    assert (
        next_chain(EMPTY_CHAIN, 1, "01940000-0000-7000-8000-000000000201", ["b|2", "a|1"])
        == "9dc954a9f2ad028e7a9a549c6b64cd5e"
    )
    assert content_hash(["id", None, True, 3, 1.5, "é"]) == "8ffa9e593bc699ff"


def test_the_sum_of_many_digests_is_the_sum_of_each() -> None:
    ids, versions = ["0193", "0194", "0195"], [3, 1, 2]
    assert digest_sum("account", ids, versions) == sum(map(own_digest, ["account"] * 3, ids, versions))
    assert digest_sum("account", [], []) == 0
    with pytest.raises(ValueError):
        digest_sum("account", ids, versions[:2])


def test_a_checksum_is_the_sum_modulo_2_to_64_as_16_digits() -> None:
    total = sum(own_digest(*row) for row in ROWS)
    assert checksum_text(total) == f"{total % 2**64:x}".rjust(16, "0")
    assert checksum_text(0) == "0" * 16
    assert checksum_text(-1) == "f" * 16
    assert checksum_text(2**64 + 5) == checksum_text(5)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=20), st.randoms())
def test_the_order_of_rows_and_of_taking_out_does_not_matter(digests: list[int], random: Any) -> None:
    shuffled = [*digests, *(extra := [7, 2**64 - 1])]
    random.shuffle(shuffled)
    assert checksum_text(sum(shuffled) - sum(extra)) == checksum_text(sum(digests))


@given(st.integers(-(2**70), 2**70))
def test_a_signed_sum_fits_a_column_and_comes_back(total: int) -> None:
    signed = to_signed(total)
    assert -(2**63) <= signed < 2**63
    assert signed % 2**64 == total % 2**64
    assert checksum_text(signed) == checksum_text(total)
    assert to_signed(signed) == signed


@pytest.mark.parametrize(
    ("total", "signed"), [(0, 0), (2**63 - 1, 2**63 - 1), (2**63, -(2**63)), (2**64 - 1, -1), (2**64, 0), (-1, -1)]
)
def test_the_upper_half_becomes_negative(total: int, signed: int) -> None:
    assert to_signed(total) == signed


def own_chain(previous: str, version: int, command_id: str, changed: list[str]) -> str:
    text = "|".join([previous, str(version), command_id, " ".join(sorted(changed))])
    return hashlib.blake2b(text.encode("utf-8"), digest_size=16).hexdigest()


def test_the_chain_hashes_what_was_before_version_command_and_changes() -> None:
    first = next_chain(EMPTY_CHAIN, 1, "c1", ["task|2", "account|9", "task|1"])
    assert first == own_chain("", 1, "c1", ["account|9", "task|1", "task|2"])
    assert next_chain(first, 2, "c2", []) == own_chain(first, 2, "c2", [])
    assert len(first) == 32


def test_the_chain_does_not_depend_on_the_order_of_changes() -> None:
    assert next_chain("x", 5, "c", ["a|1", "b|1"]) == next_chain("x", 5, "c", iter(["b|1", "a|1"]))


def test_the_chain_differs_when_anything_in_it_differs() -> None:
    chains = {
        next_chain("x", 5, "c", ["a|1"]),
        next_chain("y", 5, "c", ["a|1"]),
        next_chain("x", 6, "c", ["a|1"]),
        next_chain("x", 5, "d", ["a|1"]),
        next_chain("x", 5, "c", ["a|2"]),
        next_chain("x", 5, "c", []),
    }
    assert len(chains) == 6


def test_a_content_hash_is_that_of_the_rows_compact_json() -> None:
    row = ["0193", None, True, -5, 41.5, "Château 🍷", ["mon", "thu"], "2026-11-22T10:42:07.123Z"]
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    assert content_hash(row) == hashlib.blake2b(text.encode("utf-8"), digest_size=8).hexdigest()
