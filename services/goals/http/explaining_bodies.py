"""What clients get where they ask why a goal counts what it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from pydantic import WithJsonSchema

from services.goals.domain.explaining import Criterion, JudgedTest
from services.goals.domain.listed_records import KnownRecord, ListedRecord
from services.goals.domain.numbers import RollupStatus, status_of
from services.goals.domain.verdicts import Because, Verdict, sentence_of
from services.goals.flows.explaining import AskedGoal, Explanation, RecordList
from services.goals.http.answers import PrincipalAnswer, RollupAnswer
from shared.domain.amounts import text_of
from shared.domain.goals import Slot

_ATTRIBUTES: Final = WithJsonSchema(
    {
        "type": "object",
        "examples": [{"actualvalue": "400.00", "actualclosedate": "2026-11-21"}],
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAnswer:
    """One test of one measure: what was seen, and what is wanted.

    `record` names the linked record whose value was seen; `says` is the outcome as a
    part of a sentence.
    """

    field: Slot
    test: Criterion
    holds: bool
    seen: str | None
    wanted: str
    record: str | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisagreementAnswer:
    """A measure whose totals hold something else than the tests of now give."""

    field: Slot
    because: Because
    says: str
    # What the record would add by the tests of now; null: nothing.
    would_add: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationAnswer:
    """Why a record counts for a goal or does not.

    `counted` and `adds` are what the totals hold; `tests` are asked at `as_of`, the
    minute that the totals go by. Where the two differ, `disagreements` says why.
    """

    goal_id: str
    record: str
    version: int
    sentence: str
    counted: Mapping[Slot, bool]
    adds: Mapping[Slot, str | None]
    sentences: Mapping[Slot, str]
    tests: Sequence[TestAnswer]
    disagreements: Sequence[DisagreementAnswer]
    rollup: RollupAnswer
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailsAnswer:
    """The one test that a record fails."""

    field: Slot
    test: Criterion
    seen: str | None
    wanted: str
    record: str | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """A record of a goal; of one that nearly counts: why it does not.

    `adds` is what the totals hold of it, `would_add` what it lacks to add.
    """

    record: str
    version: int
    owner: PrincipalAnswer | None
    state: str | None
    status: str | None
    attributes: Annotated[object, _ATTRIBUTES]
    adds: Mapping[Slot, str]
    would_add: Mapping[Slot, str]
    fails: FailsAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithheldAnswer:
    """Records that the caller may not read: how many, and what they add."""

    records: int
    adds: Mapping[Slot, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllAnswer:
    """All records that were asked for, on whatever page, and what they add."""

    records: int
    adds: Mapping[Slot, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsAnswer:
    """A page of a goal's own records; `note` says what is to be known of them."""

    items: Sequence[RecordAnswer]
    withheld: WithheldAnswer
    all: AllAnswer
    note: str | None
    as_of: datetime
    next: str | None


EXPLAIN_EXAMPLE: Final[dict[str, Any]] = {
    "goal_id": "north",
    "record": "opportunity/O-1",
    "version": 7,
    "sentence": "Opportunity O-1 does not count towards actual of North: its "
    "actualclosedate is 2027-01-02, after the period ended on 2026-12-31.",
    "counted": {"actual": False},
    "adds": {"actual": None},
    "sentences": {
        "actual": "Opportunity O-1 does not count towards actual of North: its "
        "actualclosedate is 2027-01-02, after the period ended on 2026-12-31."
    },
    "tests": [
        {
            "field": "actual",
            "test": "exists",
            "holds": True,
            "seen": "there",
            "wanted": "there",
            "record": None,
            "says": "",
        },
        {
            "field": "actual",
            "test": "period",
            "holds": False,
            "seen": "2027-01-02",
            "wanted": "2026-10-01 to 2026-12-31",
            "record": None,
            "says": "its actualclosedate is 2027-01-02, after the period ended on "
            "2026-12-31",
        },
    ],
    "disagreements": [],
    "rollup": {"status": "current", "error": None, "goal_with_error_id": None},
    "as_of": "2026-11-21T09:30:00Z",
}
RECORDS_EXAMPLE: Final[dict[str, Any]] = {
    "items": [
        {
            "record": "opportunity/O-1",
            "version": 7,
            "owner": {"type": "user", "id": "ada"},
            "state": "won",
            "status": None,
            "attributes": {"actualvalue": "400.00", "actualclosedate": "2026-11-21"},
            "adds": {"actual": "400.0000"},
            "would_add": {},
            "fails": None,
        }
    ],
    "withheld": {"records": 0, "adds": {}},
    "all": {"records": 1, "adds": {"actual": "400.0000"}},
    "note": None,
    "as_of": "2026-11-21T09:30:00Z",
    "next": None,
}


