"""The log of a profile: a few rotating files from which secrets and addresses are struck out."""

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 1_000_000
FILES_KEPT = 5
FILE_NAME = "leora-desktop.log"

# A named secret and its value: quoted, quoted within a quoted text, or bare up to the next separator.
_NAMED = re.compile(
    r"(?i)(?<![a-z])((?:password|passphrase|passwd|secret|token|lease|api_?key|code_verifier)\\?[\"']?\s*[:=]\s*)"
    r"(?:\\\"(?:(?!\\\").)*\\\"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[\"']?[^\s,;&\"'})\]\\]+)"
)
_STRUCK: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"leora1\.[A-Za-z0-9._~+/=-]+"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 [token]"),
    (_NAMED, r"\1[secret]"),
    (re.compile(r"(?i)(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"), "[key]"),
    (re.compile(r"(://)[^\s/@]{1,300}@"), r"\1[login]@"),
    # Bounded, or a long word would be searched anew from each of its letters.
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "[email]"),
)


def redact(text: str) -> str:
    """The text without tokens, passwords, keys and e-mail addresses."""
    for pattern, instead in _STRUCK:
        text = pattern.sub(instead, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Strikes secrets out of the finished line, so out of arguments and tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def start_logging(directory: Path, level: str = "INFO", *, max_bytes: int = MAX_BYTES) -> logging.Handler:
    """Log to files in `directory`; close the handler with `stop_logging`. Raises OSError when none can be made."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / FILE_NAME
    path.touch(mode=0o600)
    handler = RotatingFileHandler(path, maxBytes=max_bytes, backupCount=FILES_KEPT - 1, encoding="utf-8")
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(process)d %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    # The libraries beneath speak of every connection at this level.
    logging.getLogger("urllib3").setLevel(max(root.level, logging.WARNING))
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Take the handler off and close its file."""
    logging.getLogger().removeHandler(handler)
    handler.close()
