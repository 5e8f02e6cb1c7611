"""How much is worked on at once; what comes above is told to come again.

A request that waits its turn here would hold its sender, its memory and its place in
a queue that nobody sees. One that is refused at once is sent again when there is room.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from services.ingest.errors import BusyError

# Bodies held at once; decoded records take about four times as much.
BYTES_MAX: Final = 128 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Admission:
    """Counts requests and bytes that are under way."""

    requests_max: int
    bytes_max: int = BYTES_MAX
    requests: int = 0
    bytes: int = 0

    @contextmanager
    def admit(self) -> Iterator["Admitted"]:
        """Let a request in, or raise BusyError; give its room back at the end."""
        if self.requests >= self.requests_max:
            raise BusyError(
                f"{self.requests} requests are under way, {self.requests_max} are "
                "allowed; send again in a moment, or more records in each request"
            )
        self.requests += 1
        admitted = Admitted(admission=self)
        try:
            yield admitted
        finally:
            self.requests -= 1
            self.bytes -= admitted.bytes


@dataclass(slots=True, kw_only=True)
class Admitted:
    """One request that is under way."""

    admission: Admission
    bytes: int = 0

    def take(self, size: int) -> None:
        """Take room for more of the body, or raise BusyError."""
        if self.admission.bytes + size > self.admission.bytes_max:
            raise BusyError(
                f"{self.admission.bytes} bytes of requests are under way, "
                f"{self.admission.bytes_max} are allowed; send again in a moment"
            )
        self.admission.bytes += size
        self.bytes += size
