"""What a metric, a goal or a part of the directory now is: the values of goal-changes.

Goals writes them, rollup follows them. The key of a message is `kind/id`; an empty
value says that the thing is gone. Every message carries its change set in headers:
what belongs together applies together.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.amounts import DataType, MetricKind
from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template, YearNamedBy
from shared.domain.goals import (
    EXPIRY_DAYS,
    Goal,
    GoalAttribute,
    GoalId,
    GoalNumber,
    GoalRight,
    GoalState,
    Link,
    Metric,
    MetricId,
    Override,
    Principal,
    PrincipalType,
    QueryId,
    RollupField,
    Share,
    Slot,
)
from shared.domain.periods import FiscalLabel, Period
from shared.rights.roles import (
    HIERARCHY_DEPTH,
    Action,
    Depth,
    HierarchySecurity,
    Reading,
    Right,
    Role,
)

CHANGE_SET_ID: Final = "cairn-change-set-id"
CHANGE_SET_SIZE: Final = "cairn-change-set-size"
CHANGE_SET_INDEX: Final = "cairn-change-set-index"
# Which definition's id was meant, where the value is empty and says nothing itself.
GOAL_NUMBER: Final = "cairn-goal-number"


class Kind(StrEnum):
    """The kinds of definitions that travel."""

    METRIC = "metric"
    ROLLUP_QUERY = "rollup_query"
    GOAL = "goal"
    USER = "user"
    TEAM = "team"
    BUSINESS_UNIT = "business_unit"
    ROLE = "role"
    ORGANIZATION = "organization"
    ENTITY = "entity"
    RECALCULATION = "recalculation"


class _Definition(BaseModel):
    # Unknown fields are ignored on topics: a newer sender may know more.
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int


class PrincipalDefinition(BaseModel):
    """A user or a team."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: PrincipalType
    id: str


class LinkDefinition(BaseModel):
    """The attribute that holds a linked record's id, and that record's entity."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    link: str
    entity: str

    def as_link(self) -> Link:
        """Return what the domain knows of it."""
        return Link(link=self.link, entity=self.entity)


class RollupFieldDefinition(BaseModel):
    """Which records feed one measure."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source_entity: str
    source_attribute: str | None = None
    source_state: str | None = None
    source_status: str | None = None
    date_attribute: str
    state_from: LinkDefinition | None = None
    date_from: LinkDefinition | None = None

    def as_rollup_field(self) -> RollupField:
        """Return what the domain knows of it."""
        return RollupField(
            source_entity=self.source_entity,
            source_attribute=self.source_attribute,
            source_state=self.source_state,
            source_status=self.source_status,
            date_attribute=self.date_attribute,
            state_from=None if self.state_from is None else self.state_from.as_link(),
            date_from=None if self.date_from is None else self.date_from.as_link(),
        )


class MetricDefinition(_Definition):
    """How goals are measured."""

    kind: Literal[Kind.METRIC] = Kind.METRIC
    name: str
    metric_kind: MetricKind
    data_type: DataType | None = None
    stretch_tracked: bool = False
    rollup_fields: dict[Slot, RollupFieldDefinition]

    def as_metric(self) -> Metric:
        """Return what the domain knows of it."""
        return Metric(
            id=MetricId(self.id),
            kind=self.metric_kind,
            data_type=self.data_type,
            rollup_fields={
                slot: field.as_rollup_field()
                for slot, field in self.rollup_fields.items()
            },
        )


class RollupQueryDefinition(_Definition):
    """A reusable condition over records of one entity."""

    kind: Literal[Kind.ROLLUP_QUERY] = Kind.ROLLUP_QUERY
    name: str
    entity: str
    # As JSON: its numbers pass through no other form.
    where: str
    # Given to no goal any more; those that have it go on with it.
    active: bool = True


class FiscalLabelDefinition(BaseModel):
    """What a fiscal period is called."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    year: int
    code: int

    def as_label(self) -> FiscalLabel:
        """Return what the domain knows of it."""
        return FiscalLabel(year=self.year, code=self.code)


class PeriodDefinition(BaseModel):
    """The days that count, both included."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: date
    end: date
    time_zone: str
    # Only shown; the days decide.
    fiscal: FiscalLabelDefinition | None = None

    def as_period(self) -> Period:
        """Return what the domain knows of it."""
        return Period(
            start=self.start,
            end=self.end,
            time_zone=self.time_zone,
            fiscal=None if self.fiscal is None else self.fiscal.as_label(),
        )


class OverrideDefinition(BaseModel):
    """What was written over a goal's values, or that it was taken back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int
    values: dict[Slot, str] = {}
    is_override: bool = False
    is_overridden: bool = False
    reason: str | None = None
    by: str | None = None
    at: datetime

    def as_override(self) -> Override:
        """Return what the domain knows of it."""
        return Override(**dict(self))


class ShareDefinition(BaseModel):
    """The rights on a goal that were given to a user or a team."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: PrincipalType
    id: str
    rights: tuple[GoalRight, ...]

    def as_share(self) -> Share:
        """Return what the domain knows of it."""
        return Share(type=self.type, id=self.id, rights=self.rights)


