"""What the rest of the system is told of a definition: the values of goal-changes."""

from services.goals.domain.directory import BusinessUnit, Organization, Team, User
from services.goals.domain.metrics import DefinedMetric
from shared.domain.goals import Goal, RollupField
from shared.messages.definitions import (
    BusinessUnitDefinition,
    GoalDefinition,
    MetricDefinition,
    OrganizationDefinition,
    PeriodDefinition,
    PrincipalDefinition,
    RollupFieldDefinition,
    TeamDefinition,
    UserDefinition,
)

# There is one organisation; its definition travels under this id.
ORGANIZATION_ID = "organization"


def user_definition(user: User) -> UserDefinition:
    """Return a user as others see one."""
    return UserDefinition(
        id=user.id,
        version=user.version,
        name=user.name,
        business_unit_id=user.business_unit_id,
        manager_id=user.manager_id,
        disabled=user.disabled,
        time_zone=user.time_zone,
    )


def team_definition(team: Team) -> TeamDefinition:
    """Return a team as others see one."""
    return TeamDefinition(
        id=team.id,
        version=team.version,
        name=team.name,
        business_unit_id=team.business_unit_id,
        members=team.members,
    )


def business_unit_definition(unit: BusinessUnit) -> BusinessUnitDefinition:
    """Return a business unit as others see one."""
    return BusinessUnitDefinition(
        id=unit.id, version=unit.version, name=unit.name, parent_id=unit.parent_id
    )


def organization_definition(organization: Organization) -> OrganizationDefinition:
    """Return the organisation's settings as others see them."""
    return OrganizationDefinition(
        id=ORGANIZATION_ID,
        version=organization.version,
        time_zone=organization.time_zone,
        base_currency=organization.base_currency,
    )


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
            slot: _rollup_field_definition(one)
            for slot, one in metric.rollup_fields.items()
        },
    )


def goal_definition(goal: Goal) -> GoalDefinition:
    """Return a goal as others see one."""
    period = goal.period
    return GoalDefinition(
        id=goal.id,
        version=goal.version,
        number=goal.number,
        title=goal.title,
        metric_id=goal.metric_id,
        owner=PrincipalDefinition(type=goal.owner.type, id=goal.owner.id),
        manager_id=goal.manager_id,
        parent_id=goal.parent_id,
        period=PeriodDefinition(
            start=period.start, end=period.end, time_zone=period.time_zone
        ),
        target=goal.target,
        stretch_target=goal.stretch_target,
        owner_records_only=goal.owner_records_only,
        rollup_only_from_children=goal.rollup_only_from_children,
        state=goal.state,
    )


def _rollup_field_definition(one: RollupField) -> RollupFieldDefinition:
    return RollupFieldDefinition(
        source_entity=one.source_entity,
        source_attribute=one.source_attribute,
        source_state=one.source_state,
        source_status=one.source_status,
        date_attribute=one.date_attribute,
    )
