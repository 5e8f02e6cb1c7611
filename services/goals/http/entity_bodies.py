"""What clients send of entities."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from services.goals.domain.entities import DeclaredEntity
from services.goals.http.fields import Body, Entity, Id, LeftOut, given
from shared.domain.entities import AttributeType
from shared.messages.records import ATTRIBUTES_MAX

_OPPORTUNITY: Final[dict[str, Any]] = {
    "actualvalue": "number",
    "actualclosedate": "date",
    "customerid": "reference",
}

_Attributes = Annotated[
    dict[Id, AttributeType],
    # As many as a record may have.
    Field(
        max_length=ATTRIBUTES_MAX,
        description="what an attribute holds, by its name; the others may hold "
        "anything. Given anew, the whole map is replaced",
        examples=[_OPPORTUNITY],
    ),
]


class NewEntity(Body):
    """What the records of an entity hold; the id is the entity's name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "opportunity", "attributes": _OPPORTUNITY}]
        }
    )

    id: Entity
    attributes: _Attributes

    def as_entity(self) -> DeclaredEntity:
        """Return what is asked for."""
        return DeclaredEntity(id=self.id, attributes=self.attributes)


class EntityPatch(Body):
    """What the records of an entity hold from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"attributes": {**_OPPORTUNITY, "rating": "text"}}]
        }
    )

    attributes: _Attributes = LeftOut

    def applied_to(self, entity: DeclaredEntity) -> DeclaredEntity:
        """Return what the entity becomes."""
        return replace(entity, **given(self))
