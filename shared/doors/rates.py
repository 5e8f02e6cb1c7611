"""How often each caller may ask: a bucket each, filled as time goes by."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from shared.doors.refusing import RefusedAtDoorError

# What a caller has saved up, in seconds of asking.
BURST_SECONDS: Final = 2.0
# One who has not asked for longest is forgotten first: his bucket is full again.
CALLERS_MAX: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    filled_at: float


class Rates:
    """Counts requests of callers, reads and writes apart."""

    def __init__(
        self, per_second: int, *, now: Callable[[], float] = monotonic
    ) -> None:
        self._per_second = per_second
        self._full = per_second * BURST_SECONDS
        self._now = now
        self._buckets: OrderedDict[tuple[str, bool], _Bucket] = OrderedDict()

    def take(self, caller: str, *, writes: bool) -> None:
        """Count a request, or raise if the caller asks too often."""
        bucket = self._bucket((caller, writes))
        if bucket.left < 1:
            seconds = math.ceil((1 - bucket.left) / self._per_second)
            raise RefusedAtDoorError(
                429,
                "too_many_requests",
                f"{caller} asks more often than {self._per_second} times a second; "
                f"wait {seconds} s, and ask for more in each request",
                {"Retry-After": str(seconds)},
            )
        bucket.left -= 1

    def _bucket(self, key: tuple[str, bool]) -> _Bucket:
        """Return a caller's bucket, with what has come in since."""
        now = self._now()
        bucket = self._buckets.setdefault(key, _Bucket(self._full, now))
        self._buckets.move_to_end(key)
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        come_in = (now - bucket.filled_at) * self._per_second
        bucket.left = min(self._full, bucket.left + come_in)
        bucket.filled_at = now
        return bucket
