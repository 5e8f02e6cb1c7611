"""Queries that are tried before they are saved: what they match, what they change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.goals.domain.errors import (
    FISCAL_PERIOD_NOT_OF_TEMPLATE,
    MANAGER_NEEDED,
    SOURCE_ATTRIBUTE_TYPE_DIFFERS,
    RefusedError,
)
from services.goals.domain.given_conditions import GivenConditions, ReadConditions
from services.goals.domain.numbers import GoalNumbers
from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template, codes_of
from shared.domain.goals import Goal, Slot
from shared.queries.conditions import placed
from shared.queries.reading import Types

# How many records a preview shows.
SAMPLE_SIZE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewOrder:
    """Which query is tried, and through whose eyes."""

    conditions: GivenConditions
    # None: the query must not ask for the manager.
    manager_id: str | None
    # What is added up; None: nothing.
    source_attribute: str | None
    # None: the organisation's.
    time_zone: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRecord:
    """One of the records that match."""

    key: str
    version: int
    # As a key, such as `user/R0`.
    owner: str | None
    state: str | None
    status: str | None
    # As exact JSON.
    attributes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a query matches."""

    matching: int
    # Exact; None: nothing was to be added up.
    sum: str | None
    sample: Sequence[SampledRecord]
    # Of those that match: how many whoever asks may not read himself.
    withheld: int
    # The minute that relative dates went by.
    now: datetime


class StandsStill(StrEnum):
    """Why a goal's own value stays as it is, whatever its query."""

    FROZEN = "frozen"
    ONLY_FROM_CHILDREN = "only_from_children"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldImpact:
    """What a goal's own value is, and what it would become; in units."""

    # None: rollup has not got so far.
    now: int | None
    becomes: int | None

    @property
    def difference(self) -> int | None:
        """How much is added; None: it is not known."""
        if self.now is None or self.becomes is None:
            return None
        return self.becomes - self.now


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalImpact:
    """What other conditions of its query would make of a goal."""

    goal: Goal
    decimals: int
    stands_still: StandsStill | None
    fields: Mapping[Slot, FieldImpact]


def check_manager_given(conditions: ReadConditions) -> None:
    """Refuse conditions on the manager where nobody said who that is."""
    for place, test in placed(conditions.where):
        if test.operator.looks_at_manager:
            conditions.refuse(
                MANAGER_NEEDED,
                f"{place}.operator",
                f"{test.operator} asks for the goal's manager; give manager_id",
            )


def check_codes(conditions: ReadConditions, template: Template) -> None:
    """Refuse fiscal periods that the organisation's calendar does not have."""
    codes = codes_of(template)
    for place, test in placed(conditions.where):
        if test.period_code not in (None, *codes):
            conditions.refuse(
                FISCAL_PERIOD_NOT_OF_TEMPLATE,
                f"{place}.value",
                f"{test.period_code} is no fiscal period of the calendar, which is "
                f"{template}; allowed: {', '.join(map(str, codes))}",
            )


def check_adds_up(order: PreviewOrder, entity: str, types: Types) -> None:
    """Refuse to add up what is declared as something else than a number."""
    attribute = order.source_attribute
    declared = types.get(entity, {}).get(attribute or "")
    if declared not in (None, AttributeType.NUMBER):
        raise RefusedError(
            SOURCE_ATTRIBUTE_TYPE_DIFFERS,
            f"source_attribute is {attribute}, which is {declared} in {entity}; name "
            "one that is a number",
            field="source_attribute",
        )


def stillness_of(goal: Goal, numbers: GoalNumbers | None) -> StandsStill | None:
    """Return why a goal's own value stays as it is; None: it follows its query."""
    if not goal.is_open or (numbers is not None and numbers.frozen):
        return StandsStill.FROZEN
    if goal.rollup_only_from_children:
        return StandsStill.ONLY_FROM_CHILDREN
    return None
