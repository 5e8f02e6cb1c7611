"""A life of an organisation: what each deed must come to.

The house does a deed and comes to rest; then every goal must read as the oracle says,
in every column, by itself, in its tree and in the last message about it. What was
refused has changed nothing. Which deeds there are, the rules say, a module each.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from typing_extensions import override

from tests.stateful import bodies
from tests.stateful.deeds import Deed, Json, Kind, is_about_holding
from tests.stateful.house import NOW, Street, steady
from tests.stateful.oracle import Oracle

# There is a goal that a rule can be about.
with_goals = precondition(lambda life: bool(life._oracle.said.goals))
# What every life begins with.
FOUNDING = [
    Deed(Kind.CREATE_METRIC, name, {"id": name, "name": name, **body})
    for name, body in bodies.METRICS.items()
]
# What nobody does; whatever is under way is rolled up.
REST = Deed(Kind.SEND_RECORDS, body=[])


@dataclass(slots=True)
class Diary:
    """What all lives together came to."""

    steps: int = 0
    refused: int = 0
    seconds: float = 0.0
    seconds_to_open: float = 0.0
    lives: int = 0
    # How often each kind of deed was done, or refused for what.
    answers: Counter[str] = field(default_factory=Counter)

    @override
    def __str__(self) -> str:
        """Return it in a line."""
        each = 1000 * self.seconds / max(self.steps, 1)
        opening = 1000 * self.seconds_to_open / max(self.lives, 1)
        return (
            f"{self.lives} lives, {self.steps} deeds ({self.refused} refused), "
            f"{each:.0f} ms a deed and {opening:.0f} ms to open a house"
        )


class Life(RuleBasedStateMachine):
    """One organisation, from its founding on."""

    def __init__(self, runner: asyncio.Runner, street: Street, diary: Diary) -> None:
        super().__init__()
        self._run = runner.run
        self._diary = diary
        self._oracle = Oracle(users=bodies.USERS, teams=bodies.TEAMS, now=NOW)
        self._done: list[str] = []
        self._seen: dict[str, Json] = {}
        # Whether the next deed is not waited for; and what was not waited for so far.
        self._hurries = False
        self._unsettled: set[Kind] = set()
        for deed in FOUNDING:
            self._oracle.do(deed)
        started = time.perf_counter()
        self._house = self._run(street.open())
        diary.seconds_to_open += time.perf_counter() - started
        diary.lives += 1

    def live(self, deeds: Sequence[Deed]) -> None:
        """Do these, one after the other."""
        for deed in deeds:
            self._do_so(deed)

    def _do(self, kind: Kind, name: str = "", body: Any = None) -> None:
        self._do_so(Deed(kind, name, body))

    def _do_so(self, deed: Deed) -> None:
        self._await(deed, self._do_and_judge(deed))

    def _await(self, deed: Deed, done: Coroutine[Any, Any, None]) -> None:
        """Wait until a deed is done and judged; let a failure say what was done."""
        self._done.append(str(deed))
        started = time.perf_counter()
        try:
            self._run(done)
        except Exception as fault:
            fault.add_note("\n".join(["what was done:", *self._done]))
            raise
        finally:
            self._diary.seconds += time.perf_counter() - started
            self._diary.steps += 1

    async def _do_and_judge(self, deed: Deed) -> None:
        await self._rest_before(deed)
        allowed = self._oracle.answers_to(deed)
        answer = await self._house.do(deed)
        if answer is not None:
            self._done[-1] += f" - refused: {answer}"
            self._diary.refused += 1
        self._diary.answers[f"{deed.kind}: {answer or 'done'}"] += 1
        assert answer in allowed, f"answered {answer}, the rules say {allowed}"
        was_at_rest = not self._unsettled
        if answer is None:
            self._oracle.do(deed)
            if self._may_hurry(deed):
                self._done[-1] += " - and at once:"
                self._unsettled.add(deed.kind)
                await self._house.take_in(deed, turn=len(self._done))
                return
        await self._judge(deed, refused=answer is not None and was_at_rest)

    def _may_hurry(self, deed: Deed) -> bool:
        """Tell whether the next deed may come before this one is rolled up.

        Only where that makes no difference: it ends what was written, and decides at
        what a goal is locked or closed.
        """
        hurries, self._hurries = self._hurries, False
        goals = self._oracle.said.goals.values()
        return (
            hurries
            and not is_about_holding(deed)
            and all(
                goal.written is None and (goal.frozen is None or not goal.is_open)
                for goal in goals
            )
        )

    async def _rest_before(self, deed: Deed) -> None:
        """Let what is under way be rolled up, if the deed holds what shows then."""
        if self._unsettled - {Kind.SEND_RECORDS} and is_about_holding(deed):
            await self._judge(deed)

    async def _judge(self, deed: Deed, *, refused: bool = False) -> None:
        await self._house.come_to_rest(turn=len(self._done))
        self._oracle.tell_numbers(await self._house.numbers())
        self._unsettled.clear()
        before, self._seen = self._seen, await self._house.picture()
        if refused:
            assert self._seen == before, f"{deed} was refused and changed something"
        found = {one: steady(answer) for one, answer in self._seen.items()}
        expected = self._oracle.picture()
        assert found == expected, _difference(found, expected)
        self._judge_revisions(before)
        self._judge_messages()

    @precondition(lambda self: not self._hurries)
    @rule()
    def hurry(self) -> None:
        """Let the deed after the next one come before the next is rolled up."""
        self._hurries = True

    @override
    def teardown(self) -> None:
        """Let what is under way be rolled up."""
        if self._unsettled:
            self._do_so(REST)

    def _judge_revisions(self, before: dict[str, Json]) -> None:
        for goal_id, answer in self._seen.items():
            earlier = before.get(goal_id)
            if earlier is None:
                continue
            rose = answer["revision"] - earlier["revision"]
            assert rose >= 0, f"the revision of {goal_id} fell"
            # Neither is told on goal-updated: who reads knows the day, and the others.
            elsewhere = {name: answer[name] for name in ("children", "today")}
            if steady(answer) != steady(earlier) | elsewhere:
                assert rose > 0, f"{goal_id} changed under the same revision"

    def _judge_messages(self) -> None:
        announced = self._house.announced()
        living = {one for one, message in announced.items() if message is not None}
        assert living == self._seen.keys(), "other goals are announced than there are"
        for goal_id, answer in self._seen.items():
            message = announced[goal_id]
            told = {name: message[name] for name in _TOLD}
            expected = {name: answer[name] for name in _TOLD}
            assert told == expected, _difference({goal_id: told}, {goal_id: expected})
            assert message["rollup"].items() <= answer["rollup"].items()
            assert message["period"] == {
                "start": answer["period"]["start"],
                "end": answer["period"]["end"],
                "time_zone": answer["time_zone"],
            }

    def _goal(self, number: int) -> str:
        """Return one of the goals, oldest first."""
        known = sorted(self._oracle.said.goals, key=lambda one: (len(one), one))
        return known[number % len(known)]

    def _change(self, goal: int, body: Json) -> None:
        self._do(Kind.CHANGE_GOAL, self._goal(goal), body)


_TOLD = (
    "tree_id",
    "parent_id",
    "title",
    "metric_id",
    "owner",
    "manager_id",
    "state",
    "target",
    "stretch_target",
    "is_overridden",
    "attributes",
    "revision",
    "values",
    "percentage",
)


def _difference(found: dict[str, Json], expected: dict[str, Json]) -> str:
    """Return the columns that differ, a line each."""
    lines = ["the tree is not what it must be:"]
    for goal_id in sorted(found.keys() | expected.keys()):
        ours, theirs = found.get(goal_id, {}), expected.get(goal_id, {})
        lines += [
            f"  {goal_id}.{name}: {ours.get(name)}, must be {theirs.get(name)}"
            for name in sorted(ours.keys() | theirs.keys())
            if ours.get(name) != theirs.get(name)
        ]
    return "\n".join(lines)
