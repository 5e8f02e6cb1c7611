"""The example company's dashboard: what its heads look at on a Monday."""

from collections.abc import Sequence

from cli.example.company import CALLS, CASES, REVENUE, Quarter, root_goal_id
from cli.example.roles import Body


def dashboards(quarter: Quarter) -> Sequence[Body]:
    """Return the dashboards of a quarter; they show goals of it."""
    revenue = root_goal_id(quarter)
    return [
        {
            "id": f"monday-{quarter.id}",
            "name": f"Monday {quarter.title}",
            "sections": [
                {
                    "title": "Revenue",
                    "tiles": [
                        {"kind": "goal", "width": 4, "goal_id": revenue},
                        {"kind": "burn_up", "width": 8, "goal_id": revenue},
                        {
                            "kind": "waterfall",
                            "width": 7,
                            "goal_id": revenue,
                            "since": "24h",
                        },
                        {"kind": "attention", "width": 5, "metric": REVENUE},
                    ],
                },
                {
                    "title": "Teams",
                    "tiles": [
                        {
                            "kind": "attainment",
                            "width": 12,
                            "by": "team",
                            "show": "table",
                            "metric": REVENUE,
                        }
                    ],
                },
                {
                    "title": "Calls and cases",
                    "tiles": [
                        {"kind": "goal", "width": 6, "goal_id": goal_id}
                        for goal_id in (
                            f"{CALLS}-{quarter.id}",
                            f"{CASES}-{quarter.id}",
                        )
                    ],
                },
            ],
        }
    ]
