"""Routes of rollup queries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter

from services.goals.domain import errors as refusals
from services.goals.domain.given_conditions import read_conditions
from services.goals.domain.queries import QueryState, RollupQuery
from services.goals.domain.versions import Expected
from services.goals.flows import defining
from services.goals.flows.queries import QUERIES
from services.goals.flows.trying import types_named
from services.goals.http.query_bodies import (
    WHERE_SCHEMA,
    NewRollupQuery,
    RollupQueryPatch,
    conditions_of,
)
from services.goals.http.reading import ExactRoute
from services.goals.http.resources import (
    Refusals,
    Told,
    add_routes,
    resource_of,
    words_of,
)
from services.goals.store.database import Changes, Reading

# What a query is refused for that does not read.
READ_REFUSALS: Final = (
    refusals.QUERY_UNREADABLE,
    refusals.FISCAL_PERIOD_NOT_OF_TEMPLATE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupQueryAnswer:
    """A rollup query, its conditions as they were given."""

    id: str
    version: int
    name: str
    entity: str
    where: Annotated[object, WHERE_SCHEMA]
    state: QueryState


class _Shown:
    """Shows conditions as JSON, with every digit."""

    def at_once(self, things: Sequence[RollupQuery]) -> Sequence[RollupQueryAnswer]:
        return [_answer(one) for one in things]

    async def with_numbers(
        self, _reading: Reading, things: Sequence[RollupQuery]
    ) -> Sequence[RollupQueryAnswer]:
        return self.at_once(things)


def _answer(query: RollupQuery) -> RollupQueryAnswer:
    return RollupQueryAnswer(
        id=query.id,
        version=query.version,
        name=query.name,
        entity=query.entity,
        where=msgspec.Raw(query.where.encode()),
        state=query.state,
    )


async def _create(
    changes: Changes, bodies: Sequence[NewRollupQuery]
) -> Sequence[RollupQuery]:
    """Create queries; what came as FetchXML is kept as JSON."""
    said = [conditions_of(body) if _has_fetchxml(body) else None for body in bodies]
    types = await types_named(changes, [one for one in said if one is not None])
    queries = []
    for index, (body, given) in enumerate(zip(bodies, said, strict=True)):
        with defining.item(index):
            queries.append(
                body.as_query()
                if given is None
                else body.as_read(read_conditions(given, types))
            )
    return await defining.create(changes, QUERIES, queries)


async def _change(
    changes: Changes, query_id: str, body: RollupQueryPatch, expected: Expected
) -> RollupQuery:
    """Change a query; what came as FetchXML is kept as JSON."""
    alter = body.applied_to
    if _has_fetchxml(body):
        given = conditions_of(body)
        read = read_conditions(given, await types_named(changes, [given]))
        alter = partial(body.applied_as, read=read)
    return await defining.change(changes, QUERIES, query_id, alter, expected)


def _has_fetchxml(body: NewRollupQuery | RollupQueryPatch) -> bool:
    return conditions_of(body).fetchxml is not None


_QUERIES: Final = replace(
    resource_of(
        QUERIES,
        words=words_of(
            "rollup query",
            "rollup queries",
            create="Create rollup queries: conditions over the records of one entity, "
            "and of records that those link to. A goal may have one for each measure.",
            change="Change the fields that are given; the totals of goals that use the "
            "query follow. `where` is given as a whole.",
            delete=Told(
                "Delete a rollup query that no goal uses",
                "Delete a rollup query. One that is inactive is given to no goal any "
                "more.",
            ),
        ),
        refusals=Refusals(
            written=READ_REFUSALS,
            changed=(refusals.QUERY_ENTITY_FROZEN,),
            deleted=(refusals.QUERY_IN_USE,),
        ),
        new=NewRollupQuery,
        as_thing=NewRollupQuery.as_query,
        patch=RollupQueryPatch,
        applied=RollupQueryPatch.applied_to,
        answer=RollupQueryAnswer,
    ),
    create=_create,
    change=_change,
    view=lambda _service: _Shown(),
)

router = APIRouter(tags=["rollup queries"], route_class=ExactRoute)
add_routes(router, _QUERIES)
