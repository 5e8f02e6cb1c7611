"""What dashboards show before their scripts run: the list, and one's tiles by title."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from services.goals.domain.attainment_groups import By
from services.goals.domain.callers import Caller, Scope
from services.goals.domain.dashboards import Dashboard
from services.goals.domain.numbers import percentage_of, texts_of
from services.goals.flows import dashboards as flows
from services.goals.http.listing import LIMIT_MAX
from services.goals.page.numbers import ABSENT, Marks, shown, shown_percentage
from services.goals.page.order import by_name
from services.goals.store.database import Database, Reading
from shared.domain.amounts import DataType
from shared.domain.goals import Goal, Slot

ROWS_MAX: Final = 100
# More do not fit on a screen.
TILES_MAX: Final = 24

_MISSING: Final = "This goal is not there, or you may not read it."
# Tiles of one goal, and what stands before its title.
_OF_A_GOAL: Final = {"goal": "", "burn_up": "", "waterfall": "What moved: "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A dashboard in the list."""

    id: str
    name: str
    whose: str
    sections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How far a goal has come, in words."""

    actual: str
    target: str
    percentage: str
    # What is counted: a currency, or nothing.
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What can be said of a tile at once."""

    kind: str
    width: int
    title: str = ""
    # Of the goal that it is about.
    goal_id: str | None = None
    card: Card | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Tiles under one title."""

    title: str
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstDashboard:
    """A dashboard, in words."""

    name: str
    whose: str
    may_write: bool
    sections: Sequence[Section]


async def listed(database: Database, caller: Caller) -> Sequence[Listed]:
    """Return the dashboards that a caller sees, as many as a first page holds."""
    async with database.reading(caller=caller) as reading:
        found = await reading.dashboards.readable(await reading.rights(), "", LIMIT_MAX)
        first = sorted(found, key=lambda one: by_name(one.name))[:ROWS_MAX]
        names = await _names(reading, first)
    return [
        Listed(
            id=one.id,
            name=one.name,
            whose=_whose(one, names, of=""),
            sections=len(msgspec.json.decode(one.sections)),
        )
        for one in first
    ]


async def dashboard(
    database: Database, caller: Caller, dashboard_id: str, marks: Marks
) -> FirstDashboard:
    """Return a dashboard's tiles, as far as their goals may be read."""
    async with database.reading(caller=caller) as reading:
        found = await flows.readable(reading, dashboard_id)
        sections = list(_cut(msgspec.json.decode(found.sections)))
        goals = await _goals(reading, sections)
        cards = await _cards(reading, list(goals.values()), marks)
        names = await _names(reading, [found])
    return FirstDashboard(
        name=found.name,
        whose=_whose(found, names, of="of "),
        may_write=caller.user_id in (None, found.owner_id),
        sections=[
            Section(
                title=one["title"],
                tiles=[_tile(tile, goals, cards) for tile in one["tiles"]],
            )
            for one in sections
        ],
    )


def _cut(sections: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield sections with as many tiles together as a screen holds."""
    room = TILES_MAX
    for section in sections:
        tiles = section["tiles"][:room]
        room -= len(tiles)
        if tiles or not section["tiles"]:
            yield {"title": section["title"], "tiles": tiles}


async def _goals(
    reading: Reading, sections: Sequence[Mapping[str, Any]]
) -> Mapping[str, Goal]:
    """Return the goals of tiles that the caller may read."""
    tiles = [tile for section in sections for tile in section["tiles"]]
    ids = {tile["goal_id"] for tile in tiles if tile["kind"] in _OF_A_GOAL}
    visible = await reading.visible.of(await reading.rights(), ids)
    return {goal.id: goal for goal in await reading.goals.find(sorted(visible))}


async def _cards(
    reading: Reading, goals: Collection[Goal], marks: Marks
) -> dict[str, Card]:
    numbers = await reading.numbers([goal.number for goal in goals])
    metrics = await reading.metrics.find({goal.metric_id for goal in goals})
    money = {one.id for one in metrics if one.data_type is DataType.MONEY}
    currency = (await reading.organization()).base_currency
    cards: dict[str, Card] = {}
    for goal in goals:
        found = numbers.get(goal.number)
        actual, percentage = ABSENT, ABSENT
        if found is not None and found.metric_id == goal.metric_id:
            actual = shown(texts_of(found.shown, found.decimals)[Slot.ACTUAL], marks)
            percentage = shown_percentage(percentage_of(goal.target, found), marks)
        cards[goal.id] = Card(
            actual=actual,
            target=shown(goal.target, marks),
            percentage=percentage,
            unit=currency if goal.metric_id in money else "",
        )
    return cards


def _tile(
    tile: Mapping[str, Any], goals: Mapping[str, Goal], cards: Mapping[str, Card]
) -> Tile:
    kind, width = tile["kind"], tile["width"]
    if kind in _OF_A_GOAL:
        goal = goals.get(tile["goal_id"])
        if goal is None:
            return Tile(kind=kind, width=width, text=_MISSING)
        return Tile(
            kind=kind,
            width=width,
            title=_OF_A_GOAL[kind] + goal.title,
            goal_id=goal.id,
            card=cards[goal.id] if kind == "goal" else None,
        )
    if kind == "text":
        return Tile(kind=kind, width=width, text=tile["text"])
    if kind == "attention":
        return Tile(kind=kind, width=width, title="Needs attention")
    return Tile(kind=kind, width=width, title=f"Attainment by {By(tile['by'])}")


async def _names(
    reading: Reading, dashboards: Sequence[Dashboard]
) -> Mapping[str, str]:
    """Return what owners are called, to whom the directory is open."""
    if not reading.caller.has(Scope.DIRECTORY_READ):
        return {}
    owners = {one.owner_id for one in dashboards if one.owner_id is not None}
    return {user.id: user.name for user in await reading.users.find(sorted(owners))}


def _whose(dashboard: Dashboard, names: Mapping[str, str], *, of: str) -> str:
    owner = dashboard.owner_id
    return "everybody's" if owner is None else of + names.get(owner, owner)
