"""Rollup queries: conditions over the records of one entity (semantics, section 5)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services.goals.domain.directory import NEW, Use, in_words
from services.goals.domain.errors import (
    ENTITY_IN_USE,
    FISCAL_PERIOD_NOT_OF_TEMPLATE,
    QUERY_ENTITY_FROZEN,
    QUERY_IN_USE,
    QUERY_UNREADABLE,
    RefusedError,
)
from services.goals.domain.exact_json import HOLDS_JSON, texts_under, value_of
from shared.domain.fiscal import Template, codes_of
from shared.domain.goals import QueryId
from shared.queries.conditions import Where, placed
from shared.queries.reading import Types, where_of
from shared.queries.unreadable import UnreadableQueryError

# Where a query's conditions begin, in what is told of them.
_WHERE: Final = "where"


class QueryState(StrEnum):
    """Whether a query may be given to goals."""

    ACTIVE = "active"
    # Goals that have it go on with it.
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupQuery:
    """A named condition that narrows what goals count."""

    id: QueryId
    version: int = NEW
    name: str
    # Whose records it looks at.
    entity: str
    # As exact JSON: its numbers pass through no other form.
    where: str = field(metadata=HOLDS_JSON)
    state: QueryState = QueryState.ACTIVE

    @property
    def is_active(self) -> bool:
        """Tell whether it may be given to goals."""
        return self.state is QueryState.ACTIVE


def entities_of(query: RollupQuery) -> frozenset[str]:
    """Return the entities whose attributes a query may look at."""
    return frozenset({query.entity, *texts_under("entity", value_of(query.where))})


def tree_of(query: RollupQuery, types: Types) -> Where:
    """Return the conditions of a query, given what entities are declared to hold."""
    return where_of(value_of(query.where), query.entity, types, place=_WHERE)


def check_entity_stays(query: RollupQuery, before: RollupQuery) -> None:
    """Refuse to have a query look at other records than before."""
    if query.entity != before.entity:
        raise RefusedError(
            QUERY_ENTITY_FROZEN,
            f"rollup query {query.id} looks at {before.entity}, and that never "
            f"changes; create another query for {query.entity}",
            field="entity",
        )


def check_reads(query: RollupQuery, types: Types) -> Where:
    """Return the conditions of a query, or refuse what does not read."""
    try:
        return tree_of(query, types)
    except UnreadableQueryError as fault:
        raise RefusedError(
            QUERY_UNREADABLE,
            f"rollup query {query.id} does not read, {fault.place}: {fault.detail}",
            field=fault.place,
        ) from None


def check_fiscal_codes(query: RollupQuery, where: Where, template: Template) -> None:
    """Refuse fiscal periods that the organisation's calendar does not have."""
    codes = codes_of(template)
    for place, condition in placed(where, _WHERE):
        code = condition.period_code
        if code not in (None, *codes):
            allowed = f"{codes[0]} to {codes[-1]}" if len(codes) > 1 else str(codes[0])
            raise RefusedError(
                FISCAL_PERIOD_NOT_OF_TEMPLATE,
                f"rollup query {query.id} asks for fiscal period {code}, and the "
                f"fiscal calendar is {template}; allowed: {allowed}",
                # Of code and year the code comes first.
                field=f"{place}.value" + ("[0]" if len(condition.values) > 1 else ""),
            )


def check_deletable(query_id: str, uses: Collection[Use]) -> None:
    """Refuse to delete a query that goals use."""
    if uses:
        raise RefusedError(
            QUERY_IN_USE,
            f"rollup query {query_id} cannot be deleted: it "
            f"{', '.join(map(in_words, uses))}; take it from those goals first, or "
            "make it inactive",
        )


def by_entity(
    queries: Collection[RollupQuery],
) -> Mapping[str, Collection[RollupQuery]]:
    """Return for each entity the queries that look at it."""
    found: defaultdict[str, list[RollupQuery]] = defaultdict(list)
    for query in queries:
        for entity in entities_of(query):
            found[entity].append(query)
    return found


def check_still_read(
    entity_id: str,
    queries: Collection[RollupQuery],
    before: Types,
    after: Types,
    *,
    field: str | None,
) -> None:
    """Refuse another declaration if a query that looks at the entity needs this one."""
    for query in queries:
        fault = _fault_of(query, after)
        if (
            fault is not None
            # What did not read before, nobody breaks now.
            and _fault_of(query, before) is None
        ):
            raise RefusedError(
                ENTITY_IN_USE,
                f"entity {entity_id} stays as it is declared: rollup query {query.id} "
                f"would no longer read, {fault.place}: {fault.detail}; change or "
                "delete the query first",
                field=field,
            )


def _fault_of(query: RollupQuery, types: Types) -> UnreadableQueryError | None:
    try:
        tree_of(query, types)
    except UnreadableQueryError as fault:
        return fault
    return None
