import json
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from leora_core.domain.failures import Unavailable
from leora_desktop.keys import VaultLocked, VaultSecrets, new_database_key, trustworthy


def backend(module: str, *chained: Any) -> Any:
    """An object of a class that says it comes from `module`, as keyring's backends do."""
    made = type("Keyring", (), {"__module__": module})()
    if chained:
        made.backends = list(chained)
    return made


def test_a_database_key_is_new_each_time() -> None:
    keys = {new_database_key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(bytes.fromhex(key)) for key in keys} == {32}


@pytest.mark.parametrize(
    "module", ["keyring.backends.fail", "keyring.backends.null", "keyrings.alt.file", "keyrings.alt.Windows"]
)
def test_a_keyring_that_hides_nothing_is_refused(module: str) -> None:
    with pytest.raises(Unavailable, match="--vault"):
        trustworthy(backend(module))
    with pytest.raises(Unavailable):
        trustworthy(backend("keyring.backends.chainer", backend(module)))


def test_a_chain_of_keyrings_gives_the_first_that_hides() -> None:
    good = backend("keyring.backends.SecretService")
    assert trustworthy(backend("keyring.backends.chainer", backend("keyrings.alt.file"), good)) is good


def test_an_empty_chain_is_no_keyring() -> None:
    empty = backend("keyring.backends.chainer")
    empty.backends = []
    with pytest.raises(Unavailable):
        trustworthy(empty)


def test_secrets_stay_on_this_windows_machine() -> None:
    windows = backend("keyring.backends.Windows")
    assert trustworthy(windows).persist == "local machine"


def test_the_vault_opens_again_with_its_passphrase(tmp_path: Path) -> None:
    VaultSecrets(tmp_path / "deep" / "keys.vault", "grün 🍷").set("token", "leora1.abc")
    assert VaultSecrets(tmp_path / "deep" / "keys.vault", "grün 🍷").get("token") == "leora1.abc"


def test_a_wrong_passphrase_neither_reads_nor_writes(tmp_path: Path) -> None:
    path = tmp_path / "keys.vault"
    VaultSecrets(path, "right").set("token", "leora1.abc")
    before = path.read_bytes()
    wrong = VaultSecrets(path, "wrong")
    with pytest.raises(VaultLocked, match="passphrase does not open") as told:
        wrong.get("token")
    assert told.value.code == "vault_locked"
    for write in (lambda: wrong.set("token", "x"), lambda: wrong.delete("token")):
        with pytest.raises(VaultLocked):
            write()
    assert path.read_bytes() == before


def test_the_vault_shows_nothing_and_is_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "keys.vault"
    VaultSecrets(path, "right").set("token", "leora1.abc")
    raw = path.read_bytes()
    assert b"leora1" not in raw
    assert b"token" not in raw
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_every_write_has_a_nonce_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "keys.vault"
    vault = VaultSecrets(path, "right")
    nonces = set()
    for _ in range(5):
        vault.set("token", "the same")
        nonces.add(json.loads(path.read_bytes().split(b"\n")[0])["nonce"])
    assert len(nonces) == 5


def test_a_changed_header_or_body_does_not_open(tmp_path: Path) -> None:
    path = tmp_path / "keys.vault"
    VaultSecrets(path, "right").set("token", "leora1.abc")
    header, _, body = path.read_bytes().partition(b"\n")
    said = json.loads(header)
    forged = [
        json.dumps(said, sort_keys=False, indent=None, separators=(",", ":")).encode() + b"\n" + body,
        header + b"\n" + body[:-1] + bytes([body[-1] ^ 1]),
    ]
    for content in forged:
        path.write_bytes(content)
        with pytest.raises(VaultLocked):
            VaultSecrets(path, "right").get("token")


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\nxx", b"[]\nxx", b'{"v": 2}\nxx', b"\xff\xfe\nxx", b'{"v":1,"kdf":"scrypt","n":1073741824}\n'],
)
def test_a_file_that_is_no_vault_is_said_to_be_broken(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keys.vault"
    path.write_bytes(content)
    with pytest.raises(Unavailable, match="cannot be read"):
        VaultSecrets(path, "right").get("token")
    assert path.read_bytes() == content


def test_profiles_may_share_a_vault(tmp_path: Path) -> None:
    path = tmp_path / "keys.vault"
    one, two = (VaultSecrets(path, "right", owner) for owner in ("one", "two"))
    one.set("token", "a")
    two.set("token", "b")
    two.delete("token")
    assert (one.get("token"), two.get("token")) == ("a", None)
