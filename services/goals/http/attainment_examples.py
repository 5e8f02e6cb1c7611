"""Examples of reports, for the document."""

from typing import Any, Final

_METRIC: Final = {
    "id": "revenue",
    "name": "Won revenue",
    "kind": "amount",
    "data_type": "money",
    "currency": "EUR",
}
_GOAL: Final[dict[str, Any]] = {
    "goal_id": "north",
    "title": "North",
    "parent_id": "company",
    "depth": 1,
    "metric": _METRIC,
    "owner": {"type": "team", "id": "team-north", "name": "Team North"},
    "manager": {"id": "grace", "name": "Grace"},
    "period": {
        "start": "2026-10-01",
        "end": "2026-12-31",
        "time_zone": "Europe/Berlin",
        "name": "FY2026 Q4",
    },
    "state": "open",
    "values": {"actual": "45500.0000", "in_progress": "30000.0000", "custom": None},
    "own": {"actual": "500.0000", "in_progress": "0.0000", "custom": None},
    "target": "91000.0000",
    "stretch_target": None,
    "percentage": "50.0000",
    "rollup": {"status": "current", "error": None, "goal_with_error_id": None},
    "is_overridden": False,
    "pace": {
        "percentage_of_period": "56.0440",
        "target": "51000.0000",
        "index": "0.8922",
        "status": "at_risk",
        "gap": "-5500.0000",
    },
    "finish": {
        "low": "75500.0000",
        "expected": "81186.2745",
        "high": "84721.5686",
        "by": [
            {"rule": "whole_period", "value": "81186.2745"},
            {"rule": "last_quarter", "value": "84721.5686"},
            {"rule": "in_progress", "value": "75500.0000"},
        ],
    },
    "earlier": {
        "values": {"actual": "45100.0000", "in_progress": "30400.0000", "custom": None},
        "change": {"actual": "400.0000", "in_progress": "-400.0000", "custom": None},
    },
    "children_target": "85000.0000",
    "previous": {
        "goal_id": "north-q3",
        "values": {"actual": "78000.0000", "in_progress": "0.0000", "custom": None},
        "target": "80000.0000",
        "percentage": "97.5000",
    },
}
_GROUP: Final[dict[str, Any]] = {
    "key": "team/team-north",
    "name": "Team North",
    "metric": _METRIC,
    "goals": 4,
    "added": 1,
    "actual": "45500.0000",
    "in_progress": "30000.0000",
    "custom": None,
    "target": "91000.0000",
    "percentage": "50.0000",
    "earlier": _GOAL["earlier"],
    "previous": {
        "goals": 1,
        "actual": "78000.0000",
        "in_progress": "0.0000",
        "custom": None,
        "target": "80000.0000",
        "percentage": "97.5000",
    },
}


def _report(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "value": {
            "as_of": "2026-11-21T09:30:00Z",
            "since": "2026-11-20T09:30:00Z",
            "items": [row],
            "next": None,
        }
    }


EXAMPLES: Final = {"by goal": _report(_GOAL), "by team": _report(_GROUP)}
TABLE_EXAMPLE: Final = (
    "key,name,metric_id,metric,unit,goals,added,actual,in_progress,custom,target,"
    "percentage,earlier_actual,earlier_in_progress,earlier_custom,change_actual,"
    "change_in_progress,change_custom,previous_goals,previous_actual,previous_target,"
    "previous_percentage,since,as_of\r\n"
    "team/team-north,Team North,revenue,Won revenue,EUR,4,1,45500.0000,30000.0000,,"
    "91000.0000,50.0000,,,,,,,,,,,,2026-11-21T09:30:00Z\r\n"
)
