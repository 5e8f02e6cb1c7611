"""What a report shows before its script runs: the same rows, in the same words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError

from services.goals.domain.attainment_groups import By
from services.goals.domain.callers import Caller
from services.goals.http.attainment import Row, report_of
from services.goals.http.attainment_answers import AttainmentAnswer, GroupAnswer
from services.goals.http.attainment_asked import AttainmentQuery
from services.goals.http.context import Service
from services.goals.http.listing import LIMIT_MAX
from services.goals.page.numbers import Marks, shown, shown_change, shown_percentage
from services.goals.page.order import by_name

ROWS_MAX: Final = 100
BARS_MAX: Final = 15
BY_WORDS: Final = {
    By.OWNER: "Owner",
    By.TEAM: "Team",
    By.PERIOD: "Period",
    By.METRIC: "Metric",
    By.GOAL: "Goal",
}
PERIODS: Final = {"current": "periods that hold today", "all": "all periods"}
# Where bars stand in a row, and how high they are.
BAR_PLACES: Final = {"before": (2, 8), "actual": (8, 10), "plan": (5, 16)}
_COLUMNS: Final = (
    ("goals", "Goals"),
    ("actual", "Actual"),
    ("target", "Target"),
    ("percentage", "%"),
    ("gap", "To target"),
)
_COMPARED: Final = (("before", "Period before"), ("change", "Change"))
_SORTS: Final = frozenset({"label"} | {key for key, _ in (*_COLUMNS, *_COMPARED)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row as it was answered, in one form whatever it is about."""

    label: str
    # Where a goal is what it is about.
    goal_id: str | None
    metric: tuple[str, str]
    goals: int
    actual: str | None
    target: str | None
    percentage: str | None
    before: str | None

    @property
    def gap(self) -> str | None:
        """How far it is to the target."""
        return _minus(self.actual, self.target)

    @property
    def change(self) -> str | None:
        """How it changed from the period before."""
        return _minus(self.actual, self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle of a chart, in percent of its width."""

    name: str
    x: str
    width: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A line in words, and its bars."""

    label: str
    goal_id: str | None
    # What stands below each column.
    cells: Mapping[str, str]
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The lines of one metric; amounts of different ones do not compare."""

    metric: str
    lines: Sequence[Written]
    # How many lines have a bar, and how many more there are.
    drawn: Sequence[Written]
    more: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstReport:
    """A report, and what of it is chosen."""

    by: By
    period: str
    days: Sequence[str]
    metric: str
    metrics: Sequence[tuple[str, str]]
    is_compared: bool
    has_before: bool
    sort: str
    is_falling: bool
    # For the files that hold the same.
    query: str
    columns: Sequence[tuple[str, str]]
    groups: Sequence[Group]

    @property
    def about(self) -> str:
        """What it is of, in a line."""
        words = [
            dict(self.metrics).get(self.metric, self.metric) or "all metrics",
            PERIODS.get(self.period, self.period.replace("..", " to ")),
        ]
        if self.is_compared:
            words.append("beside the period before")
        return " · ".join(words)


async def report(
    service: Service, caller: Caller, address: Mapping[str, str], marks: Marks
) -> FirstReport | None:
    """Return the report of an address; None where its script has to ask."""
    asked = _asked(address)
    sort = address.get("sort", "actual")
    if asked is None or sort not in _SORTS:
        return None
    # Ranks are asked for by few, and days of periods a browser writes its own way.
    if asked.by is By.PERIOD or address.get("leaderboard") == "1":
        return None
    answer = await report_of(service, caller, asked, LIMIT_MAX)
    # Which of so many come first is known only when all are there.
    if answer.next is not None:
        return None
    async with service.database.reading(caller=caller) as reading:
        metrics = await reading.metrics.after("", LIMIT_MAX)
    is_falling = address.get("order") != "rising"
    lines = _sorted(
        [_line(one, asked.by) for one in answer.items], sort, is_falling=is_falling
    )
    period = address.get("period", "current")
    compared = asked.compare is not None
    return FirstReport(
        by=asked.by,
        period=period,
        days=[] if period in PERIODS else period.split(".."),
        metric=asked.metric or "",
        metrics=[(one.id, one.name) for one in metrics],
        is_compared=compared,
        has_before=any(one.before is not None for one in lines),
        sort=sort,
        is_falling=is_falling,
        query=urlencode(_query(address)),
        columns=(*_COLUMNS, *(_COMPARED if compared else ())),
        groups=_grouped(lines, marks),
    )


def _query(address: Mapping[str, str]) -> dict[str, Any]:
    """Return what the API is asked for."""
    asked: dict[str, Any] = {"by": address.get("by", "owner")}
    if address.get("metric"):
        asked["metric"] = address["metric"]
    if address.get("period") != "all":
        asked["period"] = address.get("period", "current")
    if address.get("compare") != "none":
        asked["compare"] = "previous"
    return asked


def _asked(address: Mapping[str, str]) -> AttainmentQuery | None:
    try:
        return AttainmentQuery.model_validate(_query(address) | {"limit": LIMIT_MAX})
    except ValidationError:
        return None


def _line(row: Row, by: By) -> Line:
    metric = row.metric.name
    if row.metric.currency:
        metric += f", {row.metric.currency}"
    if isinstance(row, AttainmentAnswer):
        return Line(
            label=row.title,
            goal_id=row.goal_id,
            metric=(row.metric.id, metric),
            goals=1,
            actual=row.values.actual,
            target=row.target,
            percentage=row.percentage,
            before=None if row.previous is None else row.previous.values.actual,
        )
    return Line(
        label=_label(row, by),
        goal_id=None,
        metric=(row.metric.id, metric),
        goals=row.goals,
        actual=row.actual,
        target=row.target,
        percentage=row.percentage,
        before=None if row.previous is None else row.previous.actual,
    )


def _label(row: GroupAnswer, by: By) -> str:
    if by is By.TEAM and not row.key:
        return "On no team"
    return row.name or row.key.removeprefix("user/").removeprefix("team/")


def _sorted(lines: Sequence[Line], sort: str, *, is_falling: bool) -> Sequence[Line]:
    """Return lines in order; what is not known stands last, whichever way."""
    named = sorted(lines, key=lambda one: by_name(one.label))
    if sort == "label":
        return named[::-1] if is_falling else named
    numbers = {
        id(one): Decimal(value)
        for one in named
        if (value := getattr(one, sort)) is not None
    }
    known = [one for one in named if id(one) in numbers]
    known.sort(key=lambda one: numbers[id(one)], reverse=is_falling)
    return [*known, *(one for one in named if id(one) not in numbers)]


def _grouped(lines: Sequence[Line], marks: Marks) -> Sequence[Group]:
    """Return as many lines as a first page holds, metric by metric."""
    by_metric: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        by_metric.setdefault(line.metric, []).append(line)
    groups, room = [], ROWS_MAX
    for metric in sorted(by_metric, key=lambda one: by_name(one[1])):
        found = by_metric[metric]
        scale = _scale(found[:BARS_MAX])
        written = [_written(one, scale, marks) for one in found[:room]]
        room -= len(written)
        groups.append(
            Group(
                metric=metric[1],
                lines=written,
                drawn=written[:BARS_MAX],
                more=len(found) - BARS_MAX,
            )
        )
    return groups


def _scale(lines: Sequence[Line]) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest amount that bars have to show."""
    amounts = [
        Decimal(one or 0)
        for line in lines
        for one in (line.actual, line.target, line.before)
    ]
    return min(Decimal(0), *amounts), max(Decimal(0), *amounts) or Decimal(1)


def _written(line: Line, scale: tuple[Decimal, Decimal], marks: Marks) -> Written:
    amounts = {"before": line.before, "actual": line.actual, "plan": line.target}
    return Written(
        label=line.label,
        goal_id=line.goal_id,
        cells={
            "goals": shown(str(line.goals), marks),
            "actual": shown(line.actual, marks),
            "target": shown(line.target, marks),
            "percentage": shown_percentage(line.percentage, marks),
            "gap": shown_change(line.gap, marks),
            "before": shown(line.before, marks),
            "change": shown_change(line.change, marks),
        },
        bars=[
            _bar(name, Decimal(amount), scale)
            for name, amount in amounts.items()
            if amount is not None
        ],
    )


def _bar(name: str, amount: Decimal, scale: tuple[Decimal, Decimal]) -> Bar:
    least, greatest = scale
    percent = 100 / (greatest - least)
    return Bar(
        name=name,
        x=f"{(min(amount, Decimal(0)) - least) * percent:.3f}",
        width=f"{abs(amount) * percent:.3f}",
    )


def _minus(one: str | None, other: str | None) -> str | None:
    if one is None or other is None:
        return None
    return str(Decimal(one) - Decimal(other))
