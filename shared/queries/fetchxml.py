"""FetchXML, read into conditions as JSON, and by them into a query's tree.

What FetchXML says that no query can is refused, with the line and the column of the
element, and with what to use in its place.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from shared.queries.conditions import BESIDES, Where
from shared.queries.fetchxml_covered import check_covered
from shared.queries.fetchxml_joins import (
    Aliases,
    Joined,
    Json,
    Step,
    both,
    check_type,
    is_negative,
    is_outer,
    joins_of,
    linked,
    step_of,
)
from shared.queries.fetchxml_names import FetchXmlError, attribute_of, called_in
from shared.queries.fetchxml_parsing import Element, element_of
from shared.queries.fetchxml_values import beside_of, test_of
from shared.queries.operators import Operator
from shared.queries.reading import Types, where_of
from shared.queries.unreadable import UnreadableQueryError

# Those that hold where the joined record is missing, and all of it is null.
_TRUE_OF_NOTHING: Final = (
    Operator.NULL,
    Operator.NE_USERID,
    Operator.NE_BUSINESSID,
)
_GROUPS: Final = {"and": "all", "or": "any"}


def where_json_of(text: str, types: Types) -> tuple[str, Json]:
    """Return the entity of a query in FetchXML, and its conditions as JSON.

    Declared types are needed for true and false, which FetchXML writes as 1 and 0.
    """
    query = FetchedQuery(text, types)
    return query.entity, query.where


def tree_of(text: str, types: Types) -> tuple[str, Where]:
    """Return the entity of a query in FetchXML, and its conditions as a tree."""
    query = FetchedQuery(text, types)
    return query.entity, query.tree()


class FetchedQuery:
    """A query in FetchXML: what it says, and which element said each part of it."""

    def __init__(self, text: str, types: Types) -> None:
        self._types = types
        self._aliases = Aliases()
        # By what they were read into, which is kept so that no other has its number.
        self._elements: dict[int, tuple[Json, Element]] = {}
        self._root = _entity_in(element_of(text))
        # Whose records it is about, and the conditions as JSON.
        self.entity = self._root.attributes["name"]
        self._note_aliases(self._root, self.entity, ())
        self.where = both(list(self._demands(self._root, self.entity)))

    def tree(self) -> Where:
        """Return the conditions as a tree, or say which element does not read."""
        try:
            return where_of(self.where, self.entity, self._types)
        except UnreadableQueryError as fault:
            self.element_at(fault.place).refuse(fault.detail)

    def element_at(self, place: str) -> Element:
        """Return the element that a place in the conditions came from."""
        elements = dict(self._places(self.where, "where"))
        while place not in elements and place:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return elements.get(place, self._root)

    def _places(self, value: Any, place: str) -> Iterator[tuple[str, Element]]:
        if isinstance(value, dict):
            if id(value) in self._elements:
                yield place, self._elements[id(value)][1]
            for name, inside in value.items():
                yield from self._places(inside, f"{place}.{name}")
        elif isinstance(value, list):
            for index, inside in enumerate(value):
                yield from self._places(inside, f"{place}[{index}]")

    def _note_aliases(
        self, element: Element, entity: str, before: tuple[Step, ...]
    ) -> None:
        """Note what aliases stand for, before conditions name them."""
        for link in joins_of(element):
            check_type(link, in_filter=False)
            step = step_of(link, entity)
            if any(one.is_outer for one in before) and not step.is_outer:
                link.refuse(
                    "a link inside an outer one is covered if it is outer too; use "
                    'link-type="outer", or any in a filter'
                )
            if is_negative(link):
                _check_joins_inside(link)
                continue
            if step.is_outer:
                # What an inner link demands is demanded of all records anyway.
                step = replace(step, where=tuple(self._filters(link, step.entity)))
            steps = (*before, step)
            self._aliases.add(link, Joined(steps=steps))
            self._note_aliases(link, step.entity, steps)

    def _demands(self, element: Element, entity: str) -> Iterator[Json]:
        """Return what an entity's filters and links demand, all of it together."""
        yield from self._filters(element, entity)
        for link in joins_of(element):
            if not is_outer(link):
                yield self._asked(link, entity)

    def _asked(self, link: Element, entity: str) -> Json:
        """Return the condition that a link is there, or that it is not."""
        step = step_of(link, entity)
        found = linked(step, list(self._demands(link, step.entity)))
        self._from(link, found)
        return {"not": found} if is_negative(link) else found

    def _filters(self, element: Element, entity: str) -> Iterator[Json]:
        filters = [one for one in element.of_name("filter") if one.children]
        found = [
            one for inside in filters for one in self._filter(inside, entity, element)
        ]
        # A single `and` needs no group of its own.
        if len(found) == 1 and set(found[0]) == {"all"}:
            yield from found[0]["all"]
        else:
            yield from found

    def _filter(self, element: Element, entity: str, owner: Element) -> Iterator[Json]:
        """Return the condition of a filter; an empty one says nothing."""
        said = element.attributes.get("type", "and")
        if said not in _GROUPS:
            element.refuse(f'its type is "{said[:60]}"; allowed are and, or')
        members = list(self._members(element, entity, owner, _GROUPS[said]))
        if not members:
            return
        found = members[0] if len(members) == 1 else {_GROUPS[said]: members}
        self._from(element, found)
        yield found

    def _members(
        self, element: Element, entity: str, owner: Element, group: str
    ) -> Iterator[Json]:
        of_aliases: dict[int, tuple[Joined, list[Json]]] = {}
        for child in element.children:
            if child.name == "filter":
                yield from self._filter(child, entity, owner)
            elif child.name == "link-entity":
                check_type(child, in_filter=True)
                _check_joins_inside(child)
                yield self._asked(child, entity)
            elif "entityname" in child.attributes:
                yield from self._on_alias(child, owner, of_aliases)
            else:
                yield self._condition(child, entity)
        # Conditions on one alias are about one record, so they are asked together.
        for joined, conditions in of_aliases.values():
            one = conditions[0] if len(conditions) == 1 else {group: conditions}
            yield joined.asked(one)

    def _on_alias(
        self,
        element: Element,
        owner: Element,
        together: dict[int, tuple[Joined, list[Json]]],
    ) -> Iterator[Json]:
        """Return a condition on a joined record, unless it is put with others."""
        if owner is not self._root:
            element.refuse(
                "entityname is covered in the filters of <entity> only; leave it out, "
                "or move the condition there"
            )
        joined = self._aliases.named_by(element)
        condition = self._condition(element, joined.entity)
        if condition["operator"] in _TRUE_OF_NOTHING and joined.may_be_missing:
            yield {"any": [{"not": joined.asked()}, joined.asked(condition)]}
        else:
            _, conditions = together.setdefault(id(joined), (joined, []))
            conditions.append(condition)

    def _condition(self, element: Element, entity: str) -> Json:
        called = element.attributes.get("attribute")
        if not called:
            element.refuse("attribute is missing; name the attribute that it is about")
        attribute = _named(element, entity, called)
        if "valueof" in element.attributes:
            operator, other = beside_of(element)
            found: Json = {
                "attribute": attribute,
                "operator": str(operator),
                "value": _named(element, entity, other),
            }
        else:
            declared = self._types.get(entity, {}).get(attribute)
            found = test_of(element, attribute, declared)
        return self._from(element, found)

    def _from(self, element: Element, found: Json) -> Json:
        """Remember where a condition came from, the innermost element first."""
        self._elements.setdefault(id(found), (found, element))
        return found


def _named(element: Element, entity: str, called: str) -> str:
    if called in BESIDES:
        element.refuse(f"FetchXML calls {called} {called_in(entity, called)}; write so")
    return attribute_of(entity, called)


def _entity_in(outermost: Element) -> Element:
    """Return the one entity of a query, where all in it is covered."""
    if outermost.name != "fetch":
        raise FetchXmlError(
            outermost.place,
            f"found <{outermost.name[:60]}>; FetchXML begins with <fetch>",
        )
    check_covered(outermost)
    entities = list(outermost.of_name("entity"))
    if len(entities) != 1:
        outermost.refuse(f"{len(entities)} entities; write one <entity>")
    if not entities[0].attributes.get("name"):
        entities[0].refuse("name is missing; name the entity of the records")
    return entities[0]


def _check_joins_inside(element: Element) -> None:
    """Refuse outer links inside a link that a filter asks for: they ask nothing."""
    for link in joins_of(element):
        check_type(link, in_filter=False)
        if is_outer(link):
            link.refuse("an outer link in a filter asks nothing; leave it out")
        _check_joins_inside(link)
