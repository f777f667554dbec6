"""The page on syncing against the code: whoever writes another client has nothing else to go by."""

import ast
import dataclasses
import re

import pytest

import leora_core.domain.subjects  # noqa: F401 - registers every command
from leora_core.domain.command import COMMANDS
from leora_core.domain.edits import EDITABLE
from leora_core.protocol.proof import checksum_text, content_hash, next_chain, row_digest
from leora_core.store.tables import BY_NAME
from tests.house.tree import ROOT, sources

PAGE = (ROOT / "docs" / "sync.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([A-Za-z][A-Za-z0-9_]*)`", PAGE))
ROWS = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
COMMAND_ROWS = {match[1]: line for line in PAGE.splitlines() if (match := re.match(r"\| \w+ \| `([A-Z]\w+)`", line))}
A, C, D = (f"0193a0b0-0000-7000-8000-00000000000{last}" for last in "1cd")


def test_every_command_has_a_line_with_its_summary_and_fields() -> None:
    assert set(COMMAND_ROWS) == set(COMMANDS)
    missing = [
        f"{name}.{field.name}"
        for name, known in COMMANDS.items()
        for field in dataclasses.fields(known.command)
        if not re.search(rf"\b{field.name}\??: ", COMMAND_ROWS[name])
    ]
    assert missing == []
    assert [name for name, known in COMMANDS.items() if known.summary not in COMMAND_ROWS[name]] == []


def test_every_version_above_the_first_is_told() -> None:
    risen = {name: known.command.VERSION for name, known in COMMANDS.items() if known.command.VERSION > 1}
    assert [name for name, version in risen.items() if f"`{name}` (v{version})" not in PAGE] == []


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_every_synced_table_is_told_with_its_columns_in_order(name: str) -> None:
    told = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |") and "| id id," in line]
    assert len(told) == 1
    columns = [column.split()[0] for column in told[0].split("|")[3].split(",")]
    assert columns == BY_NAME[name].column_names


def test_every_field_that_can_be_edited_is_told() -> None:
    lines = set(PAGE.splitlines())
    assert [name for name, kind in EDITABLE.items() if f"| `{name}` | {', '.join(kind.fields)} |" not in lines] == []


def test_every_reason_of_a_rule_is_told_with_its_sentence() -> None:
    reasons = _reasons()
    assert reasons
    assert [code for code, sentence in reasons.items() if sentence not in ROWS.get(code, "")] == []


def test_every_code_of_an_http_error_is_told() -> None:
    codes = _http_codes()
    assert {"device_forked", "not_found", "server_error", "hash_mismatch"} <= codes
    assert codes - NAMED == set()


def test_every_address_of_the_server_is_told() -> None:
    paths = {
        node.value
        for path in sources("sync")
        if "endpoints" in path.parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"/v1/[\w{}/-]+", node.value)
    }
    assert paths
    assert [path for path in sorted(paths) if path not in PAGE] == []


def test_the_sums_to_try_a_client_against_are_ours() -> None:
    digest = row_digest("account", A, 7)
    first = next_chain("", 1, C, [])
    ours = [
        f"{digest:016x}",
        checksum_text(digest + row_digest("account", C, 9)),
        first,
        next_chain(first, 2, D, [f"task|{A}", f"account|{A}"]),
        content_hash([A, "Château", True, None, 1.0, ["x"]]),
    ]
    assert [value for value in ours if f"| `{value}` |" not in PAGE] == []


def _reasons() -> dict[str, str]:
    """The reasons the core declares; a laptop's own never travel."""
    found: dict[str, str] = {}
    for path in sources("leora_core"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="declare"), args=[ast.Dict() as declared]):
                    found |= ast.literal_eval(declared)
    return found


def _http_codes() -> set[str]:
    """The codes with which the server refuses a request."""
    found: set[str] = set()
    for path in sources("sync"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="ApiError"), args=[_, ast.Constant(value=str() as code), *_]):
                    found.add(code)
                case ast.Call(func=ast.Name(id="error_body"), args=[ast.Constant(value=str() as code), *_]):
                    found.add(code)
                case ast.Assign(targets=[ast.Name(id="_BY_STATUS")], value=ast.Dict(values=values)):
                    found |= {ast.literal_eval(value)[0] for value in values}
    return found
