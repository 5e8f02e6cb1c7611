"""Rollup queries as the engine uses them: read, compiled, and what they look at.

A query that does not read any more, because an entity declares other types or fiscal
years are divided otherwise, has *failed*: its goals stand still until it is mended.
"""

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from services.rollup.domain.anchors import Anchors, anchors_of
from services.rollup.domain.links import Outlook
from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template
from shared.domain.goals import Goal, QueryId
from shared.domain.records import Record
from shared.queries.compiled import Compiled, compiled
from shared.queries.conditions import (
    Condition,
    Linked,
    Not,
    Where,
    fits_calendar,
    leaves_of,
    looks_at_units,
)
from shared.queries.eyes import Eyes, Sight
from shared.queries.reading import where_of
from shared.queries.unreadable import UnreadableQueryError
from shared.rights.veil import Hidden, VeiledSight, veiled

QUERY_FAILED: Final = "query_failed"

# The declared types of attributes, by entity and name.
DeclaredTypes = Mapping[str, Mapping[str, AttributeType]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A query as it was announced."""

    id: QueryId
    entity: str
    # As JSON.
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQuery:
    """A query that can be asked."""

    id: QueryId
    entity: str
    where: Where
    # The same as text, for comparing: 1 is not true, and 1.50 not 1.5.
    said: str
    test: Compiled = field(compare=False)
    outlook: Outlook
    anchors: Anchors
    # What else its answer depends on.
    looks_at_manager: bool
    looks_at_units: bool
    looks_at_week: bool
    looks_at_calendar: bool

    @property
    def entities(self) -> AbstractSet[str]:
        """The entities whose records it looks at."""
        return {self.entity, *self.outlook.looks_into}


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as one goal asks it: with its manager's eyes, in its zone."""

    query: ReadQuery
    eyes: Eyes
    # What is null to the manager.
    hidden: Hidden = field(default_factory=dict)

    def lets_through(self, record: Record, sight: Sight) -> bool:
        """Tell whether a record is one of those that are asked for."""
        if self.hidden:
            record = veiled(record, self.hidden)
            sight = VeiledSight(sight, self.hidden)
        return self.query.test(record, self.eyes, sight)


class Queries:
    """All queries there are, under the declared types and the calendar of now."""

    def __init__(self) -> None:
        self._announced: dict[QueryId, Announced] = {}
        self._read: dict[QueryId, ReadQuery] = {}
        self._types: dict[str, Mapping[str, AttributeType]] = {}
        self._template = Template.QUARTERLY

    def take(
        self,
        queries: Mapping[QueryId, Announced | None],
        types: Mapping[str, Mapping[str, AttributeType] | None],
        template: Template | None = None,
    ) -> set[QueryId]:
        """Know what is new; return the queries that ask something else now."""
        for query_id, announced in queries.items():
            if announced is None:
                self._announced.pop(query_id, None)
            else:
                self._announced[query_id] = announced
        for entity, declared in types.items():
            self._types[entity] = declared or {}
        again = set(queries)
        is_divided_anew = template not in (None, self._template)
        if template is not None:
            self._template = template
        if types or is_divided_anew:
            again |= self._announced.keys() - self._read.keys()
            again |= {
                query_id
                for query_id, query in self._read.items()
                if not query.entities.isdisjoint(types)
                or (is_divided_anew and query.looks_at_calendar)
            }
        return {query_id for query_id in again if self._read_again(query_id)}

    def get(self, query_id: QueryId) -> ReadQuery | None:
        """Return a query, unless it has failed or is not there."""
        return self._read.get(query_id)

    def have_failed(self, goal: Goal) -> bool:
        """Tell whether a query of a goal cannot be asked."""
        return any(query_id not in self._read for query_id in goal.queries.values())

    def of(self, goal: Goal) -> Iterable[ReadQuery]:
        """Return those queries of a goal that can be asked."""
        return [
            self._read[query_id]
            for query_id in goal.queries.values()
            if query_id in self._read
        ]

    def _read_again(self, query_id: QueryId) -> bool:
        before = self._read.get(query_id)
        announced = self._announced.get(query_id)
        after = None if announced is None else self._reading(announced)
        if before == after:
            # What was made of it stays.
            return False
        self._read.pop(query_id, None)
        if after is not None:
            self._read[query_id] = after
        return True

    def _reading(self, announced: Announced) -> ReadQuery | None:
        try:
            where = where_of(
                json.loads(announced.where, parse_float=Decimal),
                announced.entity,
                self._types,
            )
        except (UnreadableQueryError, ValueError):
            return None
        if not fits_calendar(where, self._template):
            return None
        return read_query(announced.id, announced.entity, where)


def read_query(query_id: QueryId, entity: str, where: Where) -> ReadQuery:
    """Return a query with all that the engine must know of it."""
    leaves = list(leaves_of(where, entity))
    operators = {condition.operator for _, condition in leaves}
    return ReadQuery(
        id=query_id,
        entity=entity,
        where=where,
        said=repr(where),
        test=compiled(where, entity),
        outlook=Outlook(
            looks_into=_looks_into(where, entity, at_home=True),
            looks_at_clock=any(operator.looks_at_clock for operator in operators),
        ),
        anchors=anchors_of(where),
        looks_at_manager=any(operator.looks_at_manager for operator in operators),
        looks_at_units=looks_at_units(where),
        looks_at_week=any(operator.endswith("-week") for operator in operators),
        looks_at_calendar=any("fiscal" in operator for operator in operators),
    )


def _looks_into(where: Where, entity: str, *, at_home: bool) -> dict[str, set[str]]:
    """Return what is read of other records; `at_home` that is not this one."""
    found: dict[str, set[str]] = {}
    if isinstance(where, Condition):
        if not at_home:
            found.setdefault(entity, set()).update(where.names)
        if where.hierarchy is not None:
            found.setdefault(where.hierarchy.entity, set()).add(where.hierarchy.via)
    elif isinstance(where, Linked):
        if not at_home:
            found.setdefault(entity, set()).add(where.link.link)
        found.setdefault(where.link.entity, set())
        _add(found, _looks_into(where.where, where.link.entity, at_home=False))
    elif isinstance(where, Not):
        return _looks_into(where.condition, entity, at_home=at_home)
    else:
        for condition in where.conditions:
            _add(found, _looks_into(condition, entity, at_home=at_home))
    return found


def _add(found: dict[str, set[str]], more: Mapping[str, set[str]]) -> None:
    for entity, names in more.items():
        found.setdefault(entity, set()).update(names)
