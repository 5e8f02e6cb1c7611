"""The conditions of a query as clients give them: JSON, or FetchXML in its place."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from services.goals.domain.errors import (
    INVALID_FIELD,
    MISSING_FIELD,
    QUERY_UNREADABLE,
    Refusal,
    RefusedError,
)
from services.goals.domain.exact_json import text_of, texts_under, value_of
from shared.queries.conditions import Where
from shared.queries.fetchxml import FetchedQuery
from shared.queries.fetchxml_names import FetchXmlError
from shared.queries.reading import Types, where_of
from shared.queries.unreadable import UnreadableQueryError

_FETCHXML = "fetchxml"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConditions:
    """What was sent, before it is read; with FetchXML the entity may be left out."""

    entity: str | None
    # As exact JSON; None: it was not sent.
    where: str | None
    fetchxml: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConditions:
    """Conditions that read, and where each part of them was said."""

    entity: str
    # As exact JSON, whatever form they came in.
    text: str
    where: Where
    fetched: FetchedQuery | None = None

    def refuse(self, refusal: Refusal, place: str, detail: str) -> NoReturn:
        """Refuse what a part of the conditions says."""
        if self.fetched is None:
            raise RefusedError(refusal, f"{place}: {detail}", field=place)
        line = self.fetched.element_at(place).place
        raise RefusedError(refusal, f"{line}: {detail}", field=_FETCHXML)


def entities_named(given: Sequence[GivenConditions]) -> frozenset[str]:
    """Return the entities whose declared types decide how conditions read.

    What does not read at all names none; whoever reads it is told why.
    """
    named: set[str] = set()
    for one in given:
        with suppress(RefusedError):
            named |= _entities_of(one)
    return frozenset(named)


def read_conditions(given: GivenConditions, types: Types) -> ReadConditions:
    """Return conditions as they read, or refuse them."""
    if given.fetchxml is None:
        return _read_json(given, types)
    fetched = _fetched(given, types)
    try:
        where = fetched.tree()
    except FetchXmlError as fault:
        raise _unreadable(fault) from None
    return ReadConditions(
        entity=fetched.entity,
        text=text_of(fetched.where),
        where=where,
        fetched=fetched,
    )


def entities_linked(given: GivenConditions) -> frozenset[str]:
    """Return the entities whose records conditions look at by links."""
    where = value_of(given.where or "null")
    if given.fetchxml is not None:
        where = _fetched(given, {}).where
    return frozenset(texts_under("entity", where))


def _entities_of(given: GivenConditions) -> set[str]:
    named = {*entities_linked(given)}
    if given.fetchxml is not None:
        return named | {_fetched(given, {}).entity}
    return named if given.entity is None else named | {given.entity}


def _fetched(given: GivenConditions, types: Types) -> FetchedQuery:
    if given.where is not None:
        raise RefusedError(
            INVALID_FIELD,
            "where and fetchxml are both given; leave out one of them",
            field=_FETCHXML,
        )
    try:
        fetched = FetchedQuery(given.fetchxml or "", types)
    except FetchXmlError as fault:
        raise _unreadable(fault) from None
    if given.entity not in (None, fetched.entity):
        raise RefusedError(
            INVALID_FIELD,
            f"entity is {given.entity}, and the FetchXML is about {fetched.entity}; "
            "leave entity out, or correct one of them",
            field="entity",
        )
    return fetched


def _read_json(given: GivenConditions, types: Types) -> ReadConditions:
    if given.entity is None:
        raise RefusedError(
            MISSING_FIELD, "the field entity is missing; give it", field="entity"
        )
    text = given.where or "null"
    try:
        where = where_of(value_of(text), given.entity, types)
    except UnreadableQueryError as fault:
        raise RefusedError(
            QUERY_UNREADABLE,
            f"the query does not read, {fault.place}: {fault.detail}",
            field=fault.place,
        ) from None
    return ReadConditions(entity=given.entity, text=text, where=where)


def _unreadable(fault: FetchXmlError) -> RefusedError:
    return RefusedError(
        QUERY_UNREADABLE,
        f"the FetchXML does not read, {fault.place}: {fault.detail}",
        field=_FETCHXML,
    )