class GoalDefinition(_Definition):
    """A target for an owner in a period."""

    kind: Literal[Kind.GOAL] = Kind.GOAL
    number: int
    title: str
    metric_id: str
    owner: PrincipalDefinition
    manager_id: str
    parent_id: str | None = None
    period: PeriodDefinition
    target: str | None = None
    stretch_target: str | None = None
    owner_records_only: bool = True
    rollup_only_from_children: bool = False
    include_team_members: bool = False
    queries: dict[Slot, str] = {}
    state: GoalState = GoalState.OPEN
    override: OverrideDefinition | None = None
    attributes: dict[str, GoalAttribute] = {}
    shared_with: tuple[ShareDefinition, ...] = ()
    cloned_from: str | None = None

    def as_goal(self) -> Goal:
        """Return what the domain knows of it."""
        return Goal(
            number=GoalNumber(self.number),
            id=GoalId(self.id),
            version=self.version,
            title=self.title,
            metric_id=MetricId(self.metric_id),
            owner=Principal(self.owner.type, self.owner.id),
            manager_id=self.manager_id,
            parent_id=None if self.parent_id is None else GoalId(self.parent_id),
            period=self.period.as_period(),
            target=self.target,
            stretch_target=self.stretch_target,
            owner_records_only=self.owner_records_only,
            rollup_only_from_children=self.rollup_only_from_children,
            include_team_members=self.include_team_members,
            queries={slot: QueryId(name) for slot, name in self.queries.items()},
            state=self.state,
            override=None if self.override is None else self.override.as_override(),
            attributes=self.attributes,
            shared_with=tuple(share.as_share() for share in self.shared_with),
            cloned_from=None if self.cloned_from is None else GoalId(self.cloned_from),
        )


class UserDefinition(_Definition):
    """A person of the directory."""

    kind: Literal[Kind.USER] = Kind.USER
    name: str
    business_unit_id: str | None = None
    manager_id: str | None = None
    disabled: bool = False
    time_zone: str | None = None
    roles: tuple[str, ...] = ()


class TeamDefinition(_Definition):
    """People who own things together."""

    kind: Literal[Kind.TEAM] = Kind.TEAM
    name: str
    business_unit_id: str | None = None
    members: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class BusinessUnitDefinition(_Definition):
    """A part of the organisation."""

    kind: Literal[Kind.BUSINESS_UNIT] = Kind.BUSINESS_UNIT
    name: str
    parent_id: str | None = None


class RoleDefinition(_Definition):
    """What those who have it may do."""

    kind: Literal[Kind.ROLE] = Kind.ROLE
    name: str
    privileges: dict[str, dict[Action, Depth]] = {}
    rights: tuple[Right, ...] = ()
    secured_attributes: dict[str, tuple[str, ...]] = {}

    def as_role(self) -> Role:
        """Return what the domain knows of it."""
        return Role(
            privileges=self.privileges,
            rights=frozenset(self.rights),
            secured_attributes={
                entity: frozenset(attributes)
                for entity, attributes in self.secured_attributes.items()
            },
        )


class HierarchySecurityDefinition(BaseModel):
    """Whether managers read what those who report to them read as owners."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: bool = False
    depth: int = HIERARCHY_DEPTH

    def as_hierarchy_security(self) -> HierarchySecurity:
        """Return what the domain knows of it."""
        return HierarchySecurity(enabled=self.enabled, depth=self.depth)


class FiscalCalendarDefinition(BaseModel):
    """When fiscal years begin, how they are divided, and what they are called."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    start: str = "01-01"
    template: Template = Template.QUARTERLY
    year_named_by: YearNamedBy = YearNamedBy.START


class OrganizationDefinition(_Definition):
    """Settings of the whole organisation."""

    kind: Literal[Kind.ORGANIZATION] = Kind.ORGANIZATION
    time_zone: str
    base_currency: str
    fiscal_calendar: FiscalCalendarDefinition = FiscalCalendarDefinition()
    week_start: str = "monday"
    goal_rollup_expiry_days: int = EXPIRY_DAYS
    goal_rollup_frequency_hours: int = 0
    hierarchy_security: HierarchySecurityDefinition = HierarchySecurityDefinition()
    # Nobody needs a role before the first one is made.
    reading: Reading = Reading.EVERYONE


class EntityDefinition(_Definition):
    """What the records of an entity are declared to hold; the id is its name."""

    kind: Literal[Kind.ENTITY] = Kind.ENTITY
    attributes: dict[str, AttributeType] = {}


class RecalculationDefinition(_Definition):
    """Somebody's wish that the whole tree of a goal be rebuilt from the records."""

    kind: Literal[Kind.RECALCULATION] = Kind.RECALCULATION
    goal_id: str
    goal_number: int
    asked_by: str | None = None
    asked_at: datetime


Definition = Annotated[
    MetricDefinition
    | RollupQueryDefinition
    | GoalDefinition
    | UserDefinition
    | TeamDefinition
    | BusinessUnitDefinition
    | RoleDefinition
    | OrganizationDefinition
    | EntityDefinition
    | RecalculationDefinition,
    Field(discriminator="kind"),
]


def key_of(kind: Kind, definition_id: str) -> str:
    """Return the key under which a definition travels."""
    return f"{kind}/{definition_id}"
