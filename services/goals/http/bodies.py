"""What clients send, field by field; a field that is not here is refused by name."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from services.goals.domain.changing import UNCHANGED
from services.goals.domain.directory import BusinessUnit, Organization, Team, User
from services.goals.domain.goals import Days, GoalChange, GoalDraft
from services.goals.domain.metrics import DefinedMetric, MetricChange
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    ID_LENGTH_MAX,
    GoalId,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.domain.periods import YEAR_MAX, YEAR_MIN, is_time_zone
from shared.plumbing.identifiers import new_id

ITEMS_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 500
MEMBERS_MAX: Final = 1_000
# More digits than any amount has; a bound keeps arithmetic cheap.
AMOUNT_DIGITS_MAX: Final = 40
ENTITY_PATTERN: Final = "^[^/]*$"

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_AMOUNT = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_CURRENCY = "^[A-Z]{3}$"


def _plain(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError(
            "invalid_field", "it holds a control character; remove it"
        )
    return text


def _told(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("invalid_field", "it is blank; write something")
    return _plain(text)


def _existing_zone(name: str) -> str:
    if not is_time_zone(name):
        raise PydanticCustomError(
            "time_zone_unknown",
            "{name} is no time zone of the tz database; write one such as "
            "Europe/Berlin",
            {"name": name},
        )
    return name


def _day(value: object) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError(
            "invalid_field", "it is no day; write it as 2026-11-21"
        )
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError(
            "invalid_field",
            "{value} is not in the calendar; correct it",
            {"value": value},
        ) from None
    if not YEAR_MIN <= day.year <= YEAR_MAX:
        raise PydanticCustomError(
            "year_out_of_range",
            "the year {year} lies outside {first} to {last}; correct it",
            {"year": day.year, "first": YEAR_MIN, "last": YEAR_MAX},
        )
    return day


def _amount(value: object) -> Decimal:
    """Read text or a JSON number, never through binary floating point."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value) is None:
        value = None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise PydanticCustomError(
            "invalid_field", 'it is no decimal number; write it as "1234.50"'
        )
    if isinstance(value, str) and len(value) > 2 * AMOUNT_DIGITS_MAX:
        value = Decimal("1e999")
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    if (
        number.adjusted() > AMOUNT_DIGITS_MAX
        or not isinstance(exponent, int)
        or exponent < -AMOUNT_DIGITS_MAX
    ):
        raise PydanticCustomError(
            "invalid_field",
            "it has more than {digits} digits",
            {"digits": AMOUNT_DIGITS_MAX},
        )
    return number


Id = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=ID_LENGTH_MAX, examples=["north"]),
    AfterValidator(_plain),
]
Name = Annotated[
    str,
    Field(strict=True, min_length=1, max_length=NAME_LENGTH_MAX),
    AfterValidator(_told),
]
Entity = Annotated[Id, Field(pattern=ENTITY_PATTERN, examples=["opportunity"])]
TimeZone = Annotated[
    str,
    Field(strict=True, max_length=100, examples=["Europe/Berlin"]),
    AfterValidator(_existing_zone),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-20"]}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": _AMOUNT.pattern},
                {"type": "number"},
            ],
            "examples": ["100000.00"],
        }
    ),
]


def _left_out() -> Any:
    return UNCHANGED


# A field of a change that was not sent: no value says that, and the document has no
# default for it either.
LeftOut: Final[Any] = Field(default_factory=_left_out)


class Body(BaseModel):
    """What every body has in common."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Item = TypeVar("Item", bound=Body)


def _form(body: object) -> str:
    return "many" if isinstance(body, list) else "one"


# One thing, or many at once: all or nothing.
OneOrMany = Annotated[
    Annotated[Item, Tag("one")]
    | Annotated[list[Item], Field(min_length=1, max_length=ITEMS_MAX), Tag("many")],
    Discriminator(_form),
]


class PrincipalBody(Body):
    """A user or a team."""

    type: PrincipalType
    id: Id


class NewUser(Body):
    """A person who owns, manages or looks at goals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ada",
                    "name": "Ada Lovelace",
                    "business_unit_id": "emea",
                    "manager_id": "grace",
                    "time_zone": "Europe/London",
                }
            ]
        }
    )

    id: Id | None = None
    name: Name
    business_unit_id: Id | None = None
    manager_id: Id | None = None
    disabled: StrictBool = False
    time_zone: TimeZone | None = None

    def as_user(self) -> User:
        """Return what is asked for."""
        return User(
            id=self.id or new_id(),
            name=self.name,
            business_unit_id=self.business_unit_id,
            manager_id=self.manager_id,
            disabled=self.disabled,
            time_zone=self.time_zone,
        )


