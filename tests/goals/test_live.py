"""What watchers are told: the newest state of each goal, and nothing twice."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals import live as live_module
from services.goals.domain.numbers import AppliedForest
from services.goals.live import Live, Watcher, read_update
from services.goals.live_events import goal_updated
from services.goals.live_frames import Update
from services.goals.live_rights import Watch
from shared.domain.goals import GoalId
from shared.messages.events import GoalUpdatedEvent
from tests.goals.made import applied, forest

COMPANY = GoalId("company")
NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(
    st.tuples(NAMES, st.sampled_from(["new", "again", "elsewhere", "gone"])) | st.none()
)


class Pictures:
    """Takes the same picture until it is given another."""

    def __init__(self, picture: AppliedForest) -> None:
        self.picture = picture

    async def forest(self, watch: Watch) -> AppliedForest:
        """Return the picture."""
        assert watch.tree_id in (None, COMPANY)
        return self.picture

    async def revisions(self, watch: Watch) -> Mapping[GoalId, int]:
        """Return the picture's revisions."""
        assert watch.tree_id in (None, COMPANY)
        return {one.goal.id: one.numbers.revision for one in self.picture.goals}

    async def visible(self, watch: Watch) -> Collection[str]:
        """Return all that is in the picture."""
        assert watch.is_persons
        return {one.goal.id for one in self.picture.goals}

    async def rights_revision(self) -> object:
        """Return which picture it is."""
        return id(self.picture)


def update_of(name: str, revision: int, *, tree: str = "company") -> Update:
    """Return an update as it comes from the topic."""
    value = msgspec.json.encode(goal_updated(applied(name, revision=revision), 1))
    value = value.replace(b'"tree_id":"company"', b'"tree_id":"%b"' % tree.encode())
    update = read_update(name.encode(), value)
    assert update is not None
    return update


async def next_of(frames: AsyncGenerator[bytes, None]) -> bytes:
    """Return the next frame."""
    async with asyncio.timeout(60):
        return await anext(frames)


def names_in(frame: bytes) -> list[str]:
    """Return the goals that a frame names, in its order."""
    lines = frame.decode().splitlines()
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [msgspec.json.decode(one)["goal_id"] for one in data]


@given(STEPS)
def test_a_watcher_ends_with_the_newest_of_what_it_may_see(
    steps: list[tuple[str, str] | None],
) -> None:
    """Whenever it takes what waits (None), and however often it is told the same."""
    watcher = Watcher(Watch(tree_id=COMPANY))
    watcher.take_picture({})
    shown: dict[str, tuple[int, int]] = {}
    last: dict[str, Update] = {}
    for revision, step in enumerate([*steps, None], 1):
        if step is None:
            _show(watcher.take(), shown)
            continue
        name, kind = step
        if kind != "again":
            last[name] = Update(
                goal_id=name,
                tree_id={"new": "company", "elsewhere": "other"}.get(kind),
                age=(1, revision),
                data=None if kind == "gone" else b"{}",
            )
        watcher.offer(last.get(name, Update(goal_id=name)))

    assert shown == {
        name: update.age for name, update in last.items() if update.tree_id == COMPANY
    }


def _show(updates: Sequence[Update], shown: dict[str, tuple[int, int]]) -> None:
    """Do with updates what a page does; a goal that was not shown cannot go."""
    for update in updates:
        if update.data is None:
            del shown[update.goal_id]
        else:
            shown[update.goal_id] = update.age


def test_an_update_that_came_before_the_picture_is_not_told_again() -> None:
    """Watching begins before the picture is taken, so both may have it."""
    watcher = Watcher(Watch(tree_id=COMPANY))
    watcher.offer(update_of("a", 3))
    watcher.offer(update_of("b", 9))
    watcher.offer(Update(goal_id="c"))

    watcher.take_picture({"a": (1, 3), "b": (1, 8)})

    assert [update.goal_id for update in watcher.take()] == ["b"]


def test_a_deletion_that_overtook_the_picture_is_told() -> None:
    """The picture was taken while the goal was still there."""
    watcher = Watcher(Watch(tree_id=COMPANY))
    watcher.offer(Update(goal_id="a"))

    watcher.take_picture({"a": (1, 3)})

    assert [update.data for update in watcher.take()] == [None]


