"""What clients send and get where queries are tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from pydantic import ConfigDict, Field, WithJsonSchema

from services.goals.domain.trials import (
    FieldImpact,
    GoalImpact,
    Preview,
    PreviewOrder,
    SampledRecord,
    StandsStill,
)
from services.goals.http.answers import PrincipalAnswer
from services.goals.http.fields import Body, Entity, Id, LeftOut, TimeZone
from services.goals.http.listing import PageQuery
from services.goals.http.query_bodies import (
    CLOSE_STAGE,
    FETCHED,
    OF_CHICAGO,
    Conditions,
    FetchXml,
    conditions_of,
)
from shared.domain.amounts import text_of
from shared.domain.goals import Slot

# Every goal asks something of every record.
GOALS_MAX: Final = 200

_ATTRIBUTES: Final = WithJsonSchema(
    {"type": "object", "examples": [{"estimatedvalue": "1200.00", "stage": "close"}]}
)


class PreviewBody(Body):
    """A query to be tried; with neither `where` nor FetchXML it matches all."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "entity": "opportunity",
                    "where": CLOSE_STAGE["where"],
                    "source_attribute": "estimatedvalue",
                },
                {"fetchxml": FETCHED},
            ]
        }
    )

    # Needed, unless FetchXML names it.
    entity: Entity = LeftOut
    where: Conditions = LeftOut
    fetchxml: FetchXml | None = None
    manager_id: Id | None = Field(
        default=None,
        description="the user who is meant by operators such as eq-userid, and needed "
        "where there are any; then only what that user may read is seen",
    )
    source_attribute: Id | None = Field(
        default=None, description="what is added up", examples=["estimatedvalue"]
    )
    time_zone: TimeZone | None = Field(
        default=None, description="where days begin; left out: the organisation's"
    )

    def as_order(self) -> PreviewOrder:
        """Return what is asked for."""
        return PreviewOrder(
            conditions=conditions_of(self),
            manager_id=self.manager_id,
            source_attribute=self.source_attribute,
            time_zone=self.time_zone,
        )


class ImpactBody(Body):
    """Other conditions of a query; with neither `where` nor FetchXML all match."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"where": OF_CHICAGO["where"]}, {"fetchxml": FETCHED}]
        }
    )

    where: Conditions = LeftOut
    fetchxml: FetchXml | None = None


class ImpactQuery(PageQuery):
    """Which page of the goals that use a query."""

    limit: int = Field(default=100, ge=1, le=GOALS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRecordAnswer:
    """A record that matches."""

    record: str
    version: int
    owner: PrincipalAnswer | None
    state: str | None
    status: str | None
    attributes: Annotated[object, _ATTRIBUTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAnswer:
    """How many records match, what they add up to, and the first ten by their keys.

    `sum` is exact, and null without `source_attribute`; what is no amount adds nothing.
    `withheld`: how many of them you may not read yourself; none is in the sample.
    `as_of` is the minute that relative dates went by.
    """

    matching: int
    sum: str | None
    sample: Sequence[SampledRecordAnswer]
    withheld: int
    took_ms: int
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldImpactAnswer:
    """A goal's own value now, and what it would become; null: not known yet."""

    now: str | None
    becomes: str | None
    difference: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalImpactAnswer:
    """What other conditions would make of the measures that the query narrows.

    `stands_still` says why nothing would change: the goal is frozen, or takes only what
    its children show.
    """

    goal_id: str
    title: str
    stands_still: StandsStill | None
    fields: Mapping[Slot, FieldImpactAnswer]


PREVIEW_EXAMPLE: Final[dict[str, Any]] = {
    "matching": 2,
    "sum": "1250.50",
    "sample": [
        {
            "record": "opportunity/O-1",
            "version": 7,
            "owner": {"type": "user", "id": "ada"},
            "state": "open",
            "status": None,
            "attributes": {"estimatedvalue": "1200.00", "stage": "close"},
        }
    ],
    "withheld": 0,
    "took_ms": 12,
    "as_of": "2026-11-21T09:30:00Z",
}
IMPACT_EXAMPLE: Final[dict[str, Any]] = {
    "items": [
        {
            "goal_id": "north",
            "title": "North",
            "stands_still": None,
            "fields": {
                "actual": {
                    "now": "400.0000",
                    "becomes": "1200.0000",
                    "difference": "800.0000",
                }
            },
        }
    ],
    "next": None,
}


def preview_answer(preview: Preview, *, took_ms: int) -> PreviewAnswer:
    """Return what a query matches, as clients see it."""
    return PreviewAnswer(
        matching=preview.matching,
        sum=preview.sum,
        sample=[_sampled(one) for one in preview.sample],
        withheld=preview.withheld,
        took_ms=took_ms,
        as_of=preview.now,
    )


def impact_answer(impact: GoalImpact) -> GoalImpactAnswer:
    """Return what becomes of a goal, as clients see it."""
    return GoalImpactAnswer(
        goal_id=impact.goal.id,
        title=impact.goal.title,
        stands_still=impact.stands_still,
        fields={
            slot: _field(one, impact.decimals) for slot, one in impact.fields.items()
        },
    )


def _sampled(record: SampledRecord) -> SampledRecordAnswer:
    owner = None
    if record.owner is not None:
        kind, _, name = record.owner.partition("/")
        owner = PrincipalAnswer(type=kind, id=name)
    return SampledRecordAnswer(
        record=record.key,
        version=record.version,
        owner=owner,
        state=record.state,
        status=record.status,
        attributes=msgspec.Raw(record.attributes.encode()),
    )


def _field(impact: FieldImpact, decimals: int) -> FieldImpactAnswer:
    def text(units: int | None) -> str | None:
        return None if units is None else text_of(units, decimals)

    return FieldImpactAnswer(
        now=text(impact.now),
        becomes=text(impact.becomes),
        difference=text(impact.difference),
    )