def explanation_answer(found: Explanation) -> ExplanationAnswer:
    """Return what a client gets of an explanation."""
    verdicts = found.verdicts
    return ExplanationAnswer(
        goal_id=found.asked.goal.id,
        record=found.record.key,
        version=found.record.version,
        sentence=sentence_of(verdicts),
        counted={one.slot: one.counted for one in verdicts},
        adds={one.slot: one.adds for one in verdicts},
        sentences={one.slot: one.sentence for one in verdicts},
        tests=[
            _test(one.slot, test) for one in verdicts for test in one.judgement.tests
        ],
        disagreements=[_disagreement(one) for one in verdicts if one.lag is not None],
        rollup=_rollup(found.asked),
        as_of=found.asked.now,
    )


def records_answer(
    found: RecordList, *, limit: int, next_: str | None
) -> RecordsAnswer:
    """Return what a client gets of a page of records."""
    return RecordsAnswer(
        items=[_record(one, found.decimals) for one in found.items[:limit]],
        withheld=WithheldAnswer(
            records=found.found.withheld,
            adds=_texts(found.found.withheld_adds, found.decimals),
        ),
        all=AllAnswer(
            records=found.found.count, adds=_texts(found.found.adds, found.decimals)
        ),
        note=_note(found.asked),
        as_of=found.asked.now,
        next=next_,
    )


def _test(slot: Slot, test: JudgedTest) -> TestAnswer:
    return TestAnswer(
        field=slot,
        test=test.name,
        holds=test.holds,
        seen=test.seen,
        wanted=test.wanted,
        record=test.record,
        says=test.says,
    )


def _disagreement(verdict: Verdict) -> DisagreementAnswer:
    lag = verdict.lag
    if lag is None:
        raise AssertionError
    judgement = verdict.judgement
    units = judgement.deserves
    return DisagreementAnswer(
        field=verdict.slot,
        because=lag.because,
        says=lag.says,
        would_add=text_of(units, judgement.decimals)
        if units and not judgement.is_amount_hidden
        else None,
    )


def _rollup(asked: AskedGoal) -> RollupAnswer:
    numbers = asked.numbers
    if numbers is None:
        return RollupAnswer(status=RollupStatus.COMPUTING)
    return RollupAnswer(
        status=status_of(asked.goal, numbers),
        error=numbers.error,
        goal_with_error_id=numbers.goal_with_error_id,
    )


def _record(one: ListedRecord, decimals: int) -> RecordAnswer:
    record, texts = one.record, _texts(one.found.adds, decimals)
    fails = None
    if one.fails is not None and one.slot is not None:
        test = one.fails
        fails = FailsAnswer(
            field=one.slot,
            test=test.name,
            seen=test.seen,
            wanted=test.wanted,
            record=test.record,
            says=test.says,
        )
    return RecordAnswer(
        record=record.key,
        version=record.version,
        owner=_owner(record),
        state=record.state,
        status=record.status,
        attributes=msgspec.Raw(record.attributes_json.encode()),
        adds={} if one.slot is not None else texts,
        would_add=texts if one.slot is not None else {},
        fails=fails,
    )


def _owner(record: KnownRecord) -> PrincipalAnswer | None:
    if record.owner is None:
        return None
    kind, _, name = record.owner.partition("/")
    return PrincipalAnswer(type=kind, id=name)


def _texts(units: Mapping[Slot, int], decimals: int) -> Mapping[Slot, str]:
    return {slot: text_of(one, decimals) for slot, one in units.items()}


def _note(asked: AskedGoal) -> str | None:
    if asked.goal.rollup_only_from_children:
        return (
            f"goal {asked.goal.id} takes only what its children show, and counts no "
            "records of its own; ask for those of its children"
        )
    if asked.lag is not None:
        return f"{asked.lag.says}: what is counted need not be what its tests give now"
    return None
