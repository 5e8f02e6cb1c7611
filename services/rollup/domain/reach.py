"""How far managers read, before and after a change of people."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet

from services.rollup.domain.doors import Door, unit_doors
from shared.rights.people import People, PeopleNews


class Reach:
    """What managers could read when it was made, to be compared with afterwards.

    Only those are looked at whom the news may concern: mostly a few.
    """

    def __init__(
        self, people: People, news: PeopleNews, readers: Collection[tuple[str, str]]
    ) -> None:
        self._people = people
        concerned = people.concerned_by(news)
        # By manager and entity.
        self._before = {
            (manager, entity): people.access(manager, entity)
            for manager, entity in readers
            if concerned is None or manager in concerned
        }
        # Units that move take along the owners who belong to them.
        self._owners = {*news.owners, *(people.unit_of_owner if news.units else ())}
        self._doors = {owner: unit_doors(owner, people) for owner in self._owners}

    def changed_managers(self) -> set[str]:
        """Return the managers who read otherwise now."""
        return {
            manager
            for (manager, entity), before in self._before.items()
            if self._people.access(manager, entity) != before
        }

    def moved_owners(self) -> set[str]:
        """Return the owners who belong to other units now."""
        return {
            owner
            for owner, doors in self._doors.items()
            if unit_doors(owner, self._people) != doors
        }

    def moved_doors(self) -> AbstractSet[Door]:
        """Return the doors of units that some owner's records have come to, or left."""
        return frozenset(
            door
            for owner, former in self._doors.items()
            for door in {*former} ^ {*unit_doors(owner, self._people)}
        )
