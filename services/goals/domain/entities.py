"""What records of an entity are declared to hold, and whether metrics can read it.

An attribute that nobody has declared may hold anything: metrics read what fits.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.goals.domain.directory import NEW
from services.goals.domain.errors import (
    DATE_ATTRIBUTE_TYPE_DIFFERS,
    SOURCE_ATTRIBUTE_TYPE_DIFFERS,
    Refusal,
    RefusedError,
)
from services.goals.domain.metrics import DefinedMetric
from shared.domain.entities import AttributeType
from shared.domain.goals import RollupField, Slot

# Whatever an amount's data type is, it is added up from numbers.
_ADDABLE: Final = (AttributeType.NUMBER,)
_DAYS: Final = (AttributeType.DATE, AttributeType.DATETIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredEntity:
    """The types of attributes of one kind of record."""

    # Its name.
    id: str
    version: int = NEW
    attributes: Mapping[str, AttributeType]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """An attribute that a metric reads, and what it must hold."""

    slot: Slot
    # The field of the metric that names it.
    field: str
    entity: str
    attribute: str
    allowed: Collection[AttributeType]
    refusal: Refusal


def check_types_read(
    metric: DefinedMetric, entities: Mapping[str, DeclaredEntity]
) -> None:
    """Refuse a metric that reads what is declared to hold something else."""
    for one in _reads_of(metric):
        found = _misfit(one, entities.get(one.entity))
        if found is not None:
            raise RefusedError(
                one.refusal,
                f"the {one.slot} of metric {metric.id} reads {one.attribute} of "
                f"{one.entity}, which is declared {found}, and {_words(one)} is "
                f"allowed; name another attribute, or change entity {one.entity}",
                field=f"rollup_fields.{one.slot}.{one.field}",
            )


def check_declaration(
    entity: DeclaredEntity, readers: Collection[DefinedMetric]
) -> None:
    """Refuse to declare what metrics read as something that they cannot read."""
    for metric in readers:
        for one in _reads_of(metric):
            found = _misfit(one, entity)
            if found is not None:
                raise RefusedError(
                    one.refusal,
                    f"entity {entity.id} cannot declare {one.attribute} as {found}: "
                    f"the {one.slot} of metric {metric.id} reads it, and {_words(one)} "
                    "is allowed there; leave it out, or change the metric first",
                    field=f"attributes.{one.attribute}",
                )


def _misfit(one: _Read, entity: DeclaredEntity | None) -> AttributeType | None:
    """Return what an attribute is declared to hold, if that is not what is read."""
    if entity is None or entity.id != one.entity:
        return None
    found = entity.attributes.get(one.attribute)
    return None if found in one.allowed else found


def _reads_of(metric: DefinedMetric) -> Iterator[_Read]:
    for slot, rollup_field in metric.rollup_fields.items():
        if rollup_field.source_attribute is not None:
            yield _Read(
                slot=slot,
                field="source_attribute",
                entity=rollup_field.source_entity,
                attribute=rollup_field.source_attribute,
                allowed=_ADDABLE,
                refusal=SOURCE_ATTRIBUTE_TYPE_DIFFERS,
            )
        yield _Read(
            slot=slot,
            field="date_attribute",
            entity=_entity_of_dates(rollup_field),
            attribute=rollup_field.date_attribute,
            allowed=_DAYS,
            refusal=DATE_ATTRIBUTE_TYPE_DIFFERS,
        )


def _entity_of_dates(rollup_field: RollupField) -> str:
    link = rollup_field.date_from
    return rollup_field.source_entity if link is None else link.entity


def _words(one: _Read) -> str:
    return " or ".join(one.allowed)
