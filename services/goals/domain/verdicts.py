"""What the totals hold of a record beside what its tests say, in one sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.goals.domain.explaining import JudgedTest, Judgement, in_words
from services.goals.domain.numbers import GoalNumbers
from shared.domain.amounts import text_of
from shared.domain.goals import Goal, Slot
from shared.domain.records import Record

# So many reasons are named in a sentence; a table shows them all.
_NAMED_MAX: Final = 2


class Because(StrEnum):
    """Why totals hold what the tests of now do not give."""

    NOT_APPLIED = "not_applied"
    FAILED = "failed"
    FROZEN = "frozen"
    COMPUTING = "computing"
    # Nothing of the goal's own: something else is on its way.
    UNSETTLED = "unsettled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """What keeps a goal's totals from following its records."""

    because: Because
    # As a part of a sentence.
    says: str


UNSETTLED: Final = Lag(
    because=Because.UNSETTLED,
    says="what changed last is not in the totals yet; ask again in a moment, and "
    "recalculate the goal if it stays so",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a record counts for one rollup field of a goal, and why."""

    judgement: Judgement
    # What the totals hold of it, in units.
    held: int
    decimals: int
    sentence: str
    # Only where the totals hold something else than the tests give.
    lag: Lag | None

    @property
    def slot(self) -> Slot:
        """Which measure it is about."""
        return self.judgement.slot

    @property
    def counted(self) -> bool:
        """Tell whether it is in the totals."""
        return self.held != 0

    @property
    def adds(self) -> str | None:
        """What it adds to the totals; None: it is not in them, or may not be told."""
        if self.judgement.is_amount_hidden or not self.held:
            return None
        return text_of(self.held, self.decimals)


def lag_of(
    goal: Goal, numbers: GoalNumbers | None, applied_version: int | None
) -> Lag | None:
    """Return what keeps a goal from following its records, if anything does."""
    if numbers is None:
        return Lag(because=Because.NOT_APPLIED, says="the goal is not rolled up yet")
    is_at_fault = numbers.error is not None and numbers.goal_with_error_id == goal.id
    # A sum that is too large to be shown follows its records all the same.
    if is_at_fault and numbers.frozen:
        says = f"the goal cannot be rolled up ({numbers.error}) and stands still"
        return Lag(because=Because.FAILED, says=says)
    if numbers.computing or applied_version != goal.version:
        return Lag(because=Because.COMPUTING, says="the goal is being computed anew")
    if not goal.is_open:
        says = f"the goal is {goal.state} and stands still"
        return Lag(because=Because.FROZEN, says=says)
    if numbers.frozen:
        says = f"the goal stands still since its period ended on {goal.period.end}"
        return Lag(because=Because.FROZEN, says=says)
    return None


def verdict_of(
    record: Record,
    goal: Goal,
    judgement: Judgement,
    *,
    held: int,
    decimals: int,
    lag: Lag | None,
) -> Verdict:
    """Return whether a record counts, and why, in one sentence."""
    differs = held != judgement.deserves
    lag = (lag or UNSETTLED) if differs else None
    kind, _, name = record.key.partition("/")
    subject = f"{kind[:1].upper()}{kind[1:]} {name}"
    told = _told(judgement, goal, held=held, decimals=decimals, lag=lag)
    return Verdict(
        judgement=judgement,
        held=held,
        decimals=decimals,
        sentence=f"{subject} {told}.",
        lag=lag,
    )


def sentence_of(verdicts: Sequence[Verdict]) -> str:
    """Return what is to be said of all measures: where it counts, or nearly does."""
    counted = [one.sentence for one in verdicts if one.counted]
    if counted:
        return " ".join(counted)
    return min(verdicts, key=lambda one: len(one.judgement.failing)).sentence


def _told(
    judgement: Judgement, goal: Goal, *, held: int, decimals: int, lag: Lag | None
) -> str:
    towards = f"towards {in_words(judgement.slot)} of {goal.title}"
    failing = judgement.failing
    holds = _amount(judgement, held, decimals)
    if lag is None:
        if held:
            passed = [test for test in judgement.tests if test.says]
            return f"counts {holds} {towards}: {_listed(passed)}"
        return f"does not count {towards}{_failed(judgement)}"
    if not held:
        return f"does not count {towards} though it passes every test: {lag.says}"
    counts = f"counts {holds} {towards}"
    if failing:
        return f"still {counts} though {_listed(failing[:1])}: {lag.says}"
    deserved = _amount(judgement, judgement.deserves, judgement.decimals)
    return f"still {counts}, and not {deserved}: {lag.says}"


def _amount(judgement: Judgement, units: int, decimals: int) -> str:
    if judgement.is_amount_hidden:
        return "an amount that is hidden from you"
    return text_of(units, decimals)


def _failed(judgement: Judgement) -> str:
    failing = judgement.failing
    if len(failing) == 1:
        return f": {failing[0].says}"
    how_many = f", for {len(failing)} of {len(judgement.tests)} tests fail"
    more = len(failing) - _NAMED_MAX
    rest = f", and {more} more" if more > 0 else ""
    return f"{how_many}: {_listed(failing[:_NAMED_MAX], closed=not rest)}{rest}"


def _listed(tests: Sequence[JudgedTest], *, closed: bool = True) -> str:
    """Return what tests say, one after the other."""
    parts = [test.says for test in tests]
    if len(parts) == 1 or not closed:
        return "; ".join(parts)
    return f"{'; '.join(parts[:-1])}; and {parts[-1]}"
