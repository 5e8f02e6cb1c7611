"""Whose records the managers of goals may read, as tables beside the records.

Each different access stands in the tables once: with those whom it names itself, and
with its territory, the business units that many read alike. So a thousand managers of
a thousand people take up two thousand rows. A goal whose manager reads every record
does not stand there at all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import asyncpg

from cli.verify.directory import Directory
from shared.domain.amounts import MetricKind
from shared.domain.goals import SLOTS, Metric, RollupField
from shared.messages.definitions import MetricDefinition
from shared.rights.access import NOBODY, Access
from shared.rights.people import People
from shared.rights.roles import Reading

TABLES: Final = """
CREATE TEMPORARY TABLE goal_access (
    number bigint NOT NULL,
    slot integer NOT NULL,
    -- Null: the manager reads every record.
    access integer,
    -- Something that the field reads of records is hidden from the manager.
    blind boolean NOT NULL,
    PRIMARY KEY (number, slot)
);
CREATE TEMPORARY TABLE reached_territory (
    access integer PRIMARY KEY,
    territory integer NOT NULL
);
CREATE TEMPORARY TABLE territory_owner (
    territory integer NOT NULL,
    owner text COLLATE "C" NOT NULL,
    PRIMARY KEY (territory, owner)
);
-- Those who are not of the territory.
CREATE TEMPORARY TABLE reached_owner (
    access integer NOT NULL,
    owner text COLLATE "C" NOT NULL,
    PRIMARY KEY (access, owner)
);
CREATE TEMPORARY TABLE reached_share (
    access integer NOT NULL,
    principal text COLLATE "C" NOT NULL,
    PRIMARY KEY (access, principal)
)
"""

_GOALS: Final = """
SELECT
    goal.number,
    goal.definition ->> 'manager_id' AS manager_id,
    goal.definition ->> 'metric_id' AS metric_id
FROM rollup.goal
JOIN rollup.metric ON metric.id = goal.definition ->> 'metric_id'
WHERE NOT goal.gone AND NOT goal.frozen
ORDER BY goal.number
"""
_METRICS: Final = "SELECT id, definition FROM rollup.metric"
_ANALYSE: Final = """
ANALYZE pg_temp.goal_access, pg_temp.reached_territory, pg_temp.territory_owner,
    pg_temp.reached_owner, pg_temp.reached_share
"""

# Number, slot, access, and whether the manager is blind to it.
_Row = tuple[int, int, int | None, bool]


@dataclass(slots=True)
class _Accesses:
    """Each different access and territory once, however many goals have it."""

    unit_of_owner: Mapping[str, str]
    numbers: dict[Access, int] = field(default_factory=dict)
    territories: dict[frozenset[str], int] = field(default_factory=dict)

    def number_of(self, access: Access) -> int | None:
        """Return the number of an access; None: it is to everything."""
        if access.everything:
            return None
        if access.units:
            self.territories.setdefault(access.units, len(self.territories))
        reached = replace(access, hidden=NOBODY)
        return self.numbers.setdefault(reached, len(self.numbers))

    def reached_territories(self) -> Iterator[tuple[int, int]]:
        """Return which territory an access reaches."""
        for access, number in self.numbers.items():
            if access.units:
                yield number, self.territories[access.units]

    def territory_owners(self) -> Iterator[tuple[int, str]]:
        """Return whose records lie in a territory."""
        within: dict[str, list[str]] = {}
        for owner, unit in self.unit_of_owner.items():
            within.setdefault(unit, []).append(owner)
        for units, number in self.territories.items():
            for unit in sorted(units):
                for owner in within.get(unit, ()):
                    yield number, owner

    def reached_owners(self) -> Iterator[tuple[int, str]]:
        """Return whose records an access reaches outside its territory."""
        for access, number in self.numbers.items():
            for owner in sorted(access.owners):
                if self.unit_of_owner.get(owner) not in access.units:
                    yield number, owner

    def reached_shares(self) -> Iterator[tuple[int, str]]:
        """Return with whom is shared what an access reaches."""
        for access, number in self.numbers.items():
            for one in sorted(access.shared_with):
                yield number, one


async def ask_access(connection: asyncpg.Connection, directory: Directory) -> None:
    """Fill the tables with what the managers of live goals may read."""
    people = directory.people
    if people.reading is Reading.EVERYONE:
        return
    metrics = {
        row["id"]: MetricDefinition.model_validate_json(row["definition"]).as_metric()
        for row in await connection.fetch(_METRICS)
    }
    accesses = _Accesses(people.unit_of_owner)
    goals = [
        row
        for goal in await connection.fetch(_GOALS)
        for row in _rows_of(goal, metrics, people, accesses)
    ]
    tables = {
        "goal_access": goals,
        "reached_territory": accesses.reached_territories(),
        "territory_owner": accesses.territory_owners(),
        "reached_owner": accesses.reached_owners(),
        "reached_share": accesses.reached_shares(),
    }
    for table, rows in tables.items():
        await connection.copy_records_to_table(table, records=rows)
    await connection.execute(_ANALYSE)


def _rows_of(
    goal: asyncpg.Record,
    metrics: Mapping[str, Metric],
    people: People,
    accesses: _Accesses,
) -> Iterator[_Row]:
    metric = metrics[goal["metric_id"]]
    for slot, one in metric.rollup_fields.items():
        access = people.access(goal["manager_id"], one.source_entity)
        number = accesses.number_of(access)
        blind = _is_blind(people, goal["manager_id"], metric, one)
        if number is not None or blind:
            yield goal["number"], SLOTS.index(slot), number, blind


def _is_blind(people: People, manager: str, metric: Metric, one: RollupField) -> bool:
    """Tell whether something is hidden without which nothing counts."""
    entity, dated = one.source_entity, one.date_from
    read = [(entity if dated is None else dated.entity, one.date_attribute)]
    read += [(entity, link.link) for link in one.links]
    if metric.kind is MetricKind.AMOUNT and one.source_attribute is not None:
        read.append((entity, one.source_attribute))
    return any(name in people.access(manager, of).hidden for of, name in read)
