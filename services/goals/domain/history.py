"""What a goal showed over time, as rollup has kept it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.goals.domain.exact_sums import percentage_of_texts
from shared.domain.goals import Slot


class Resolution(StrEnum):
    """Of which stretches of time the last value is asked for."""

    # As it was kept.
    SECOND = "second"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time: from a first instant up to another, which is outside."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a goal showed from an instant on."""

    at: datetime
    # None: the metric did not measure it then.
    values: Mapping[Slot, str | None]


def percentage_shown(shown: Shown, target: str | None) -> str | None:
    """Return how much of a target that was; each may have decimals of its own."""
    return percentage_of_texts(shown.values[Slot.ACTUAL], target)
