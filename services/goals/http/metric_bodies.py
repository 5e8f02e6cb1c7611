"""What clients send of metrics."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ConfigDict, StrictBool, field_validator
from pydantic_core import PydanticCustomError

from services.goals.domain.metrics import DefinedMetric, MetricChange
from services.goals.http.fields import Body, Entity, Id, LeftOut, Name, given
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import Link, MetricId, RollupField, Slot
from shared.plumbing.identifiers import new_id


class LinkBody(Body):
    """An attribute that holds the id of another record, and that record's entity."""

    link: Id
    entity: Entity

    def as_link(self) -> Link:
        """Return what is asked for."""
        return Link(link=self.link, entity=self.entity)


class RollupFieldBody(Body):
    """Which records feed one measure of a metric.

    State and status, or the date, may be read of the record that theirs links to.
    """

    source_entity: Entity
    source_attribute: Id | None = None
    source_state: Id | None = None
    source_status: Id | None = None
    date_attribute: Id
    state_from: LinkBody | None = None
    date_from: LinkBody | None = None

    def as_rollup_field(self) -> RollupField:
        """Return what is asked for."""
        return RollupField(
            source_entity=self.source_entity,
            source_attribute=self.source_attribute,
            source_state=self.source_state,
            source_status=self.source_status,
            date_attribute=self.date_attribute,
            state_from=None if self.state_from is None else self.state_from.as_link(),
            date_from=None if self.date_from is None else self.date_from.as_link(),
        )


_REVENUE: Final[dict[str, Any]] = {
    "id": "revenue",
    "name": "Revenue",
    "kind": "amount",
    "data_type": "money",
    "rollup_fields": {
        "actual": {
            "source_entity": "opportunity",
            "source_attribute": "actualvalue",
            "source_state": "won",
            "date_attribute": "actualclosedate",
        },
        "in_progress": {
            "source_entity": "opportunity",
            "source_attribute": "estimatedvalue",
            "source_state": "open",
            "date_attribute": "estimatedclosedate",
        },
    },
}


_OF_AN_OPPORTUNITY: Final = {"link": "opportunityid", "entity": "opportunity"}
_WON_PRODUCTS: Final[dict[str, Any]] = {
    "id": "won-products",
    "name": "Won products",
    "kind": "amount",
    "data_type": "money",
    "rollup_fields": {
        "actual": {
            "source_entity": "opportunityproduct",
            "source_attribute": "extendedamount",
            "source_state": "won",
            "date_attribute": "actualclosedate",
            "state_from": _OF_AN_OPPORTUNITY,
            "date_from": _OF_AN_OPPORTUNITY,
        },
    },
}


def _at_most_three(fields: object) -> object:
    if isinstance(fields, Mapping) and len(fields) > len(Slot):
        raise PydanticCustomError(
            "rollup_fields_too_many",
            "it has {count} rollup fields, 3 are allowed: actual, in_progress, custom",
            {"count": len(fields)},
        )
    return fields


class RollupFieldsBody(Body):
    """The rollup fields of a metric, each at most once."""

    actual: RollupFieldBody | None = None
    in_progress: RollupFieldBody | None = None
    custom: RollupFieldBody | None = None

    def as_rollup_fields(self) -> dict[Slot, RollupField | None]:
        """Return those that were given; None for one that is to go."""
        fields: dict[Slot, RollupField | None] = {}
        for slot in Slot:
            if slot in self.model_fields_set:
                one: RollupFieldBody | None = getattr(self, slot)
                fields[slot] = None if one is None else one.as_rollup_field()
        return fields


class NewMetric(Body):
    """How goals are measured."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REVENUE, _WON_PRODUCTS]})

    id: Id | None = None
    name: Name
    kind: MetricKind
    data_type: DataType | None = None
    stretch_tracked: StrictBool = False
    rollup_fields: RollupFieldsBody = RollupFieldsBody()

    _no_fourth = field_validator("rollup_fields", mode="before")(_at_most_three)

    def as_metric(self) -> DefinedMetric:
        """Return what is asked for."""
        fields = self.rollup_fields.as_rollup_fields()
        return DefinedMetric(
            id=MetricId(self.id or new_id()),
            name=self.name,
            kind=self.kind,
            data_type=self.data_type,
            stretch_tracked=self.stretch_tracked,
            rollup_fields={
                slot: one for slot, one in fields.items() if one is not None
            },
        )


class MetricPatch(Body):
    """What is to become of a metric; a rollup field is given whole, null removes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Won revenue"}]})

    name: Name = LeftOut
    kind: MetricKind = LeftOut
    data_type: DataType | None = LeftOut
    stretch_tracked: StrictBool = LeftOut
    rollup_fields: RollupFieldsBody = LeftOut

    _no_fourth = field_validator("rollup_fields", mode="before")(_at_most_three)

    def as_change(self) -> MetricChange:
        """Return what is asked for."""
        fields = given(self)
        if "rollup_fields" in fields:
            fields["rollup_fields"] = self.rollup_fields.as_rollup_fields()
        return MetricChange(**fields)
