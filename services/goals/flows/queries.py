"""Writing rollup queries."""

from collections.abc import Collection, Sequence
from typing import Final

from services.goals.announcing import rollup_query_definition
from services.goals.domain.judging import QueryJudge
from services.goals.domain.queries import RollupQuery, check_deletable, entities_of
from services.goals.flows.defining import Defined, told_uses
from services.goals.store.database import Changes, Reading
from shared.messages.definitions import Kind
from shared.queries.reading import Types


async def types_for(reading: Reading, queries: Collection[RollupQuery]) -> Types:
    """Return what is declared of all entities that queries look at."""
    names = {name for query in queries for name in entities_of(query)}
    return {one.id: one.attributes for one in await reading.entities.find(names)}


async def _judge_of_queries(
    reading: Reading, queries: Sequence[RollupQuery]
) -> QueryJudge:
    standing = await reading.queries.find([query.id for query in queries])
    organization = await reading.organization()
    return QueryJudge(
        standing={query.id: query for query in standing},
        types=await types_for(reading, queries),
        template=organization.fiscal_calendar.template,
    )


async def _check_deletable(changes: Changes, query_id: str) -> None:
    uses = await told_uses(changes, await changes.queries.uses_of(query_id))
    check_deletable(query_id, uses)


QUERIES: Final = Defined(
    kind=Kind.ROLLUP_QUERY,
    table=lambda reading: reading.queries,
    definition=rollup_query_definition,
    judge=_judge_of_queries,
    check_deletable=_check_deletable,
)
