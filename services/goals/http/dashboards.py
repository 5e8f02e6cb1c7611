"""Routes of dashboards: their owner writes them, others look at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter
from pydantic import WithJsonSchema

from services.goals.domain import errors as refusals
from services.goals.domain.dashboards import Dashboard
from services.goals.flows import dashboards as flows
from services.goals.http.answers import PrincipalAnswer
from services.goals.http.dashboard_bodies import (
    EXAMPLE,
    DashboardPatch,
    NewDashboard,
)
from services.goals.http.listing import PageQuery
from services.goals.http.reading import ExactRoute
from services.goals.http.resources import (
    Refusals,
    Resource,
    Told,
    add_routes,
    words_of,
)
from services.goals.store.database import Changes, Reading

_SECTIONS: Final = WithJsonSchema(
    {
        "type": "array",
        "items": {"type": "object"},
        "description": "as they were given",
        "examples": [EXAMPLE["sections"]],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardShareAnswer:
    """Who may look at it besides its owner."""

    type: str
    id: str
    rights: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardAnswer:
    """A dashboard; null as its owner: the organisation, and everybody sees it."""

    id: str
    version: int
    name: str
    owner: PrincipalAnswer | None
    shared_with: Sequence[DashboardShareAnswer]
    sections: Annotated[object, _SECTIONS]


class _Shown:
    """Shows dashboards: they have no numbers."""

    def at_once(self, things: Sequence[Dashboard]) -> Sequence[DashboardAnswer]:
        return [_answer(one) for one in things]

    async def with_numbers(
        self, _reading: Reading, things: Sequence[Dashboard]
    ) -> Sequence[DashboardAnswer]:
        return self.at_once(things)


def _answer(one: Dashboard) -> DashboardAnswer:
    shares = [key.partition("/") for key in one.shared_with]
    return DashboardAnswer(
        id=one.id,
        version=one.version,
        name=one.name,
        owner=(
            None
            if one.owner_id is None
            else PrincipalAnswer(type="user", id=one.owner_id)
        ),
        shared_with=[
            DashboardShareAnswer(type=kind, id=name, rights=["read"])
            for kind, _, name in shares
        ],
        sections=msgspec.Raw(one.sections.encode()),
    )


async def _create(
    changes: Changes, bodies: Sequence[NewDashboard]
) -> Sequence[Dashboard]:
    return await flows.create(changes, [body.as_dashboard() for body in bodies])


async def _page(reading: Reading, query: Any, limit: int) -> Sequence[Dashboard]:
    rights = await reading.rights()
    return await reading.dashboards.readable(rights, query.after_id, limit)


_DASHBOARDS: Final[Resource[NewDashboard, DashboardPatch, Dashboard]] = Resource(
    words=words_of(
        "dashboard",
        "dashboards",
        create="Create dashboards: sections of tiles. They belong to whoever creates "
        "them; those of a system belong to the organisation, and everybody sees them.",
        change="Change the fields that are given; only its owner may. `sections` and "
        "`shared_with` are replaced as a whole.",
        delete=Told(
            "Delete a dashboard",
            "Delete a dashboard; only its owner may. No goal changes.",
        ),
    ),
    refusals=Refusals(
        written=(refusals.REFERENCE_NOT_FOUND, refusals.PRINCIPAL_NAMED_TWICE),
    ),
    new=NewDashboard,
    patch=DashboardPatch,
    answer=DashboardAnswer,
    table=lambda reading: reading.dashboards,
    create=_create,
    change=lambda changes, dashboard_id, body, expected: flows.change(
        changes, dashboard_id, body.applied_to, expected
    ),
    delete=flows.delete,
    view=lambda _service: _Shown(),
    query=PageQuery,
    page=_page,
    one=flows.readable,
)

router = APIRouter(tags=["dashboards"], route_class=ExactRoute)
add_routes(router, _DASHBOARDS)
