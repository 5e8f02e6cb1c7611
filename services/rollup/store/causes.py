"""How causes stand in JSON: which records made goals move, their traces and times."""

from collections.abc import Mapping, Sequence

import msgspec

from services.rollup.domain.latencies import Arrivals


class Causes(msgspec.Struct):
    """What made goals move, by the goals' numbers."""

    named: dict[int, list[str]] = {}
    traces: dict[int, str] = {}
    # When some of the batch's records came to Kafka, and how many these stand for.
    arrived: list[int] = []
    records: int = 0


decode_causes = msgspec.json.Decoder(Causes).decode


def causes_text(
    named: Mapping[int, Sequence[str]],
    traces: Mapping[int, str],
    arrivals: Arrivals | None = None,
) -> str:
    """Return the JSON of the column."""
    causes: dict[str, object] = {"named": named, "traces": traces}
    if arrivals is not None:
        causes |= {"arrived": arrivals.moments, "records": arrivals.records}
    return msgspec.json.encode(causes).decode()
