"""How often one may ask."""

import pytest

from shared.doors.rates import CALLERS_MAX, Rates
from shared.doors.refusing import RefusedAtDoorError


class Clock:
    """A clock that is told what time it is."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def asked(rates: Rates, caller: str, *, writes: bool = False) -> int:
    """Ask until it is too often; return how often it was not."""
    count = 0

    def ask() -> None:
        nonlocal count
        while True:
            rates.take(caller, writes=writes)
            count += 1

    with pytest.raises(RefusedAtDoorError) as caught:
        ask()
    assert (caught.value.status, caught.value.error) == (429, "too_many_requests")
    assert int(caught.value.headers["Retry-After"]) >= 1
    assert caller in caught.value.detail
    return count


def test_who_asks_too_often_is_told_to_wait() -> None:
    """Two seconds' worth at once, then so many a second."""
    clock = Clock()
    rates = Rates(10, now=clock)

    assert asked(rates, "token/nightly") == 20
    clock.now += 0.5
    assert asked(rates, "token/nightly") == 5
    clock.now += 3_600
    assert asked(rates, "token/nightly") == 20


def test_others_are_not_held_up() -> None:
    """Each caller has a bucket, and reads do not use up what writes may."""
    rates = Rates(5, now=Clock())
    asked(rates, "token/nightly")

    assert asked(rates, "user/ada") == 10
    assert asked(rates, "token/nightly", writes=True) == 10
    with pytest.raises(RefusedAtDoorError):
        rates.take("token/nightly", writes=False)


def test_callers_without_number_take_no_memory_without_number() -> None:
    """Who has not asked for longest is forgotten first."""
    rates = Rates(5, now=Clock())
    for number in range(CALLERS_MAX + 10):
        rates.take(f"user/{number}", writes=False)

    assert len(rates._buckets) == CALLERS_MAX
