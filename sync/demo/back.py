"""The way back: the server returns in the middle of a pull, everybody syncs, refusals and conflicts are shown."""

import threading
import time
from typing import Any

from sync.demo.devices import Device, Refused
from sync.demo.stage import Stage, Told, title
from sync.demo.telling import DemoFailed, clip, instant, ledger, words

_BREAK_IN = (3, 1_500)
"""In which answer of the pull the line breaks, and after how many bytes of it: fewer than a full one has."""
_TRY_SECONDS = 0.5
_PATIENCE_SECONDS = 120.0


def pull_through_a_break(stage: Stage) -> None:
    """The manager pulls; the line breaks in an answer, the server goes away and comes back, the pull goes on."""
    tell, manager = stage.tell, stage.manager
    tell.heading("The server comes back during the manager's pull")
    before = manager.ask("status")
    kept = _cut_in_an_answer(stage)
    pid, code = stage.office.pid, stage.office.stop()
    tell.say(f"The server's process {pid} is stopped (exit code {code}); {manager.name} keeps trying.")
    pull = _Pull(manager)
    pull.start()
    pull.wait_for_failures(2)
    stage.office.start()
    stage.line.open(stage.office.url)
    done = pull.result()
    after = manager.ask("status")
    tell.say(f"The server is back in process {stage.office.pid}. Tries of {manager.name} until then: {pull.failures}.")
    tell.say(
        f"The pull goes on: {kept:,} rows were kept, {done['received']:,} are shown now, "
        f"{stage.line.carried:,} bytes came after the break. Version {before['cursor']:,} became {after['cursor']:,}, "
        f"rows {before['count']:,} became {after['count']:,}; equal: {words(done['equal'])}."
    )
    if not 0 < kept < done["received"]:
        raise DemoFailed(f"Of {done['received']} rows {kept} came before the break: the pull did not go on.")
    tell.say(_sent(manager, done))


def _cut_in_an_answer(stage: Stage) -> int:
    """Let part of the pull pass, then break the line; rows kept so far."""
    manager, tell = stage.manager, stage.tell
    before = manager.ask("status")
    stage.line.open(stage.office.url, break_in=_BREAK_IN)
    try:
        manager.ask("sync")
    except Refused as refused:
        tell.say(f"{title(manager)} syncs, and the line breaks after {stage.line.carried:,} bytes: {refused.sentence}")
    else:
        raise DemoFailed(f"The pull ended before the line broke, after {stage.line.carried} bytes.")
    status = manager.ask("status")
    tell.show(
        f"kept for later {status['arrived']:,} rows; shown still version {status['cursor']:,} "
        f"(was {before['cursor']:,}) with {status['count']:,} rows; {status['waiting']:,} commands wait"
    )
    return int(status["arrived"])


class _Pull(threading.Thread):
    """A sync tried again and again until it is done."""

    def __init__(self, device: Device) -> None:
        super().__init__(name="pull", daemon=True)
        self.failures = 0
        self._device = device
        self._done: dict[str, Any] | None = None
        self._give_up_at = time.monotonic() + _PATIENCE_SECONDS

    def run(self) -> None:
        while self._done is None and time.monotonic() < self._give_up_at:
            try:
                self._done = self._device.ask("sync")
            except Refused:
                self.failures += 1
                time.sleep(_TRY_SECONDS)

    def wait_for_failures(self, count: int) -> None:
        """Until it has failed so often."""
        while self.failures < count and self.is_alive():
            time.sleep(0.05)

    def result(self) -> dict[str, Any]:
        """What the sync reported. Raises DemoFailed when it never came to an end."""
        self.join()
        if self._done is None:
            raise DemoFailed(f"{self._device.name} could not sync after the server was back.")
        return self._done


def sync_reps(stage: Stage) -> None:
    """The reps sync: first the one who holds the account now, then the one who was away longest."""
    stage.tell.heading("The reps sync")
    for rep in reversed(stage.reps):
        stage.tell.say(_sent(rep, rep.ask("sync")))
    stage.all_at_once(lambda device: device.ask("sync"), stage.devices)


def _sent(device: Device, done: dict[str, Any]) -> str:
    verdicts = ledger([(done[name], name) for name in ("accepted", "rejected", "parked")])
    return (
        f"{title(device)} has synced: {done['sent']:,} commands sent ({verdicts}), {done['received']:,} rows "
        f"received, version {done['cursor']:,}, equal: {words(done['equal'])}."
    )