class UserPatch(Body):
    """What is to become of a user; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    name: Name = LeftOut
    business_unit_id: Id | None = LeftOut
    manager_id: Id | None = LeftOut
    disabled: StrictBool = LeftOut
    time_zone: TimeZone | None = LeftOut

    def applied_to(self, user: User) -> User:
        """Return what the user becomes."""
        return replace(user, **_given(self))


class NewTeam(Body):
    """People who own things together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "north", "name": "Team North", "members": ["ada"]}]
        }
    )

    id: Id | None = None
    name: Name
    business_unit_id: Id | None = None
    members: Annotated[tuple[Id, ...], Field(max_length=MEMBERS_MAX)] = ()

    def as_team(self) -> Team:
        """Return what is asked for."""
        return Team(
            id=self.id or new_id(),
            name=self.name,
            business_unit_id=self.business_unit_id,
            members=self.members,
        )


class TeamPatch(Body):
    """What is to become of a team; members are given all together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"members": ["ada", "grace"]}]}
    )

    name: Name = LeftOut
    business_unit_id: Id | None = LeftOut
    members: Annotated[tuple[Id, ...], Field(max_length=MEMBERS_MAX)] = LeftOut

    def applied_to(self, team: Team) -> Team:
        """Return what the team becomes."""
        return replace(team, **_given(self))


class NewBusinessUnit(Body):
    """A part of the organisation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "emea", "name": "EMEA", "parent_id": "company"}]
        }
    )

    id: Id | None = None
    name: Name
    parent_id: Id | None = None

    def as_business_unit(self) -> BusinessUnit:
        """Return what is asked for."""
        return BusinessUnit(
            id=self.id or new_id(), name=self.name, parent_id=self.parent_id
        )


class BusinessUnitPatch(Body):
    """What is to become of a business unit; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"parent_id": None}]})

    name: Name = LeftOut
    parent_id: Id | None = LeftOut

    def applied_to(self, unit: BusinessUnit) -> BusinessUnit:
        """Return what the business unit becomes."""
        return replace(unit, **_given(self))


class OrganizationPatch(Body):
    """What is to hold for everybody; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"time_zone": "Europe/Berlin"}]}
    )

    time_zone: TimeZone = LeftOut
    base_currency: Annotated[
        str, Field(strict=True, pattern=_CURRENCY, examples=["EUR"])
    ] = LeftOut

    def applied_to(self, organization: Organization) -> Organization:
        """Return what the organisation becomes."""
        return replace(organization, **_given(self))


class RollupFieldBody(Body):
    """Which records feed one measure of a metric."""

    source_entity: Entity
    source_attribute: Id | None = None
    source_state: Id | None = None
    source_status: Id | None = None
    date_attribute: Id

    def as_rollup_field(self) -> RollupField:
        """Return what is asked for."""
        return RollupField(**self.model_dump())


_REVENUE: Final[dict[str, Any]] = {
    "id": "revenue",
    "name": "Revenue",
    "kind": "amount",
    "data_type": "money",
    "rollup_fields": {
        "actual": {
            "source_entity": "opportunity",
            "source_attribute": "actualvalue",
            "source_state": "won",
            "date_attribute": "actualclosedate",
        },
        "in_progress": {
            "source_entity": "opportunity",
            "source_attribute": "estimatedvalue",
            "source_state": "open",
            "date_attribute": "estimatedclosedate",
        },
    },
}


def _at_most_three(fields: object) -> object:
    if isinstance(fields, Mapping) and len(fields) > len(Slot):
        raise PydanticCustomError(
            "rollup_fields_too_many",
            "it has {count} rollup fields, 3 are allowed: actual, in_progress, custom",
            {"count": len(fields)},
        )
    return fields


class RollupFieldsBody(Body):
    """The rollup fields of a metric, each at most once."""

    actual: RollupFieldBody | None = None
    in_progress: RollupFieldBody | None = None
    custom: RollupFieldBody | None = None

    def as_rollup_fields(self) -> dict[Slot, RollupField | None]:
        """Return those that were given; None for one that is to go."""
        given: dict[Slot, RollupField | None] = {}
        for slot in Slot:
            if slot in self.model_fields_set:
                one: RollupFieldBody | None = getattr(self, slot)
                given[slot] = None if one is None else one.as_rollup_field()
        return given


