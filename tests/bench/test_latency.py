"""Latency: which message of the root first includes a record."""

import json

from bench.announced import Heard
from bench.company import company_of
from bench.latency import arrivals_of, probes_of, summary_of
from bench.oracle import expected_totals

COMPANY = company_of(2)
ROOT = COMPANY.root_id


def _heard(at: float, goal_id: str, revision: int, actual: str) -> Heard:
    value = {"goal_id": goal_id, "revision": revision, "values": {"actual": actual}}
    return Heard(at, goal_id, json.dumps(value).encode())


def test_a_record_is_in_with_the_roots_message_of_its_leafs_revision() -> None:
    """The root's first message of at least the leaf's revision tells of the record."""
    first, second = probes_of(COMPANY, expected_totals(COMPANY, []), count=2)
    heard = [
        _heard(1.0, ROOT, 5, "0.0001"),
        _heard(1.1, first.leaf_id, 5, "0.0001"),
        _heard(2.0, second.leaf_id, 7, "0.0001"),
        _heard(2.5, ROOT, 7, "0.0002"),
    ]

    assert arrivals_of(heard, ROOT, [first, second]) == [1.0, 2.5]


def test_a_record_that_nothing_tells_of_has_not_arrived() -> None:
    """Neither a silent leaf nor a root that is behind its leaf counts as arrival."""
    first, second = probes_of(COMPANY, expected_totals(COMPANY, []), count=2)
    heard = [_heard(1.0, ROOT, 5, "0.0001"), _heard(1.1, first.leaf_id, 6, "0.0001")]

    assert arrivals_of(heard, ROOT, [first, second]) == [None, None]


def test_a_leafs_second_turn_waits_for_its_second_unit() -> None:
    """Once every leaf had its turn, a record is in when the leaf shows one more."""
    leaves = len(COMPANY.leaf_ids)
    probes = probes_of(COMPANY, expected_totals(COMPANY, []), count=leaves + 1)
    again = probes[-1]
    heard = [
        _heard(1.0, again.leaf_id, 5, "0.0001"),
        _heard(1.1, ROOT, 5, "0.0001"),
        _heard(2.0, again.leaf_id, 9, "0.0002"),
        _heard(2.1, ROOT, 9, "0.0011"),
    ]

    assert arrivals_of(heard, ROOT, [again]) == [2.1]


def test_percentiles_are_those_of_the_sorted_latencies() -> None:
    """Half are below p50, one of a hundred is above p99."""
    summary = summary_of([milliseconds / 1000 for milliseconds in range(100, 0, -1)])

    assert (summary.p50, summary.p90, summary.p99, summary.max) == (51, 91, 100, 100)