def show_refused(stage: Stage) -> None:
    """What the server refused, as the rep sees it."""
    tell, rep = stage.tell, stage.reps[0]
    tell.heading("What was refused, and why")
    refused = rep.ask("outbox")["attention"]
    for entry in refused:
        account = entry["payload"].get("account_id")
        where = rep.query("account", id=account)["row"]["name"] if account else "-"
        tell.say(f"{title(rep)}: {entry['name']} for {where}, {entry['status']} as {entry['code']}:")
        tell.show(str(entry["sentence"]))
    allowance = rep.query("samples")["allowance"]
    tell.show(
        f"the laptop shows {allowance['used']:,} of {allowance['allowance']:,} bottles used in {allowance['month']}"
    )
    if not refused:
        raise DemoFailed("The server took a sample beyond the allowance.")


def show_handed_over(stage: Stage) -> None:
    """Work of the rep who lost the account unseen: taken, flagged; then the account is gone from her laptop."""
    tell, (first, second), account_id = stage.tell, stage.reps, stage.handed_over["id"]
    tell.heading("The account that changed hands")
    late = [one for one in stage.office.settled(first.code, stage.version) if one.verdict.get("result", {}).get("late")]
    for one in late:
        tell.say(f"The server's history, version {one.version:,}: {one.name} of {first.name}, {one.status}, late.")
    if not any(one.name == "LogActivity" for one in late):
        raise DemoFailed("The visit of the rep who had lost the account was not flagged as late.")
    for row in second.query("activities", account=account_id)["rows"]:
        tell.say(f"On the laptop of {second.name}: {row['type']} by {row['user_name']}. {clip(row['note'], 60)}")
    try:
        first.query("account", id=account_id)
    except Refused as refused:
        tell.say(f"On the laptop of {first.name}: {refused.code}. {refused.sentence}")
    else:
        raise DemoFailed(f"The account is still on the laptop of {first.name}.")


def show_conflicts(stage: Stage) -> None:
    """How edits of one field by two people look on each laptop."""
    tell = stage.tell
    tell.heading("What conflicted")
    for device in stage.devices:
        conflicts = device.query("conflicts")
        fields = ", ".join(f"{one['field']} of {one['account_name']}" for one in conflicts)
        tell.say(f"Open conflicts on the laptop of {device.name}: {len(conflicts):,}: {fields}.")
        if device is stage.manager:
            for one in conflicts:
                _show_conflict(stage, one)
    for account_id in (stage.handed_over["id"], stage.shared["id"]):
        _show_account(stage, stage.manager, account_id)
    if not stage.manager.query("conflicts"):
        raise DemoFailed("Two people changed one field and no conflict was kept.")


def _show_conflict(stage: Stage, one: Told) -> None:
    stage.tell.show(f"{one['account_name']}, {one['field']}: was {words(one['base'])}")
    stage.tell.show(f"  {one['mine_name']} wants {words(one['mine'])} (at {instant(one['mine_at'])})")
    stage.tell.show(
        f"  {one['theirs_name']} set {words(one['theirs'])} (at {instant(one['theirs_at'])}); this stands until settled"
    )


def _show_account(stage: Stage, device: Device, account_id: str) -> None:
    page = device.query("account", id=account_id)
    stage.tell.say(f"{page['account']['name']} as {device.name} sees it, last changes first:")
    for change in page["history"][:5]:
        stage.tell.show(f"{change['field']}: {words(change['new'])} by {change['by_name']} at {instant(change['at'])}")


def settle(stage: Stage) -> None:
    """The manager chooses what the one who came second wanted; everybody sees it."""
    tell, manager = stage.tell, stage.manager
    tell.heading("The manager settles them")
    for one in manager.query("conflicts"):
        manager.do("ResolveConflict", conflict_id=one["id"], value=one["mine"])
        account = manager.query("account", id=one["record_id"])["account"]
        tell.say(f"{title(manager)} settles {one['field']} of {account['name']}: {words(account[one['field']])}")
    tell.say(_sent(manager, manager.ask("sync")))
    stage.all_at_once(lambda device: device.ask("sync"), stage.devices)
    for account, rep in ((stage.handed_over, stage.reps[1]), (stage.shared, stage.reps[0])):
        for device in (manager, rep):
            page = device.query("account", id=account["id"])
            seen, left = page["account"], len(page["conflicts"])
            tell.say(f"On the laptop of {device.name}: {seen['name']}, phone {seen['phone']}, open conflicts {left}.")
            if left:
                raise DemoFailed(f"{device.name} still sees a conflict that was settled.")
