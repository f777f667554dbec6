"""Away from the server: the reps plan their week, visit, give samples and edit, each on a laptop by itself."""

import time
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from leora_core.domain.activities.types import type_of
from leora_core.domain.values import format_instant, iso_week_of
from sync.demo.devices import Device, Refused
from sync.demo.opening import import_one
from sync.demo.stage import Stage, title
from sync.demo.telling import DemoFailed, clip, instant, words
from sync.ids import new_id

_WANTED, _LEAST = 72, 70
"""Accounts a rep plans, and how few would be too few."""
_VISITS = 5
_GIFTS = 3
_GIFT_BOTTLES = 2
_SUGGESTED = 60
_NOTES = (
    "Poured the two new vintages. Buyer liked the second one, wants a price for three cases.",
    "Owner away; went through the shelf with the bar manager and counted what is left.",
    "They want the list by the glass changed before the holidays.",
    "Complaint about a late delivery, otherwise content. Promised to call the warehouse.",
    "Tasted with the whole staff. They will put one red on the autumn menu.",
)


def hand_over(stage: Stage) -> None:
    """One account changes hands when its rep has left already: the other rep hears of it, the first does not."""
    first, second = stage.reps
    manager = stage.manager
    stage.handed_over, stage.shared = manager.query("accounts", rep=first.id, sort="last_order", limit=2)["rows"]
    account_id = stage.handed_over["id"]
    manager.do("AssignAccount", account_id=account_id, rep_id=second.id)
    for device in (manager, second):
        device.ask("sync")
    held = {device.name: device.query("account", id=account_id)["row"]["rep_name"] for device in stage.devices}
    stage.tell.say(
        f"{title(manager)} gives {stage.handed_over['name']} to {held[second.name]}; {first.name} is on the road "
        f"and has not synced. Whose it is, by laptop: " + ", ".join(f"{who}: {rep}" for who, rep in held.items()) + "."
    )


def cut_off(stage: Stage) -> None:
    """Break the line; every laptop notices."""
    stage.tell.heading("The server is cut off")
    stage.version = stage.manager.ask("status")["cursor"]
    stage.line.cut()
    for device in stage.devices:
        try:
            device.ask("sync")
        except Refused as refused:
            since = device.ask("status")["offline_since"]
            stage.tell.say(f"{title(device)} syncs: {refused.code}. {refused.sentence} Offline since {instant(since)}.")
        else:
            raise DemoFailed(f"{device.name} reached the server although the line is cut.")


def plan_week(stage: Stage, rep: Device, must: list[str]) -> None:
    """The rep plans accounts of this week: those that must be, the suggested, then others."""
    begun = time.monotonic()
    empty = rep.query("call_plan")
    week, monday = empty["week"], date.fromisoformat(empty["monday"])
    suggested = rep.query("call_plan_suggestions", limit=_SUGGESTED)
    why = {row["account"]["id"]: f"{row['urgency']}: {row['account']['health_words']}" for row in suggested}
    others = {row["id"]: row["health_words"] for row in rep.rows("accounts", sort="last_order")}
    wishes = {id_: why.get(id_) or others[id_] for id_ in (*must, *why, *others)}
    wanted = min(_WANTED, empty["cap"] - empty["count"])
    for number, (account_id, objective) in enumerate(islice(wishes.items(), wanted)):
        day = monday + timedelta(days=number % 5)
        rep.do(
            "PlanAccount",
            planned_id=new_id(),
            week=week,
            account_id=account_id,
            objective=clip(objective, 100),
            day=day.isoformat(),
        )
    plan = rep.query("call_plan")
    if plan["count"] < _LEAST or week != iso_week_of(monday):
        raise DemoFailed(f"{rep.name} could plan {plan['count']} accounts of {week} only; {_LEAST} are wanted.")
    stage.tell.say(
        f"{title(rep)} plans {plan['count']:,} accounts of {week} ({plan['monday']} to {plan['sunday']}) in "
        f"{time.monotonic() - begun:.1f} s; {plan['cap']:,} are the most, the counter is {plan['band']}, "
        f"{len(suggested):,} were suggested."
    )
    for row in plan["rows"][:3]:
        stage.tell.show(f"{row['day']}  {row['account_name']}: {row['objective']}")


def visit(stage: Stage, rep: Device, first: str) -> None:
    """Visits with notes, outcomes and days to follow up, and the plan's marks; `first` is among them."""
    plan = rep.query("call_plan")
    planned = sorted(plan["rows"], key=lambda row: row["account_id"] != first)[:_VISITS]
    now = datetime.now(ZoneInfo(rep.ask("status")["tenant"]["timezone"]))
    outcomes = type_of("visit").outcomes
    for number, row in enumerate(planned):
        rep.do(
            "LogActivity",
            activity_id=new_id(),
            account_id=row["account_id"],
            type="visit",
            occurred_at=format_instant(now - timedelta(minutes=_VISITS - number)),
            note=_NOTES[number],
            outcomes=[outcomes[number]],
            follow_up_on=(now.date() + timedelta(days=7)).isoformat(),
        )
        result = "progress" if number % 2 else "met"
        today = now.date().isoformat()
        rep.do("MarkContact", planned_id=row["id"], method="in_person", result=result, at_date=today)
    _tell_visits(stage, rep)


