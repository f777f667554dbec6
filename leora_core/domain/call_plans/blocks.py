"""Weekdays kept for one territory, or for driving and desk work, and which day to keep for which territory."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from typing import Annotated

from leora_core.domain.call_plans.plans import need_own, open_plan, planner, require_open
from leora_core.domain.call_plans.records import CallPlan, TerritoryBlock
from leora_core.domain.command import Command, Context, Outcome, Records, Rejected, handles
from leora_core.domain.reasons import declare
from leora_core.domain.values import Between, ClockTime, Id, IsoWeek, ShortText, child_id, round_half_up

declare(
    {
        "block_unnamed": "A block is for a territory or has a label. Give one of them.",
        "block_times_invalid": "A block starts before it ends. Give both times in order, or none for all day.",
    }
)


@dataclass(frozen=True, kw_only=True)
class BlockTerritory(Command):
    """Keep a weekday of a week for a territory, or for what `label` says. The same block again moves its times."""

    week: IsoWeek
    weekday: Annotated[int, Between(1, 7)]
    territory: ShortText | None = None
    label: ShortText | None = None
    start: ClockTime | None = None
    end: ClockTime | None = None
    rep_id: Id | None = None


@handles(BlockTerritory)
def block_territory(command: BlockTerritory, records: Records, context: Context) -> Outcome:
    """Whose plan it is, or a manager."""
    rep_id = planner(context, command.rep_id)
    territory, label = _text(command.territory), _text(command.label)
    _require_block(territory or label, command.start, command.end)
    plan = open_plan(records, rep_id, command.week)
    block = TerritoryBlock(
        id=block_id_of(plan.id, command.weekday, territory, label, command.start),
        rep_id=rep_id,
        plan_id=plan.id,
        weekday=command.weekday,
        territory=territory,
        label=label,
        start=command.start,
        end=command.end,
    )
    held = records.get(TerritoryBlock, block.id)
    if isinstance(held, TerritoryBlock):
        records.change(held, label=label, start=command.start, end=command.end)
    else:
        records.add(block)
    return Outcome(result={"block_id": block.id})


@dataclass(frozen=True, kw_only=True)
class UnblockTerritory(Command):
    """Free a blocked weekday again."""

    block_id: Id


@handles(UnblockTerritory)
def unblock_territory(command: UnblockTerritory, records: Records, context: Context) -> None:
    """Whose plan it is, or a manager."""
    block = need_own(records, context, TerritoryBlock, command.block_id)
    require_open(records.need(CallPlan, block.plan_id))
    records.remove(block)


def block_id_of(plan_id: str, weekday: int, territory: str | None, label: str | None, start: str | None) -> str:
    """The id of a block: one for a plan, day and territory, and one for a day's label and start without territory."""
    what = f"territory {territory.casefold()}" if territory else f"label {(label or '').casefold()} {start or ''}"
    return child_id(plan_id, f"block {weekday} {what}")


def _text(text: str | None) -> str | None:
    return (text or "").strip() or None


def _require_block(name: str | None, start: str | None, end: str | None) -> None:
    if name is None:
        raise Rejected("block_unnamed", field="territory")
    if (start is None) != (end is None) or (start is not None and end is not None and start >= end):
        raise Rejected("block_times_invalid", field="start")


@dataclass(frozen=True, slots=True)
class PlacedAccount:
    """An account to plan a territory's day with; its position in degrees where known."""

    account_id: str
    territory: str | None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class BlockSuggestion:
    """A weekday (1 Monday to 5 Friday) for a territory, and the driving minutes it saves."""

    territory: str
    weekday: int
    accounts: int
    minutes_saved: int


_EARTH_MILES = 3958.76
_MILES_AN_HOUR = 35
_LEAST_SAVED, _MOST_SAVED, _SAVED_UNPLACED = 30, 180, 45


def suggest_blocks(accounts: Sequence[PlacedAccount], taken: Collection[int] = ()) -> list[BlockSuggestion]:
    """A free weekday for each territory with two accounts or more, the largest territory first.

    `taken` are weekdays blocked already. Territories beyond the free days get none.
    """
    by_territory: dict[str, list[PlacedAccount]] = {}
    for account in accounts:
        if account.territory:
            by_territory.setdefault(account.territory, []).append(account)
    worth = [(name, members) for name, members in by_territory.items() if len(members) >= 2]
    worth.sort(key=lambda item: (-len(item[1]), item[0]))
    free = [day for day in range(1, 6) if day not in taken]
    return [
        BlockSuggestion(name, day, len(members), minutes_saved(members))
        for day, (name, members) in zip(free, worth, strict=False)
    ]


def minutes_saved(accounts: Sequence[PlacedAccount]) -> int:
    """Driving spared by visiting these on one day: mean pair distance at 35 mph, once for each further account.

    Kept within 30 to 180 minutes; 45 where fewer than two positions are known.
    """
    places = [(a.latitude, a.longitude) for a in accounts if a.latitude is not None and a.longitude is not None]
    if len(places) < 2:
        return _SAVED_UNPLACED
    legs = [_miles(a, b) for a, b in combinations(places, 2)]
    minutes = sum(legs) / len(legs) / _MILES_AN_HOUR * 60 * (len(accounts) - 1)
    return min(max(round_half_up(minutes), _LEAST_SAVED), _MOST_SAVED)


def _miles(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance in miles (haversine)."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(radians, place)) for place in (a, b))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_MILES * asin(min(1.0, sqrt(chord)))
