"""What clients send to plan a tree: how a target is split, into what it is cloned."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.goals.domain.errors import INVALID_FIELD, RefusedError
from services.goals.domain.splitting import Split, SplitBy, SplitField
from services.goals.http.fields import Amount, Body, Id
from shared.domain.goals import GoalId

_Weight = Annotated[Amount, Field(ge=0)]


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
