"""What belongs together applies together, whatever compaction took."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.rollup.change_sets import (
    Change,
    UnreadableChangeError,
    merged,
    news_of,
    read_change,
    whole_prefix,
)
from services.rollup.domain.forest import Forest
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    Definition,
    EntityDefinition,
    GoalDefinition,
    Kind,
    RecalculationDefinition,
    UserDefinition,
    key_of,
)
from tests.integration.rollup import making


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of goal-changes as a consumer hands it over."""

    key: bytes | None
    value: bytes | None
    topic: str = "goal-changes"
    offset: int = 7
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


def change(
    name: str, *, index: int = 0, size: int = 1, definition: Definition | None = None
) -> Change:
    """Return one message of a set that has its letter: `a0` is the first of `a`."""
    return Change(
        offset=0,
        kind=Kind.GOAL,
        id=name,
        definition=definition,
        change_set=name,
        index=index,
        size=size,
    )


def changes(text: str) -> list[Change]:
    """Read `a0/2 a1/2`: message 0 of set a, which has 2, and so on."""
    found = []
    for word in text.split():
        place, _, size = word.partition("/")
        found.append(change(place[0], index=int(place[1:]), size=int(size)))
    return found


@pytest.mark.parametrize(
    ("text", "in_between", "at_end"),
    [
        ("", 0, 0),
        ("a0/1", 1, 1),
        ("a0/2", 0, 0),
        ("a0/2 a1/2", 2, 2),
        ("a1/2 a0/2", 2, 2),
        # A duplicate completes nothing.
        ("a0/2 a0/2", 0, 0),
        ("a0/2 a0/2 a1/2", 3, 3),
        # Whole ones go; the half one behind them waits.
        ("a0/1 b0/2", 1, 1),
        ("a0/1 b0/2 b1/2 c0/2", 3, 3),
        # Something of the first was compacted away: it goes along at the end only.
        ("a1/2 b0/1", 0, 2),
        ("a1/3 b0/1 c1/2 d0/1", 0, 4),
        ("a1/2 b0/1 c0/2", 0, 2),
        ("a0/1 b1/2 c0/1", 1, 3),
        # Two sets between one another are whole together.
        ("a0/2 b0/2 a1/2 b1/2", 4, 4),
        ("a0/2 b0/2 a1/2", 0, 3),
        # The same set came twice, whole both times.
        ("a0/2 a1/2 a0/2 a1/2", 4, 4),
    ],
)
def test_only_what_is_whole_is_applied(text: str, in_between: int, at_end: int) -> None:
    """As many of the first as form whole sets; what can't become whole goes along."""
    several = changes(text)

    assert whole_prefix(several, at_end=False) == in_between
    assert whole_prefix(several, at_end=True) == at_end


@given(st.lists(st.integers(1, 4), max_size=6), st.data())
def test_however_the_topic_is_cut_all_sets_become_whole(
    sizes: list[int], data: st.DataObject
) -> None:
    """Reading in pieces applies every set once, whole, and leaves nothing."""
    topic = [
        change(str(name), index=index, size=size)
        for name, size in enumerate(sizes)
        for index in range(size)
    ]
    waiting: list[Change] = []
    applied: list[list[Change]] = []
    rest = topic
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        waiting += rest[:cut]
        rest = rest[cut:]
        count = whole_prefix(waiting, at_end=not rest)
        applied.append(waiting[:count])
        waiting = waiting[count:]

    assert not waiting
    assert [one for several in applied for one in several] == topic
    for several in applied:
        for one in several:
            there = sum(two.change_set == one.change_set for two in several)
            assert there == one.size


def test_of_each_thing_the_newest_counts() -> None:
    """What some changes say comes to one state of each thing."""
    goal = making.goal("G", 1)
    several = [
        change("G", definition=goal),
        change("G", definition=goal.model_copy(update={"title": "new"})),
        change("H", definition=making.goal("H", 2)),
        change("H"),
        change("I"),
        change("I", definition=making.goal("I", 3)),
    ]

    news = merged(several)

    assert [one.id for one in news.changes.goals] == ["G", "I"]
    assert news.changes.gone_goals == ["H"]
    assert news.goals.keys() == {"G", "I"}
    assert next(iter(news.goals.values())).title == "new"


def test_a_message_reads_as_what_it_says() -> None:
    """Kind and id stand in the key, the set in the headers; null headers do no harm."""
    goal = making.goal("a/b", 1)
    headers: list[tuple[str, bytes | None]] = [
        (CHANGE_SET_ID, b"set"),
        (CHANGE_SET_INDEX, b"2"),
        (CHANGE_SET_SIZE, b"3"),
        ("strange", None),
    ]

    read = read_change(
        Message(
            key=key_of(Kind.GOAL, "a/b").encode(),
            value=goal.model_dump_json().encode(),
            headers=headers,
        )
    )

    assert read == Change(
        offset=7,
        kind=Kind.GOAL,
        id="a/b",
        definition=goal,
        change_set="set",
        index=2,
        size=3,
    )


