"""Many verbs in one process: JSON lines in, one JSON line out for each."""

from collections.abc import Iterable
from typing import Any, BinaryIO

import msgspec

from leora_core.domain.command import Rejected
from leora_desktop.bootstrap.replies import REJECTED, Reply, attempt
from leora_desktop.bootstrap.session import Session

_ENCODER = msgspec.json.Encoder(enc_hook=str)


def encode(value: Any) -> bytes:
    """A value as JSON; what JSON has no word for becomes its text."""
    return _ENCODER.encode(value)


def run_batch(session: Session, lines: Iterable[bytes], out: BinaryIO) -> None:
    """Answer each line at once, so that a script can wait for one answer before it says the next."""
    for line in lines:
        if line.strip():
            out.write(encode(_answer(session, line).as_json) + b"\n")
            out.flush()


def _answer(session: Session, line: bytes) -> Reply:
    try:
        request = msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        refused = Rejected("usage", why=f"the line is no JSON object ({error})")
        return Reply(exit=REJECTED, code=refused.code, sentence=refused.sentence)
    return attempt(session, request)
