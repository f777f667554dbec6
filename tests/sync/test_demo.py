"""The demo from its command line to its proof, on the smallest made files."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sync.demo.__main__ import main


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one run of the demo leaves behind."""
    folder = tmp_path_factory.mktemp("demo") / "demo-output"
    done = subprocess.run(
        [sys.executable, "-m", "sync.demo", "--size", "small", "--out", str(folder)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr
    return folder


@pytest.fixture(scope="module")
def transcript(out: Path) -> str:
    return (out / "transcript.txt").read_text("utf-8")


@pytest.mark.slow
def test_it_ends_with_every_device_equal_to_the_server(out: Path, transcript: str) -> None:
    proof = (out / "proof.txt").read_text("utf-8").strip()
    assert re.fullmatch(r"PROOF equal devices=3 rows=[1-9]\d{3,} checksum=[0-9a-f]{16}", proof)
    assert proof in transcript.splitlines()


@pytest.mark.slow
def test_the_transcript_names_a_refused_code_and_a_conflict(transcript: str) -> None:
    assert "rejected as allowance_exceeded" in transcript
    assert re.search(r"Open conflicts on the laptop of .*: 2: phone of ", transcript)
    assert "LogActivity of Ana Prado, accepted, late" in transcript


@pytest.mark.slow
def test_the_pull_kept_what_had_come_before_the_line_broke(transcript: str) -> None:
    kept, shown = re.search(r"The pull goes on: ([\d,]+) rows were kept, ([\d,]+) are\s+shown", transcript).groups()
    assert 0 < int(kept.replace(",", "")) < int(shown.replace(",", ""))


@pytest.mark.slow
def test_no_line_is_wider_than_a_terminal(transcript: str) -> None:
    assert max(map(len, transcript.splitlines())) <= 110


@pytest.mark.slow
def test_the_databases_of_server_and_laptops_stay(out: Path) -> None:
    assert list((out / "server").rglob("*.db"))
    assert len(list((out / "laptops").glob("*/profile"))) == 3


def test_a_folder_that_the_demo_did_not_make_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    assert main(["--out", str(tmp_path)]) == 1
    assert "holds files that the demo did not make" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_without_the_real_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path / "out"), "--data", str(tmp_path)]) == 1
    assert "lacks grocer_alcohol_products.csv" in " ".join(capsys.readouterr().out.split())
