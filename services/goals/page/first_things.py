"""What the screens of things to edit show before their scripts run: all names."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.goals.domain.callers import Caller
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.queries import QueryState, RollupQuery
from services.goals.http.context import Service
from services.goals.http.listing import LIMIT_MAX
from services.goals.page.asking import check_read
from services.goals.page.order import by_name
from services.goals.store.database import Reading
from services.goals.store.goals import GoalFilter
from shared.domain.amounts import MetricKind

ROWS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A thing in the list."""

    id: str
    name: str
    # Empty: its script knows what to say of it.
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of thing in a list: what it is called, and where all of them are."""

    name: str
    one: str
    title: str
    explain: str
    read: Callable[[Reading], Awaitable[Sequence[Listed]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstThings:
    """The list of a screen, and the parts that it has."""

    part: Part
    parts: Sequence[Part]
    things: Sequence[Listed]
    count: int


async def things(
    service: Service, caller: Caller, kind: str, address: Mapping[str, str]
) -> FirstThings | None:
    """Return a list; None where its script draws something else, or knows more."""
    parts = PARTS.get(kind, ())
    asked = address.get("part", parts[0].name if parts else "")
    part = next((one for one in parts if one.name == asked), None)
    if part is None or not _OTHERS.isdisjoint(address):
        return None
    await check_read(service, caller, f"/v1/{part.name}")
    async with service.database.reading(caller=caller) as reading:
        found = await part.read(reading)
    # Which of so many come first is known only when all are there.
    if len(found) >= LIMIT_MAX:
        return None
    return FirstThings(
        part=part,
        parts=parts,
        things=sorted(found, key=lambda one: by_name(one.name))[:ROWS_MAX],
        count=len(found),
    )


# A form, a search, or the steps to a first goal.
_OTHERS: Final = frozenset({"id", "new", "q", "first"})


async def _goals(reading: Reading) -> Sequence[Listed]:
    rights = await reading.rights()
    found = await reading.goals.matching(GoalFilter(), "", LIMIT_MAX, rights)
    return [Listed(id=one.id, name=one.title) for one in found]


async def _queries(reading: Reading) -> Sequence[Listed]:
    found = await reading.queries.after("", LIMIT_MAX)
    return [Listed(id=one.id, name=one.name, note=_of_query(one)) for one in found]


async def _metrics(reading: Reading) -> Sequence[Listed]:
    found = await reading.metrics.after("", LIMIT_MAX)
    return [Listed(id=one.id, name=one.name, note=_of_metric(one)) for one in found]


async def _users(reading: Reading) -> Sequence[Listed]:
    found = await reading.users.after("", LIMIT_MAX)
    return [
        Listed(
            id=one.id,
            name=one.name,
            note=f"{one.id} · disabled" if one.disabled else one.id,
        )
        for one in found
    ]


async def _teams(reading: Reading) -> Sequence[Listed]:
    found = await reading.teams.after("", LIMIT_MAX)
    return [
        Listed(
            id=one.id,
            name=one.name,
            note=f"{one.id} · {_counted(len(one.members), 'member')}",
        )
        for one in found
    ]


async def _units(reading: Reading) -> Sequence[Listed]:
    found = await reading.business_units.after("", LIMIT_MAX)
    names = {one.id: one.name for one in found}
    return [
        Listed(
            id=one.id,
            name=one.name,
            note=one.id
            + (f" · in {names.get(one.parent_id)}" if one.parent_id else ""),
        )
        for one in found
    ]


async def _roles(reading: Reading) -> Sequence[Listed]:
    found = await reading.roles.after("", LIMIT_MAX)
    return [
        Listed(
            id=one.id,
            name=one.name,
            note=f"{one.id} · {_counted(len(one.rights), 'right')}"
            if one.rights
            else one.id,
        )
        for one in found
    ]


def _of_query(query: RollupQuery) -> str:
    if query.state is QueryState.ACTIVE:
        return query.entity
    return f"{query.entity} · {query.state}"


def _of_metric(metric: DefinedMetric) -> str:
    if metric.kind is MetricKind.COUNT:
        return "counts records"
    return f"adds {metric.data_type}"


def _counted(number: int, one: str) -> str:
    return f"{number} {one if number == 1 else f'{one}s'}"


# In the words of `web/src/manage`; a test holds the two to each other.
PARTS: Final[Mapping[str, Sequence[Part]]] = {
    "goals": (
        Part(
            name="goals",
            one="goal",
            title="Goals",
            explain="A goal is a target for somebody in a period. A metric says what "
            "counts; goals below one another add up.",
            read=_goals,
        ),
    ),
    "queries": (
        Part(
            name="rollup-queries",
            one="query",
            title="Queries",
            explain="A query narrows what a measure of a goal counts: conditions on "
            "records of one entity, and on records that those link to.",
            read=_queries,
        ),
    ),
    "metrics": (
        Part(
            name="metrics",
            one="metric",
            title="Metrics",
            explain="A metric says how goals are measured: which records count, by "
            "which date, and what of them is added up.",
            read=_metrics,
        ),
    ),
    "directory": (
        Part(
            name="users",
            one="user",
            title="Users",
            explain="People who own, manage or look at goals. Records name their "
            "owners by these ids.",
            read=_users,
        ),
        Part(
            name="teams",
            one="team",
            title="Teams",
            explain="People who own things together. A goal of a team may count what "
            "its members own, too.",
            read=_teams,
        ),
        Part(
            name="business-units",
            one="business unit",
            title="Business units",
            explain="The parts of the organisation, one below another. Roles reach as "
            "far as a unit, or a unit and those below.",
            read=_units,
        ),
        Part(
            name="roles",
            one="role",
            title="Roles",
            explain="What those who have a role may do: with things of which entity, "
            "and how far. With the first role, everybody reads what roles allow, and "
            "no more.",
            read=_roles,
        ),
    ),
}
