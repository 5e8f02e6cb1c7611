"""What clients send of rollup queries, and of a goal's."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from services.goals.domain.errors import INVALID_FIELD, MISSING_FIELD, RefusedError
from services.goals.domain.exact_json import levels_of, text_of
from services.goals.domain.given_conditions import GivenConditions, ReadConditions
from services.goals.domain.goal_queries import GivenQueries
from services.goals.domain.queries import QueryState, RollupQuery
from services.goals.http.fields import Body, Entity, Id, LeftOut, Name, given
from shared.domain.goals import SLOTS, QueryId
from shared.plumbing.identifiers import new_id
from shared.queries.fetchxml_names import SIZE_MAX
from shared.queries.reading import NESTING_MAX

# Each group has a list inside an object; deeper ones are refused by their place, and
# what is far deeper is not even looked at.
_LEVELS_MAX: Final = 5 * NESTING_MAX

CLOSE_STAGE: Final[dict[str, Any]] = {
    "id": "close-stage",
    "name": "In the last stages",
    "entity": "opportunity",
    "where": {
        "all": [
            {"attribute": "estimatedvalue", "operator": "gt", "value": "1000"},
            {"attribute": "stage", "operator": "in", "value": ["propose", "close"]},
        ]
    },
}
OF_CHICAGO: Final[dict[str, Any]] = {
    "id": "of-chicago",
    "name": "Customers in Chicago",
    "entity": "opportunity",
    "where": {
        "link": "customerid",
        "entity": "account",
        "where": {
            "attribute": "address1_postalcode",
            "operator": "eq",
            "value": "60661",
        },
    },
}
WHERE_SCHEMA: Final = WithJsonSchema(
    {
        "anyOf": [{"type": "object"}, {"type": "null"}],
        "description": "`all`, `any` or `not` of conditions, a condition on an "
        "attribute, or `link` with the conditions on the record that it leads to; "
        "null: every record",
        "examples": [CLOSE_STAGE["where"], OF_CHICAGO["where"]],
    }
)


def _as_text(conditions: object) -> str:
    if levels_of(conditions) > _LEVELS_MAX:
        raise PydanticCustomError(
            "query_unreadable",
            "groups and links nest deeper than {allowed}; flatten the query",
            {"allowed": NESTING_MAX},
        )
    try:
        return text_of(conditions)
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "invalid_field", "it holds half of a character; write the whole one"
        ) from None


# As exact JSON; whether it reads depends on what entities are declared to hold.
Conditions = Annotated[str, BeforeValidator(_as_text), WHERE_SCHEMA]


FETCHED: Final = (
    '<fetch><entity name="opportunity"><filter><condition attribute="statecode" '
    'operator="eq" value="open"/></filter></entity></fetch>'
)


def _not_too_large(text: str) -> str:
    # Half a character has no bytes, and is told of with its place.
    size = len(text.encode(errors="replace"))
    if size > SIZE_MAX:
        raise PydanticCustomError(
            "query_unreadable",
            "it has {size} bytes, {allowed} are allowed; shorten the query",
            {"size": size, "allowed": SIZE_MAX},
        )
    return text


FetchXml = Annotated[
    str,
    Field(
        strict=True,
        description="the query as FetchXML, in place of `where`; with it `entity` may "
        "be left out",
        examples=[FETCHED],
    ),
    AfterValidator(_not_too_large),
]


def _everything() -> str:
    return text_of(None)


def conditions_of(body: Body) -> GivenConditions:
    """Return what a body says of entity and conditions."""
    fields = given(body)
    return GivenConditions(
        entity=fields.get("entity"),
        where=fields.get("where"),
        fetchxml=fields.get("fetchxml"),
    )


def refuse_fetchxml(body: Body) -> None:
    """Refuse FetchXML where it is not taken."""
    if "fetchxml" in body.model_fields_set:
        raise RefusedError(
            INVALID_FIELD,
            "an import takes where, and no fetchxml; send FetchXML to "
            "/v1/rollup-queries",
            field="fetchxml",
        )


class NewRollupQuery(Body):
    """A condition over records of one entity."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                CLOSE_STAGE,
                OF_CHICAGO,
                {"id": "open", "name": "Open ones", "fetchxml": FETCHED},
            ]
        }
    )

    id: Id | None = None
    name: Name
    # Needed, unless FetchXML names it.
    entity: Entity = LeftOut
    where: Conditions = Field(default_factory=_everything)
    fetchxml: FetchXml | None = None
    state: QueryState = Field(
        default=QueryState.ACTIVE,
        description="inactive: it cannot be given to goals; those that have it go on",
    )

    def as_query(self) -> RollupQuery:
        """Return what is asked for where FetchXML is not taken."""
        refuse_fetchxml(self)
        if "entity" not in self.model_fields_set:
            raise RefusedError(
                MISSING_FIELD, "the field entity is missing; give it", field="entity"
            )
        return self._query(self.entity, self.where)

    def as_read(self, read: ReadConditions) -> RollupQuery:
        """Return what is asked for, with conditions that were read."""
        return self._query(read.entity, read.text)

    def _query(self, entity: str, where: str) -> RollupQuery:
        return RollupQuery(
            id=QueryId(self.id or new_id()),
            name=self.name,
            entity=entity,
            where=where,
            state=self.state,
        )


class RollupQueryPatch(Body):
    """What is to become of a query; its entity never changes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Customers in the Loop", "where": OF_CHICAGO["where"]},
                {"state": "inactive"},
            ]
        }
    )

    name: Name = LeftOut
    entity: Entity = LeftOut
    where: Conditions = LeftOut
    fetchxml: FetchXml = LeftOut
    state: QueryState = LeftOut

    def applied_to(self, query: RollupQuery) -> RollupQuery:
        """Return what the query becomes where FetchXML is not taken."""
        refuse_fetchxml(self)
        return replace(query, **given(self))

    def applied_as(self, query: RollupQuery, read: ReadConditions) -> RollupQuery:
        """Return what the query becomes, with conditions that were read."""
        fields = given(self)
        del fields["fetchxml"]
        return replace(query, **fields | {"entity": read.entity, "where": read.text})


class QueriesBody(Body):
    """Which query narrows which measure of a goal; null: none."""

    actual: Id | None = None
    in_progress: Id | None = None
    custom: Id | None = None

    def as_given(self) -> GivenQueries:
        """Return what is said of the measures that are named."""
        fields = given(self)
        return {slot: fields[slot] for slot in SLOTS if slot in fields}
