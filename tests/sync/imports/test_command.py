import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from leora_core.domain.catalogue.records import Sku
from sync.imports.command import add_parser, run
from tests.sync.conftest import Company
from tests.sync.imports.bench import Bench


def call(company: Company, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    return run(parser.parse_args(["import", *words]), company.tenants)


def called(company: Company, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    code = call(company, *words, "--json")
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def products(tmp_path: Path) -> str:
    path = tmp_path / "products.csv"
    path.write_text("SKU,Name\nA,Merlot\nB,Malbec\n")
    return str(path)


def test_a_file_goes_in_and_out_by_the_command_line(
    company: Company, bench: Bench, products: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, report = called(company, capsys, "acme", "products", products, "--set", "supplier=Casa Uno")
    assert (code, report["ok"], report["added"], report["written"]) == (0, True, 2, True)
    assert [row["status"] for row in report["rows"]] == ["added", "added"]
    code, listed = called(company, capsys, "acme", "list")
    assert listed["imports"][0]["id"] == report["batch"]
    code, undone = called(company, capsys, "acme", "undo", report["batch"])
    assert (code, undone["removed"]) == (0, {"sku": 2, "product": 2, "supplier": 1})
    assert bench.rows(Sku) == []


def test_a_refusal_is_one_sentence_and_exit_code_2(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(company, "acme", "products", str(tmp_path / "none.csv")) == 2
    assert "cannot be opened" in capsys.readouterr().err
    assert call(company, "nobody", "products", "x.csv") == 2
    assert "There is no tenant nobody" in capsys.readouterr().err


def test_bad_rows_give_exit_code_2_and_the_whole_story(
    company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("SKU,Name\nA,\n")
    code, report = called(company, capsys, "acme", "products", str(path))
    assert (code, report["written"], report["bad"]) == (2, False, 1)
    assert report["rows"] == [
        {
            "row": 2,
            "status": "bad",
            "about": None,
            "column": "Name",
            "sentence": "Row 2, column Name: the cell is empty. Fill it in or leave the row out.",
        }
    ]


@pytest.mark.parametrize("words", [("recipes",), ("acme", "recipes")])
def test_recipes_are_listed(company: Company, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert call(company, *words) == 0
    assert "boston_licences" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("acme",), ("acme", "nonsense", "x"), ("acme", "products"), ("undo", "acme")])
def test_calls_that_make_no_sense_are_told_how(company: Company, words: tuple[str, ...]) -> None:
    assert call(company, *words) == 2
