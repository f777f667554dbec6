from datetime import date
from pathlib import Path

import pytest

from sync.demo.generator import RECIPE, VOLUMES, generate
from sync.imports.applying import run_import
from sync.imports.prepared import source_of
from tests.sync.conftest import Company

TODAY = date(2026, 11, 22)
REPS = ["ann@acme.example", "bob@acme.example", "cid@acme.example"]


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    first = generate(tmp_path / "a", "small", 7, REPS, today=TODAY)
    second = generate(tmp_path / "b", "small", 7, REPS, today=TODAY)
    other = generate(tmp_path / "c", "small", 8, REPS, today=TODAY)
    assert [path.read_bytes() for path in first.values()] == [path.read_bytes() for path in second.values()]
    assert first["orders"].read_bytes() != other["orders"].read_bytes()


def test_every_file_imports_without_a_bad_row(company: Company, tmp_path: Path) -> None:
    for rep in REPS:
        company.person(rep, "rep", password=None)
    paths = generate(tmp_path, "small", 7, REPS)
    volume = VOLUMES["small"]
    counts = {}
    for kind, path in paths.items():
        recipe = None if kind == "stock" else RECIPE
        report = run_import(company.tenant, source_of(path, kind, recipe))
        assert report.ok, report.lines()
        assert report.counts["bad"] == report.counts["duplicate"] == 0
        counts[kind] = report.counts["added"]
    assert (counts["accounts"], counts["products"], counts["orders"]) == (volume.accounts, volume.skus, volume.lines)
    with company.tenant.database.reading() as transaction:
        orders, buying, mean = transaction.execute(
            'SELECT COUNT(*), COUNT(DISTINCT account_id), AVG(total_cents) FROM "order"'
        ).fetchone()
    assert (orders, buying) == (volume.orders, volume.buying)
    assert 70_000 < mean < 150_000


def test_the_bad_file_shows_the_messages(company: Company, tmp_path: Path) -> None:
    generate(tmp_path, "small", 7, REPS, today=TODAY)
    report = run_import(company.tenant, source_of(tmp_path / "accounts_bad.csv", "accounts", RECIPE))
    assert not report.ok
    assert (len(report.plan.problems), report.counts["added"]) == (8, 2)


@pytest.mark.slow
def test_the_full_size_has_its_volumes(tmp_path: Path) -> None:
    paths = generate(tmp_path, "full", 1, [f"rep{i}@acme.example" for i in range(7)], today=TODAY)
    volume = VOLUMES["full"]
    assert paths["orders"].read_text().count("\n") == volume.lines + 2
    assert paths["products"].read_text().count("\n") == volume.skus + 1
    assert paths["accounts"].read_bytes().count(b"\n") == volume.accounts + 4
