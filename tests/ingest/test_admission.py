"""How much is worked on at once."""

import pytest

from services.ingest.admission import Admission
from services.ingest.errors import BusyError


def test_requests_beyond_the_limit_are_told_to_come_again() -> None:
    """A place is given back when its request is done."""
    admission = Admission(requests_max=1)

    with admission.admit(), pytest.raises(BusyError), admission.admit():
        pass
    with admission.admit():
        pass

    assert admission.requests == 0


def test_bytes_beyond_the_limit_are_told_to_come_again() -> None:
    """Bodies that are held together have a limit of their own."""
    admission = Admission(requests_max=10, bytes_max=100)

    with admission.admit() as first:
        first.take(60)
        with admission.admit() as second:
            second.take(30)
            with pytest.raises(BusyError):
                second.take(30)

        assert admission.bytes == 60

    assert admission.bytes == 0
