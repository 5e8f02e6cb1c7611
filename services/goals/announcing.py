"""What the rest of the system is told of a definition: the values of goal-changes.

What has the same name here and there is taken over as it is.
"""

from services.goals.domain.directory import (
    ORGANIZATION_ID,
    BusinessUnit,
    Organization,
    Team,
    User,
)
from services.goals.domain.entities import DeclaredEntity
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.queries import RollupQuery
from services.goals.domain.recalculations import Recalculation
from services.goals.domain.roles import DefinedRole
from shared.domain.goals import Goal
from shared.messages.definitions import (
    BusinessUnitDefinition,
    EntityDefinition,
    FiscalCalendarDefinition,
    GoalDefinition,
    HierarchySecurityDefinition,
    MetricDefinition,
    OrganizationDefinition,
    RecalculationDefinition,
    RoleDefinition,
    RollupFieldDefinition,
    RollupQueryDefinition,
    TeamDefinition,
    UserDefinition,
)


def user_definition(user: User) -> UserDefinition:
    """Return a user as others see one."""
    return UserDefinition.model_validate(user, from_attributes=True)


def team_definition(team: Team) -> TeamDefinition:
    """Return a team as others see one."""
    return TeamDefinition.model_validate(team, from_attributes=True)


def business_unit_definition(unit: BusinessUnit) -> BusinessUnitDefinition:
    """Return a business unit as others see one."""
    return BusinessUnitDefinition.model_validate(unit, from_attributes=True)


def role_definition(role: DefinedRole) -> RoleDefinition:
    """Return a role as others see one."""
    return RoleDefinition.model_validate(role, from_attributes=True)


def organization_definition(organization: Organization) -> OrganizationDefinition:
    """Return the organisation's settings as others see them."""
    return OrganizationDefinition(
        id=ORGANIZATION_ID,
        version=organization.version,
        time_zone=organization.time_zone,
        base_currency=organization.base_currency,
        fiscal_calendar=FiscalCalendarDefinition.model_validate(
            organization.fiscal_calendar, from_attributes=True
        ),
        week_start=organization.week_start,
        goal_rollup_expiry_days=organization.goal_rollup_expiry_days,
        goal_rollup_frequency_hours=organization.goal_rollup_frequency_hours,
        hierarchy_security=HierarchySecurityDefinition.model_validate(
            organization.hierarchy_security, from_attributes=True
        ),
        reading=organization.reading,
    )


def entity_definition(entity: DeclaredEntity) -> EntityDefinition:
    """Return what is declared of an entity as others see it."""
    return EntityDefinition.model_validate(entity, from_attributes=True)


def metric_definition(metric: DefinedMetric) -> MetricDefinition:
    """Return a metric as others see one."""
    return MetricDefinition(
        id=metric.id,
        version=metric.version,
        name=metric.name,
        metric_kind=metric.kind,
        data_type=metric.data_type,
        stretch_tracked=metric.stretch_tracked,
        rollup_fields={
            slot: RollupFieldDefinition.model_validate(one, from_attributes=True)
            for slot, one in metric.rollup_fields.items()
        },
    )


def rollup_query_definition(query: RollupQuery) -> RollupQueryDefinition:
    """Return a rollup query as others see one."""
    return RollupQueryDefinition(
        id=query.id,
        version=query.version,
        name=query.name,
        entity=query.entity,
        where=query.where,
        active=query.is_active,
    )


def goal_definition(goal: Goal) -> GoalDefinition:
    """Return a goal as others see one."""
    return GoalDefinition.model_validate(goal, from_attributes=True)


def recalculation_definition(asked: Recalculation) -> RecalculationDefinition:
    """Return a wish for a recalculation as others see one."""
    return RecalculationDefinition.model_validate(asked, from_attributes=True)
