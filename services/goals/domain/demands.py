"""One demand of a goal's rollup query, asked of one record and told in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.domain.records import Record
from shared.queries.conditions import Where
from shared.queries.explained import Seen, explained
from shared.queries.eyes import Sight
from shared.rights.participation_sql import GoalField


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedDemand:
    """Whether a record fulfils a demand, and what was seen of it."""

    holds: bool
    seen: str
    wanted: str
    # The outcome as a part of a sentence.
    says: str


def judged(
    demand: Where, record: Record, asked: GoalField, sight: Sight
) -> JudgedDemand:
    """Return whether a record fulfils one of the demands of a goal's query.

    Record and sight show what the goal's manager sees.
    """
    entity = asked.field.source_entity
    [found] = explained(demand, entity, record, asked.eyes, sight, hidden=asked.hidden)
    seen = _seen(found)
    says = found.words
    if not found.holds:
        says = f"the goal's query asks that {found.words}, but found {seen}"
    return JudgedDemand(holds=found.holds, seen=seen, wanted=found.words, says=says)


def _seen(found: Seen) -> str:
    """Return the values that all conditions saw, those behind a link after its key."""
    # One value may have been looked at by many conditions.
    parts = ", ".join(dict.fromkeys(_values(found.parts)))
    if found.seen is None:
        return parts
    return f"{found.seen}: {parts}" if parts else found.seen


def _values(parts: tuple[Seen, ...]) -> Iterator[str]:
    for part in parts:
        if part.seen is None:
            yield from _values(part.parts)
        else:
            yield _seen(part)
