"""The linked records of FetchXML, joined under the entity or asked for in a filter.

A record is linked to one other at most. So a joined row is that record, or for an outer
join nothing, and conditions on an alias can be said as conditions on the link.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shared.queries.conditions import BESIDES
from shared.queries.fetchxml_names import USER_TABLE, attribute_of, key_of
from shared.queries.fetchxml_parsing import Element

Json = dict[str, Any]

# Link types that demand a linked record, those that ask for none, and those that demand
# nothing.
_THERE: Final = ("inner", "exists", "in", "any")
_OUTER: Final = ("outer", "matchfirstrowusingcrossapply")
_NONE: Final = "not any"
_ASKED: Final = ("any", "not any", "exists", "in")
TABLES_OF_PEOPLE: Final = (USER_TABLE, "team", "businessunit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step from a record to the one that it links to."""

    link: str
    entity: str
    # What the join itself demands of the linked record.
    where: tuple[Json, ...] = ()
    is_outer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What an alias stands for."""

    steps: tuple[Step, ...]

    @property
    def entity(self) -> str:
        """The entity whose records it stands for."""
        return self.steps[-1].entity

    @property
    def may_be_missing(self) -> bool:
        """Tell whether a record matches that lacks the joined one."""
        return any(step.is_outer for step in self.steps)

    def asked(self, *conditions: Json) -> Json:
        """Return the condition that the joined record is there and meets these."""
        inside = conditions
        for step in reversed(self.steps):
            inside = (linked(step, inside),)
        return inside[0]


class Aliases:
    """The joined records that conditions may name."""

    def __init__(self) -> None:
        self._by_name: dict[str, list[Joined]] = {}

    def add(self, element: Element, joined: Joined) -> None:
        """Remember what an alias stands for."""
        name = element.attributes.get("alias") or joined.entity
        self._by_name.setdefault(name, []).append(joined)

    def named_by(self, element: Element) -> Joined:
        """Return the joined records that a condition is about."""
        name = element.attributes["entityname"]
        found = self._by_name.get(name, [])
        if not found:
            there = ", ".join(self._by_name) or "no joined entities"
            element.refuse(f"entityname is {name[:60]}; there are {there}")
        if len(found) > 1:
            element.refuse(
                f"{name} names {len(found)} joined entities; give each an alias of "
                "its own"
            )
        return found[0]


def both(conditions: Sequence[Json]) -> Json:
    """Return the condition that all of some hold."""
    return conditions[0] if len(conditions) == 1 else {"all": list(conditions)}


def linked(step: Step, conditions: Sequence[Json]) -> Json:
    """Return the condition that the linked record is there and meets some."""
    found: Json = {"link": step.link, "entity": step.entity}
    demanded = (*step.where, *conditions)
    if demanded:
        found["where"] = both(demanded)
    return found


def joins_of(element: Element) -> Iterator[Element]:
    """Return the linked entities that stand beside the filters."""
    return element.of_name("link-entity")


def is_outer(element: Element) -> bool:
    """Tell whether a join keeps records that link to nothing."""
    return element.attributes.get("link-type") in _OUTER


def is_negative(element: Element) -> bool:
    """Tell whether a link asks that there be no such record."""
    return element.attributes.get("link-type") == _NONE


def check_type(element: Element, *, in_filter: bool) -> None:
    """Refuse a type of link that is not covered, or not where it stands."""
    link_type = element.attributes.get("link-type", "inner")
    if link_type in ("all", "not all"):
        element.refuse(
            f"the link-type {link_type} is not covered, for what it means differs "
            "between editions of Dataverse; use any, or not any with the opposite "
            "filter"
        )
    allowed = _ASKED if in_filter else (*_THERE, _NONE, *_OUTER)
    if link_type not in allowed:
        where = "in a filter" if in_filter else "beside the filters"
        element.refuse(
            f'the link-type "{link_type[:60]}" is not covered {where}; use '
            + ", ".join(allowed)
        )


def step_of(element: Element, entity: str) -> Step:
    """Return where a link leads, from a record of an entity."""
    name = element.attributes.get("name", "")
    if not name:
        element.refuse("name is missing; name the entity that is linked to")
    if name in TABLES_OF_PEOPLE:
        element.refuse(
            f"{name} is no entity of records; compare ownerid with eq-userid and its "
            "like, or owningbusinessunit with under and its like"
        )
    link, key = element.attributes.get("to"), element.attributes.get("from")
    if not link or not key:
        element.refuse(
            f"a link needs to, the attribute that holds the id, and from, which is "
            f"{key_of(name)} for {name}"
        )
    if key != key_of(name):
        element.refuse(
            f"from is {key[:60]}, and a link leads to the key of {name}, which is "
            f"{key_of(name)}; a query steps from a record to the one whose id it "
            "holds, not back"
        )
    if attribute_of(entity, link) in BESIDES:
        element.refuse(
            f"to is {link}, which links to no record; name an attribute that holds "
            f"the id of one, such as {key_of(name)}"
        )
    return Step(link=link, entity=name, is_outer=is_outer(element))