class NewMetric(Body):
    """How goals are measured."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REVENUE]})

    id: Id | None = None
    name: Name
    kind: MetricKind
    data_type: DataType | None = None
    stretch_tracked: StrictBool = False
    rollup_fields: RollupFieldsBody = RollupFieldsBody()

    _no_fourth = field_validator("rollup_fields", mode="before")(_at_most_three)

    def as_metric(self) -> DefinedMetric:
        """Return what is asked for."""
        fields = self.rollup_fields.as_rollup_fields()
        return DefinedMetric(
            id=MetricId(self.id or new_id()),
            name=self.name,
            kind=self.kind,
            data_type=self.data_type,
            stretch_tracked=self.stretch_tracked,
            rollup_fields={
                slot: one for slot, one in fields.items() if one is not None
            },
        )


class MetricPatch(Body):
    """What is to become of a metric; a rollup field is given whole, null removes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Won revenue"}]})

    name: Name = LeftOut
    kind: MetricKind = LeftOut
    data_type: DataType | None = LeftOut
    stretch_tracked: StrictBool = LeftOut
    rollup_fields: RollupFieldsBody = LeftOut

    _no_fourth = field_validator("rollup_fields", mode="before")(_at_most_three)

    def as_change(self) -> MetricChange:
        """Return what is asked for."""
        given = _given(self)
        if "rollup_fields" in given:
            given["rollup_fields"] = self.rollup_fields.as_rollup_fields()
        return MetricChange(**given)


class PeriodBody(Body):
    """The days that count, both included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "custom", "start": "2026-10-01", "end": "2026-12-31"}]
        }
    )

    kind: Literal["custom"]
    start: Day | None = None
    end: Day | None = None

    def as_days(self) -> Days:
        """Return what is asked for."""
        return Days(start=self.start, end=self.end)


class NewGoal(Body):
    """A target for an owner in a period."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "company",
                    "title": "Company",
                    "metric_id": "revenue",
                    "owner": {"type": "user", "id": "grace"},
                    "manager_id": "grace",
                    "period": {
                        "kind": "custom",
                        "start": "2026-10-01",
                        "end": "2026-12-31",
                    },
                    "target": "100000.00",
                    "rollup_only_from_children": True,
                },
                {
                    "id": "north",
                    "title": "North",
                    "owner": {"type": "user", "id": "ada"},
                    "manager_id": "grace",
                    "parent_id": "company",
                    "target": "40000.00",
                },
            ]
        }
    )

    id: Id | None = None
    title: Name
    metric_id: Id | None = Field(
        default=None, description="left out under a parent, whose metric it takes"
    )
    owner: PrincipalBody
    manager_id: Id | None = Field(
        default=None, description="a user; with the admin token it must be given"
    )
    parent_id: Id | None = None
    period: PeriodBody | None = Field(
        default=None, description="left out under a parent, whose period it takes"
    )
    time_zone: TimeZone | None = Field(
        default=None, description="belongs to the period; else the organisation's"
    )
    target: Amount | None = None
    stretch_target: Amount | None = None
    owner_records_only: StrictBool = True
    rollup_only_from_children: StrictBool = False

    def as_draft(self) -> GoalDraft:
        """Return what is asked for."""
        return GoalDraft(
            id=GoalId(self.id or new_id()),
            title=self.title,
            metric_id=None if self.metric_id is None else MetricId(self.metric_id),
            owner=Principal(self.owner.type, self.owner.id),
            manager_id=self.manager_id,
            parent_id=None if self.parent_id is None else GoalId(self.parent_id),
            days=None if self.period is None else self.period.as_days(),
            time_zone=self.time_zone,
            target=self.target,
            stretch_target=self.stretch_target,
            owner_records_only=self.owner_records_only,
            rollup_only_from_children=self.rollup_only_from_children,
        )


class GoalPatch(Body):
    """What is to become of a goal; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "North and Nordics", "target": "45000.00"},
                {"parent_id": "emea"},
            ]
        }
    )

    title: Name = LeftOut
    metric_id: Id = LeftOut
    owner: PrincipalBody = LeftOut
    manager_id: Id = LeftOut
    parent_id: Id | None = LeftOut
    period: PeriodBody = LeftOut
    time_zone: TimeZone = LeftOut
    target: Amount | None = LeftOut
    stretch_target: Amount | None = LeftOut
    owner_records_only: StrictBool = LeftOut
    rollup_only_from_children: StrictBool = LeftOut

    def as_change(self) -> GoalChange:
        """Return what is asked for."""
        given = _given(self)
        if "owner" in given:
            given["owner"] = Principal(self.owner.type, self.owner.id)
        if "period" in given:
            given["days"] = self.period.as_days()
            del given["period"]
        return GoalChange(**given)


def _given(body: Body) -> dict[str, Any]:
    """Return the fields that were sent; the defaults of the others mean nothing."""
    return {name: getattr(body, name) for name in body.model_fields_set}
