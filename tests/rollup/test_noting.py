"""What is noted of goals until their history is written."""

from hypothesis import given
from hypothesis import strategies as st

from services.rollup.domain.noting import Note, Notes, Round
from shared.domain.goals import GoalNumber

G1, G2 = GoalNumber(1), GoalNumber(2)


def note(second: int, actual: int) -> Note:
    """Return what a goal showed."""
    return Note(second, (actual, 0, 0), 4, (True, False, False))


def said(rounds: list[Round]) -> list[dict[GoalNumber, tuple[int, int]]]:
    """Return seconds and actuals alone."""
    return [
        {number: (one.second, one.shown[0]) for number, one in round_.items()}
        for round_ in rounds
    ]


def test_of_a_second_the_last_value_counts() -> None:
    """Each second has its own, and each goal."""
    notes = Notes()
    for second, actual in ((10, 1), (10, 2), (11, 3), (11, 4)):
        notes.add(G1, note(second, actual))
    notes.add(G2, note(11, 9))

    assert said(notes.take(20)) == [{G1: (10, 2), G2: (11, 9)}, {G1: (11, 4)}]
    assert notes.take(20) == []


def test_a_second_is_handed_over_once_it_has_passed() -> None:
    """Before, the goal may still move in it; in the end all is handed over."""
    notes = Notes()
    notes.add(G1, note(10, 1))
    notes.add(G1, note(11, 2))

    assert said(notes.take(11)) == [{G1: (10, 1)}]
    notes.add(G1, note(11, 3))
    assert notes.quiet_among([G1, G2]) == [G2]
    assert said(notes.take(None)) == [{G1: (11, 3)}]
    assert notes.quiet_among([G1, G2]) == [G1, G2]


def test_where_writing_takes_long_several_seconds_count_as_one() -> None:
    """The value is the last of them, at the second in which it came."""
    notes = Notes(interval=5)
    for second in range(10, 18):
        notes.add(G1, note(second, second))

    assert said(notes.take(18)) == [{G1: (14, 14)}]
    assert said(notes.take(20)) == [{G1: (17, 17)}]


def test_a_clock_that_is_behind_hides_nothing() -> None:
    """What is noted last is what the goal shows, whatever time it bears."""
    notes = Notes()
    notes.add(G1, note(10, 1))
    notes.add(G1, note(7, 2))

    assert said(notes.take(20)) == [{G1: (10, 2)}]


def test_a_clock_that_is_ahead_waits_for_nothing() -> None:
    """A second that is not the present one is written at once."""
    notes = Notes()
    notes.add(G1, note(1_000, 1))

    assert said(notes.take(20)) == [{G1: (1_000, 1)}]


@given(
    st.lists(
        st.tuples(st.sampled_from([G1, G2]), st.integers(0, 3), st.booleans()),
        max_size=40,
    )
)
def test_what_is_written_is_the_last_of_every_second(
    steps: list[tuple[GoalNumber, int, bool]],
) -> None:
    """Whenever it is handed over in between."""
    notes, now = Notes(), 0
    expected: dict[tuple[GoalNumber, int], int] = {}
    written: dict[tuple[GoalNumber, int], int] = {}
    for value, (number, passed, is_written) in enumerate(steps):
        now += passed
        notes.add(number, note(now, value))
        expected[number, now] = value
        for round_ in notes.take(now) if is_written else []:
            _write(written, round_)

    for round_ in notes.take(None):
        _write(written, round_)

    assert written == expected


def _write(written: dict[tuple[GoalNumber, int], int], round_: Round) -> None:
    for number, one in round_.items():
        assert (number, one.second) not in written
        written[number, one.second] = one.shown[0]