def _tell_visits(stage: Stage, rep: Device) -> None:
    logged = rep.query("activities", rep=rep.id, limit=_VISITS)
    progress = rep.query("call_plan")["progress"]
    tasks = rep.query("tasks", assignee=rep.id, source="activity", limit=1)
    stage.tell.say(
        f"{title(rep)} logs {logged['total']:,} visits; the plan shows {progress['met']} met, "
        f"{progress['progress']} in progress, {tasks['total']:,} follow-up tasks are open."
    )
    for row in logged["rows"][-2:]:
        stage.tell.show(
            f"{row['type']} at {row['account_name']}, {', '.join(row['outcomes'])}, "
            f"follow up on {row['follow_up_on']}: {row['note']}"
        )


def give_samples(stage: Stage, rep: Device) -> None:
    """Bottles for the accounts visited, each with a task to follow up."""
    visited = [row for row in rep.query("call_plan")["rows"] if row["method"]][:_GIFTS]
    stock = [row for row in rep.query("samples")["stock"] if row["bottles"] >= _GIFT_BOTTLES]
    active = {sku["id"] for page in rep.rows("products") for sku in page["skus"] if sku["active"]}
    sku_id = next(row["sku"]["sku_id"] for row in stock if row["sku"]["sku_id"] in active)
    for row in visited:
        account_id = row["account_id"]
        gift = {"movement_id": new_id(), "account_id": account_id, "sku_id": sku_id, "quantity": _GIFT_BOTTLES}
        rep.do("GiveSample", **gift, follow_up=True)
    given = rep.query("samples_given", rep=rep.id, limit=_GIFTS)
    allowance = rep.query("samples")["allowance"]
    stage.tell.say(
        f"{title(rep)} gives {given['bottles']:,} sample bottles to {given['total']:,} accounts; the laptop expects "
        f"{allowance['used']:,} of {allowance['allowance']:,} bottles of {allowance['month']} used."
    )
    for row in given["rows"]:
        stage.tell.show(f"{row['quantity']} x {clip(row['sku']['product_name'], 44)} for {row['account_name']}")


def edit_together(stage: Stage) -> None:
    """Two pairs edit one account each, unseen by each other; in both one field is the same."""
    first, second = stage.reps
    handed, shared = stage.handed_over["id"], stage.shared["id"]
    _edit(stage, first, handed, phone="(617) 555-0141", delivery_instructions="Back door, before 10 am.")
    _edit(stage, second, handed, phone="(617) 555-0162", payment_terms="Net 30")
    _edit(stage, first, shared, phone="(508) 555-0117", delivery_instructions="Ring twice; no deliveries on Mondays.")
    _edit(stage, stage.manager, shared, phone="(508) 555-0199", priority="high")


def _edit(stage: Stage, device: Device, account_id: str, **fields: Any) -> None:
    before = device.query("account", id=account_id)["account"]
    device.edit_account(account_id, **fields)
    after = device.query("account", id=account_id)["account"]
    changes = "; ".join(f"{name} from {words(before[name])} to {words(after[name])}" for name in fields)
    stage.tell.say(f"{title(device)} edits {after['name']}: {changes}")


def lower_allowance(stage: Stage) -> None:
    """The manager allows the first rep fewer bottles than she has given; neither knows of the other."""
    manager, rep = stage.manager, stage.reps[0]
    seen = manager.query("samples", rep=rep.id)["allowance"]
    now = seen["used"] + (_GIFTS - 1) * _GIFT_BOTTLES
    manager.do("EditUser", user_id=rep.id, fields={"sample_allowance": {"was": None, "now": now}})
    after = manager.query("samples", rep=rep.id)["allowance"]
    stage.tell.say(
        f"{title(manager)} lowers the sample allowance of {rep.name} from {seen['allowance']:,} to "
        f"{after['allowance']:,} bottles a month, and sees {after['used']:,} used."
    )


def news_at_office(stage: Stage) -> None:
    """Meanwhile the office imports the newest orders; no laptop can know."""
    import_one(stage, stage.material.later)


def tell_waiting(stage: Stage) -> None:
    """What each laptop has to send."""
    for device in stage.devices:
        status = device.ask("status")
        names: dict[str, int] = {}
        for entry in device.ask("outbox")["waiting"]:
            names[entry["name"]] = names.get(entry["name"], 0) + 1
        kinds = ", ".join(f"{count:,} {name}" for name, count in names.items())
        stage.tell.say(f"On the laptop of {device.name} {status['waiting']:,} commands wait: {kinds}.")
