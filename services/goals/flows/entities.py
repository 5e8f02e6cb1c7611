"""Writing what records of an entity are declared to hold.

Declaring is optional, and so an entity may be deleted whoever reads its records: their
attributes are then undeclared, as they were before.
"""

from collections.abc import Sequence
from typing import Final

from services.goals.announcing import entity_definition
from services.goals.domain.entities import DeclaredEntity
from services.goals.domain.judging import EntityJudge
from services.goals.flows.defining import Defined
from services.goals.store.database import Reading
from shared.messages.definitions import Kind


async def _judge_of_entities(
    reading: Reading, entities: Sequence[DeclaredEntity]
) -> EntityJudge:
    names = [entity.id for entity in entities]
    return EntityJudge(readers=await reading.metrics.reading_from(names))


ENTITIES: Final = Defined(
    kind=Kind.ENTITY,
    table=lambda reading: reading.entities,
    definition=entity_definition,
    judge=_judge_of_entities,
)
