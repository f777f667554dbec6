"""What a newcomer meets first: README, dev.py, the lock files, CI and the changelog."""

import ast
import os
import re
import subprocess
import sys
import tomllib

import pytest

from tests.house.tree import ROOT

PINNED = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
HEADING = re.compile(r"^## \[(Unreleased|\d+\.\d+\.\d+)\](?: - (\d{4}-\d{2}-\d{2}))?$")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_readme_opens_with_the_two_commands() -> None:
    opening = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:16])
    assert "\npython3 dev.py demo\npython3 dev.py test\n" in opening


def test_dev_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_dev_parses_on_pythons_too_old_to_run_it() -> None:
    ast.parse((ROOT / "dev.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_dev_says_its_verbs() -> None:
    told = subprocess.run([sys.executable, "dev.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for verb in ("demo", "test", "run", "check", "setup", "lock", "bundle"):
        assert f"\n    {verb} " in told.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_ci_can_be_run_and_says_the_tests_last() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "python3 dev.py test"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-voice.lock"])
def test_locks_carry_hashes_and_no_hosts(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in lock
    assert not re.findall(r"^\s*--(?!hash=)", lock, re.MULTILINE)
    blocks = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    assert blocks
    assert not [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block]


def test_every_dependency_is_locked_and_its_licence_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(need for extra in project["optional-dependencies"].values() for need in extra),
    ]
    names = {re.split(r"[^\w.-]", need, maxsplit=1)[0].lower().replace("_", "-") for need in wanted}
    locks = [(ROOT / lock).read_text(encoding="utf-8") for lock in ("requirements.lock", "requirements-voice.lock")]
    assert names - {name for lock in locks for name in PINNED.findall(lock)} == set()
    table = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").lower()
    assert [name for name in sorted(names) if f"\n| {name} |" not in table] == []


def test_both_locks_agree() -> None:
    both = [
        dict(re.findall(r"^(\S+)==(\S+) \\$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-voice.lock")
    ]
    assert {name for name in both[0].keys() & both[1].keys() if both[0][name] != both[1][name]} == set()


def test_the_changelog_keeps_its_form() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Changelog"
    versions = [line for line in lines if line.startswith("## ")]
    assert versions[0] == "## [Unreleased]"
    assert [line for line in versions if not HEADING.match(line)] == []
    assert [line for line in versions[1:] if " - " not in line] == []
    assert {line[4:] for line in lines if line.startswith("### ")} <= KINDS
