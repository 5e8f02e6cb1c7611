"""The catalogue of topics: their names, keys and settings.

`cairn migrate` creates them; brokers must not create topics by themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic as the catalogue has it; a prefix may be put before its name."""

    name: str
    key: str
    partitions: int
    settings: Mapping[str, str] = field(default_factory=dict)


ACTIVITY_RECORDS: Final = Topic(
    name="activity-records",
    key="entity/id",
    # Divides by 1, 2, 3, 4, 6 and 12 rollup processes; more can be added live.
    partitions=12,
    settings={"cleanup.policy": "delete", "retention.ms": str(30 * _DAY_MS)},
)

ACTIVITY_RECORDS_REJECTED: Final = Topic(
    name="activity-records.rejected",
    key="as it came",
    partitions=1,
    settings={"cleanup.policy": "delete", "retention.ms": str(90 * _DAY_MS)},
)

GOAL_CHANGES: Final = Topic(
    name="goal-changes",
    key="kind/id",
    # One partition: definitions apply in the order in which they were made.
    partitions=1,
    settings={
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": str(24 * _HOUR_MS),
    },
)

GOAL_UPDATED: Final = Topic(
    name="goal-updated",
    key="goal id",
    # A client sends one request for each partition that a climb touches.
    partitions=1,
    settings={
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": str(_HOUR_MS),
    },
)

CATALOGUE: Final = (
    ACTIVITY_RECORDS,
    ACTIVITY_RECORDS_REJECTED,
    GOAL_CHANGES,
    GOAL_UPDATED,
)
