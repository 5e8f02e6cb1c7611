"""Why a record fulfils a query or does not: every test, and what it saw.

The tests are those of `compiled`, asked one by one, so the two cannot disagree. Nothing
is left out because something else has decided already.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from shared.domain.records import AttributeValue, Record
from shared.queries.compiled import compiled
from shared.queries.conditions import (
    All,
    AnyOf,
    Condition,
    Linked,
    Not,
    Where,
    demands_of,
)
from shared.queries.eyes import Eyes, Sight
from shared.queries.operators import Family
from shared.queries.values import reader_of, text_in
from shared.queries.words import words_of

NOTHING: Final = "nothing"
NOTHING_HIDDEN: Final[Mapping[str, AbstractSet[str]]] = {}

# More of a text is not shown.
SHOWN_LENGTH_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One condition, whether it holds, and what it looked at."""

    words: str
    holds: bool
    # A value as text, or the key of a record; of groups none.
    seen: str | None = None
    # Of a group its members, of a link what is asked of the record behind it.
    parts: tuple["Seen", ...] = ()


def explained(
    where: Where,
    entity: str,
    record: Record,
    eyes: Eyes,
    sight: Sight,
    *,
    hidden: Mapping[str, AbstractSet[str]] = NOTHING_HIDDEN,
) -> tuple[Seen, ...]:
    """Return all that a query demands of a record of the entity, one by one.

    Record and sight show only what the manager sees; `hidden` says, entity by entity,
    what he does not, and is only told.
    """
    return _Looking(eyes, sight, hidden).at_demands(where, entity, record)


class _Looking:
    """Looks through one pair of eyes."""

    def __init__(
        self, eyes: Eyes, sight: Sight, hidden: Mapping[str, AbstractSet[str]]
    ) -> None:
        self._eyes = eyes
        self._sight = sight
        self._hidden = hidden

    def at_demands(self, where: Where, entity: str, record: Record) -> tuple[Seen, ...]:
        return tuple(self._at(one, entity, record) for one in demands_of(where))

    def _at(self, where: Where, entity: str, record: Record) -> Seen:
        match where:
            case Condition():
                return self._at_condition(where, entity, record)
            case Linked():
                return self._at_link(where, entity, record)
            case Not():
                part = self._at(where.condition, entity, record)
                return Seen(words=words_of(where), holds=not part.holds, parts=(part,))
            case All() | AnyOf():
                return self._at_group(where, entity, record)

    def _at_condition(self, condition: Condition, entity: str, record: Record) -> Seen:
        names = [condition.attribute]
        if condition.operator.family in (
            Family.ATTRIBUTE_EQUALITY,
            Family.ATTRIBUTE_ORDER,
        ):
            names.append(str(condition.values[0]))
        values = [reader_of(name, entity)(record, self._eyes) for name in names]
        return Seen(
            words=words_of(condition),
            holds=compiled(condition, entity)(record, self._eyes, self._sight),
            seen=" and ".join(
                self._shown(entity, name, value)
                for name, value in zip(names, values, strict=True)
            ),
        )

    def _shown(self, entity: str, name: str, value: AttributeValue) -> str:
        if name in self._hidden.get(entity, ()):
            return f"{NOTHING} ({name} is hidden from {self._eyes.manager.id})"
        return shown(value)

    def _at_link(self, where: Linked, entity: str, record: Record) -> Seen:
        words = words_of(where)
        key = where.link.parent_key(record.attributes)
        if key is None:
            name = where.link.link
            seen = self._shown(entity, name, record.attributes.get(name))
            return Seen(words=words, holds=False, seen=seen)
        found = self._sight.look(key)
        if found is None:
            return Seen(words=words, holds=False, seen=f"no {key}")
        parts = self.at_demands(where.where, where.link.entity, found)
        holds = all(part.holds for part in parts)
        return Seen(words=words, holds=holds, seen=key, parts=parts)

    def _at_group(self, where: All | AnyOf, entity: str, record: Record) -> Seen:
        parts = tuple(self._at(one, entity, record) for one in where.conditions)
        of_all = all if isinstance(where, All) else any
        return Seen(
            words=words_of(where),
            holds=of_all(part.holds for part in parts),
            parts=parts,
        )


def shown(value: AttributeValue) -> str:
    """Return a value as people read it."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    text = str(text_in(value))
    if len(text) > SHOWN_LENGTH_MAX:
        return text[:SHOWN_LENGTH_MAX] + "…"
    return text
