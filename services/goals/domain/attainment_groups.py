"""Reports by owner, team, period or metric: goals added up, none of them twice.

A goal shows what all below it show. So a group adds only those of its goals above which
no other of it stands, and never what different metrics measure.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.goals.domain.attainment import Attained, Earlier, Values
from services.goals.domain.exact_sums import percentage_of_texts, sum_of
from services.goals.domain.metrics import DefinedMetric
from shared.domain.goals import SLOTS, GoalId, PrincipalType, Slot

# Of each goal, the one right above it.
Parents = Mapping[GoalId, GoalId]


class By(StrEnum):
    """What a row of a report is about."""

    GOAL = "goal"
    OWNER = "owner"
    TEAM = "team"
    PERIOD = "period"
    METRIC = "metric"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What some goals show and aim at together."""

    goals: int
    values: Values
    target: str | None
    # Of those alone that have a target and a value.
    percentage: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Goals of one metric that have something in common."""

    # Empty: the goals whose owner is on no team.
    key: str
    metric: DefinedMetric
    # All of them, in the order of their ids, and those that are added.
    goals: Sequence[Attained]
    added: Sequence[Attained]
    sum: Sum
    # Of those that are added; None: not of each of them is it known.
    earlier: Earlier | None
    # Of the goals of the period before, as far as there are any.
    previous: Sum | None

    @property
    def place(self) -> tuple[str, str]:
        """Where it stands in a list."""
        return self.key, self.metric.id


def keys_by(
    by: By, teams_of: Mapping[str, Sequence[str]]
) -> Callable[[Attained], Sequence[str]]:
    """Return what says to which groups a goal belongs.

    `teams_of` names the teams of each user; a goal of his counts for each of them.
    """

    def teams(one: Attained) -> Sequence[str]:
        owner = one.goal.owner
        if owner.type is PrincipalType.TEAM:
            return [owner.key]
        return [f"team/{team}" for team in teams_of.get(owner.id, ())] or [""]

    return {
        By.GOAL: lambda one: [one.goal.id],
        By.OWNER: lambda one: [one.goal.owner.key],
        By.TEAM: teams,
        By.PERIOD: lambda one: [period_key(one)],
        By.METRIC: lambda one: [one.metric.id],
    }[by]


def period_key(one: Attained) -> str:
    """Return a goal's period in one text, as reports are asked for it."""
    period = one.goal.period
    return f"{period.start}..{period.end}"


def groups_of(
    goals: Iterable[Attained],
    keys_of: Callable[[Attained], Sequence[str]],
    parents: Parents,
) -> Sequence[Group]:
    """Return the groups in their order."""
    found: dict[tuple[str, str], list[Attained]] = {}
    for one in goals:
        for key in keys_of(one):
            found.setdefault((key, one.metric.id), []).append(one)
    return [_group(key, found[key, metric], parents) for key, metric in sorted(found)]


def without_descendants(
    goals: Sequence[Attained], parents: Parents
) -> Sequence[Attained]:
    """Return those goals above which none of the others stands."""
    ids = {one.goal.id for one in goals}
    return [one for one in goals if ids.isdisjoint(_above(one.goal.id, parents))]


def sum_up(goals: Sequence[Attained]) -> Sum:
    """Return what goals of one metric show and aim at together."""
    compared = [
        one
        for one in goals
        if one.goal.target is not None and one.values[Slot.ACTUAL] is not None
    ]
    return Sum(
        goals=len(goals),
        values={slot: sum_of(one.values[slot] for one in goals) for slot in SLOTS},
        target=sum_of(one.goal.target for one in goals),
        percentage=percentage_of_texts(
            sum_of(one.values[Slot.ACTUAL] for one in compared),
            sum_of(one.goal.target for one in compared),
        ),
    )


def _group(key: str, goals: Sequence[Attained], parents: Parents) -> Group:
    added = without_descendants(goals, parents)
    # Two goals of today may continue the same one.
    before = {
        one.previous.goal.id: one.previous for one in added if one.previous is not None
    }
    return Group(
        key=key,
        metric=goals[0].metric,
        goals=goals,
        added=added,
        sum=sum_up(added),
        earlier=_earlier([one.earlier for one in added]),
        previous=(
            sum_up(without_descendants(list(before.values()), parents))
            if before
            else None
        ),
    )


def _earlier(several: Sequence[Earlier | None]) -> Earlier | None:
    known = [one for one in several if one is not None]
    if len(known) < len(several):
        return None
    return Earlier(
        values={slot: sum_of(one.values[slot] for one in known) for slot in SLOTS},
        change={slot: sum_of(one.change[slot] for one in known) for slot in SLOTS},
    )


def _above(goal_id: GoalId, parents: Parents) -> Iterable[GoalId]:
    """Yield what stands above a goal; it ends even if goals went in circles."""
    seen: set[GoalId] = set()
    at = parents.get(goal_id)
    while at is not None and at not in seen:
        yield at
        seen.add(at)
        at = parents.get(at)
