"""Bytes to text: UTF-8 with or without a mark, UTF-16, and the Windows and Mac code pages of old exports."""

import charset_normalizer

from sync.imports.problems import counted

UNREADABLE = "\ufffd"
"""Stands for bytes that are no letters in any encoding tried."""

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OLD_PAGES = ["cp1252", "mac_roman", "cp850"]
_NAMES = {"cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS code page 850"}


def decode(data: bytes) -> tuple[str, list[str]]:
    """The text, and notes on how it was read. Bytes nobody can read become `UNREADABLE`."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "replace"), []
    wide = _unmarked_utf16(data)
    if wide is not None:
        return data.decode(wide, "replace"), ["The text was read as UTF-16."]
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return _by_line(data)


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin text is zero."""
    head = data[:2_000]
    if len(head) < 4 or head.count(0) * 3 < len(head):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def _by_line(data: bytes) -> tuple[str, list[str]]:
    """Some line is not UTF-8: the file is of an old code page, or was put together from both."""
    lines = data.split(b"\n")
    old = [number for number, line in enumerate(lines) if not _is_utf8(line)]
    is_old = frozenset(old)
    modern = any(not line.isascii() and _is_utf8(line) for line in lines)
    page = "cp1252" if modern else _code_page(data)
    texts = [line.decode(page if number in is_old else "utf-8", "replace") for number, line in enumerate(lines)]
    name = _NAMES[page]
    if not modern:
        return "\n".join(texts), [f"The text was read as {name}. Check names with accents."]
    where = ", ".join(str(number + 1) for number in old[:5]) + (", …" if len(old) > 5 else "")
    note = f"The file mixes UTF-8 and {name}: {counted(len(old), 'line')} read as {name} ({where}). Check the accents."
    return "\n".join(texts), [note]


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _code_page(data: bytes) -> str:
    """Windows-1252 wherever it can be; else what the letters' frequencies speak for."""
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(data, cp_isolation=_OLD_PAGES).best()
        return best.encoding if best is not None and best.encoding in _OLD_PAGES else "cp1252"
    return "cp1252"
