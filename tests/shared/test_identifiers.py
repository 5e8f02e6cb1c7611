"""Ids that we make are UUIDs of version 7 and sort by time."""

import uuid
from itertools import pairwise

from shared.plumbing.identifiers import new_id


def test_ids_are_uuids_of_version_seven() -> None:
    """Version and variant stand where RFC 9562 has them."""
    made = [uuid.UUID(new_id()) for _ in range(1000)]

    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}


def test_ids_differ_and_sort_by_the_time_of_their_making() -> None:
    """No two are the same, and their first 48 bits never go back."""
    made = [uuid.UUID(new_id()) for _ in range(1000)]

    assert len(set(made)) == len(made)
    milliseconds = [one.int >> 80 for one in made]
    assert all(before <= after for before, after in pairwise(milliseconds))
