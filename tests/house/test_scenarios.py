"""Every scenario of the sync protocol's torture list has a test of its number."""

import ast
import re

from tests.house.tree import sources

NUMBERED = re.compile(r"test_s(\d\d)_[a-z0-9_]+")


def test_scenarios_one_to_forty_are_all_tried() -> None:
    names = [
        node.name
        for path in sources("tests")
        if path.parent.name == "conversation" and path.name.startswith("test_scenarios_")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    matches = [NUMBERED.fullmatch(name) for name in names]
    assert None not in matches
    assert {int(match[1]) for match in matches if match} == set(range(1, 41))
