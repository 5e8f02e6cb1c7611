"""Whether everything that was accepted is in the totals."""

from dataclasses import replace

import pytest

from services.goals.domain.settled import (
    LogShorterThanAppliedError,
    Standing,
    status_of,
)

RECORDS, CHANGES = "activity-records", "goal-changes"
ENDS = {(RECORDS, 0): 7, (RECORDS, 1): 0, (CHANGES, 0): 3}
DONE = Standing(
    next_offsets={(RECORDS, 0): 7, (CHANGES, 0): 3},
    waiting_deltas=0,
    computing_goals=0,
    waiting_parents=0,
    waiting_announcements=0,
)


def test_all_applied_and_nothing_waiting_is_settled() -> None:
    """A partition without messages needs no progress."""
    status = status_of(
        ENDS, DONE, outbox_is_empty=True, definitions_topic=CHANGES, frequency_hours=0
    )

    assert status.settled
    assert status.definitions_applied
    assert status.lag == 0


@pytest.mark.parametrize(
    "standing",
    [
        replace(DONE, next_offsets={(RECORDS, 0): 6, (CHANGES, 0): 3}),
        replace(DONE, next_offsets={(RECORDS, 0): 7, (CHANGES, 0): 2}),
        replace(DONE, next_offsets={(CHANGES, 0): 3}),
        replace(DONE, waiting_deltas=1),
        replace(DONE, computing_goals=1),
        replace(DONE, waiting_parents=1),
    ],
)
def test_anything_left_to_do_is_not_settled(standing: Standing) -> None:
    """A message, a delta, or a goal that is being computed."""
    status = status_of(
        ENDS,
        standing,
        outbox_is_empty=True,
        definitions_topic=CHANGES,
        frequency_hours=0,
    )

    assert not status.settled


def test_what_is_not_announced_yet_is_not_applied() -> None:
    """Though rollup has applied all there is on the topic."""
    status = status_of(
        ENDS, DONE, outbox_is_empty=False, definitions_topic=CHANGES, frequency_hours=0
    )

    assert not status.settled
    assert not status.definitions_applied
    assert status.lag == 0


def test_announcing_is_told_of_and_waited_for_by_nobody() -> None:
    """The totals are right before others have heard of them."""
    standing = replace(DONE, waiting_announcements=2)

    status = status_of(
        ENDS,
        standing,
        outbox_is_empty=True,
        definitions_topic=CHANGES,
        frequency_hours=0,
    )

    assert status.settled
    assert status.waiting_announcements == 2


def test_a_topic_that_ends_too_early_is_no_settled_state() -> None:
    """More was applied than there is: the topic is another one."""
    standing = replace(DONE, next_offsets={(RECORDS, 0): 8})

    with pytest.raises(LogShorterThanAppliedError, match="partition 0 of topic"):
        status_of(
            ENDS,
            standing,
            outbox_is_empty=True,
            definitions_topic=CHANGES,
            frequency_hours=0,
        )
