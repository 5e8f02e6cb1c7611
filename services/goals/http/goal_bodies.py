"""What clients send of goals."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, StrictBool

from services.goals.domain.drafts import GoalChange, GoalDraft
from services.goals.domain.overrides import GivenOverride
from services.goals.domain.periods import GivenPeriod, PeriodKind
from services.goals.http.attributes import Attributes
from services.goals.http.fields import (
    Amount,
    Body,
    Day,
    Id,
    LeftOut,
    Name,
    PrincipalBody,
    TimeZone,
    given,
)
from services.goals.http.query_bodies import QueriesBody
from shared.domain.goals import (
    SLOTS,
    GoalId,
    GoalRight,
    GoalState,
    MetricId,
    Principal,
    Share,
    Slot,
)
from shared.plumbing.identifiers import new_id

# Which years and periods there are, the calendar says; these only bound the digits.
_Year = Annotated[int, Field(strict=True, ge=0, le=9999, examples=[2026])]
_PeriodCode = Annotated[int, Field(strict=True, ge=0, le=999, examples=[4])]

_IS_OVERRIDE: Final = (
    "true: the values in this request are written over what is computed; false: what "
    "was written is taken back"
)
_IS_OVERRIDDEN: Final = (
    "true: what the goal shows is locked, whatever is computed; false: the lock is "
    "taken off"
)
_OF_OVERRIDES: Final = ("is_override", "is_overridden", "values", "override_reason")
# As many as a record may be shared with; a team stands for any number of people.
_SHARES_MAX: Final = 1_000


class ShareBody(PrincipalBody):
    """A user or a team, and what they may do with the goal."""

    rights: Annotated[list[GoalRight], Field(min_length=1)]

    def as_share(self) -> Share:
        """Return what is asked for."""
        return Share(type=self.type, id=self.id, rights=tuple(self.rights))


_Shares = Annotated[
    list[ShareBody],
    Field(
        max_length=_SHARES_MAX,
        description="who may do what with the goal, each user and team once; given "
        "anew, the whole list is replaced",
    ),
]


class PeriodBody(Body):
    """The days that count, both included: given as such, or as a fiscal period."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "custom", "start": "2026-10-01", "end": "2026-12-31"},
                {"kind": "fiscal", "year": 2026, "period": 4},
            ]
        }
    )

    kind: Literal["custom", "fiscal"]
    start: Day | None = Field(
        default=None, description="of a custom period; of a fiscal one it follows"
    )
    end: Day | None = Field(
        default=None, description="of a custom period; of a fiscal one it follows"
    )
    year: _Year | None = Field(default=None, description="the fiscal year")
    period: _PeriodCode | None = Field(
        default=None,
        description="the period's code in the fiscal year: quarters 1 to 4, months 101 "
        "to 112, halves 201 and 202, the whole year 301, four weeks 401 to 413",
    )

    def as_given(self) -> GivenPeriod:
        """Return what is asked for."""
        return GivenPeriod(
            kind=PeriodKind(self.kind),
            start=self.start,
            end=self.end,
            year=self.year,
            period=self.period,
        )


class ValuesBody(Body):
    """What is written over the computed values; null, or left out: not written."""

    actual: Amount | None = None
    in_progress: Amount | None = None
    custom: Amount | None = None

    def as_given(self) -> dict[Slot, Decimal]:
        """Return what is written."""
        values = {slot: getattr(self, slot) for slot in SLOTS}
        return {slot: value for slot, value in values.items() if value is not None}


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
                    "attributes": {"region": "EMEA", "headcount": 12},
                    "shared_with": [
                        {"type": "team", "id": "north", "rights": ["read", "write"]}
                    ],
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
        default=None,
        description="a user; left out, whoever creates it: a token is no user",
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
    include_team_members: StrictBool = Field(
        default=False, description="of a team's goal: count what its members own too"
    )
    is_override: StrictBool = Field(default=False, description=_IS_OVERRIDE)
    is_overridden: StrictBool = Field(default=False, description=_IS_OVERRIDDEN)
    values: ValuesBody | None = None
    override_reason: Name | None = None
    attributes: Attributes = Field(default_factory=dict)
    shared_with: _Shares = Field(default_factory=list)
    queries: QueriesBody = Field(
        default_factory=QueriesBody,
        description="the rollup query that narrows each measure; not inherited",
    )
    state: GoalState = Field(
        default=GoalState.OPEN, description="a goal starts open, and is closed later"
    )

    def as_draft(self) -> GoalDraft:
        """Return what is asked for."""
        return GoalDraft(
            id=GoalId(self.id or new_id()),
            title=self.title,
            metric_id=None if self.metric_id is None else MetricId(self.metric_id),
            owner=Principal(self.owner.type, self.owner.id),
            manager_id=self.manager_id,
            parent_id=None if self.parent_id is None else GoalId(self.parent_id),
            period=None if self.period is None else self.period.as_given(),
            time_zone=self.time_zone,
            target=self.target,
            stretch_target=self.stretch_target,
            owner_records_only=self.owner_records_only,
            rollup_only_from_children=self.rollup_only_from_children,
            include_team_members=self.include_team_members,
            override=_given_override(given(self)),
            attributes=self.attributes,
            shared_with=[one.as_share() for one in self.shared_with],
            queries=self.queries.as_given(),
            state=self.state,
        )


class GoalPatch(Body):
    """What is to become of a goal; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"title": "North and Nordics", "target": "45000.00"},
                {"parent_id": "emea"},
                {"manager_id": "ada"},
                {"attributes": {"region": "Nordics", "strategic": True}},
                {"shared_with": [{"type": "user", "id": "ada", "rights": ["read"]}]},
                {"period": {"kind": "fiscal", "year": 2026, "period": 4}},
                {
                    "is_override": True,
                    "is_overridden": True,
                    "values": {"actual": "1200.00"},
                    "override_reason": "audited figure",
                },
                {"is_overridden": False},
                {"queries": {"actual": "of-chicago", "in_progress": None}},
                {"state": "closed"},
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
    include_team_members: StrictBool = LeftOut
    is_override: Annotated[StrictBool, Field(description=_IS_OVERRIDE)] = LeftOut
    is_overridden: Annotated[StrictBool, Field(description=_IS_OVERRIDDEN)] = LeftOut
    values: ValuesBody | None = LeftOut
    override_reason: Name | None = LeftOut
    attributes: Attributes = LeftOut
    shared_with: _Shares = LeftOut
    queries: QueriesBody = LeftOut
    state: GoalState = LeftOut

    def as_change(self) -> GoalChange:
        """Return what is asked for."""
        fields = given(self)
        if "owner" in fields:
            fields["owner"] = Principal(self.owner.type, self.owner.id)
        if "period" in fields:
            fields["period"] = self.period.as_given()
        if "shared_with" in fields:
            fields["shared_with"] = [one.as_share() for one in self.shared_with]
        if "queries" in fields:
            fields["queries"] = self.queries.as_given()
        override = _given_override(fields)
        for name in _OF_OVERRIDES:
            fields.pop(name, None)
        return GoalChange(**fields, override=override)


def _given_override(fields: dict[str, Any]) -> GivenOverride:
    values = fields.get("values")
    return GivenOverride(
        is_override=fields.get("is_override"),
        is_overridden=fields.get("is_overridden"),
        values={} if values is None else values.as_given(),
        reason=fields.get("override_reason"),
    )
