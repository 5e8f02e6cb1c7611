"""What tests measure and never judge: it is printed at the end of the run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

# What a test records by this name stands at the end of the run.
MEASURED: Final = "measured"

Record = Callable[[str, object], None]


@contextmanager
def timed(record_property: Record, what: str) -> Iterator[None]:
    """Measure how long what happens inside takes."""
    began = monotonic()
    yield
    record_property(MEASURED, f"{what}: {monotonic() - began:.2f} s")
