"""Records as rollup publishes them, said in SQL."""

from collections.abc import Sequence
from typing import Final

from services.goals.domain.rights import Rights
from shared.queries.arguments import Arguments
from shared.rights.participation_sql import GoalField, Rows
from shared.rights.sql import allowed

ROWS: Final = Rows()
FROM: Final = f"FROM {ROWS.table} AS {ROWS.record}"


def is_readable(
    asked: Sequence[GoalField], rights: Rights, arguments: Arguments
) -> str:
    """Return the predicate that a caller may read a record; it is never null."""
    if rights.user is None:
        return "true"
    units, record = rights.people.unit_of_owner, ROWS.record
    entities = dict.fromkeys(one.field.source_entity for one in asked)
    reached = [
        f"({record}.entity = {arguments.add(entity, 'text')} AND "
        f"{allowed(rights.records(entity), units, record=record, arguments=arguments)})"
        for entity in entities
    ]
    return f"({' OR '.join(reached)})"


def date_of(asked: GoalField, arguments: Arguments) -> str:
    """Return the instant by which a measure counts a record, or null."""
    field, record = asked.field, ROWS.record
    if asked.hides_date:
        return "NULL::timestamptz"
    zone = arguments.add(asked.goal.period.time_zone, "text")
    name = arguments.add(field.date_attribute, "text")
    if field.date_from is None:
        return f"rollup.moment_in({record}.attributes -> {name}, {zone})"
    entity = arguments.add(f"{field.date_from.entity}/", "text")
    link = arguments.add(field.date_from.link, "text")
    return f"""(
        SELECT rollup.moment_in(dated.attributes -> {name}, {zone})
        FROM {ROWS.table} AS dated
        WHERE dated.key = {entity} || rollup.id_in({record}.attributes -> {link})
    )"""
