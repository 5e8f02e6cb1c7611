"""Who says of many things, one after the other, whether they may be as they are.

A judge has been told what exists beside them; so checking asks no further question,
and what is checked may come alone, together with others, or as one line of a file.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from services.goals.domain.directory import (
    BusinessUnit,
    Directory,
    Team,
    User,
    check_business_unit,
    check_reporting_line,
    check_team,
    check_unit_tree,
    check_user,
    reporting_cycle,
    unit_cycle,
)
from services.goals.domain.entities import (
    DeclaredEntity,
    check_declaration,
    check_types_read,
)
from services.goals.domain.errors import METRIC_NAME_TAKEN, RefusedError
from services.goals.domain.metrics import (
    UNUSED,
    DefinedMetric,
    MetricUse,
    check_change,
    check_metric,
)
from services.goals.domain.queries import (
    RollupQuery,
    check_entity_stays,
    check_fiscal_codes,
    check_reads,
    check_still_read,
)
from services.goals.domain.roles import DefinedRole
from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template
from shared.domain.goals import MetricId
from shared.queries.reading import Types

Thing_contra = TypeVar("Thing_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """How things of one kind stand above one another."""

    # The field that names who stands above.
    field: str
    # Of everything that exists or was accepted: who stands above it.
    above: Mapping[str, str | None]
    # The refusal for one that would stand above itself, through another.
    cycle: Callable[[str, str], RefusedError]


class Judge(Protocol[Thing_contra]):
    """Checks things of one kind."""

    @property
    def ladder(self) -> Ladder | None:
        """How they stand above one another, if they do."""

    def above(self, thing: Thing_contra) -> str | None:
        """Return who is to stand above a thing."""

    def check(self, thing: Thing_contra) -> None:
        """Refuse what a thing must not be."""

    def accept(self, thing: Thing_contra) -> None:
        """Count a thing, as it is now, among those that exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserJudge:
    """Checks users."""

    managers: dict[str, str | None]
    units: Collection[str]
    roles: Collection[str]

    @property
    def ladder(self) -> Ladder:
        """Managers stand above those who report to them."""
        return Ladder(field="manager_id", above=self.managers, cycle=reporting_cycle)

    def above(self, user: User) -> str | None:
        """Return the manager."""
        return user.manager_id

    def check(self, user: User) -> None:
        """Refuse a user who refers to what is not there, or to himself."""
        check_user(
            user,
            Directory(users=self.managers, business_units=self.units, roles=self.roles),
        )
        check_reporting_line(user, self.managers)

    def accept(self, user: User) -> None:
        """Let others name the user as their manager."""
        self.managers[user.id] = user.manager_id


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessUnitJudge:
    """Checks business units."""

    parents: dict[str, str | None]

    @property
    def ladder(self) -> Ladder:
        """Units lie inside one another."""
        return Ladder(field="parent_id", above=self.parents, cycle=unit_cycle)

    def above(self, unit: BusinessUnit) -> str | None:
        """Return the unit that it is a part of."""
        return unit.parent_id

    def check(self, unit: BusinessUnit) -> None:
        """Refuse a unit inside one that is not there, or inside itself."""
        check_business_unit(unit, Directory(business_units=self.parents))
        check_unit_tree(unit, self.parents)

    def accept(self, unit: BusinessUnit) -> None:
        """Let others lie inside the unit."""
        self.parents[unit.id] = unit.parent_id


class _Flat:
    """Things of which none stands above another."""

    __slots__ = ()

    ladder: Final = None

    def above(self, _thing: object) -> None:
        """Return that nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamJudge(_Flat):
    """Checks teams."""

    directory: Directory

    def check(self, team: Team) -> None:
        """Refuse a team that refers to what is not there."""
        check_team(team, self.directory)

    def accept(self, _team: Team) -> None:
        """Count the team among those that exist: no other depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleJudge(_Flat):
    """Checks roles: one that reads may be as it is."""

    def check(self, _role: DefinedRole) -> None:
        """Refuse nothing: a role names only what need not exist."""

    def accept(self, _role: DefinedRole) -> None:
        """Count the role among those that exist: no other depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricJudge(_Flat):
    """Checks metrics."""

    # As they are so far, and which goals they measure.
    standing: Mapping[str, DefinedMetric] = field(default_factory=dict)
    uses: Mapping[str, MetricUse] = field(default_factory=dict)
    # Each name that is wanted, in the form in which names are compared.
    names: Mapping[str, str] = field(default_factory=dict)
    # Who bears such a name; one that is given up is free when all is stored.
    bearers: dict[str, MetricId] = field(default_factory=dict)
    # Those that records are read of, as far as they are declared.
    entities: Mapping[str, DeclaredEntity] = field(default_factory=dict)

    def check(self, metric: DefinedMetric) -> None:
        """Refuse a metric that measures nothing, or takes what is not its own."""
        before = self.standing.get(metric.id)
        if before is not None:
            check_change(before, metric, self.uses.get(metric.id, UNUSED))
        check_metric(metric)
        check_types_read(metric, self.entities)
        bearer = self.bearers.get(self.names[metric.name], metric.id)
        if bearer != metric.id:
            raise RefusedError(
                METRIC_NAME_TAKEN,
                f"metric {bearer} is called {metric.name} already; choose another name",
                field="name",
            )

    def accept(self, metric: DefinedMetric) -> None:
        """Have the metric bear its name: of those that want one the first gets it."""
        self.bearers.setdefault(self.names[metric.name], metric.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryJudge(_Flat):
    """Checks rollup queries."""

    # As they are so far.
    standing: Mapping[str, RollupQuery]
    # What the entities that they look at are declared to hold.
    types: Types
    # How fiscal years are divided at present.
    template: Template

    def check(self, query: RollupQuery) -> None:
        """Refuse a query that does not read, or looks at other records than before."""
        before = self.standing.get(query.id)
        if before is not None:
            check_entity_stays(query, before)
        where = check_reads(query, self.types)
        # The calendar may have changed since; then the name still may, too.
        if before is None or before.where != query.where:
            check_fiscal_codes(query, where, self.template)

    def accept(self, _query: RollupQuery) -> None:
        """Count the query among those that exist: no other depends on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityJudge(_Flat):
    """Checks entities."""

    # The metrics that read records of them, and by entity the queries that look at it.
    readers: Collection[DefinedMetric]
    queries: Mapping[str, Collection[RollupQuery]] = field(default_factory=dict)
    # What entities that the queries look at are declared to hold so far, and will be.
    standing: Types = field(default_factory=dict)
    types: dict[str, Mapping[str, AttributeType]] = field(default_factory=dict)

    def check(self, entity: DeclaredEntity) -> None:
        """Refuse a declaration that metrics or queries cannot read by."""
        check_declaration(entity, self.readers)
        check_still_read(
            entity.id,
            self.queries.get(entity.id, ()),
            self.standing,
            self.types,
            field="attributes",
        )

    def accept(self, entity: DeclaredEntity) -> None:
        """Have queries read by the declaration."""
        self.types[entity.id] = entity.attributes