@pytest.mark.parametrize(
    "value", [b"nonsense", b"{}", b'{"goal_id": 7}', b"\xff", b"[" * 9999]
)
def test_what_does_not_read_is_passed_over(value: bytes) -> None:
    """One such message must not end all streams."""
    assert read_update(b"a", value) is None


def test_a_message_without_a_value_says_that_a_goal_is_gone() -> None:
    """Its key names the goal; without a key it says nothing."""
    assert read_update(b"a", None) == Update(goal_id="a")
    assert read_update(b"a", b"") == Update(goal_id="a")
    assert read_update(None, None) is None
    assert read_update(b"\xff", None) is None


async def test_many_updates_of_a_goal_are_one_event() -> None:
    """A watcher who is slow misses nothing that still holds."""
    live = Live(Pictures(forest(applied("a"))))
    frames = live.stream(Watch(tree_id=COMPANY), None)
    await next_of(frames)

    live.deliver([update_of("a", revision) for revision in range(2, 100)])
    live.deliver([update_of("b", 7)])

    frame = await next_of(frames)
    await frames.aclose()
    assert names_in(frame) == ["a", "b"]
    assert b'"revision":99' in frame


async def test_line_breaks_in_a_message_do_not_end_the_event() -> None:
    """Other producers may write JSON over several lines."""
    live = Live(Pictures(forest()))
    frames = live.stream(Watch(), None)
    await next_of(frames)
    pretty = msgspec.json.format(
        msgspec.json.encode(goal_updated(applied("a"), 1)), indent=2
    )
    update = read_update(b"a", pretty)
    assert update is not None

    live.deliver([update])

    frame = await next_of(frames)
    await frames.aclose()
    assert names_in(frame) == ["a"]


async def test_what_the_topic_did_not_bring_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From time to time a stream is compared with the database."""
    monkeypatch.setattr(live_module, "COMPARE_SECONDS", 0.0)
    pictures = Pictures(forest(applied("a"), applied("b")))
    frames = Live(pictures).stream(Watch(tree_id=COMPANY), None)
    first = await next_of(frames)

    pictures.picture = forest(applied("a", revision=5), definitions_revision=2)

    frame = await next_of(frames)
    await frames.aclose()
    assert names_in(frame) == ["a", "b"]
    assert b"event: goal-updated\nid: 1.2.5\n" in frame
    assert b"event: goal-gone" in frame
    assert b"id: 1.1.1\n" in first


async def test_a_quiet_stream_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies close what is silent for long."""
    monkeypatch.setattr(live_module, "QUIET_SECONDS_MAX", 0.0)
    frames = Live(Pictures(forest())).stream(Watch(), None)
    await next_of(frames)

    frame = await next_of(frames)

    await frames.aclose()
    assert frame.startswith(b":")
    assert frame.endswith(b"\n\n")


async def test_streams_end_when_the_service_stops() -> None:
    """Without waiting for anything."""
    live = Live(Pictures(forest(applied("a"))))
    frames = live.stream(Watch(tree_id=COMPANY), None)
    await next_of(frames)

    live.close()

    with pytest.raises(StopAsyncIteration):
        await next_of(frames)


async def test_there_is_a_limit_to_watchers(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a place is free again when one leaves."""
    monkeypatch.setattr(live_module, "WATCHERS_MAX", 1)
    live = Live(Pictures(forest()))
    frames = live.stream(Watch(), None)
    await next_of(frames)

    full = live.is_full
    await frames.aclose()

    assert full
    assert not live.is_full


def test_the_picture_has_the_form_of_the_topic() -> None:
    """Both are held to the same model."""
    one = applied("a", actual=665_000)
    one = replace(one, goal=replace(one.goal, attributes={"region": "EMEA"}))
    value = msgspec.json.encode(goal_updated(one, 3))

    event = GoalUpdatedEvent.model_validate_json(value)

    assert (event.goal_id, event.incarnation) == ("a", 3)
    assert event.values.actual == "66.5000"
    assert event.values.custom is None
    assert event.percentage == "66.5000"
    assert event.attributes == {"region": "EMEA"}
