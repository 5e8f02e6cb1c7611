"""What clients send to plan a tree: how a target is split, into what it is cloned."""

from decimal import Decimal
from typing import Annotated

from pydantic import ConfigDict, Field

from services.goals.domain.cloning import CloneOrder
from services.goals.domain.errors import INVALID_FIELD, RefusedError
from services.goals.domain.splitting import Split, SplitBy, SplitField
from services.goals.http.fields import Amount, Body, Id
from services.goals.http.goal_bodies import PeriodBody
from shared.domain.goals import GoalId

_Weight = Annotated[Amount, Field(ge=0)]
# Targets are 0 or more.
_Uplift = Annotated[Amount, Field(ge=-100)]


class SplitBody(Body):
    """How a parent's target is split over its children."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"by": "equal"},
                {"by": "weights", "weights": {"north": "2", "south": "1.5"}},
                {"by": "last_period", "field": "target", "total": "120000.00"},
            ]
        }
    )

    by: SplitBy = Field(
        description="last_period: by what the goals that these continue have reached"
    )
    weights: dict[Id, _Weight] | None = Field(
        default=None, description="for each child, 0 or more; only by weights"
    )
    field: SplitField = SplitField.TARGET
    total: Amount | None = Field(
        default=None, description="left out: what the parent aims at"
    )

    def as_split(self) -> Split:
        """Return what is asked for."""
        if self.weights is not None and self.by is not SplitBy.WEIGHTS:
            raise RefusedError(
                INVALID_FIELD,
                f"weights are given and by is {self.by}, which has no use for them; "
                "leave them out, or make it weights",
                field="weights",
            )
        given = self.weights or {}
        return Split(
            by=self.by,
            field=self.field,
            total=self.total,
            weights={GoalId(one): weight for one, weight in given.items()},
        )


class CloneBody(Body):
    """What a tree is to become in another period."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"uplift_percent": "5", "id_suffix": "-2027"},
                {"period": {"kind": "fiscal", "year": 2027, "period": 1}},
            ]
        }
    )

    period: PeriodBody | None = Field(
        default=None,
        description="left out: a fiscal period is followed by the next one of the "
        "calendar, whole calendar months by as many, other days by as many days",
    )
    uplift_percent: _Uplift = Field(
        default=Decimal(0), description="by how much targets are raised"
    )
    id_suffix: Id | None = Field(
        default=None,
        description="new ids are the old ones with this behind; left out: UUIDs",
        examples=["-2027"],
    )

    def as_order(self) -> CloneOrder:
        """Return what is asked for."""
        return CloneOrder(
            period=None if self.period is None else self.period.as_given(),
            uplift_percent=self.uplift_percent,
            id_suffix=self.id_suffix,
        )
