"""Rewrites the golden files that follow from the code: `python -m tests.wire.refresh`.

Look at the difference before committing it: a field that is new must be optional, one that is gone or
renamed needs a new version of its command. The files of the commands themselves are written by hand.
"""

import json

from leora_core.protocol.messages import encode
from tests.wire.golden import ANSWER, ASKED, LINES, REQUEST, SCHEMAS, shapes


def refresh() -> None:
    """Write shapes, lines and request as they are now."""
    texts = [f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes().items()]
    SCHEMAS.write_text("{\n" + ",\n".join(texts) + "\n}\n", encoding="utf-8")
    LINES.write_bytes(b"".join(encode(line) + b"\n" for line in ANSWER))
    REQUEST.write_bytes(encode(ASKED) + b"\n")


if __name__ == "__main__":
    refresh()
