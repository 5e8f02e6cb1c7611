"""Records a second: from the first one sent to all totals right and announced."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench import announced
from bench.installation import Installation
from bench.processes import cpu_seconds, machine_cpu_seconds, memory_peak_megabytes
from bench.sending import send_at_once
from bench.standing import records_applied, until_applied, until_quiet
from bench.workload import Message

# Slower than this is not slow but stuck.
_RECORDS_A_SECOND_MIN = 1_000
_QUIET_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What was measured while the records went in."""

    records: int
    seconds_to_applied: float
    seconds_to_announced: float
    goal_updated_messages: int
    cpu_seconds: Mapping[str, float]
    # How many cores other programs kept busy meanwhile; it should be next to none.
    cores_busy_elsewhere: float
    memory_peak_megabytes: Mapping[str, int]

    @property
    def applied_a_second(self) -> float:
        """Records a second until all were applied."""
        return self.records / self.seconds_to_applied

    @property
    def announced_a_second(self) -> float:
        """Records a second until all were in all totals, and these announced."""
        return self.records / self.seconds_to_announced


async def measure_throughput(
    installation: Installation, messages: Sequence[Message]
) -> Throughput:
    """Send all messages at once and wait until nothing waits."""
    count = len(messages)
    end = await records_applied(installation) + count
    told = announced.messages_on(installation)
    busy, busy_in_all = _cpu_seconds(installation), machine_cpu_seconds()
    sending = asyncio.create_task(
        asyncio.to_thread(send_at_once, installation, messages)
    )
    await until_applied(
        installation, end, seconds_max=60 + count / _RECORDS_A_SECOND_MIN
    )
    applied_at = time.monotonic()
    await until_quiet(installation, seconds_max=_QUIET_SECONDS_MAX)
    announced_at = time.monotonic()
    used_in_all = machine_cpu_seconds() - busy_in_all
    used = {
        name: seconds - busy[name]
        for name, seconds in _cpu_seconds(installation).items()
    }
    started_at = await sending
    return Throughput(
        records=count,
        seconds_to_applied=applied_at - started_at,
        seconds_to_announced=announced_at - started_at,
        goal_updated_messages=announced.messages_on(installation) - told,
        cpu_seconds={
            name: round(seconds, 2) for name, seconds in used.items() if name != "bench"
        },
        cores_busy_elsewhere=round(
            max(0.0, used_in_all - sum(used.values())) / (announced_at - started_at), 2
        ),
        memory_peak_megabytes={
            name: memory_peak_megabytes(pid)
            for name, pid in _processes(installation).items()
            # PostgreSQL's processes share most of theirs.
            if name != "postgres"
        },
    )


def _cpu_seconds(installation: Installation) -> dict[str, float]:
    """Return the processor time of each process, of ours without those it started."""
    return {
        **{name: cpu_seconds(pid) for name, pid in _processes(installation).items()},
        "bench": time.process_time(),
    }


def _processes(installation: Installation) -> dict[str, int]:
    """Return the processes that do the work; servers of others are left out."""
    servers = installation.servers
    ours = {
        **{name: service.pid for name, service in installation.services.items()},
        "kafka": servers.kafka_pid,
        "postgres": servers.postgres_pid,
    }
    return {name: pid for name, pid in ours.items() if pid is not None}
