"""The end: what each laptop holds, and that it is, row for row, what the server's database holds for its person."""

from typing import Any

from sync.demo.devices import Device
from sync.demo.stage import Stage
from sync.demo.telling import DemoFailed, words

_COUNTED = (
    ("accounts", "accounts"),
    ("products", "products"),
    ("orders", "orders"),
    ("activities", "activities"),
    ("open tasks", "tasks"),
    ("samples given", "samples_given"),
)
"""What a row of the table is called, and the query that counts it."""


def show_holdings(stage: Stage) -> None:
    """Counts by table for each laptop, what waits, what needs attention."""
    stage.tell.heading("What each laptop now holds")
    rows = [[title, *(_total(device, name) for device in stage.devices)] for title, name in _COUNTED]
    rows.append(["planned accounts", *(_planned(stage, device) for device in stage.devices)])
    rows.append(["open conflicts", *(len(device.query("conflicts")) for device in stage.devices)])
    statuses = [device.ask("status") for device in stage.devices]
    for title, field in (("rows in all", "count"), ("version", "cursor"), ("waiting", "waiting")):
        rows.append([title, *(status[field] for status in statuses)])
    rows.append(["needs attention", *(status["attention"] for status in statuses)])
    stage.tell.table(["laptop of", *(device.name for device in stage.devices)], rows)
    for device in stage.devices:
        for entry in device.ask("outbox")["attention"]:
            stage.tell.say(f"{device.name} must look at: {entry['name']}, {entry['code']}. {entry['sentence']}")


def _total(device: Device, name: str) -> int:
    return int(device.query(name, limit=1)["total"])


def _planned(stage: Stage, device: Device) -> int:
    """Accounts planned this week: a rep's own, for the manager those of all reps."""
    whose = stage.reps if device is stage.manager else [device]
    return sum(device.query("planned_visits", rep=rep.id)["total"] for rep in whose)


def prove(stage: Stage) -> str:
    """Every laptop proves itself, then the server; the line that says so. Raises DemoFailed when one differs."""
    tell = stage.tell
    tell.heading("Proof")
    proofs = stage.all_at_once(lambda device: device.ask("prove", deep=True), stage.devices)
    wrong = [
        name for device, proof in zip(stage.devices, proofs, strict=True) if (name := _differs(stage, device, proof))
    ]
    report = stage.office.report("check", stage.office.slug)
    (tenant,) = report["tenants"]
    tell.say(
        f"The server checks itself: {tenant['rows']:,} rows at version {tenant['version']:,}, "
        f"{len(tenant['problems']):,} problems."
    )
    for problem in tenant["problems"]:
        tell.show(problem["sentence"])
    whole = proofs[0]
    if wrong or not report["ok"] or whole["count"] != tenant["rows"] or whole["cursor"] != tenant["version"]:
        found = "; ".join(wrong) or f"the server's check says {tenant['rows']} rows at {tenant['version']}"
        raise DemoFailed(f"The laptops are not equal with the server: {found}.")
    return f"PROOF equal devices={len(proofs)} rows={tenant['rows']} checksum={whole['checksum']}"


def _differs(stage: Stage, device: Device, proof: dict[str, Any]) -> str:
    """Tell what the laptop proved; a sentence when it is not what the server's database says."""
    count, checksum = stage.office.sum_for(device.id)
    waiting = device.ask("status")["waiting"]
    stage.tell.say(
        f"{device.name}: {proof['count']:,} rows, checksum {proof['checksum']}, version {proof['cursor']:,}, "
        f"waiting {waiting:,}, equal: {words(proof['equal'])}."
    )
    stage.tell.show(f"the server's database for {device.name}: {count:,} rows, checksum {checksum}")
    same = proof["equal"] and (proof["count"], proof["checksum"]) == (count, checksum)
    return "" if same and waiting == 0 else f"{device.name} has {proof['count']} rows of {count}, {waiting} waiting"
