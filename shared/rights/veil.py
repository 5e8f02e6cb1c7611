"""Records as somebody sees them from whom some attributes are hidden: null there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.domain.records import AttributeValue, Record
from shared.queries.eyes import Sight
from shared.rights.access import seen_through

# By entity: what is null to somebody. Entities with nothing to hide are left out.
Hidden = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class _Veiled:
    """A record that says less."""

    record: Record
    attributes: Mapping[str, AttributeValue]

    @property
    def key(self) -> str:
        """As the record has it."""
        return self.record.key

    @property
    def entity(self) -> str:
        """As the record has it."""
        return self.record.entity

    @property
    def version(self) -> int:
        """As the record has it."""
        return self.record.version

    @property
    def deleted(self) -> bool:
        """As the record has it."""
        return self.record.deleted

    @property
    def owner(self) -> str | None:
        """As the record has it."""
        return self.record.owner

    @property
    def state(self) -> str | None:
        """As the record has it."""
        return self.record.state

    @property
    def status(self) -> str | None:
        """As the record has it."""
        return self.record.status

    @property
    def shared_with(self) -> Sequence[str]:
        """As the record has it."""
        return self.record.shared_with

    @property
    def occurred_at(self) -> datetime | None:
        """As the record has it."""
        return self.record.occurred_at


@dataclass(frozen=True, slots=True)
class VeiledSight:
    """What one evaluation sees beside its record, as somebody sees it."""

    sight: Sight
    hidden: Hidden

    def look(self, key: str) -> Record | None:
        """Return another record, unless there is none or it was deleted."""
        found = self.sight.look(key)
        return None if found is None else veiled(found, self.hidden)

    def again(self, instant: datetime) -> None:
        """Note that the answer may be another one from then on."""
        self.sight.again(instant)


def veiled(record: Record, hidden: Hidden) -> Record:
    """Return a record as somebody sees it."""
    names = hidden.get(record.entity)
    if not names or names.isdisjoint(record.attributes):
        return record
    return _Veiled(record, seen_through(record.attributes, names))
