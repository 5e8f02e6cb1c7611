"""People, units and the organisation as rollup keeps them, for who looks at records."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
from pydantic import TypeAdapter

from shared.domain.entities import AttributeType
from shared.domain.fiscal import calendar_of
from shared.messages.definitions import (
    Definition,
    EntityDefinition,
    Kind,
    OrganizationDefinition,
)
from shared.messages.people import people_news
from shared.queries.eyes import Eyes, Surroundings
from shared.rights.people import People

_DIRECTORY: Final = "SELECT kind, id, definition FROM rollup.directory WHERE NOT gone"
_NOW: Final = "SELECT now FROM rollup.clock"

_WEEKDAYS: Final = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
]

_Entries = Mapping[tuple[Kind, str], Definition]

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)


@dataclass(slots=True, kw_only=True)
class Directory:
    """Who people are, what they may read, and what queries see around records."""

    people: People
    around: Surroundings
    # What attributes are declared to hold, by entity.
    types: Mapping[str, Mapping[str, AttributeType]]

    def eyes(self, manager_id: str, time_zone: str) -> Eyes:
        """Return the eyes of a goal's manager, in the goal's zone."""
        return Eyes(
            around=self.around,
            time_zone=time_zone,
            manager=self.people.manager(manager_id),
        )


async def read_directory(connection: asyncpg.Connection) -> Directory:
    """Return what the database says of them now."""
    entries: _Entries = {
        (Kind(row["kind"]), row["id"]): _definition.validate_json(row["definition"])
        for row in await connection.fetch(_DIRECTORY)
    }
    people = People()
    people.take(people_news(entries))
    return Directory(
        people=people,
        around=_around(entries, people, await connection.fetchval(_NOW)),
        types={
            name: one.attributes
            for (_, name), one in entries.items()
            if isinstance(one, EntityDefinition)
        },
    )


def _around(entries: _Entries, people: People, now: datetime) -> Surroundings:
    around = Surroundings(
        now=now,
        unit_of_owner=people.unit_of_owner,
        parent_of_unit=people.parent_of_unit,
    )
    for one in entries.values():
        if isinstance(one, OrganizationDefinition):
            calendar = one.fiscal_calendar
            around.week_start = _WEEKDAYS.index(one.week_start)
            around.calendar = calendar_of(
                start=calendar.start,
                template=calendar.template,
                year_named_by=calendar.year_named_by,
            )
    return around
