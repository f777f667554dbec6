"""The lines of the exchange, byte for byte."""

import json

import msgspec
import pytest

from leora_core.protocol.messages import AnswerLine, decode_line, decode_request, encode
from tests.wire.golden import ANSWER, ASKED, LINES, REQUEST

WRITTEN = LINES.read_bytes().splitlines()


def test_there_is_a_written_line_for_each() -> None:
    assert len(WRITTEN) == len(ANSWER)
    kinds = {json.loads(line)["t"] for line in WRITTEN}
    assert kinds == {"hello", "verdict", "scope", "rows", "gone", "page", "checkpoint"}


@pytest.mark.parametrize(
    ("line", "written"), list(zip(ANSWER, WRITTEN, strict=True)), ids=lambda value: type(value).__name__
)
def test_a_line_is_written_and_read_as_it_always_was(line: AnswerLine, written: bytes) -> None:
    assert encode(line) == written
    assert decode_line(written) == line


@pytest.mark.parametrize("written", WRITTEN)
def test_a_newer_servers_extra_field_is_overlooked(written: bytes) -> None:
    more = json.dumps({**json.loads(written), "brand_new": [1, {"x": None}]}).encode()
    assert decode_line(more) == decode_line(written)


def test_a_line_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_line(b'{"t":"riddle"}')


def test_a_line_that_was_cut_is_refused() -> None:
    for end in (1, len(WRITTEN[0]) // 2, len(WRITTEN[0]) - 1):
        with pytest.raises(msgspec.DecodeError):
            decode_line(WRITTEN[0][:end])


def test_no_news_fits_in_400_bytes() -> None:
    hello = next(line for line in WRITTEN if b'"hello"' in line)
    checkpoint = next(line for line in WRITTEN if b'"checkpoint"' in line)
    assert len(hello) + len(checkpoint) + 2 <= 400


def test_a_request_is_written_and_read_as_it_always_was() -> None:
    written = REQUEST.read_bytes().strip()
    assert encode(ASKED) == written
    assert decode_request(written) == ASKED


def test_a_request_may_leave_out_what_has_a_usual_value() -> None:
    first = decode_request(b'{"request":"r","lease":"l","cursor":0}')
    assert (first.chain, first.fill, first.max_rows, first.commands) == (None, [], 50_000, [])
