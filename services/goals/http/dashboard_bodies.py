"""What clients send of dashboards: sections of tiles, each tile with what it shows."""

from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from services.goals.domain.attainment_groups import By
from services.goals.domain.dashboards import Dashboard
from services.goals.domain.exact_json import text_of
from services.goals.http.fields import Body, Id, LeftOut, Name, PrincipalBody, given
from shared.plumbing.identifiers import new_id

COLUMNS: Final = 12
SECTIONS_MAX: Final = 20
TILES_MAX: Final = 24
TEXT_LENGTH_MAX: Final = 4_000
_SHARES_MAX: Final = 1_000

EXAMPLE: Final[dict[str, Any]] = {
    "id": "monday",
    "name": "Monday",
    "shared_with": [{"type": "team", "id": "north", "rights": ["read"]}],
    "sections": [
        {
            "title": "Revenue",
            "tiles": [
                {"kind": "goal", "width": 4, "goal_id": "company"},
                {
                    "kind": "waterfall",
                    "width": 8,
                    "goal_id": "company",
                    "since": "24h",
                },
                {"kind": "burn_up", "width": 12, "goal_id": "company"},
                {
                    "kind": "attainment",
                    "width": 12,
                    "by": "team",
                    "show": "chart",
                    "metric": "revenue",
                    "period": "current",
                    "compare": True,
                },
            ],
        },
        {
            "title": "To do",
            "tiles": [
                {"kind": "attention", "width": 8, "metric": None},
                {"kind": "text", "width": 4, "text": "Call the three largest first."},
            ],
        },
    ],
}


class _Tile(Body):
    """What all tiles have."""

    width: Annotated[int, Field(strict=True, ge=1, le=COLUMNS)] = 6


class GoalTile(_Tile):
    """A goal's card."""

    kind: Literal["goal"]
    goal_id: Id


class BurnUpTile(_Tile):
    """What a goal showed over its period, and where it may end."""

    kind: Literal["burn_up"]
    goal_id: Id


class WaterfallTile(_Tile):
    """What moved a goal."""

    kind: Literal["waterfall"]
    goal_id: Id
    since: Literal["1h", "24h", "7d"] = "24h"


class AttentionTile(_Tile):
    """Which goals are behind their pace."""

    kind: Literal["attention"]
    metric: Id | None = None


class AttainmentTile(_Tile):
    """A report of attainment, as a chart or a table."""

    kind: Literal["attainment"]
    by: By = By.OWNER
    show: Literal["chart", "table"] = "chart"
    metric: Id | None = None
    period: Literal["current", "all"] = "current"
    compare: Annotated[bool, Field(strict=True)] = False


class TextTile(_Tile):
    """A text of one's own."""

    kind: Literal["text"]
    text: Annotated[str, Field(strict=True, max_length=TEXT_LENGTH_MAX)]


Tile = Annotated[
    GoalTile | BurnUpTile | WaterfallTile | AttentionTile | AttainmentTile | TextTile,
    Field(discriminator="kind"),
]


class Section(Body):
    """Tiles under one title; a wallboard shows one section after the other."""

    title: Annotated[str, Field(strict=True, max_length=200)] = ""
    tiles: Annotated[list[Tile], Field(max_length=TILES_MAX)] = Field(
        default_factory=list
    )


class DashboardShareBody(PrincipalBody):
    """Who may look at it besides its owner."""

    rights: Annotated[list[Literal["read"]], Field(min_length=1, max_length=1)]


_Shares = Annotated[list[DashboardShareBody], Field(max_length=_SHARES_MAX)]
_Sections = Annotated[
    list[Section],
    Field(
        max_length=SECTIONS_MAX,
        description="given anew, all of them are replaced; `width` is in columns of "
        "twelve",
    ),
]


def _text(sections: list[Section]) -> str:
    return text_of([one.model_dump(mode="json") for one in sections])


def _keys(shares: list[DashboardShareBody]) -> tuple[str, ...]:
    return tuple(sorted(f"{one.type}/{one.id}" for one in shares))


class NewDashboard(Body):
    """A dashboard of whoever sends it; that of a system is the organisation's."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: Id | None = None
    name: Name
    shared_with: _Shares = Field(default_factory=list)
    sections: _Sections = Field(default_factory=list)

    def as_dashboard(self) -> Dashboard:
        """Return what is asked for."""
        return Dashboard(
            id=self.id or new_id(),
            name=self.name,
            shared_with=_keys(self.shared_with),
            sections=_text(self.sections),
        )


class DashboardPatch(Body):
    """What is to become of a dashboard; whose it is stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Every Monday"},
                {"sections": EXAMPLE["sections"]},
            ]
        }
    )

    name: Name = LeftOut
    shared_with: _Shares = LeftOut
    sections: _Sections = LeftOut

    def applied_to(self, dashboard: Dashboard) -> Dashboard:
        """Return what the dashboard becomes."""
        fields = given(self)
        if "shared_with" in fields:
            fields["shared_with"] = _keys(self.shared_with)
        if "sections" in fields:
            fields["sections"] = _text(self.sections)
        return replace(dashboard, **fields)
