"""Change sets as they come off goal-changes: which of them are whole.

What belongs together applies together. A set is whole when all its messages are here;
a set that compaction took a part of never will be, but then a later set holds what
was taken, so that all up to the end of the topic apply as one.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from services.rollup.domain.definitions import Changes
from services.rollup.domain.forest import Forest
from services.rollup.store.directory import Entry, directory_news
from services.rollup.store.queries import announced_queries
from shared.domain.goals import GoalId, GoalNumber, MetricId, QueryId
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
    Definition,
    GoalDefinition,
    Kind,
    MetricDefinition,
    RecalculationDefinition,
    RollupQueryDefinition,
)

DIRECTORY_KINDS: Final = frozenset(
    {
        Kind.USER,
        Kind.TEAM,
        Kind.BUSINESS_UNIT,
        Kind.ROLE,
        Kind.ORGANIZATION,
        Kind.ENTITY,
    }
)

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)


class UnreadableChangeError(Exception):
    """A message on goal-changes that goals cannot have written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One message: what a thing now is, or that it is gone."""

    offset: int
    # None: one that we do not know; goals may be newer.
    kind: Kind | None
    id: str
    definition: Definition | None
    change_set: str
    index: int
    size: int
    # On the empty value of a goal: which goal is gone.
    goal_number: int | None = None


def read_change(message: Any) -> Change:
    """Return what a message says; headers that are missing make a set of its own."""
    try:
        kind, name = _key_of(message.key.decode())
        headers = {key: (value or b"").decode() for key, value in message.headers}
        # What is of an unknown kind still belongs to its change set.
        is_known = kind is not None and message.value
        definition = _definition.validate_json(message.value) if is_known else None
        return Change(
            offset=message.offset,
            kind=kind,
            id=name,
            definition=definition,
            change_set=headers.get(CHANGE_SET_ID, f"offset-{message.offset}"),
            index=int(headers.get(CHANGE_SET_INDEX, "0")),
            size=int(headers.get(CHANGE_SET_SIZE, "1")),
            goal_number=int(headers[GOAL_NUMBER]) if GOAL_NUMBER in headers else None,
        )
    except (ValidationError, ValueError, AttributeError) as fault:
        raise UnreadableChangeError(
            f"message {message.offset} of {message.topic} does not read: {fault}"
        ) from None


def _key_of(key: str) -> tuple[Kind | None, str]:
    kind, slash, name = key.partition("/")
    if not kind or not slash:
        raise ValueError(f"the key {key} is no kind and id")
    return (Kind(kind) if kind in tuple(Kind) else None), name


def whole_prefix(changes: Sequence[Change], *, at_end: bool) -> int:
    """Return how many of the first changes can be applied together now."""
    seen: dict[str, set[int]] = {}
    sizes: dict[str, int] = {}
    ready = complete = 0
    for count, change in enumerate(changes, start=1):
        seen.setdefault(change.change_set, set()).add(change.index)
        sizes[change.change_set] = change.size
        if len(seen[change.change_set]) == change.size:
            ready = count
            if all(len(seen[one]) == sizes[one] for one in seen):
                complete = count
    # Sets before a whole one that still lack something lost it to compaction.
    return ready if at_end else complete


def goal_numbers(changes: Iterable[Change]) -> list[int]:
    """Return the numbers of the goals that some changes define."""
    return [
        change.definition.number
        for change in changes
        if isinstance(change.definition, GoalDefinition)
    ]


def entries_of(changes: Iterable[Change]) -> set[Entry]:
    """Return the entries of the directory that some changes name."""
    return {
        (change.kind, change.id) for change in changes if change.kind in DIRECTORY_KINDS
    }


def query_ids(changes: Iterable[Change]) -> set[str]:
    """Return the ids of the queries that some changes name."""
    return {change.id for change in changes if change.kind is Kind.ROLLUP_QUERY}


def gone_numbers(changes: Iterable[Change]) -> dict[GoalNumber, GoalId]:
    """Return the goals that some changes say are gone, as far as these know them."""
    return {
        GoalNumber(change.goal_number): GoalId(change.id)
        for change in changes
        if change.kind is Kind.GOAL
        and change.definition is None
        and change.goal_number is not None
    }


# Which goal an id means, and how new its definition is; gone is the newest of all.
_Rank = tuple[int, float]


def news_of(
    changes: Iterable[Change],
    forest: Forest,
    gone: Container[int],
    versions: Mapping[Entry, int],
) -> list[Change]:
    """Return the changes that are not older than what is known.

    A publisher that stalled may send an old change set once more; a goal that is gone
    does not come back by it, and one that is there does not change back. What an
    earlier one of these changes says is known to a later one. `versions` are those of
    the directory's entries.
    """
    known: dict[str, _Rank] = {}
    news: list[Change] = []
    for change in changes:
        definition = change.definition
        if definition is not None and definition.version < versions.get(
            (definition.kind, change.id), 0
        ):
            continue
        rank = _rank_of(change)
        if rank is not None:
            if change.definition is not None and rank[0] in gone:
                continue
            before = known.get(change.id) or _known_rank(change, forest)
            if before is not None and rank < before:
                continue
            known[change.id] = rank
        news.append(change)
    return news


def _rank_of(change: Change) -> _Rank | None:
    if isinstance(change.definition, GoalDefinition):
        return change.definition.number, change.definition.version
    if change.kind is Kind.GOAL and change.goal_number is not None:
        return change.goal_number, math.inf
    return None


def _known_rank(change: Change, forest: Forest) -> _Rank | None:
    number = forest.numbers.get(GoalId(change.id))
    if number is None:
        return None
    return number, forest.nodes[number].goal.version


@dataclass(slots=True)
class Merged:
    """The newest state of everything that some changes name."""

    changes: Changes
    metrics: Sequence[MetricDefinition] = ()
    # None: gone.
    queries: Mapping[QueryId, RollupQueryDefinition | None] = field(
        default_factory=dict
    )
    # Users, teams, units, the organisation, entities; None: gone.
    directory: Mapping[Entry, Definition | None] = field(default_factory=dict)
    goals: Mapping[GoalId, GoalDefinition] = field(default_factory=dict)
    recalculations: Sequence[RecalculationDefinition] = ()


def merged(changes: Iterable[Change]) -> Merged:
    """Return what the changes come to, the newest of each thing."""
    newest = {(change.kind, change.id): change for change in changes}
    metrics: list[MetricDefinition] = []
    goals: dict[GoalId, GoalDefinition] = {}
    gone_goals: list[GoalId] = []
    gone_metrics: list[MetricId] = []
    directory: dict[Entry, Definition | None] = {}
    recalculations: list[RecalculationDefinition] = []
    queries: dict[QueryId, RollupQueryDefinition | None] = {}
    for (kind, name), change in newest.items():
        if isinstance(change.definition, MetricDefinition):
            metrics.append(change.definition)
        elif isinstance(change.definition, GoalDefinition):
            goals[GoalId(name)] = change.definition
        elif isinstance(change.definition, RecalculationDefinition):
            recalculations.append(change.definition)
        elif isinstance(change.definition, RollupQueryDefinition):
            queries[QueryId(name)] = change.definition
        elif change.definition is None and kind is Kind.ROLLUP_QUERY:
            queries[QueryId(name)] = None
        elif change.definition is None and kind is Kind.GOAL:
            gone_goals.append(GoalId(name))
        elif change.definition is None and kind is Kind.METRIC:
            gone_metrics.append(MetricId(name))
        elif kind in DIRECTORY_KINDS:
            directory[kind, name] = change.definition
    return Merged(
        Changes(
            metrics=[metric.as_metric() for metric in metrics],
            gone_metrics=gone_metrics,
            goals=[goal.as_goal() for goal in goals.values()],
            gone_goals=gone_goals,
            directory=directory_news(directory),
            queries=announced_queries(queries),
            recalculated=[GoalNumber(one.goal_number) for one in recalculations],
        ),
        metrics,
        queries,
        directory,
        goals,
        recalculations,
    )
