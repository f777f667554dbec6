from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leora_core.domain.accounts.records import DeliveryWindow
from leora_core.domain.call_plans.records import Recurrence, TerritoryBlock
from leora_core.domain.command import Rejected
from leora_desktop.replica.queries import run
from tests.builders import (
    MANAGER,
    NOW,
    OTHER_REP,
    REP,
    TODAY,
    WEEK,
    a_licence,
    a_manager,
    a_movement,
    a_plan,
    a_product,
    a_reader,
    a_sample,
    a_sku,
    a_task,
    a_user,
    a_viewer,
    an_account,
    an_activity,
    an_address,
    an_id,
    an_order,
    assigned,
    planned,
)

MONDAY = date(2026, 11, 23)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def a_busy_week() -> list[Any]:
    """A rep with ten accounts, a plan, orders, visits, tasks and samples; another rep with one of each."""
    plan = a_plan()
    accounts = [an_account(name=f"Bar {n}") for n in range(10)]
    marks: list[tuple[str | None, str | None]] = [
        *(("in_person", "met"), ("phone", "met"), ("email", "progress"), ("text", "progress"), (None, None))
    ]
    rows = [
        planned(plan, account, method=method, result=result, day=MONDAY + timedelta(days=n))
        for n, (account, (method, result)) in enumerate(zip(accounts, marks, strict=False))
    ]
    sku = a_sku(product := a_product())
    mine = [
        *(assigned(account) for account in accounts),
        *(an_order(account, ago(11 * n), total_cents=10_000 * (n + 1)) for n, account in enumerate(accounts)),
        *(
            an_activity(account, type=type)
            for account, type in zip(accounts, ("visit", "tasting", "call"), strict=False)
        ),
        an_activity(accounts[0], occurred_at=NOW - timedelta(days=20)),
        a_task(title="Due", due_on=ago(1), account_id=accounts[0].id),
        a_task(title="Later", due_on=ago(-1)),
        a_task(title="Follow up", source="sample:x", account_id=accounts[1].id),
        a_sample(accounts[0], sku, quantity=3),
        a_movement(sku, quantity=20),
        a_movement(sku, kind="give", quantity=-3, account_id=accounts[0].id),
        a_licence(accounts[0], expires_on=ago(-20)),
        a_licence(accounts[1], expires_on=ago(-200)),
        an_address(accounts[2], street1="1 Main St"),
        DeliveryWindow(id=an_id(), account_id=accounts[2].id, kind="before", weekday="wed", end="11:00"),
        DeliveryWindow(id=an_id(), account_id=accounts[2].id, kind="after", weekday="thu", start="14:00"),
    ]
    theirs = an_account(name="Theirs")
    their_plan = a_plan(OTHER_REP)
    other = [
        *(theirs, assigned(theirs, OTHER_REP), an_order(theirs, total_cents=999_999), their_plan),
        *(planned(their_plan, theirs), an_activity(theirs, user_id=OTHER_REP), a_task(assignee_id=OTHER_REP)),
        a_licence(theirs, expires_on=TODAY),
    ]
    users = [a_user(), a_user(OTHER_REP, name="Olga"), a_user(MANAGER, name="Mo", roles=("manager",))]
    return [plan, *accounts, *rows, product, sku, *mine, *other, *users]


def test_a_plan_shows_marks_rates_counter_and_mix(tmp_path: Path) -> None:
    with a_reader(tmp_path, *a_busy_week()) as reader:
        page = run("call_plan", reader, a_viewer())
    assert (page.week, page.monday, page.sunday, page.count, page.cap, page.band) == (
        *(WEEK, MONDAY, MONDAY + timedelta(days=6)),
        *(5, 75, "red"),
    )
    assert [row.mark for row in page.rows] == ["X", "X", "Y", "Y", ""]
    assert (page.progress.completion_percent, page.progress.success_percent) == (80, 50)
    assert page.progress.completion_trend is None
    assert [(share.approach, share.percent, share.verdict) for share in page.mix] == [
        ("in_person", 33, "below"),
        ("tasting", 33, "within"),
        ("electronic", 33, "within"),
    ]
    assert page.rows[2].street == "1 Main St"
    assert page.rows[0].account is not None
    assert page.rows[0].account.name == "Bar 0"


def test_slots_come_by_day_and_time_and_the_unscheduled_last(tmp_path: Path) -> None:
    plan = a_plan()
    slots = [(None, None), (TODAY, "14:00"), (TODAY, None), (TODAY, "09:00"), (MONDAY, "16:00")]
    accounts = [an_account(name=f"{day} {start}") for day, start in slots]
    rows = [planned(plan, account, day=day, start=start) for account, (day, start) in zip(accounts, slots, strict=True)]
    with a_reader(tmp_path, plan, *accounts, *rows) as reader:
        page = run("call_plan", reader, a_viewer())
        assert [(row.day, row.start) for row in page.rows] == [
            *((MONDAY, "16:00"), (TODAY, "09:00"), (TODAY, "14:00")),
            *((TODAY, None), (None, None)),
        ]
        assert run("planned_visits", reader, a_viewer(), {"scheduled": "no"}).total == 1


def test_a_planned_account_that_is_not_here_still_has_its_row(tmp_path: Path) -> None:
    plan = a_plan()
    with a_reader(tmp_path, plan, planned(plan, an_account())) as reader:
        (row,) = run("call_plan", reader, a_viewer()).rows
        assert row.account is None


