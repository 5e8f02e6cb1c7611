"""Writing what records of an entity are declared to hold.

Declaring is optional, and so an entity may be deleted whichever metrics read its
records: their attributes are then undeclared, as they were before. Queries that read by
what was declared keep it.
"""

from collections.abc import Sequence
from typing import Final

from services.goals.announcing import entity_definition
from services.goals.domain.entities import DeclaredEntity
from services.goals.domain.judging import EntityJudge
from services.goals.domain.queries import by_entity, check_still_read
from services.goals.flows.defining import Defined
from services.goals.flows.queries import types_for
from services.goals.store.database import Changes, Reading
from shared.messages.definitions import Kind


async def _judge_of_entities(
    reading: Reading, entities: Sequence[DeclaredEntity]
) -> EntityJudge:
    names = [entity.id for entity in entities]
    queries = await reading.queries.looking_at(names)
    standing = await types_for(reading, queries)
    return EntityJudge(
        readers=await reading.metrics.reading_from(names),
        queries=by_entity(queries),
        standing=standing,
        types=dict(standing),
    )


async def _check_deletable(changes: Changes, entity_id: str) -> None:
    queries = await changes.queries.looking_at([entity_id])
    before = await types_for(changes, queries)
    after = {name: types for name, types in before.items() if name != entity_id}
    check_still_read(entity_id, queries, before, after, field=None)


ENTITIES: Final = Defined(
    kind=Kind.ENTITY,
    table=lambda reading: reading.entities,
    definition=entity_definition,
    judge=_judge_of_entities,
    check_deletable=_check_deletable,
)
