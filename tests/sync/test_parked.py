"""Commands that a fault of the server kept from running, and running them again after the fix."""

from collections.abc import Callable

import pytest

from leora_core.protocol.messages import SentCommand
from sync import authority
from sync.cli import main
from sync.ids import new_id
from sync.simulation.poison import POISONED, Poison, poisoned_tasks
from tests.sync.conftest import Client, Company


def test_a_parked_command_is_listed_and_runs_again_once(
    company: Company, signed_in: Callable[..., Client], capsys: pytest.CaptureFixture[str]
) -> None:
    device = signed_in("ana@acme.test", "rep")
    with company.tenant.database.reading() as transaction:
        user_id = transaction.execute("SELECT user_id FROM device").fetchone()[0]
    payload = {"task_id": new_id(), "assignee_id": user_id, "title": f"{POISONED}call back"}
    sent = SentCommand(seq=1, id=new_id(), name="AddTask", at="2026-11-22T10:00:00.000Z", payload=payload)
    here = ["--data", str(company.settings.data), "parked"]
    poison = Poison()
    with poisoned_tasks(poison):
        poison.works = True
        (verdict,) = authority.run_commands(company.tenant, authority.Sender(device.device_id, user_id, 0), [sent])
        assert verdict.status == "parked"
        assert main([*here, "list", "acme"]) == 0
        assert "ZeroDivisionError: a bad release" in capsys.readouterr().out
        assert main([*here, "retry", "acme", str(verdict.version)]) == 2
        again = capsys.readouterr().out.split("\t")
        assert again[0] == "parked"
        poison.works = False
        assert main([*here, "retry", "acme", again[1]]) == 0
        assert capsys.readouterr().out.startswith("accepted")
    assert main([*here, "list", "acme"]) == 0
    assert capsys.readouterr().out == ""
    assert main([*here, "retry", "acme", again[1]]) == 2
    with company.tenant.database.reading() as transaction:
        assert transaction.execute("SELECT COUNT(*) FROM task").fetchone()[0] == 1
