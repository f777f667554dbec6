"""The business rules as a whole: said in words, declared, deterministic."""

import ast
import re
import string

import leora_core.domain.subjects  # noqa: F401 - registers every command and reason
from leora_core.domain.command import COMMANDS
from leora_core.domain.reasons import REASONS
from tests.house.tree import ROOT, sources

UNSURE = re.compile(r"\bnow\(|\butcnow\(|\btoday\(\)|\buuid[147]\(|\brandom\.|\bsecrets\.|\btime\.time\(")
CODE = re.compile(r"^[a-z][a-z0-9_]*$")


def test_there_are_commands() -> None:
    assert COMMANDS


def test_every_command_says_in_a_line_what_it_does() -> None:
    # A dataclass without a docstring gets its signature for one.
    assert [name for name, known in COMMANDS.items() if known.summary.startswith(f"{name}(")] == []
    assert [name for name, known in COMMANDS.items() if not known.summary.endswith(".")] == []


def test_every_reason_is_a_sentence_with_a_stable_code() -> None:
    assert [code for code in REASONS if not CODE.match(code)] == []
    assert [code for code, reason in REASONS.items() if not reason.template.endswith(".")] == []
    assert [code for code, reason in REASONS.items() if reason.template[0] not in "{" + string.ascii_uppercase] == []


def test_every_code_that_is_refused_with_is_declared() -> None:
    declared: set[object] = set()
    refused: set[object] = set()
    for path in sources("leora_core", "sync", "leora_desktop"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="declare"), args=[ast.Dict(keys=keys)]):
                    declared.update(key.value for key in keys if isinstance(key, ast.Constant))
                case ast.Call(func=ast.Name(id="Rejected"), args=[ast.Constant(value=code), *_]):
                    refused.add(code)
    assert refused - declared == set()


def test_rules_take_time_and_ids_and_never_make_them() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in sources("leora_core")
        if "domain" in path.parts
        for match in UNSURE.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []
