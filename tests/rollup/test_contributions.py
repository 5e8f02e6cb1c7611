"""Deltas are differences of what is stored and what is deserved, and nothing else."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from services.rollup.apply import newest
from services.rollup.domain.conflicts import content_hash
from services.rollup.domain.contributions import (
    CAUSES_MAX,
    Contributions,
    Deltas,
    by_group,
    difference,
    field_index_of,
    number_of,
    slot_of,
    with_kept,
)
from shared.messages.records import ActivityRecord
from tests.rollup.making import record

AMOUNT = st.integers(-(10**28), 10**28).filter(bool)
SLOT = st.builds(slot_of, st.integers(1, 5), st.integers(0, 2))
STATES = st.dictionaries(SLOT, AMOUNT, max_size=8)


def listed(state: dict[int, int]) -> Contributions:
    """Return contributions as they are kept."""
    return list(state), list(state.values())


@given(st.integers(1, 2**28), st.integers(0, 2))
def test_a_slot_names_a_goal_and_a_field(number: int, field_index: int) -> None:
    """Both parts read back; the odd slot above is left to storage."""
    slot = slot_of(number, field_index)

    assert (number_of(slot), field_index_of(slot)) == (number, field_index)
    assert slot % 2 == 0
    assert (number_of(slot + 1), field_index_of(slot + 1)) == (number, field_index)


@given(STATES, STATES)
def test_deltas_turn_before_into_after(
    before: dict[int, int], after: dict[int, int]
) -> None:
    """Adding the deltas to what was gives what is; none of them is zero."""
    deltas = difference(listed(before), listed(after))

    assert 0 not in deltas.values()
    sums = {
        slot: before.get(slot, 0) + deltas.get(slot, 0) for slot in {*before, *deltas}
    }
    assert {slot: amount for slot, amount in sums.items() if amount} == after


@given(STATES)
def test_what_comes_twice_changes_nothing(state: dict[int, int]) -> None:
    """The same contributions again, in whatever order, are no change."""
    deltas = Deltas()

    deltas.add(listed(state), listed(state), record())
    deltas.add(listed(state), listed(dict(reversed(state.items()))), record())

    assert not any(deltas.amounts.values())
    assert difference(listed(state), listed(state)) == {}
    assert by_group(deltas, lambda _: 0) == {}


@given(st.lists(st.tuples(STATES, STATES), max_size=6), st.randoms())
def test_the_order_of_records_does_not_matter(
    changes: list[tuple[dict[int, int], dict[int, int]]], dice: object
) -> None:
    """A batch comes to the same deltas in any order."""
    del dice
    there, back = Deltas(), Deltas()

    for before, after in changes:
        there.add(listed(before), listed(after), record())
    for before, after in reversed(changes):
        back.add(listed(before) if before else None, listed(after), record())

    assert by_group(there, lambda _: 0).keys() == by_group(back, lambda _: 0).keys()
    for one, two in zip(
        by_group(there, lambda _: 0).values(),
        by_group(back, lambda _: 0).values(),
        strict=True,
    ):
        assert (one.slots, one.amounts) == (two.slots, two.amounts)


@given(STATES.filter(bool))
def test_deltas_are_split_by_group_and_drop_what_is_gone(state: dict[int, int]) -> None:
    """Each group gets its goals' deltas sorted; a goal that is gone gets none."""
    deltas = Deltas()
    deltas.add(None, listed(state), record())

    groups = by_group(deltas, lambda number: None if number == 1 else number % 2)

    split = {
        slot: amount
        for group in groups.values()
        for slot, amount in zip(group.slots, group.amounts, strict=True)
    }
    assert split == {slot: one for slot, one in state.items() if number_of(slot) != 1}
    for group, one in groups.items():
        assert list(one.slots) == sorted(one.slots)
        assert {number_of(slot) % 2 for slot in one.slots} <= {group}
        assert one.causes.keys() == {number_of(slot) for slot in one.slots}


def test_ten_records_are_named_and_the_newest_trace() -> None:
    """A goal's causes are bounded; the trace is that of the last record."""
    deltas = Deltas()
    for number in range(2 * CAUSES_MAX):
        deltas.add(None, ([8], [1]), record(id=f"O-{number}"), f"trace-{number}")

    [group] = by_group(deltas, lambda _: 3).values()

    assert group.causes == {1: [f"opportunity/O-{n}@1" for n in range(CAUSES_MAX)]}
    assert group.traces == {1: f"trace-{2 * CAUSES_MAX - 1}"}


def test_in_every_order_the_newest_version_is_left() -> None:
    """All 5,040 orders of seven messages, duplicates and conflicts among them."""
    versions = [
        record(version=1),
        record(version=2),
        record(version=2),
        record(version=3, state="open"),
        record(version=4, attributes={"amount": "1"}),
        record(version=4, attributes={"amount": "2"}),
        record(version=4, deleted=True),
    ]
    winner = max(versions[4:], key=content_hash)

    for order in permutations(versions):
        assert newest(order) == {winner.key: winner}


@given(
    st.lists(st.builds(record, id=st.sampled_from("abc"), version=st.integers(0, 3)))
)
def test_each_record_is_left_once(several: list[ActivityRecord]) -> None:
    """Whatever a batch holds, every key is left at its greatest version."""
    left = newest(several)

    assert left.keys() == {one.key for one in several}
    for key, one in left.items():
        assert one.version == max(two.version for two in several if two.key == key)


@given(STATES, STATES, st.sets(st.integers(1, 5)))
def test_goals_that_stand_still_keep_what_they_have(
    before: dict[int, int], now: dict[int, int], frozen: set[int]
) -> None:
    """Their part comes from before, all other from the record as it is now."""
    now = {slot: one for slot, one in now.items() if number_of(slot) not in frozen}

    slots, amounts = with_kept(listed(before), listed(now), frozen)

    assert dict(zip(slots, amounts, strict=True)) == now | {
        slot: one for slot, one in before.items() if number_of(slot) in frozen
    }
