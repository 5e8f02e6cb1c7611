"""Entities and what their records are declared to hold."""

from typing import Final

import asyncpg
import msgspec

from services.goals.domain.entities import DeclaredEntity
from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Table
from shared.domain.entities import AttributeType

_decode_attributes = msgspec.json.Decoder(dict[str, AttributeType]).decode


class Entities(Table[DeclaredEntity]):
    """What can be read and written of entities."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _ENTITIES)


def _encoded_attributes(entity: DeclaredEntity) -> str:
    return msgspec.json.encode(entity.attributes).decode()


def _entity(row: asyncpg.Record) -> DeclaredEntity:
    return DeclaredEntity(
        id=row["id"],
        version=row["version"],
        attributes=_decode_attributes(row["attributes"]),
    )


_ENTITIES: Final[Shape[DeclaredEntity]] = Shape(
    table="goals.entity",
    columns=(Column("attributes", "jsonb", _encoded_attributes),),
    thing=_entity,
)
