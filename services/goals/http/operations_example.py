"""What `GET /v1/operations` may answer, for its document."""

from typing import Any, Final

_PROCESS: Final = "5b2f6c1e-8a0d-4f8e-9a55-0c4c1d7f5e21"

EXAMPLE: Final[dict[str, Any]] = {
    "at": "2026-11-21T09:30:00.250000Z",
    "kafka": {"answers": True, "reason": None},
    "partitions": [
        {
            "topic": "activity-records",
            "partition": 0,
            "end_offset": 48211,
            "applied_offset": 48190,
            "lag": 21,
            "process_id": _PROCESS,
            "reason": None,
        },
        {
            "topic": "goal-changes",
            "partition": 0,
            "end_offset": 912,
            "applied_offset": 912,
            "lag": 0,
            "process_id": None,
            "reason": None,
        },
    ],
    "processes": [
        {
            "id": _PROCESS,
            "name": "app-1:8082",
            "state": "running",
            "started_at": "2026-11-20T06:00:03.112000Z",
            "seen_at": "2026-11-21T09:29:59.018000Z",
            "stopped_at": None,
            "partitions": [0],
            "tree_groups": [0, 1, 2, 3],
            "measured_since": "2026-11-21T09:28:59.018000Z",
            "records_per_second": 61.4,
            "latency": {
                "records": 3684,
                "p50_milliseconds": 41.0,
                "p95_milliseconds": 78.1,
                "p99_milliseconds": 121.3,
            },
        }
    ],
    "rederivations": [
        {
            "id": 311,
            "reason": "goals_changed",
            "state": "reading",
            "goal_ids": ["north"],
            "goals": 1,
            "recalculation_id": None,
            "records_read": 24000,
            "records_expected": 61000,
            "queued_at": "2026-11-21T09:29:31.870000Z",
        }
    ],
    "recalculations": [],
    "goals": {
        "current": 412,
        "computing": 3,
        "failed": 1,
        "frozen": 96,
        "oldest_computing_since": "2026-11-21T09:29:31.870000Z",
    },
    "outbox": {
        "definitions": 0,
        "oldest_definition_at": None,
        "announcements": 2,
        "deltas": 4,
    },
    "verification": {
        "at": "2026-11-21T03:00:09.551000Z",
        "seconds": 8.914,
        "by": "database/rollup",
        "is_clean": False,
        "goals": 512,
        "computing": 0,
        "checks": 6160,
        "difference_count": 1,
        "differences": [
            {
                "check": "tree",
                "goal_id": "north",
                "field": "actual",
                "should_be": "1200.0000",
                "found": "1150.0000",
                "off_by": "-50.0000",
            }
        ],
    },
    "services": [
        {
            "name": "goals",
            "url": None,
            "ready": True,
            "reason": None,
            "milliseconds": 7.2,
        },
        {
            "name": "ingest",
            "url": "http://127.0.0.1:8081",
            "ready": False,
            "reason": "kafka: the broker does not answer",
            "milliseconds": 2003.5,
        },
        {
            "name": "rollup app-1:8082",
            "url": None,
            "ready": True,
            "reason": None,
            "milliseconds": None,
        },
    ],
}
