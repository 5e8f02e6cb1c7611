"""How far goals have come: everything that a report says, read in one moment.

A few statements for all goals together, never one for each.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.goals.domain.attainment import (
    Attained,
    attained,
    day_in,
    earlier_of,
    looked_back,
    previous_goals,
)
from services.goals.domain.attainment_groups import By, Group, groups_of, keys_by
from services.goals.domain.callers import Scope
from services.goals.domain.history import Shown
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import GoalNumbers
from services.goals.store.database import Reading
from services.goals.store.reports import ReportFilter
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    MetricId,
    Principal,
    PrincipalType,
)
from shared.domain.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be told of goals besides what they show now."""

    now: datetime
    # Since when changes are told.
    since: datetime | None = None
    # Of the period before.
    compare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Goals with how far they have come, and how what they name is called."""

    goals: Sequence[Attained]
    # By the keys of users and teams; only to whom the directory is open.
    names: Mapping[str, str]
    currency: str
    # Which goals may be named; None: all there are.
    visible: frozenset[str] | None

    def sees(self, goal_id: str | None) -> bool:
        """Tell whether a goal may be named."""
        return goal_id is None or self.visible is None or goal_id in self.visible


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReport:
    """Goals added up by what they have in common."""

    by: By
    groups: Sequence[Group]
    names: Mapping[str, str]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What was read of many goals."""

    now: datetime
    metrics: Mapping[MetricId, DefinedMetric]
    numbers: Mapping[GoalNumber, GoalNumbers]
    recently: Mapping[GoalId, Shown | None]
    earlier: Mapping[GoalId, Shown | None]
    targets: Mapping[str, str | None]
    before: Mapping[GoalId, Goal]

    def of(self, goal: Goal) -> Attained:
        """Return all that was found of a goal."""
        alone, previous = self._alone(goal), self.before.get(goal.id)
        return replace(
            alone,
            earlier=earlier_of(alone.values, self.earlier.get(goal.id)),
            children_target=self.targets.get(goal.id),
            previous=None if previous is None else self._alone(previous),
        )

    def _alone(self, goal: Goal) -> Attained:
        return attained(
            goal,
            self.metrics[goal.metric_id],
            self.numbers.get(goal.number),
            self.now,
            self.recently.get(goal.id),
        )


async def with_today(
    reading: Reading, wanted: ReportFilter, now: datetime
) -> ReportFilter:
    """Return a filter that has only goals whose period holds today where they are."""
    zones = await reading.reports.zones()
    return replace(wanted, today={zone: day_in(zone, now) for zone in zones})


async def attainment(
    reading: Reading,
    wanted: ReportFilter,
    asked: Asked,
    *,
    after: str = "",
    limit: int | None = None,
) -> Report:
    """Return how far goals have come, in the order of their ids."""
    rights = await reading.rights()
    for named in (wanted.goal, wanted.root):
        if named is not None:
            await reading.readable_goal(named)
    goals = await reading.reports.reported(wanted, after, limit, rights)
    found = await _attained(reading, goals, asked)
    organization = await reading.organization()
    return Report(
        goals=found,
        names=await _names(reading, goals),
        currency=organization.base_currency,
        visible=await _visible(reading, found),
    )


async def attainment_by(
    reading: Reading, by: By, wanted: ReportFilter, asked: Asked
) -> GroupReport:
    """Return how far goals have come that have something in common."""
    report = await attainment(reading, wanted, asked)
    teams = await _teams(reading) if by is By.TEAM else {}
    parents = await reading.reports.parents()
    # Off the loop: ten thousand goals take a while.
    groups = await asyncio.to_thread(
        groups_of, report.goals, keys_by(by, teams), parents
    )
    names = report.names
    if by is By.TEAM:
        keys = [group.key.removeprefix("team/") for group in groups if group.key]
        names = await reading.reports.names_of(
            [Principal(PrincipalType.TEAM, key) for key in keys]
        )
    return GroupReport(by=by, groups=groups, names=names, currency=report.currency)


async def _attained(
    reading: Reading, goals: Sequence[Goal], asked: Asked
) -> Sequence[Attained]:
    before = await _previous(reading, goals) if asked.compare else {}
    every = [*goals, *before.values()]
    metrics = await reading.metrics.find({goal.metric_id for goal in every})
    recently, earlier = await _shown(reading, goals, asked)
    found = _Found(
        now=asked.now,
        metrics={metric.id: metric for metric in metrics},
        numbers=await reading.numbers([goal.number for goal in every]),
        recently=recently,
        earlier=earlier,
        targets=await reading.reports.children_targets(
            [goal.id for goal in goals], await reading.rights()
        ),
        before=before,
    )
    # Off the loop: ten thousand goals take a while.
    return await asyncio.to_thread(lambda: [found.of(goal) for goal in goals])


async def _shown(
    reading: Reading, goals: Sequence[Goal], asked: Asked
) -> tuple[Mapping[GoalId, Shown | None], Mapping[GoalId, Shown | None]]:
    """Return what goals showed a while ago, for their rates, and what at `since`."""
    backs = [(goal, _back(goal.period, asked.now)) for goal in goals]
    looks = [(goal, instant) for goal, instant in backs if instant is not None]
    recent = len(looks)
    if asked.since is not None:
        looks += [(goal, asked.since) for goal in goals]
    shown = await reading.history.shown_at(
        [(goal.number, instant) for goal, instant in looks]
    )
    found = [(goal.id, one) for (goal, _), one in zip(looks, shown, strict=True)]
    return dict(found[:recent]), dict(found[recent:])


def _back(period: Period, now: datetime) -> datetime | None:
    back = looked_back(period, now)
    return None if back is None else now - back


async def _previous(reading: Reading, goals: Sequence[Goal]) -> Mapping[GoalId, Goal]:
    candidates = await reading.reports.previous(
        [goal.id for goal in goals], await reading.rights()
    )
    return previous_goals(goals, candidates)


async def _names(reading: Reading, goals: Sequence[Goal]) -> Mapping[str, str]:
    """Return how owners and managers are called."""
    if not reading.caller.has(Scope.DIRECTORY_READ):
        return {}
    managers = {Principal(PrincipalType.USER, goal.manager_id) for goal in goals}
    return await reading.reports.names_of(managers | {goal.owner for goal in goals})


async def _visible(
    reading: Reading, found: Sequence[Attained]
) -> frozenset[str] | None:
    rights = await reading.rights()
    if rights.user is None:
        return None
    named: set[str | None] = set()
    for one in found:
        named.add(one.goal.parent_id)
        if one.numbers is not None:
            named |= {one.numbers.tree_id, one.numbers.goal_with_error_id}
    return await reading.visible.of(rights, named)


async def _teams(reading: Reading) -> Mapping[str, Sequence[str]]:
    """Return on which teams each user is."""
    people = await reading.people.read()
    found: dict[str, list[str]] = {}
    for name in sorted(people.teams):
        for member in people.teams[name].members:
            found.setdefault(member, []).append(name)
    return found
