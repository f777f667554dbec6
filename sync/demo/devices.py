"""A laptop: one process of the desktop program over one profile, spoken to in JSON lines."""

import contextlib
import subprocess
import threading
from pathlib import Path
from typing import Any

import msgspec

from sync.demo import processes
from sync.demo.telling import DemoFailed

_PATIENCE_SECONDS = 300.0
_PAGE = 1_000


class Refused(Exception):  # noqa: N818 - an answer of the product
    """The product said no, or not now."""

    def __init__(self, reply: dict[str, Any]) -> None:
        super().__init__(f"{reply.get('code')}: {reply.get('sentence')}")
        self.code = str(reply.get("code"))
        self.sentence = str(reply.get("sentence"))


class Device:
    """A running laptop. `close` ends its process."""

    def __init__(self, folder: Path, passphrase: str) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        words = ["--profile", str(folder / "profile"), "--vault", str(folder / "vault")]
        words += ["--vault-passphrase-fd", "0", "batch"]
        self._process = processes.start("leora_desktop", words, folder / "errors.txt")
        self._send(passphrase.encode())
        self.user: dict[str, Any] = {}
        self.code = ""
        """The device's short code, as the server gave it."""

    @property
    def name(self) -> str:
        """Whose laptop it is, as the server says."""
        return str(self.user["name"])

    @property
    def id(self) -> str:
        """The id of the person."""
        return str(self.user["id"])

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def sign_in(self, server: str, tenant: str, email: str, password: str) -> None:
        """Become a device of this person."""
        answer = self.ask("sign-in", server=server, tenant=tenant, email=email, password=password)
        self.user, self.code = answer["user"], answer["device_code"]

    def ask(self, verb: str, **fields: Any) -> Any:
        """One verb and its result. Raises Refused, or DemoFailed when the process is gone."""
        watchdog = threading.Timer(_PATIENCE_SECONDS, self._process.kill)
        watchdog.start()
        try:
            self._send(msgspec.json.encode({"verb": verb, **fields}))
            line = self._output.readline()
        except OSError:
            line = b""
        finally:
            watchdog.cancel()
        if not line:
            raise DemoFailed(f"The laptop's program ended at `{verb}`. {self.folder / 'errors.txt'} may say why.")
        reply = msgspec.json.decode(line)
        if not reply["ok"]:
            raise Refused(reply)
        return reply["result"]

    def do(self, command: str, **payload: Any) -> dict[str, Any]:
        """Carry out a command; what the laptop predicts of it."""
        given = {name: value for name, value in payload.items() if value is not None}
        answer: dict[str, Any] = self.ask("do", command=command, payload=given)
        return answer

    def query(self, name: str, **params: Any) -> Any:
        """What a query answers."""
        return self.ask("query", name=name, params=params)

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """All rows of a query that answers in pages."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.query(name, limit=_PAGE, after=after, **params)
            found += page["rows"]
            after = page["next"]
            if not after:
                return found

    def edit_account(self, account_id: str, **now: Any) -> dict[str, Any]:
        """Change fields of an account, from what this laptop shows to `now`."""
        seen = self.query("account", id=account_id)["account"]
        fields = {field: {"was": seen[field], "now": value} for field, value in now.items()}
        return self.do("EditAccount", account_id=account_id, fields=fields)

    def close(self) -> None:
        """Let the program end by itself; it does when nothing more is said."""
        with contextlib.suppress(OSError):
            self._input.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(20)
        processes.stop(self._process)

    @property
    def _input(self) -> Any:
        return self._process.stdin

    @property
    def _output(self) -> Any:
        return self._process.stdout

    def _send(self, line: bytes) -> None:
        self._input.write(line + b"\n")
        self._input.flush()
