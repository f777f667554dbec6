"""The stream of events, on a real socket."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace

import requests

from sync import devices
from sync.app import create_app
from sync.ids import new_id
from sync.serving import serving
from tests.sync.conftest import Client, Company


class Stream:
    """The lines of an open stream, as they come."""

    def __init__(self, answer: requests.Response) -> None:
        self.lines: list[str] = []
        self.ended = threading.Event()
        self._answer = answer
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._answer.iter_lines(chunk_size=1, decode_unicode=True):
                self.lines.append(line)
        except (requests.RequestException, AttributeError, ValueError, OSError):
            pass  # closed by the test, or by the server going down
        self.ended.set()

    @property
    def changes(self) -> list[str]:
        return [line for line in self.lines if line.startswith("data:")]

    def wait_for(self, wanted: Callable[["Stream"], bool], seconds: float = 5) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if wanted(self):
                return True
            time.sleep(0.02)
        return False


@contextmanager
def listening(client: Client) -> Iterator[Stream]:
    answer = requests.get(f"{client.url}/v1/events", headers=client.headers, stream=True, timeout=30)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    with closing(answer):
        stream = Stream(answer)
        assert stream.wait_for(lambda s: ": listening" in s.lines)
        yield stream


def _version(company: Company) -> int:
    with company.tenant.database.reading() as transaction:
        return int(transaction.execute("SELECT version FROM clock").fetchone()[0])


def _open_account(company: Company, user_id: str) -> str:
    account_id = new_id()
    company.command("OpenAccount", {"account_id": account_id, "name": "Bar Uno", "rep_id": user_id})
    return account_id


def _user_id(company: Company, client: Client) -> str:
    with company.tenant.database.reading() as transaction:
        found = devices.find_device(transaction, client.device_id)
    assert found is not None
    return found.user_id


def test_who_may_see_a_change_is_told_its_version(company: Company, signed_in: Callable[..., Client]) -> None:
    amy, bob = signed_in("amy@acme.example", "rep"), signed_in("bob@acme.example", "rep")
    with listening(amy) as hers, listening(bob) as his:
        _open_account(company, _user_id(company, amy))
        assert hers.wait_for(lambda s: s.changes == [f'data: {{"version":{_version(company)}}}'])
        assert "event: changed" in hers.lines
        assert his.changes == []


def test_who_loses_an_account_is_told_too(company: Company, signed_in: Callable[..., Client]) -> None:
    amy, bob = signed_in("amy@acme.example", "rep"), signed_in("bob@acme.example", "rep")
    account_id = _open_account(company, _user_id(company, amy))
    with listening(amy) as hers, listening(bob) as his:
        company.command("AssignAccount", {"account_id": account_id, "rep_id": _user_id(company, bob)})
        assert hers.wait_for(lambda s: len(s.changes) == 1)
        assert his.wait_for(lambda s: len(s.changes) == 1)


def test_many_changes_are_one_event_a_second(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    with listening(amy) as stream:
        started = time.monotonic()
        for _ in range(20):
            _open_account(company, _user_id(company, amy))
            time.sleep(0.02)
        last = f'data: {{"version":{_version(company)}}}'
        assert stream.wait_for(lambda s: last in s.changes)
        assert len(stream.changes) <= 2 + (time.monotonic() - started)


def test_a_quiet_stream_says_that_it_lives(signed_in: Callable[..., Client]) -> None:
    with listening(signed_in("amy@acme.example", "rep")) as stream:
        assert stream.wait_for(lambda s: s.lines.count(": still here") >= 2)
        assert stream.changes == []


def test_a_stream_ends_when_its_device_is_revoked(company: Company, signed_in: Callable[..., Client]) -> None:
    amy = signed_in("amy@acme.example", "rep")
    with listening(amy) as stream:
        with company.tenant.database.writing() as transaction:
            devices.revoke(transaction, amy.device_id, wipe=False)
        assert stream.ended.wait(5)


def test_a_stream_closes_after_its_time(company: Company) -> None:
    short = replace(company.settings, events_seconds=0.3)
    company.person("amy@acme.example", "rep")
    with serving(create_app(company.tenants, short)) as url:
        client = Client(url)
        amy = client.signed(client.sign_in("amy@acme.example").json())
        with listening(amy) as stream:
            assert stream.ended.wait(3)


def test_the_server_goes_down_promptly_with_streams_open(company: Company) -> None:
    company.person("amy@acme.example", "rep")
    with ExitStack() as stack:
        with serving(create_app(company.tenants, company.settings)) as url:
            client = Client(url)
            amy = client.signed(client.sign_in("amy@acme.example").json())
            stream = stack.enter_context(listening(amy))
            asked_at = time.monotonic()
        assert time.monotonic() - asked_at < 4
        assert stream.ended.wait(1)


def test_a_stream_needs_a_token(client: Client) -> None:
    assert client("GET", "/v1/events").status_code == 401
