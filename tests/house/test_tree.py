"""The repository as a whole: what lies where, how big, and that it speaks of no one machine."""

import re

from tests.house.tree import ROOT, files, sources, texts

MEBIBYTE = 1_048_576
MACHINE_PATH = re.compile(r"(?<![\w./~-])/(?:work|root|home/\w+|Users/\w+)/[\w.]")
NAMED_PAGE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w.-]+\.md)\b")
LINK = re.compile(r"\]\(([^)#:]+)\)")


def test_resources_and_packaging_are_no_python_packages() -> None:
    stray = [path for path in files() if path.name == "__init__.py"]
    assert not [path for path in stray if path.relative_to(ROOT).parts[0] in ("resources", "packaging")]


def test_no_file_is_over_one_mebibyte() -> None:
    assert not [str(path.relative_to(ROOT)) for path in files() if path.stat().st_size > MEBIBYTE]


def test_no_text_names_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}" for path, text in texts() for match in MACHINE_PATH.finditer(text)
    ]
    assert not found


def test_every_page_that_code_names_exists() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {page}"
        for path in sources("leora_core", "leora_desktop", "sync", "benchmarks", "tests")
        for page in NAMED_PAGE.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / page).exists() and "house" not in path.parts
    }
    assert not missing


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in texts()
        if path.suffix == ".md"
        for target in LINK.findall(text)
        if not (path.parent / target).exists()
    ]
    assert not broken


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_licence_is_whole() -> None:
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