def test_a_message_without_headers_is_a_set_of_its_own() -> None:
    """Whoever writes by hand need not know of change sets."""
    read = read_change(Message(key=b"goal/G", value=b""))

    assert (read.change_set, read.index, read.size) == ("offset-7", 0, 1)
    assert read.definition is None


def test_what_rollup_does_not_need_is_read_and_left() -> None:
    """People are part of the topic; they make no goals."""
    user = UserDefinition(id="R0", version=1, name="Robin")
    entity = EntityDefinition(id="deal", version=1)

    news = merged([change("R0", definition=user), change("deal", definition=entity)])

    assert not news.changes.goals
    assert not news.changes.gone_goals


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b""),
        (b"\xff", b""),
        (b"goal", b""),
        (b"/x", b""),
        (b"goal/G", b"{"),
        (b"goal/G", b'{"kind": "goal"}'),
        (b"goal/G", b"[]"),
    ],
)
def test_what_goals_cannot_have_written_is_told(
    key: bytes | None, value: bytes
) -> None:
    """An unreadable message is named by its offset."""
    with pytest.raises(UnreadableChangeError, match="message 7 of goal-changes"):
        read_change(Message(key=key, value=value))


@pytest.mark.parametrize("value", [None, b"{}", b"what we do not read"])
def test_a_kind_that_we_do_not_know_is_passed_over(value: bytes | None) -> None:
    """A newer goals may send it; it still counts in its change set."""
    headers: list[tuple[str, bytes | None]] = [
        (CHANGE_SET_ID, b"set"),
        (CHANGE_SET_INDEX, b"0"),
        (CHANGE_SET_SIZE, b"2"),
    ]
    strange = read_change(Message(key=b"planet/x/y", value=value, headers=headers))
    other = replace(
        change("G", definition=making.goal("G", 1), index=1, size=2), change_set="set"
    )

    assert (strange.kind, strange.id, strange.definition) == (None, "x/y", None)
    assert whole_prefix([strange], at_end=False) == 0
    assert whole_prefix([strange, other], at_end=False) == 2
    news = merged(news_of([strange, other], Forest(), (), {}))
    assert [one.id for one in news.changes.goals] == ["G"]
    assert not news.changes.gone_goals
    assert not news.changes.gone_metrics


def said(word: str) -> Change:
    """Read `5.2`, goal G with number 5 at version 2, or `5-`, that number 5 is gone."""
    number, _, version = word.replace("-", ".").partition(".")
    definition = (
        making.goal("G", int(number), version=int(version)) if version else None
    )
    one = change("G", definition=definition)
    return replace(one, goal_number=None if version else int(number))


@pytest.mark.parametrize(
    ("known", "words", "left"),
    [
        (None, "5.1", "5.1"),
        (None, "5.1 5.2", "5.2"),
        # An old change set came once more.
        (None, "5.1 5.2 5.1", "5.2"),
        ("5.2", "5.1", None),
        ("5.2", "5.2", "5.2"),
        # A goal that came and went before it was seen stays gone.
        (None, "5.1 5-", "5-"),
        (None, "5-", "5-"),
        ("5.2", "5-", "5-"),
        (None, "5.1 5- 5.1", "5-"),
        # Its id was taken up again; what is said of the old goal no longer counts.
        ("5.2", "5- 9.1", "9.1"),
        ("5.2", "9.1 5-", "9.1"),
        ("5.2", "5- 9.1 9-", "9-"),
        ("9.1", "5-", None),
        ("9.1", "5.7", None),
        ("9.1", "5- 9.2", "9.2"),
    ],
)
def test_what_is_older_than_what_is_known_says_nothing(
    known: str | None, words: str, left: str | None
) -> None:
    """A stalled publisher cannot turn a goal back, bring it back, or take it away."""
    forest = Forest()
    if known is not None:
        definition = said(known).definition
        assert isinstance(definition, GoalDefinition)
        forest.plant(definition.as_goal())

    news = merged(news_of([said(word) for word in words.split()], forest, (), {}))

    if left is None or left.endswith("-"):
        assert not news.changes.goals
        assert bool(news.changes.gone_goals) == (left is not None)
    else:
        [goal] = news.changes.goals
        assert f"{goal.number}.{goal.version}" == left
        assert not news.changes.gone_goals


def test_a_goal_that_is_gone_does_not_come_back() -> None:
    """Its number is never used again, by whomever it is said."""
    assert not news_of([said("5.7")], Forest(), {5}, {})


def test_wishes_for_recalculations_are_handed_on() -> None:
    """Each with its goal; the word that one is forgotten says nothing."""
    wish = RecalculationDefinition.model_validate(
        {
            "id": "R",
            "version": 1,
            "goal_id": "G",
            "goal_number": 5,
            "asked_at": "2026-11-21T09:00:00Z",
        }
    )
    message = Message(
        key=key_of(Kind.RECALCULATION, "R").encode(),
        value=wish.model_dump_json().encode(),
    )
    asked, forgotten = read_change(message), read_change(replace(message, value=None))

    news = merged(news_of([asked], Forest(), (), {}))
    nothing = merged(news_of([asked, forgotten], Forest(), (), {}))

    assert news.recalculations == [wish]
    assert news.changes.recalculated == [5]
    assert not nothing.recalculations
