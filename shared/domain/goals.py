"""Goals and metrics: the definitions that people make and the engine follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from shared.domain.amounts import DataType, MetricKind, decimals_of
from shared.domain.periods import Period
from shared.domain.records import AttributeValue

GoalId = NewType("GoalId", str)
MetricId = NewType("MetricId", str)
QueryId = NewType("QueryId", str)

# Never used again, whatever becomes of the goal's id: a late delta cannot find a
# stranger under the number of a goal that is gone.
GoalNumber = NewType("GoalNumber", int)

# What people note on a goal. A number is its decimal text: so it keeps its digits
# wherever it goes, through binary floating point nowhere.
GoalAttribute = str | bool | None

DEPTH_MAX: Final = 64
ID_LENGTH_MAX: Final = 200
# So long after its period a goal stands still, unless the organisation says otherwise.
EXPIRY_DAYS: Final = 30


class Slot(StrEnum):
    """The three measures that a metric may have."""

    ACTUAL = "actual"
    IN_PROGRESS = "in_progress"
    CUSTOM = "custom"


SLOTS: Final = tuple(Slot)


class PrincipalType(StrEnum):
    """Who may own a goal or a record."""

    USER = "user"
    TEAM = "team"


@dataclass(frozen=True, slots=True, order=True)
class Principal:
    """A user or a team."""

    type: PrincipalType
    id: str

    @property
    def key(self) -> str:
        """One text for both parts, as records carry it: `user/R0`."""
        return f"{self.type}/{self.id}"


class GoalRight(StrEnum):
    """What somebody may do with a goal."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    APPEND = "append"
    APPEND_TO = "append_to"
    ASSIGN = "assign"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The rights on a goal that were given to a user or a team."""

    type: PrincipalType
    id: str
    rights: tuple[GoalRight, ...]

    @property
    def principal(self) -> Principal:
        """To whom."""
        return Principal(self.type, self.id)


class GoalState(StrEnum):
    """Whether a goal still follows its records."""

    OPEN = "open"
    # Both freeze it: what it shows stands still, and goes on counting in its parent.
    CLOSED = "closed"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An attribute of a record that holds the id of another, and what that one is."""

    # Called as people and messages call it.
    link: str
    entity: str

    def parent_key(self, attributes: Mapping[str, AttributeValue]) -> str | None:
        """Return the key of the record that is linked to, if one is."""
        value = attributes.get(self.link)
        # Ids are text; what is longer than one is none.
        if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH_MAX:
            return None
        return f"{self.entity}/{value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollupField:
    """Which records feed one measure of a metric."""

    source_entity: str
    source_attribute: str | None = None
    source_state: str | None = None
    source_status: str | None = None
    date_attribute: str
    # Where state and status, and where the date, are read: of the record itself, or of
    # the one that it links to.
    state_from: Link | None = None
    date_from: Link | None = None

    @property
    def links(self) -> Sequence[Link]:
        """The links that it reads through; where any state will do, nobody looks."""
        asks_state = self.source_state is not None or self.source_status is not None
        several = (self.state_from if asks_state else None, self.date_from)
        return [link for link in several if link is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How goals are measured."""

    id: MetricId
    kind: MetricKind
    data_type: DataType | None = None
    rollup_fields: Mapping[Slot, RollupField] = field(default_factory=dict)

    @property
    def decimals(self) -> int:
        """How many decimals this metric's values have."""
        return decimals_of(self.kind, self.data_type)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """The last word that somebody had on what a goal shows.

    A goal's overrides are numbered, so that each is applied once. Neither flag means
    that the last one was taken back.
    """

    number: int
    # What was written; a measure that is not among them keeps what it shows.
    values: Mapping[Slot, str] = field(default_factory=dict)
    # Something was written over what the records give.
    is_override: bool = False
    # Locked: no rollup changes it until the lock is taken off.
    is_overridden: bool = False
    reason: str | None = None
    # A user's id; none: the bootstrap token.
    by: str | None = None
    at: datetime

    @property
    def holds(self) -> bool:
        """Tell whether the goal shows it, and not what was computed."""
        return self.is_override or self.is_overridden


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A target for an owner in a period, measured by a metric."""

    number: GoalNumber
    id: GoalId
    version: int
    title: str
    metric_id: MetricId
    owner: Principal
    manager_id: str
    parent_id: GoalId | None
    period: Period
    target: str | None
    stretch_target: str | None
    owner_records_only: bool
    rollup_only_from_children: bool
    # Of a team's goal: what its members own counts as well.
    include_team_members: bool = False
    # The rollup query that narrows a measure, where there is one.
    queries: Mapping[Slot, QueryId] = field(default_factory=dict)
    state: GoalState = GoalState.OPEN
    override: Override | None = None
    # Only shown and searched; no number depends on them.
    attributes: Mapping[str, GoalAttribute] = field(default_factory=dict)
    # In the order of the principals, each named once.
    shared_with: tuple[Share, ...] = ()
    # The goal of an earlier period that it was made from.
    cloned_from: GoalId | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether it follows its records."""
        return self.state is GoalState.OPEN
