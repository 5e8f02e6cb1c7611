"""All definitions, and what becomes of them when some change."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.rollup.domain.contributions import Contributions, with_kept
from services.rollup.domain.directory import Directory, DirectoryNews
from services.rollup.domain.forest import Forest
from services.rollup.domain.goal_index import GoalIndex
from services.rollup.domain.links import NO_PARENTS
from services.rollup.domain.made_under import MadeUnder
from shared.domain.goals import Goal, GoalId, GoalNumber, Metric, MetricId
from shared.domain.records import Parents, Record


@dataclass(slots=True)
class Definitions:
    """All definitions at one revision, arranged for use."""

    revision: int = 0
    metrics: dict[MetricId, Metric] = field(default_factory=dict)
    forest: Forest = field(default_factory=Forest)
    index: GoalIndex = field(default_factory=GoalIndex)
    directory: Directory = field(default_factory=Directory)

    def contributions_of(
        self,
        record: Record,
        before: Contributions | None,
        parents: Parents = NO_PARENTS,
    ) -> Contributions:
        """Return what a record adds now, if it added `before` until now.

        `parents` holds the records that it links to, as far as there are any.
        """
        added = self.index.contributions_of(record, parents)
        frozen = self.forest.frozen
        if before is None or not frozen:
            return added
        return with_kept(before, added, frozen)

    def index_goal(self, goal: Goal) -> None:
        """Let records meet the goal, if its metric is known and it follows them."""
        metric = self.metrics.get(goal.metric_id)
        if metric is not None and goal.number not in self.forest.frozen:
            self.index.add(goal, metric, self.directory.owners_of(goal))

    def unindex_goal(self, goal: Goal) -> None:
        """Let records pass the goal."""
        metric = self.metrics.get(goal.metric_id)
        if metric is not None and goal.number not in self.forest.frozen:
            self.index.remove(goal, metric, self.directory.owners_of(goal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What some change sets say, the newest state of each thing."""

    metrics: Sequence[Metric] = ()
    gone_metrics: Sequence[MetricId] = ()
    goals: Sequence[Goal] = ()
    gone_goals: Sequence[GoalId] = ()
    directory: DirectoryNews = field(default_factory=DirectoryNews)
    # Goals whose whole trees are to be rebuilt from the records.
    recalculated: Sequence[GoalNumber] = ()


@dataclass(slots=True)
class Outcome:
    """What must be written after the forest was changed."""

    # Goals whose row says something else now (definition or place).
    rewritten: set[GoalNumber] = field(default_factory=set)
    planted: set[GoalNumber] = field(default_factory=set)
    # With the group that announced it until now.
    gone: dict[GoalNumber, tuple[GoalId, int]] = field(default_factory=dict)
    # Goals whose computed or held values moved.
    moved: set[GoalNumber] = field(default_factory=set)
    # Goals that begin or end to hold their values.
    held: set[GoalNumber] = field(default_factory=set)
    rederived: set[GoalNumber] = field(default_factory=set)
    # Those of them whose participation may differ, which a recalculation need not do.
    renewed: set[GoalNumber] = field(default_factory=set)
    # For each goal that is to be recalculated: the goals of its tree that are.
    recalculated: dict[GoalNumber, set[GoalNumber]] = field(default_factory=dict)
    # For each group: those whose earlier announcements must go out first.
    came_from: dict[int, set[int]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    # What goals' values were made under, where that is news.
    made_under: dict[GoalNumber, MadeUnder] = field(default_factory=dict)
    # Their place, override or state waits until what trees show fits it: till then they
    # are roots, or show what is computed.
    following: set[GoalNumber] = field(default_factory=set)
    # They should stand still, and wait until nothing below them computes.
    freezing: set[GoalNumber] = field(default_factory=set)
    # What fails, or stands above what does, differs from before.
    judged: set[GoalNumber] = field(default_factory=set)
