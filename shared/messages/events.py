"""The public events as pydantic models: what the generated documents say.

The hot paths encode and decode with msgspec (`records.py`, and rollup's announcing);
contract tests hold both to these models.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.domain.goals import GoalAttribute

DecimalText = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
IdText = Annotated[str, Field(min_length=1, max_length=200)]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PrincipalOnWire(_Event):
    """A user or a team."""

    type: Literal["user", "team"]
    id: IdText


class ActivityRecordEvent(BaseModel):
    """A record of an upstream CRM at one version (topic activity-records)."""

    # Unknown fields are ignored on topics.
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        title="ActivityRecord",
        json_schema_extra={
            "examples": [
                {
                    "entity": "opportunity",
                    "id": "O-1",
                    "version": 7,
                    "deleted": False,
                    "owner": {"type": "user", "id": "R0"},
                    "state": "won",
                    "status": "3",
                    "attributes": {
                        "actualvalue": "400.00",
                        "actualclosedate": "2026-11-21",
                        "customerid": "A0",
                    },
                    "shared_with": [{"type": "team", "id": "T1"}],
                    "occurred_at": "2026-11-21T09:30:00Z",
                }
            ]
        },
    )

    entity: IdText
    id: IdText
    version: Annotated[int, Field(ge=0, lt=2**63)]
    deleted: bool = False
    owner: PrincipalOnWire | None = None
    state: str | int | None = None
    status: str | int | None = None
    attributes: dict[str, str | int | float | bool | None] = Field(default_factory=dict)
    shared_with: tuple[PrincipalOnWire, ...] = ()
    occurred_at: AwareDatetime | None = None


class PeriodOnWire(_Event):
    """The days that count, both included."""

    start: date
    end: date
    time_zone: str


class ValuesOnWire(_Event):
    """One number for each measure; null where the metric lacks it."""

    actual: DecimalText | None
    in_progress: DecimalText | None
    custom: DecimalText | None


class RollupOnWire(_Event):
    """How far the goal's numbers can be trusted now."""

    status: Literal["current", "computing", "frozen", "failed"]
    error: str | None


class GoalUpdatedEvent(_Event):
    """The newest state of a goal (topic goal-updated); no value: the goal is gone."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        title="GoalUpdated",
        json_schema_extra={
            "examples": [
                {
                    "goal_id": "C0",
                    "incarnation": 1,
                    "revision": 42,
                    "tree_id": "P",
                    "parent_id": "P",
                    "title": "North",
                    "metric_id": "revenue",
                    "owner": {"type": "user", "id": "R0"},
                    "manager_id": "M",
                    "state": "open",
                    "period": {
                        "start": "2026-11-20",
                        "end": "2026-12-21",
                        "time_zone": "Europe/Berlin",
                    },
                    "target": "100.0000",
                    "stretch_target": None,
                    "values": {
                        "actual": "400.0000",
                        "in_progress": "0.0000",
                        "custom": None,
                    },
                    "percentage": "400.0000",
                    "is_overridden": False,
                    "attributes": {"region": "EMEA", "headcount": "12"},
                    "rollup": {"status": "current", "error": None},
                    "updated_at": "2026-11-21T09:30:00.031Z",
                    "caused_by": ["opportunity/O-1@7"],
                }
            ]
        },
    )

    goal_id: IdText
    incarnation: int
    revision: int
    tree_id: IdText
    parent_id: IdText | None
    title: str
    metric_id: IdText
    owner: PrincipalOnWire
    manager_id: IdText
    state: str
    period: PeriodOnWire
    target: DecimalText | None
    stretch_target: DecimalText | None
    values: ValuesOnWire
    percentage: DecimalText | None
    is_overridden: bool
    # Absent on messages of before there were attributes.
    attributes: dict[str, GoalAttribute] = Field(
        default_factory=dict, description="what people noted; numbers as decimal text"
    )
    rollup: RollupOnWire
    updated_at: AwareDatetime
    caused_by: tuple[str, ...]