def test_suggestions_leave_out_what_is_planned_fresh_or_held_and_say_why(tmp_path: Path) -> None:
    def silent(name: str, **fields: Any) -> list[Any]:
        account = an_account(name=name, **fields)
        orders = [an_order(account, ago(95 + 28 * n), total_cents=110_000) for n in range(11)]
        return [account, assigned(account), *orders]

    best = silent("Best", territory="North")
    plan = a_plan()
    block = TerritoryBlock(id=an_id(), rep_id=REP, plan_id=plan.id, weekday=2, territory="North")
    other = silent("Planned")
    records = [*best, *silent("Held", on_hold=True), *other, planned(plan, other[0]), plan, block]
    with a_reader(tmp_path, *records) as reader:
        (found,) = run("call_plan_suggestions", reader, a_viewer())
    assert found.account.name == "Best"
    parts = {part.code: part.points for part in found.parts}
    assert parts["days_since_order"] == 40
    assert parts["revenue"] == 20
    assert parts["orders"] == 15
    assert parts["interval"] == 15
    assert found.score == min(100, sum(parts.values()))
    assert found.day == date(2026, 11, 24)


def test_recurrences_tell_their_coming_days(tmp_path: Path) -> None:
    account = an_account(name="Bar")
    rule = Recurrence(id=an_id(), rep_id=REP, account_id=account.id, every="two_weeks", anchor=date(2026, 11, 16))
    over = Recurrence(
        id=an_id(), rep_id=REP, account_id=account.id, every="week", anchor=date(2026, 1, 5), ends_on=date(2026, 2, 1)
    )
    with a_reader(tmp_path, account, rule, over) as reader:
        (row,) = run("call_plan_recurrences", reader, a_viewer())
        assert row.account_name == "Bar"
        assert row.coming == (date(2026, 11, 30), date(2026, 12, 14), date(2026, 12, 28))
        assert len(run("call_plan_recurrences", reader, a_viewer(), {"ended": "yes"})) == 2


def test_today_gathers_what_the_day_asks_for(tmp_path: Path) -> None:
    with a_reader(tmp_path, *a_busy_week()) as reader:
        page = run("today", reader, a_viewer())
    (visit,) = page.visits
    assert (visit.planned.account_name, visit.planned.street, visit.windows) == (
        "Bar 2",
        "1 Main St",
        ("Before 11:00",),
    )
    assert [task.title for task in page.tasks] == ["Due"]
    assert [task.title for task in page.sample_follow_ups] == ["Follow up"]
    assert [(row.account_name, row.alert, row.days_left) for row in page.licences] == [("Bar 0", "high", 20)]
    assert {row.due for row in page.due} == {True}
    assert [row.next_expected for row in page.due] == sorted(row.next_expected for row in page.due if row.next_expected)
    assert set(page.unloved) == {"high", "medium", "low"}


@pytest.mark.parametrize("who", ["rep", "manager", "manager for a rep"])
def test_every_tile_equals_the_list_behind_it(tmp_path: Path, who: str) -> None:
    viewer = a_viewer() if who == "rep" else a_manager()
    with a_reader(tmp_path, *a_busy_week()) as reader:
        page = run("today", reader, viewer, {"rep": REP} if who.endswith("a rep") else {})
        tiles = {tile.code: tile for tile in page.tiles}
        for tile in page.tiles:
            answer = run(tile.query, reader, viewer, tile.params)
            assert tile.value == getattr(answer, tile.measure)
            expected = {"count": len(answer.rows)}
            if tile.unit == "cents":
                expected["cents"] = sum(row.total_cents for row in answer.rows)
            if tile.unit == "bottles":
                expected["bottles"] = sum(row.quantity for row in answer.rows)
            assert tile.value == expected[tile.unit]
    if who == "manager":
        assert "planned" not in tiles
        assert tiles["revenue_week"].value == 10_000 + 999_999
    else:
        assert {code: tiles[code].value for code in ("planned", "contacted", "met", "activities", "tasks_due")} == {
            **{"planned": 5, "contacted": 4, "met": 2},
            **{"activities": 3, "tasks_due": 1},
        }
        assert (tiles["revenue_week"].value, tiles["revenue_month"].value) == (10_000, 60_000)
        assert tiles["samples_given"].value == 3


def test_the_team_shows_each_rep_s_week_to_managers_only(tmp_path: Path) -> None:
    with a_reader(tmp_path, *a_busy_week(), an_account(name="Nobody's")) as reader:
        page = run("team", reader, a_manager())
        with pytest.raises(Rejected, match="not_allowed"):
            run("team", reader, a_viewer())
    olga, robin = page.rows
    assert (olga.name, olga.accounts, olga.planned, olga.revenue_week_cents) == ("Olga", 1, 1, 999_999)
    assert (robin.accounts, robin.planned, robin.contacted, robin.met, robin.visits) == (10, 5, 4, 2, 2)
    assert (robin.samples.used, robin.samples.left, robin.samples.level) == (3, 57, "ok")
    assert (robin.revenue_week_cents, robin.revenue_month_cents) == (10_000, 60_000)
    assert page.unassigned == 1


def test_a_sunday_evening_belongs_to_its_local_week(tmp_path: Path) -> None:
    account = an_account()
    sunday_night = an_activity(account, occurred_at=datetime(2026, 11, 23, 4, 30, tzinfo=UTC))
    monday = an_activity(account, occurred_at=datetime(2026, 11, 23, 5, 0, tzinfo=UTC))
    with a_reader(tmp_path, account, sunday_night, monday) as reader:
        found = run("activities", reader, a_viewer(), {"day_from": "2026-11-23"})
        assert [row.id for row in found.rows] == [monday.id]
        before = run("activities", reader, a_viewer(), {"day_to": "2026-11-22"})
        assert [(row.id, row.day) for row in before.rows] == [(sunday_night.id, date(2026, 11, 22))]
