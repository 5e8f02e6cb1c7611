"""The catalogue of errors."""

from services.goals.domain import errors
from services.goals.domain.errors import Refusal


def test_every_error_is_listed_once() -> None:
    """One name may have several codes of Dynamics, but not the same one twice."""
    listed = [
        (one.error, one.dynamics_code)
        for one in vars(errors).values()
        if isinstance(one, Refusal)
    ]

    assert len(listed) == len(set(listed))


def test_one_name_means_one_kind_of_fault() -> None:
    """Programs may rely on the status that a name comes with."""
    faults: dict[str, set[object]] = {}
    for one in vars(errors).values():
        if isinstance(one, Refusal):
            faults.setdefault(one.error, set()).add(one.fault)

    assert all(len(found) == 1 for found in faults.values())
