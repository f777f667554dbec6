"""A verb's result in lines for people; scripts ask for --json."""

from typing import Any


def in_words(result: Any) -> str:
    """One line for each fact or row."""
    return "\n".join(_lines(result))


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in _fact(name, item)]
    if isinstance(value, list):
        return [_row(item) for item in value]
    return [_cell(value)]


def _fact(name: str, value: Any) -> list[str]:
    title = name.replace("_", " ")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [f"{title}:", *(f"  {_row(item)}" for item in value)]
    return [f"{title}: {_cell(value)}"]


def _row(value: Any) -> str:
    if not isinstance(value, dict):
        return _cell(value)
    return "  ".join(f"{name}={_cell(item)}" for name, item in value.items() if item not in (None, "", [], {}))


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return "{" + ", ".join(f"{name}: {_cell(item)}" for name, item in value.items()) + "}"
        case list():
            return ", ".join(map(_cell, value)) or "none"
        case _:
            return str(value)
