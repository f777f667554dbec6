"""The opening: a server, a company, its files imported, three laptops enrolled, the accounts shared out."""

import time
from collections import Counter
from typing import Any

from sync.demo.devices import Device
from sync.demo.material import Delivery
from sync.demo.stage import STAFF, Employee, Stage, title
from sync.demo.telling import DemoFailed, clip, ledger, words
from sync.ids import new_id

ZONE = "America/New_York"
COMPANY = "Harbor Vine & Spirits"
_ENOUGH = 150
"""Accounts each rep gets at least, or half of them all."""
_BOTTLES = 24


def found_company(stage: Stage) -> None:
    """Start the server, create the tenant and its people."""
    tell, office = stage.tell, stage.office
    tell.heading("The office")
    office.limit_answers(stage.material.rows_an_answer)
    office.start()
    tell.say(
        f"The server answers in process {office.pid}; it keeps its data in {office.database}, and one answer "
        f"carries {stage.material.rows_an_answer:,} rows."
    )
    office.run("tenant", "create", office.slug, "--name", COMPANY, "--timezone", ZONE)
    for line in office.run("tenant", "list").splitlines():
        slug, name, zone = line.split("\t")
        tell.say(f"The tenant {slug} is there: {name}, {zone}.")
    for employee in STAFF:
        _hire(stage, employee)
    for line in office.run("user", "list", office.slug).splitlines():
        _, email, name, roles, state = line.split("\t")
        tell.show(f"{name} <{email}>: {roles.replace(',', ' and ')}, {state}")


def _hire(stage: Stage, employee: Employee) -> None:
    roles = [word for role in employee.roles for word in ("--role", role)]
    adding = ["user", "add", stage.office.slug, employee.email, "--name", employee.name, *roles, "--password-stdin"]
    stage.office.run(*adding, given=employee.password)


def import_files(stage: Stage) -> None:
    """The real import, file by file."""
    stage.tell.heading("The files come in")
    if stage.material.bad is not None:
        _try_bad_file(stage, stage.material.bad)
    for delivery in stage.material.first:
        import_one(stage, delivery)


def import_one(stage: Stage, delivery: Delivery) -> None:
    """Import one file and tell what its report says."""
    begun = time.monotonic()
    words_ = ("import", stage.office.slug, delivery.kind, str(delivery.file), "--recipe", delivery.recipe)
    report = stage.office.report(*words_, "--skip-bad")
    if not report["written"]:
        why = report.get("sentence") or "; ".join(problem["sentence"] for problem in report["problems"][:3])
        raise DemoFailed(f"Nothing of {delivery.file.name} was imported. {why}")
    stage.tell.say(
        f"Imports {report['file']} as {report['kind']} with the recipe {report['recipe']}: "
        f"{report['rows_read']:,} rows, {_counts(report)}; version {words(report['version'])}, "
        f"{time.monotonic() - begun:.1f} s."
    )
    for problem in report["problems"][:2]:
        stage.tell.show(problem["sentence"])


def _try_bad_file(stage: Stage, bad: Delivery) -> None:
    report = stage.office.report(
        "import", stage.office.slug, bad.kind, str(bad.file), "--recipe", bad.recipe, "--dry-run"
    )
    stage.tell.say(f"A dry run of {report['file']}: {report['rows_read']:,} rows, {_counts(report)}. It says:")
    for problem in report["problems"][:4]:
        stage.tell.show(problem["sentence"])


def _counts(report: dict[str, Any]) -> str:
    return ledger([(report[name], name) for name in ("added", "updated", "same", "duplicate", "bad")])


def enrol(stage: Stage) -> None:
    """Three laptops, each a process of its own, signed in and filled."""
    tell = stage.tell
    tell.heading("Three laptops")
    stage.line.open(stage.office.url)
    for employee in STAFF:
        device = Device(stage.out / "laptops" / employee.key, employee.passphrase)
        stage.devices.append(device)
        device.sign_in(stage.line.url, stage.office.slug, employee.email, employee.password)
        tell.say(f"{title(device)} signs in: device {device.code}, process {device.pid}.")
    stage.all_at_once(_sync, stage.devices)
    for device in stage.devices:
        status = device.ask("status")
        tell.say(f"The laptop of {device.name} holds {status['count']:,} rows at version {status['cursor']:,}.")


def _sync(device: Device) -> None:
    device.ask("sync")


def share_out(stage: Stage) -> None:
    """The manager gives accounts to the reps, by command, until both have enough; then all sync."""
    tell, manager = stage.tell, stage.manager
    tell.heading("The accounts are shared out")
    _tell_team(stage, "As imported")
    moves = _moves(manager.rows("accounts", sort="last_order"), [rep.id for rep in stage.reps])
    for account_id, rep_id in moves:
        manager.do("AssignAccount", account_id=account_id, rep_id=rep_id)
    done = manager.ask("sync")
    tell.say(f"{title(manager)} assigns accounts: {done['sent']:,} commands sent, {done['accepted']:,} accepted.")
    for rep in stage.reps:
        _take_bottles(stage, rep)
    stage.all_at_once(_sync, [*stage.reps, manager])
    manager.ask("sync")
    _tell_team(stage, "Now")
    for rep in stage.reps:
        held = rep.query("accounts", limit=1)["total"]
        tell.say(f"The laptop of {rep.name} holds {held:,} accounts and {rep.ask('status')['count']:,} rows.")


def _moves(accounts: list[dict[str, Any]], reps: list[str]) -> list[tuple[str, str]]:
    """Which account goes to whom: first those nobody has, then what the larger rep has too many."""
    have = Counter(account["rep_id"] for account in accounts if account["rep_id"] in reps)
    moves = []
    for account in accounts:
        if account["rep_id"] is None:
            fewest = min(reps, key=lambda rep: have[rep])
            have[fewest] += 1
            moves.append((account["id"], fewest))
    small, large = sorted(reps, key=lambda rep: have[rep])
    lacking = min(_ENOUGH, len(accounts) // 2) - have[small]
    # Every second one, so that good and poor accounts go alike.
    theirs = [account["id"] for account in accounts if account["rep_id"] == large]
    moves += [(account_id, small) for account_id in theirs[::2][: max(lacking, 0)]]
    return moves


def _take_bottles(stage: Stage, rep: Device) -> None:
    """The rep books sample bottles of three wines that are sold."""
    for product in sellable(rep)[:3]:
        rep.do("ReceiveSamples", movement_id=new_id(), sku_id=product["skus"][0]["id"], quantity=_BOTTLES)
    ledger_ = rep.query("sample_ledger", kind="receive", limit=3)
    names = ", ".join(f"{row['quantity']} x {clip(row['sku']['product_name'], 36)}" for row in ledger_["rows"])
    stage.tell.say(f"{title(rep)} books sample bottles: {names}.")


def sellable(device: Device) -> list[dict[str, Any]]:
    """Products of the first page with a SKU that is sold; that SKU is the first."""
    found = device.query("products", limit=200)["rows"]
    return [product for product in found if product["skus"] and product["skus"][0]["active"]]


def _tell_team(stage: Stage, when: str) -> None:
    team = stage.manager.query("team")
    shares = ", ".join(f"{row['name']} {row['accounts']:,}" for row in team["rows"])
    stage.tell.say(f"{when}, accounts: {shares}, without a rep {team['unassigned']:,}.")
