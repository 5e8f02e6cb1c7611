"""All definitions, and what becomes of them when some change."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from services.rollup.domain.contributions import Contributions, with_kept
from services.rollup.domain.directory import (
    MANAGER_DISABLED,
    Directory,
    DirectoryNews,
)
from services.rollup.domain.forest import Forest
from services.rollup.domain.goal_index import GoalIndex, Places
from services.rollup.domain.made_under import MadeUnder
from services.rollup.domain.queries import (
    QUERY_FAILED,
    Announced,
    Queries,
)
from services.rollup.domain.reach import Reach
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalNumber,
    Metric,
    MetricId,
    QueryId,
)
from shared.domain.records import Record
from shared.queries.seeing import Seeing


@dataclass(frozen=True, slots=True, kw_only=True)
class Otherwise:
    """Goals that count otherwise than before, since queries or people have changed."""

    goals: AbstractSet[GoalNumber] = frozenset()
    # They stand where they stood; some owners' records pass there now, or no more.
    passed: AbstractSet[GoalNumber] = frozenset()
    owners: Sequence[str] = ()


@dataclass(slots=True)
class Definitions:
    """All definitions at one revision, arranged for use."""

    revision: int = 0
    metrics: dict[MetricId, Metric] = field(default_factory=dict)
    forest: Forest = field(default_factory=Forest)
    directory: Directory = field(default_factory=Directory)
    index: GoalIndex = field(init=False)
    queries: Queries = field(default_factory=Queries)
    # Goals that a failed query stops, until they stand still.
    stopped: set[GoalNumber] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.index = GoalIndex(self.directory.people)

    def contributions_of(
        self,
        record: Record,
        before: Contributions | None,
        sight: Seeing | None = None,
    ) -> Contributions:
        """Return what a record adds now, if it added `before` until now.

        `sight` holds the records that it may look at, and notes which it did.
        """
        added = self.index.contributions_of(record, sight)
        still: AbstractSet[GoalNumber] = self.forest.frozen
        if self.stopped:
            still = still | self.stopped
        if before is None or not still:
            return added
        return with_kept(before, added, still)

    def index_goal(self, goal: Goal) -> None:
        """Let records meet the goal, if its metric is known and it follows them."""
        metric = self.metrics.get(goal.metric_id)
        if metric is None or goal.number in self.forest.frozen:
            return
        if self.fails(goal):
            self.stopped.add(goal.number)
            return
        self.index.add(goal, metric, self._places(goal, metric))

    def unindex_goal(self, goal: Goal) -> None:
        """Let records pass the goal."""
        if goal.number in self.stopped:
            self.stopped.remove(goal.number)
        elif goal.number in self.index:
            self.index.remove(goal.number)

    def _places(self, goal: Goal, metric: Metric) -> Places:
        queries = {
            slot: query
            for slot, query_id in goal.queries.items()
            if (query := self.queries.get(query_id)) is not None
        }
        return self.directory.places(goal, metric, queries)

    def stands_elsewhere(self, goal: Goal) -> bool:
        """Tell whether a goal stands in the index where it should not stand now."""
        metric = self.metrics.get(goal.metric_id)
        if metric is None or goal.number not in self.index:
            return False
        return self.index.places_of(goal.number) != self._places(goal, metric)

    def take(
        self, directory: DirectoryNews, queries: Mapping[QueryId, Announced | None]
    ) -> Otherwise:
        """Know what is new; return the live goals that count otherwise by it."""
        if not (queries or directory.may_move_goals):
            # Most changes: nobody looks at every goal for them.
            self.directory.take(directory)
            return Otherwise()
        live = [
            node.goal
            for node in self.forest.nodes.values()
            if node.number not in self.forest.frozen
        ]
        asking = [goal for goal in live if _asks(goal)]
        before = {goal.number: self._decides(goal) for goal in asking}
        reach = Reach(
            self.directory.people, directory.people, self._readers(live, directory)
        )
        self.directory.take(directory)
        calendar = directory.calendar
        self.queries.take(
            queries, directory.types, None if calendar is None else calendar.template
        )
        asked = {
            goal.number for goal in asking if self._decides(goal) != before[goal.number]
        }
        goals = asked | self._standing_elsewhere(live, directory, reach)
        doors = reach.moved_doors()
        passed = {
            goal.number for goal in live if self.index.stands_at(goal.number, doors)
        }
        return Otherwise(
            goals=goals, passed=passed - goals, owners=sorted(reach.moved_owners())
        )

    def _readers(
        self, live: Iterable[Goal], news: DirectoryNews
    ) -> set[tuple[str, str]]:
        """Return who reads what for some goals, if that may change."""
        if not news.people:
            return set()
        entities = {
            metric.id: {
                entity
                for one in metric.rollup_fields.values()
                for entity in (one.source_entity, *(link.entity for link in one.links))
            }
            for metric in self.metrics.values()
        }
        return {
            (goal.manager_id, entity)
            for goal in live
            for entity in entities.get(goal.metric_id, ())
        }

    def _standing_elsewhere(
        self, live: Iterable[Goal], news: DirectoryNews, reach: Reach
    ) -> set[GoalNumber]:
        """Return the goals that stand where they should not stand any more."""
        if not news.people:
            return set()
        managers, owners = reach.changed_managers(), reach.moved_owners()
        return {
            goal.number
            for goal in live
            if (
                goal.manager_id in managers
                or goal.owner.id in news.people.teams
                or self._counts_of(goal, owners)
            )
            and self.stands_elsewhere(goal)
        }

    def _counts_of(self, goal: Goal, owners: AbstractSet[str]) -> bool:
        """Tell whether a goal counts just some owners' records, theirs among them."""
        if not (owners and goal.owner_records_only):
            return False
        return not owners.isdisjoint(self.directory.owners_of(goal) or ())

    def _decides(self, goal: Goal) -> list[object]:
        if self.queries.have_failed(goal):
            return []
        return [self.directory.decides(goal, query) for query in self.queries.of(goal)]

    def looking_at_clock(self) -> set[GoalNumber]:
        """Return the live goals that ask a query whose answer changes with time."""
        return {
            number
            for number, node in self.forest.nodes.items()
            if number not in self.forest.frozen
            and _asks(node.goal)
            and not self.fails(node.goal)
            and any(
                query.outlook.looks_at_clock for query in self.queries.of(node.goal)
            )
        }

    def error_of(self, goal: Goal) -> str | None:
        """Return what keeps a goal from being rolled up though it is open."""
        if not goal.is_open:
            return None
        if self.directory.stops(goal):
            return MANAGER_DISABLED
        return QUERY_FAILED if self.fails(goal) else None

    def fails(self, goal: Goal) -> bool:
        """Tell whether a goal asks a query that does not read."""
        return _asks(goal) and self.queries.have_failed(goal)

    def freezes(self, goal: Goal) -> bool:
        """Tell whether a goal should stand still."""
        return (
            self.directory.stops(goal) or self.directory.ends(goal) or self.fails(goal)
        )


def _asks(goal: Goal) -> bool:
    """Tell whether queries narrow what a goal counts of its own."""
    return bool(goal.queries) and not goal.rollup_only_from_children


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What some change sets say, the newest state of each thing."""

    metrics: Sequence[Metric] = ()
    gone_metrics: Sequence[MetricId] = ()
    goals: Sequence[Goal] = ()
    gone_goals: Sequence[GoalId] = ()
    directory: DirectoryNews = field(default_factory=DirectoryNews)
    # None: gone.
    queries: Mapping[QueryId, Announced | None] = field(default_factory=dict)
    otherwise: Otherwise = field(default_factory=Otherwise)
    # Goals for which more is due than is looked at on the spot.
    due: Collection[GoalNumber] = ()
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
    # Goals for which only the records of some owners are read again.
    passed: set[GoalNumber] = field(default_factory=set)
    # Goals for which only what is due is read again.
    due: set[GoalNumber] = field(default_factory=set)
    # Those that are rederived since their participation may differ, which a
    # recalculation need not do.
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
