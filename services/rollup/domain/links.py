"""Which kinds of records live definitions look at beside the one that adds.

A rollup field may read state, status or date of the record that its own records link
to, and a query may look further. A record *depends* on those that were looked at when
it was evaluated; here stands only for which entities that may be at all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from shared.domain.records import Record
from shared.queries.values import value_at

# What dependants may see of a record, as text: 1 is not true, and 1.50 not 1.5.
# Nothing, if it does not exist.
_Seen = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What definitions look at beside the records of one entity."""

    # The entities looked into: which attributes of their records are read there.
    looks_into: Mapping[str, AbstractSet[str]] = field(default_factory=dict)
    looks_at_clock: bool = False


class Links:
    """What live definitions look at beside the record that adds, each counted."""

    def __init__(self) -> None:
        # Entities whose records may depend on others; on the time.
        self._starts: Counter[str] = Counter()
        self._timed: Counter[str] = Counter()
        # Entities whose records others may depend on, and what is read there.
        self._ends: Counter[str] = Counter()
        self._read: dict[str, Counter[str]] = {}

    def add(self, entity: str, outlook: Outlook) -> None:
        """Know what one more definition looks at beside records of an entity."""
        if outlook.looks_into:
            self._starts[entity] += 1
        if outlook.looks_at_clock:
            self._timed[entity] += 1
        for looked_into, names in outlook.looks_into.items():
            self._ends[looked_into] += 1
            self._read.setdefault(looked_into, Counter()).update(names)

    def remove(self, entity: str, outlook: Outlook) -> None:
        """Forget one definition that was added with the same words."""
        if outlook.looks_into:
            self._starts[entity] -= 1
        if outlook.looks_at_clock:
            self._timed[entity] -= 1
        for looked_into, names in outlook.looks_into.items():
            self._ends[looked_into] -= 1
            self._read[looked_into].subtract(names)
        # Without those that nobody counts any more.
        self._starts, self._timed, self._ends = (
            +self._starts,
            +self._timed,
            +self._ends,
        )

    def start_from(self, entities: Iterable[str]) -> bool:
        """Tell whether records of these entities may depend on others."""
        return any(entity in self._starts for entity in entities)

    def lead_to(self, entity: str) -> bool:
        """Tell whether others may depend on records of this entity."""
        return entity in self._ends

    def touch(self, records: Iterable[Record]) -> bool:
        """Tell whether any of these records may depend on others, or others on it."""
        return bool(self._starts) and any(
            record.entity in self._starts or record.entity in self._ends
            for record in records
        )

    @property
    def look_at_any_clock(self) -> bool:
        """Tell whether time alone may change what any record adds."""
        return bool(self._timed)

    def look_at_clock(self, entity: str) -> bool:
        """Tell whether time alone may change what records of this entity add."""
        return entity in self._timed

    def see_a_change(self, before: Record | None, after: Record) -> bool:
        """Tell whether dependants of a record read other things of it than before."""
        return self._seen(before) != self._seen(after)

    def _seen(self, record: Record | None) -> _Seen | None:
        if record is None or record.deleted:
            return None
        # In the order in which they became known, which is one for all.
        names = self._read.get(record.entity, Counter[str]())
        return [repr(value_at(record, name)) for name, users in names.items() if users]
