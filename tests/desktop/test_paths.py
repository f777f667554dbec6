import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from leora_core.domain.failures import Unavailable
from leora_desktop.paths import Profile, SignedIn, default_profile

WHO = SignedIn(
    server="http://127.0.0.1:8000",
    tenant="hills",
    email="mia@example.org",
    user_id="0193a000-0000-7000-8000-000000000001",
    user_name="Mia Ö",
    device_id="0193a000-0000-7000-8000-000000000002",
    device_code="K7",
    tenant_name="Hills Wine",
    timezone="America/New_York",
)
HOLD = """
import sys, time
from pathlib import Path
from leora_desktop.paths import Profile
with Profile(Path(sys.argv[1])).lock(0):
    print("held", flush=True)
    time.sleep(60)
"""


def test_nothing_is_made_before_it_is_written(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "profile")
    assert profile.signed_in() is None
    assert not profile.dir.exists()


def test_who_is_signed_in_is_remembered_and_forgotten(tmp_path: Path) -> None:
    Profile(tmp_path / "new" / "profile").sign_in(WHO)
    profile = Profile(tmp_path / "new" / "profile")
    assert profile.signed_in() == WHO
    profile.sign_out()
    assert profile.signed_in() is None


def test_fields_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    profile.sign_in(WHO)
    file = tmp_path / "profile.json"
    file.write_text(file.read_text().replace("{", '{"favourite_wine": "Barolo",', 1))
    assert profile.signed_in() == WHO


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"server": 1'])
def test_a_damaged_file_asks_to_sign_in_again(tmp_path: Path, text: str) -> None:
    (tmp_path / "profile.json").write_text(text)
    with pytest.raises(Unavailable, match="Sign in again"):
        Profile(tmp_path).signed_in()


def test_the_id_is_made_once_and_moves_with_the_folder(tmp_path: Path) -> None:
    first = Profile(tmp_path / "a").id
    (tmp_path / "a").rename(tmp_path / "b")
    assert Profile(tmp_path / "b").id == first
    assert Profile(tmp_path / "a").id != first


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be written") as told:
        Profile(tmp_path / "file" / "profile").sign_in(WHO)
    assert told.value.what == "disk"


def test_no_trace_of_an_unfinished_write_remains(tmp_path: Path) -> None:
    profile = Profile(tmp_path)
    (tmp_path / "profile.json").mkdir()
    with pytest.raises(Unavailable):
        profile.sign_in(WHO)
    assert [path.name for path in tmp_path.iterdir()] == ["profile.json"]


def test_a_second_program_is_told_who_is_in_the_way(tmp_path: Path) -> None:
    with Profile(tmp_path).lock(0), pytest.raises(Unavailable, match="already open on this profile"):  # noqa: SIM117
        with Profile(tmp_path).lock(0.1):
            pass


def test_a_second_program_waits_its_turn(tmp_path: Path) -> None:
    first = Profile(tmp_path).lock(0)
    first.__enter__()
    release = threading.Timer(0.3, first.__exit__, (None, None, None))
    release.start()
    began = time.monotonic()
    with Profile(tmp_path).lock(10):
        assert time.monotonic() - began >= 0.2
    release.join()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is not a thing of Windows")
def test_the_lock_of_a_killed_program_is_free(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(Unavailable), Profile(tmp_path).lock(0):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    with Profile(tmp_path).lock(1):
        pass


def test_there_is_a_place_for_a_profile_nobody_named() -> None:
    assert default_profile().is_absolute()
