"""What is asked of a goal, and what there is for it to refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from services.goals.domain.changing import UNCHANGED, Unchanged
from services.goals.domain.directory import Directory
from services.goals.domain.goal_queries import GivenQueries
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.overrides import NOTHING_GIVEN, GivenOverride
from services.goals.domain.periods import GivenPeriod
from services.goals.domain.queries import RollupQuery
from shared.domain.fiscal import FiscalCalendar
from shared.domain.goals import (
    Goal,
    GoalAttribute,
    GoalId,
    GoalState,
    MetricId,
    Principal,
    QueryId,
    Share,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalDraft:
    """A goal as somebody asks for it; what is left out is inherited or assumed."""

    id: GoalId
    title: str
    metric_id: MetricId | None = None
    owner: Principal
    manager_id: str | None = None
    parent_id: GoalId | None = None
    period: GivenPeriod | None = None
    time_zone: str | None = None
    target: Decimal | None = None
    stretch_target: Decimal | None = None
    owner_records_only: bool = True
    rollup_only_from_children: bool = False
    include_team_members: bool = False
    queries: GivenQueries = field(default_factory=dict)
    override: GivenOverride = NOTHING_GIVEN
    attributes: Mapping[str, GoalAttribute] = field(default_factory=dict)
    shared_with: Sequence[Share] = ()
    state: GoalState = GoalState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class GoalChange:
    """What is to become of a goal."""

    title: str | Unchanged = UNCHANGED
    metric_id: MetricId | Unchanged = UNCHANGED
    owner: Principal | Unchanged = UNCHANGED
    manager_id: str | Unchanged = UNCHANGED
    parent_id: GoalId | Unchanged | None = UNCHANGED
    period: GivenPeriod | Unchanged = UNCHANGED
    time_zone: str | Unchanged = UNCHANGED
    target: Decimal | Unchanged | None = UNCHANGED
    stretch_target: Decimal | Unchanged | None = UNCHANGED
    owner_records_only: bool | Unchanged = UNCHANGED
    rollup_only_from_children: bool | Unchanged = UNCHANGED
    include_team_members: bool | Unchanged = UNCHANGED
    # Only those of the measures that change.
    queries: GivenQueries = field(default_factory=dict)
    override: GivenOverride = NOTHING_GIVEN
    # Both are given whole: what they do not name is gone.
    attributes: Mapping[str, GoalAttribute] | Unchanged = UNCHANGED
    shared_with: Sequence[Share] | Unchanged = UNCHANGED
    state: GoalState | Unchanged = UNCHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What exists of that which a goal may refer to."""

    directory: Directory
    metrics: Mapping[MetricId, DefinedMetric]
    queries: Mapping[QueryId, RollupQuery] = field(default_factory=dict)
    # The goals that may be named as parents, and how deep they sit.
    goals: Mapping[GoalId, Goal]
    depths: Mapping[GoalId, int]
    # The organisation's: a goal takes it if nothing else is said.
    time_zone: str
    # What fiscal periods are taken from when they are chosen.
    calendar: FiscalCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a goal stands, and where it would come to stand."""

    # From the new parent up to its root; empty if no parent is named.
    path_of_parent: Sequence[GoalId] = ()
    # How many levels lie below the goal.
    height: int = 0
