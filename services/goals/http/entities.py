"""Routes of entities."""

from typing import Final

from fastapi import APIRouter

from services.goals.domain import errors as refusals
from services.goals.domain.entities import DeclaredEntity
from services.goals.flows.entities import ENTITIES
from services.goals.http.entity_bodies import EntityPatch, NewEntity
from services.goals.http.reading import ExactRoute
from services.goals.http.resources import (
    Refusals,
    Told,
    add_routes,
    resource_of,
    words_of,
)

_ENTITIES: Final = resource_of(
    ENTITIES,
    words=words_of(
        "entity",
        "entities",
        create="Declare what records of an entity hold; what nobody declares may hold "
        "anything.",
        change="Change the declaration; attributes are given all together.",
        delete=Told(
            "Delete what is declared of an entity",
            "Delete a declaration, also if metrics read the entity: its attributes may "
            "hold anything then. A rollup query that reads only by the declaration "
            "keeps it.",
        ),
    ),
    refusals=Refusals(
        written=(
            refusals.SOURCE_ATTRIBUTE_TYPE_DIFFERS,
            refusals.DATE_ATTRIBUTE_TYPE_DIFFERS,
            refusals.ENTITY_IN_USE,
        ),
        deleted=(refusals.ENTITY_IN_USE,),
    ),
    new=NewEntity,
    as_thing=NewEntity.as_entity,
    patch=EntityPatch,
    applied=EntityPatch.applied_to,
    answer=DeclaredEntity,
)

router = APIRouter(tags=["metrics"], route_class=ExactRoute)
add_routes(router, _ENTITIES)
