"""Definitions and records for tests: what matters in each is what a test names."""

import json
from typing import Any

from shared.domain.amounts import DataType, MetricKind
from shared.messages.definitions import GoalDefinition, Kind, MetricDefinition
from tests.integration.rollup.copies import Gone

REVENUE = {
    "actual": {
        "source_entity": "opportunity",
        "source_attribute": "amount",
        "source_state": "won",
        "date_attribute": "closed",
    },
    "in_progress": {
        "source_entity": "opportunity",
        "source_attribute": "estimate",
        "source_state": "open",
        "date_attribute": "expected",
    },
}
CALLS = {"actual": {"source_entity": "phonecall", "date_attribute": "ended"}}

YEAR = {"start": "2026-01-01", "end": "2026-12-31", "time_zone": "Europe/Berlin"}


def metric(
    name: str = "revenue", *, version: int = 1, **changes: Any
) -> MetricDefinition:
    """Return a metric: revenue in money unless told otherwise."""
    return MetricDefinition.model_validate(
        {
            "id": name,
            "version": version,
            "name": name,
            "metric_kind": MetricKind.AMOUNT,
            "data_type": DataType.MONEY,
            "rollup_fields": REVENUE,
            **changes,
        }
    )


def calls(name: str = "calls") -> MetricDefinition:
    """Return a metric that counts phone calls."""
    return metric(
        name, metric_kind=MetricKind.COUNT, data_type=None, rollup_fields=CALLS
    )


def goal(name: str, number: int, **changes: Any) -> GoalDefinition:
    """Return a goal: anybody's revenue in 2026 unless told otherwise."""
    return GoalDefinition.model_validate(
        {
            "id": name,
            "version": 1,
            "number": number,
            "title": name,
            "metric_id": "revenue",
            "owner": {"type": "user", "id": "R0"},
            "manager_id": "M",
            "period": YEAR,
            "target": "100.0000",
            "owner_records_only": False,
            **changes,
        }
    )


def gone(name: str, number: int | None = None) -> Gone:
    """Return the word that a goal is no more."""
    return Gone(Kind.GOAL, name, number)


def won(
    name: str,
    amount: str | None,
    *,
    version: int = 1,
    owner: str = "R0",
    closed: str = "2026-06-15",
    **changes: Any,
) -> bytes:
    """Return a won opportunity on the wire."""
    return json.dumps(
        {
            "entity": "opportunity",
            "id": name,
            "version": version,
            "owner": {"type": "user", "id": owner},
            "state": "won",
            "attributes": {"amount": amount, "closed": closed},
            **changes,
        }
    ).encode()
