"""What one user may do with the things of one entity, as one value.

It is made of the directory when that changes, and asked for each thing: who owns it, of
which unit that owner is, with whom it is shared.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from shared.domain.records import AttributeValue, Record

NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """With which things of an entity a user may do something.

    Users and teams are named by their keys: `user/ada`, `team/north`.
    """

    everything: bool = False
    # Whose things, whoever they are shared with.
    owners: frozenset[str] = NOBODY
    # Whatever is owned by somebody of these units.
    units: frozenset[str] = NOBODY
    # Of these units, the one that the others lie below.
    top_unit: str | None = None
    # Whatever comes to lie below it is reached, too.
    is_all_below: bool = False
    # Whatever is shared with one of these.
    shared_with: frozenset[str] = NOBODY
    # Attributes that are null to the user.
    hidden: frozenset[str] = NOBODY

    def allows(
        self,
        owner: str | None,
        shared_with: Iterable[str],
        unit_of_owner: Mapping[str, str],
    ) -> bool:
        """Tell whether it reaches what has this owner and is shared with these."""
        if self.everything or owner is None:
            # What is nobody's is read by those who read everything.
            return self.everything
        if owner in self.owners:
            return True
        if self.units and unit_of_owner.get(owner) in self.units:
            return True
        return not self.shared_with.isdisjoint(shared_with)

    def allows_record(self, record: Record, unit_of_owner: Mapping[str, str]) -> bool:
        """Tell whether it reaches a record."""
        return self.allows(record.owner, record.shared_with, unit_of_owner)

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is nothing that it could reach."""
        return not (self.everything or self.owners or self.units or self.shared_with)


EVERYTHING: Final = Access(everything=True)
NOTHING: Final = Access()


def seen_through(
    attributes: Mapping[str, AttributeValue], hidden: AbstractSet[str]
) -> Mapping[str, AttributeValue]:
    """Return what a record says to somebody from whom some attributes are hidden."""
    if hidden.isdisjoint(attributes):
        return attributes
    return {name: value for name, value in attributes.items() if name not in hidden}
