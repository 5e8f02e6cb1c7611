"""From a record to the root: how long until goal-updated tells of it.

Records are sent at fixed instants whatever comes of the earlier ones, each worth one
unit and each to a leaf of its own turn. The leaf's message of a climb carries the same
revision as the root's, so the root's first message of at least that revision is the
one that includes the record.
"""

import asyncio
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from bench.announced import Heard, listening
from bench.company import FIRST_DAY, Company
from bench.installation import Installation
from bench.oracle import Totals
from bench.sending import send_on_time
from bench.waiting import until
from bench.workload import SEED, Message, message_with

RECORDS_A_SECOND: Final = 200

_UNIT: Final = Decimal("0.0001")
_SECONDS_MAX: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from a record's scheduled instant to the root's message."""

    records: int
    p50: float
    p90: float
    p99: float
    max: float


class _Values(msgspec.Struct):
    actual: str | None


class _Goal(msgspec.Struct):
    goal_id: str
    revision: int
    values: _Values


_decode = msgspec.json.Decoder(_Goal).decode


@dataclass(frozen=True, slots=True)
class Probe:
    """One record whose way to the root is timed."""

    leaf_id: str
    # What the leaf shows once the record is in.
    leaf_shows: Decimal
    message: Message


def probes_of(company: Company, before: Totals, *, count: int) -> list[Probe]:
    """Return records of one unit each; every leaf has its turn before any has two."""
    owners = {goal.id: goal.owner_id for goal in company.goals}
    leaves = list(company.leaf_ids)
    random.Random(SEED).shuffle(leaves)
    probes = []
    for index in range(count):
        turn, place = divmod(index, len(leaves))
        leaf_id = leaves[place]
        shows = before[leaf_id]["actual"] + (turn + 1) * _UNIT
        probes.append(Probe(leaf_id, shows, _message(index, owners[leaf_id])))
    return probes


def _message(index: int, owner: str) -> Message:
    return message_with(
        f"L-{index}",
        version=1,
        owner=owner,
        # The goals of all owners count it too, and so it wakes more than one tree.
        state="won",
        attributes={"actualvalue": str(_UNIT), "actualclosedate": FIRST_DAY},
    )


async def measure_latency(
    installation: Installation, company: Company, probes: Sequence[Probe]
) -> Latency:
    """Send the probes at a fixed rate and time each to the root's message."""
    with listening(installation) as heard:
        instants = await asyncio.to_thread(
            send_on_time,
            installation,
            [probe.message for probe in probes],
            a_second=RECORDS_A_SECOND,
        )

        async def arrivals() -> list[float | None]:
            installation.check()
            return arrivals_of(heard, company.root_id, probes)

        arrived = await until(
            arrivals,
            lambda found: None not in found,
            what=f"{len(probes)} records to be told of by {company.root_id}",
            seconds_max=_SECONDS_MAX,
            every_seconds=1.0,
        )
    return summary_of(
        [
            at - instant
            for at, instant in zip(arrived, instants, strict=True)
            if at is not None
        ]
    )


def arrivals_of(
    heard: Sequence[Heard], root_id: str, probes: Sequence[Probe]
) -> list[float | None]:
    """Return when the root's message was here that first includes each probe."""
    root_revisions: list[int] = []
    root_heard_at: list[float] = []
    leaves: dict[str, list[tuple[Decimal, int]]] = {}
    for one in list(heard):
        goal = _decode(one.value)
        if goal.goal_id != root_id:
            leaf = leaves.setdefault(goal.goal_id, [])
            leaf.append((Decimal(goal.values.actual or 0), goal.revision))
        elif not root_revisions or goal.revision > root_revisions[-1]:
            root_revisions.append(goal.revision)
            root_heard_at.append(one.at)
    arrivals: list[float | None] = []
    for probe in probes:
        revision = next(
            (
                revision
                for shows, revision in leaves.get(probe.leaf_id, ())
                if shows >= probe.leaf_shows
            ),
            None,
        )
        place = (
            len(root_revisions)
            if revision is None
            else bisect_left(root_revisions, revision)
        )
        arrivals.append(root_heard_at[place] if place < len(root_heard_at) else None)
    return arrivals


def summary_of(seconds: Sequence[float]) -> Latency:
    """Return how the latencies are spread."""
    ordered = sorted(seconds)

    def percentile(share: float) -> float:
        place = min(len(ordered) - 1, int(share * len(ordered)))
        return round(ordered[place] * 1000, 1)

    return Latency(
        records=len(ordered),
        p50=percentile(0.50),
        p90=percentile(0.90),
        p99=percentile(0.99),
        max=percentile(1.0),
    )
