"""What records add by their dates, over a goal and all goals under it; read only."""

from collections.abc import Collection, Sequence
from typing import Final

from services.goals.domain.by_date import Day
from services.goals.domain.listed_records import LARGE, place_of
from services.goals.domain.rights import Rights
from services.goals.store.connections import Statements
from services.goals.store.record_rows import FROM, ROWS, date_of, is_readable
from shared.domain.goals import GoalNumber
from shared.queries.arguments import Arguments
from shared.rights.participation_sql import GoalField, keys_of

# A record may stand under several goals of a tree; it is one record.
_BY_DATE: Final = """
SELECT day, count(DISTINCT key) AS records, sum(units) AS units,
    count(DISTINCT key) FILTER (WHERE NOT is_read) AS withheld
FROM (
    SELECT {record}.key, held.amount * place.factor AS units, {is_read} AS is_read,
        ({date} AT TIME ZONE {zone})::date AS day
    {rows}
    CROSS JOIN LATERAL unnest({record}.slots, {record}.amounts)
        AS held (slot, amount)
    JOIN unnest({places}, {factors}) AS place (slot, factor)
        ON place.slot = held.slot
    WHERE {keys}
) AS added
GROUP BY day
ORDER BY day
"""


class ByDate(Statements):
    """Sums of what the totals hold of records, a row a day."""

    async def days(
        self, asked: GoalField, numbers: Collection[GoalNumber], rights: Rights
    ) -> Sequence[Day]:
        """Return what records add to a measure of goals of one tree, by their dates.

        Goals of one tree have one metric, so one date decides for all of them.
        """
        arguments = Arguments()
        first = [place_of(number, asked.slot) for number in numbers]
        rows = await self.connection.fetch(
            _BY_DATE.format(
                record=ROWS.record,
                rows=FROM,
                is_read=is_readable([asked], rights, arguments),
                date=date_of(asked, arguments),
                zone=arguments.add(asked.goal.period.time_zone, "text"),
                places=arguments.add(
                    [*first, *(place + 1 for place in first)], "integer[]"
                ),
                factors=arguments.add(
                    [1] * len(first) + [LARGE] * len(first), "numeric[]"
                ),
                keys=keys_of(asked.field.source_entity, ROWS, arguments),
            ),
            *arguments.values,
        )
        return [
            Day(
                day=row["day"],
                records=row["records"],
                units=int(row["units"]),
                withheld=row["withheld"],
            )
            for row in rows
        ]
