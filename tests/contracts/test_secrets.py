"""What every store of secrets promises: the fake, the vault and the system's own keyring.

The keyring is a real Secret Service on a message bus of its own: `test_the_systems_keyring…` starts
one and runs this file again inside.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from leora_desktop.keys import LONGEST, KeyringSecrets, Secrets, VaultSecrets
from tests.fakes import FakeSecrets

INSIDE = "LEORA_TEST_SECRET_SERVICE"
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
MISSING = [program for program in NEEDED if not shutil.which(program)]
SESSION = """
printf 'open sesame\\n' | gnome-keyring-daemon --unlock --components=secrets >"$HOME/daemon" 2>&1
"$0" -m pytest -q -p no:cacheprovider "$1"
"""

MAKERS: dict[str, Callable[[Path], Secrets]] = {
    "fake": lambda _: FakeSecrets(),
    "vault": lambda folder: VaultSecrets(folder / "keys.vault", "pass phrase"),
}
if os.environ.get(INSIDE):
    MAKERS = {"keyring": lambda folder: KeyringSecrets(folder.name)}


@pytest.fixture(params=list(MAKERS))
def secrets(request: pytest.FixtureRequest, tmp_path: Path) -> Secrets:
    return MAKERS[request.param](tmp_path)


def test_what_was_never_kept_is_none(secrets: Secrets) -> None:
    assert secrets.get("database") is None


def test_what_is_kept_can_be_had_again(secrets: Secrets) -> None:
    secrets.set("database", "a1" * 32)
    secrets.set("token", "leora1.grün 🍷")
    assert secrets.get("database") == "a1" * 32
    assert secrets.get("token") == "leora1.grün 🍷"


def test_the_later_secret_takes_the_place_of_the_earlier(secrets: Secrets) -> None:
    secrets.set("token", "one")
    secrets.set("token", "two")
    assert secrets.get("token") == "two"


def test_what_is_deleted_is_gone_and_deleting_again_is_no_error(secrets: Secrets) -> None:
    secrets.set("database", "one")
    secrets.set("token", "two")
    secrets.delete("token")
    secrets.delete("token")
    secrets.delete("never")
    assert secrets.get("token") is None
    assert secrets.get("database") == "one"


def test_the_longest_secret_fits_and_a_longer_one_is_refused(secrets: Secrets) -> None:
    secrets.set("token", "ü" * LONGEST)
    assert secrets.get("token") == "ü" * LONGEST
    with pytest.raises(ValueError, match="characters"):
        secrets.set("token", "x" * (LONGEST + 1))


@pytest.mark.parametrize("name", ["", "Upper", "with space", "x" * 101, "new\nline"])
def test_a_name_is_short_and_plain(secrets: Secrets, name: str) -> None:
    for call in (lambda: secrets.get(name), lambda: secrets.set(name, "x"), lambda: secrets.delete(name)):
        with pytest.raises(ValueError, match="name"):
            call()


def run_inside(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script on a message bus of its own, in a home of its own (short: sockets lie in it)."""
    with tempfile.TemporaryDirectory(prefix="leora-") as home:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "DBUS_", "DISPLAY"))}
        return subprocess.run(
            ["dbus-run-session", "--", "sh", "-c", script, sys.executable, *arguments],
            env={**kept, "HOME": home, "XDG_RUNTIME_DIR": home, INSIDE: "1"},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )


if not os.environ.get(INSIDE):

    @pytest.mark.skipif(bool(MISSING), reason=f"a Secret Service needs {' and '.join(MISSING)}; see dev.py setup")
    def test_the_systems_keyring_keeps_the_promises() -> None:
        ran = run_inside(SESSION, __file__)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    @pytest.mark.skipif(bool(MISSING), reason=f"a message bus needs {' and '.join(MISSING)}; see dev.py setup")
    def test_two_profiles_keep_apart_in_one_keyring() -> None:
        script = SESSION.replace('-m pytest -q -p no:cacheprovider "$1"', '-c "$1"')
        program = (
            "from leora_desktop.keys import KeyringSecrets as K;"
            "K('one').set('token', 'a'); K('two').set('token', 'b');"
            "K('two').delete('token'); print(K('one').get('token'), K('two').get('token'))"
        )
        ran = run_inside(script, program)
        assert ran.stdout == "a None\n", ran.stderr

    @pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a keyring")
    def test_no_keyring_is_unavailable_and_says_what_to_do() -> None:
        program = (
            "from leora_desktop.keys import KeyringSecrets as K\n"
            "from leora_core.domain.failures import Unavailable\n"
            "for call in (K('p').get, K('p').delete, lambda name: K('p').set(name, 'x')):\n"
            "    try: call('token')\n"
            "    except Unavailable as told: print(told.what, '--vault' in told.sentence)\n"
        )
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere", "XDG_RUNTIME_DIR": "/nowhere"}
        ran = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        assert ran.stdout == "keyring True\n" * 3
