"""What clients get back of reports: a row for each goal, or for each group of goals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic

from services.goals.domain.attainment import Attained, Earlier, Values
from services.goals.domain.attainment_groups import By, Group, Sum
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import RollupStatus, status_of, texts_of
from services.goals.domain.pace import Finish, Pace
from services.goals.domain.periods import name_of_fiscal
from services.goals.flows.attainment import GroupReport, Report
from services.goals.http.answers import Item, RollupAnswer, ValuesAnswer
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import SLOTS, GoalState, Principal
from shared.domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer(Generic[Item]):
    """A page of a report; all of its rows are of one instant."""

    as_of: datetime
    # Since when changes are told; null: nobody asked.
    since: datetime | None
    items: Sequence[Item]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedMetricAnswer:
    """What a row is measured by."""

    id: str
    name: str
    kind: MetricKind
    # Null: it counts.
    data_type: DataType | None
    # Of money only.
    currency: str | None

    @property
    def unit(self) -> str:
        """What its numbers are, in one word."""
        return self.currency or self.data_type or self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPrincipalAnswer:
    """A user or a team; the name is for those to whom the directory is open."""

    type: str
    id: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedUserAnswer:
    """A user; the name is for those to whom the directory is open."""

    id: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPeriodAnswer:
    """The days that count, both included; the name of a fiscal period."""

    start: date
    end: date
    time_zone: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierAnswer:
    """What was shown at `since`, and by how much it has grown."""

    values: ValuesAnswer
    change: ValuesAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousAnswer:
    """The goal of the period before."""

    goal_id: str
    values: ValuesAnswer
    target: str | None
    percentage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttainmentAnswer:
    """A goal, and how far it has come."""

    goal_id: str
    title: str
    # Null also where it may not be read.
    parent_id: str | None
    depth: int | None
    metric: NamedMetricAnswer
    owner: NamedPrincipalAnswer
    manager: NamedUserAnswer
    period: NamedPeriodAnswer
    state: GoalState
    values: ValuesAnswer
    own: ValuesAnswer
    target: str | None
    stretch_target: str | None
    percentage: str | None
    rollup: RollupAnswer
    is_overridden: bool
    pace: Pace
    finish: Finish | None
    earlier: EarlierAnswer | None
    children_target: str | None
    previous: PreviousAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SumAnswer:
    """The goals of the period before, added up."""

    goals: int
    actual: str | None
    in_progress: str | None
    custom: str | None
    target: str | None
    percentage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupAnswer:
    """Goals of one metric that have an owner, a team or a period in common."""

    # As the filter of its name takes it; empty: whose owner is on no team.
    key: str
    name: str | None
    metric: NamedMetricAnswer
    goals: int
    # Those that are added: none that stands below another of them.
    added: int
    actual: str | None
    in_progress: str | None
    custom: str | None
    target: str | None
    # Of the added goals alone that have a target.
    percentage: str | None
    earlier: EarlierAnswer | None
    previous: SumAnswer | None


def attainment_answers(report: Report) -> Sequence[AttainmentAnswer]:
    """Return the rows of a report."""
    return [_row(one, report) for one in report.goals]


def group_answers(
    report: GroupReport, groups: Sequence[Group]
) -> Sequence[GroupAnswer]:
    """Return the rows of some of a report's groups."""
    return [_group(one, report) for one in groups]


def _row(one: Attained, report: Report) -> AttainmentAnswer:
    goal, numbers = one.goal, one.numbers
    own: Values = {}
    if numbers is not None:
        own = texts_of(numbers.own, numbers.decimals)
    return AttainmentAnswer(
        goal_id=goal.id,
        title=goal.title,
        parent_id=goal.parent_id if report.sees(goal.parent_id) else None,
        depth=(
            numbers.depth
            if numbers is not None and report.sees(numbers.tree_id)
            else None
        ),
        metric=_metric(one.metric, report.currency),
        owner=_principal(goal.owner, report.names),
        manager=NamedUserAnswer(
            id=goal.manager_id, name=report.names.get(f"user/{goal.manager_id}")
        ),
        period=_period(goal.period),
        state=goal.state,
        values=_values(one.values),
        own=_values(own),
        target=goal.target,
        stretch_target=goal.stretch_target,
        percentage=one.percentage,
        rollup=_rollup(one, report),
        is_overridden=numbers is not None and numbers.locked,
        pace=one.pace,
        finish=one.finish,
        earlier=_earlier(one.earlier),
        children_target=one.children_target,
        previous=_previous(one.previous),
    )


def _rollup(one: Attained, report: Report) -> RollupAnswer:
    numbers = one.numbers
    if numbers is None:
        return RollupAnswer(status=RollupStatus.COMPUTING)
    at_fault = numbers.goal_with_error_id
    return RollupAnswer(
        status=status_of(one.goal, numbers),
        error=numbers.error,
        goal_with_error_id=at_fault if report.sees(at_fault) else None,
    )


def _group(group: Group, report: GroupReport) -> GroupAnswer:
    values = _values(group.sum.values)
    return GroupAnswer(
        key=group.key,
        name=_name(group, report),
        metric=_metric(group.metric, report.currency),
        goals=len(group.goals),
        added=group.sum.goals,
        actual=values.actual,
        in_progress=values.in_progress,
        custom=values.custom,
        target=group.sum.target,
        percentage=group.sum.percentage,
        earlier=_earlier(group.earlier),
        previous=None if group.previous is None else _sum(group.previous),
    )


def _name(group: Group, report: GroupReport) -> str | None:
    if report.by is By.METRIC:
        return group.metric.name
    if report.by is By.PERIOD:
        return _period(group.goals[0].goal.period).name
    return report.names.get(group.key)


def _sum(found: Sum) -> SumAnswer:
    values = _values(found.values)
    return SumAnswer(
        goals=found.goals,
        actual=values.actual,
        in_progress=values.in_progress,
        custom=values.custom,
        target=found.target,
        percentage=found.percentage,
    )


def _metric(metric: DefinedMetric, currency: str) -> NamedMetricAnswer:
    return NamedMetricAnswer(
        id=metric.id,
        name=metric.name,
        kind=metric.kind,
        data_type=metric.data_type,
        currency=currency if metric.data_type is DataType.MONEY else None,
    )


def _principal(who: Principal, names: Mapping[str, str]) -> NamedPrincipalAnswer:
    return NamedPrincipalAnswer(type=who.type, id=who.id, name=names.get(who.key))


def _period(period: Period) -> NamedPeriodAnswer:
    return NamedPeriodAnswer(
        start=period.start,
        end=period.end,
        time_zone=period.time_zone,
        name=None if period.fiscal is None else name_of_fiscal(period.fiscal),
    )


def _values(values: Values) -> ValuesAnswer:
    return ValuesAnswer(**{slot.value: values.get(slot) for slot in SLOTS})


def _earlier(earlier: Earlier | None) -> EarlierAnswer | None:
    if earlier is None:
        return None
    return EarlierAnswer(values=_values(earlier.values), change=_values(earlier.change))


def _previous(previous: Attained | None) -> PreviousAnswer | None:
    if previous is None:
        return None
    return PreviousAnswer(
        goal_id=previous.goal.id,
        values=_values(previous.values),
        target=previous.goal.target,
        percentage=previous.percentage,
    )
