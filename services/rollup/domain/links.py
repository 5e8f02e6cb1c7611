"""Which links live definitions read through, and what they see at the other end.

A rollup field may read state and status, or the date, of the record that its own
records link to: their *parent*, one step away and never further. A record that reads
through a link *depends* on its parent.
"""

from collections.abc import Iterable
from typing import Final

from shared.domain.goals import Link
from shared.domain.records import AttributeValue, Parents, Record

NO_PARENTS: Final[Parents] = {}

# What dependants may see of a record; nothing, if it does not exist.
_Seen = tuple[str | None, str | None, list[AttributeValue]]


class Links:
    """The links that live definitions read through."""

    def __init__(self) -> None:
        # By the entity whose records hold them.
        self._from: dict[str, frozenset[Link]] = {}
        # By the entity that they lead to: the dates that are read there.
        self._dates: dict[str, tuple[str, ...]] = {}

    def follow(self, links: Iterable[tuple[str, Link, str | None]]) -> None:
        """Know these links only: the entity that has each, and the date read there."""
        starts: dict[str, set[Link]] = {}
        dates: dict[str, set[str]] = {}
        for entity, link, date_attribute in links:
            starts.setdefault(entity, set()).add(link)
            read = dates.setdefault(link.entity, set())
            if date_attribute is not None:
                read.add(date_attribute)
        self._from = {entity: frozenset(several) for entity, several in starts.items()}
        self._dates = {entity: tuple(sorted(names)) for entity, names in dates.items()}

    def start_from(self, entities: Iterable[str]) -> bool:
        """Tell whether records of these entities may depend on others."""
        return not self._from.keys().isdisjoint(entities)

    def lead_to(self, entity: str) -> bool:
        """Tell whether others may depend on records of this entity."""
        return entity in self._dates

    def touch(self, records: Iterable[Record]) -> bool:
        """Tell whether any of these records may depend on others, or others on it."""
        return bool(self._from) and any(
            record.entity in self._from or record.entity in self._dates
            for record in records
        )

    def parents_of(self, record: Record) -> set[str]:
        """Return the keys of the records that a record depends on."""
        if record.deleted:
            return set()
        keys = {
            link.parent_key(record.attributes)
            for link in self._from.get(record.entity, ())
        }
        return {key for key in keys if key is not None}

    def see_a_change(self, before: Record | None, after: Record) -> bool:
        """Tell whether dependants of a record read other things of it than before."""
        return self._seen(before) != self._seen(after)

    def _seen(self, record: Record | None) -> _Seen | None:
        if record is None or record.deleted:
            return None
        return (
            record.state,
            record.status,
            [
                record.attributes.get(name)
                for name in self._dates.get(record.entity, ())
            ],
        )
