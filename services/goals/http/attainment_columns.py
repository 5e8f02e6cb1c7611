"""The columns of reports as tables: of goals, and of goals added up."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from services.goals.http.attainment_answers import AttainmentAnswer, GroupAnswer
from services.goals.http.report_tables import Column, Kind, Table

_SLOTS: Final = ("actual", "in_progress", "custom")


def _of_each(before: str, inside: str) -> Iterator[Column]:
    """Yield a column for each measure: its name, and where it stands in a row."""
    for slot in _SLOTS:
        yield Column(f"{before}{slot}", Kind.NUMBER, f"{inside}{slot}")


_METRIC: Final = (
    Column("metric_id", Kind.TEXT, "metric.id"),
    Column("metric", Kind.TEXT, "metric.name"),
    Column("unit", Kind.SHORT, "metric.unit"),
)
_EARLIER: Final = (
    *_of_each("earlier_", "earlier.values."),
    *_of_each("change_", "earlier.change."),
)

OF_GOALS: Final[Sequence[Column]] = (
    Column("goal_id", Kind.TEXT),
    Column("title", Kind.LONG),
    Column("parent_id", Kind.TEXT),
    Column("depth", Kind.SHORT),
    *_METRIC,
    Column("owner_type", Kind.SHORT, "owner.type"),
    Column("owner_id", Kind.TEXT, "owner.id"),
    Column("owner", Kind.TEXT, "owner.name"),
    Column("manager_id", Kind.TEXT, "manager.id"),
    Column("manager", Kind.TEXT, "manager.name"),
    Column("period_start", Kind.DAY, "period.start"),
    Column("period_end", Kind.DAY, "period.end"),
    Column("time_zone", Kind.TEXT, "period.time_zone"),
    Column("period", Kind.SHORT, "period.name"),
    Column("state", Kind.SHORT),
    *_of_each("", "values."),
    *_of_each("own_", "own."),
    Column("target", Kind.NUMBER),
    Column("stretch_target", Kind.NUMBER),
    Column("percentage", Kind.PERCENTAGE),
    Column("rollup_status", Kind.SHORT, "rollup.status"),
    Column("rollup_error", Kind.TEXT, "rollup.error"),
    Column("is_overridden", Kind.SHORT),
    Column("percentage_of_period", Kind.PERCENTAGE, "pace.percentage_of_period"),
    Column("pace_target", Kind.NUMBER, "pace.target"),
    Column("pace_index", Kind.RATIO, "pace.index"),
    Column("pace_status", Kind.SHORT, "pace.status"),
    Column("pace_gap", Kind.NUMBER, "pace.gap"),
    Column("finish_low", Kind.NUMBER, "finish.low"),
    Column("finish_expected", Kind.NUMBER, "finish.expected"),
    Column("finish_high", Kind.NUMBER, "finish.high"),
    Column("children_target", Kind.NUMBER),
    *_EARLIER,
    Column("previous_goal_id", Kind.TEXT, "previous.goal_id"),
    Column("previous_actual", Kind.NUMBER, "previous.values.actual"),
    Column("previous_target", Kind.NUMBER, "previous.target"),
    Column("previous_percentage", Kind.PERCENTAGE, "previous.percentage"),
)
OF_GROUPS: Final[Sequence[Column]] = (
    Column("key", Kind.LONG),
    Column("name", Kind.LONG),
    *_METRIC,
    Column("goals", Kind.SHORT),
    Column("added", Kind.SHORT),
    *_of_each("", ""),
    Column("target", Kind.NUMBER),
    Column("percentage", Kind.PERCENTAGE),
    *_EARLIER,
    Column("previous_goals", Kind.SHORT, "previous.goals"),
    Column("previous_actual", Kind.NUMBER, "previous.actual"),
    Column("previous_target", Kind.NUMBER, "previous.target"),
    Column("previous_percentage", Kind.PERCENTAGE, "previous.percentage"),
)


def table_of(
    rows: Sequence[AttainmentAnswer | GroupAnswer],
    *,
    by_goal: bool,
    since: datetime | None,
    as_of: datetime,
) -> Table:
    """Return a report as a table; its last cells say of when it is."""
    return Table(
        columns=OF_GOALS if by_goal else OF_GROUPS,
        rows=rows,
        data_types=[row.metric.data_type for row in rows],
        since=since,
        as_of=as_of,
    )
