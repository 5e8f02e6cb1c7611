"""Why goals count what they count: goals and records of one moment together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from services.goals.domain.directory import Organization
from services.goals.domain.errors import (
    NOT_FOUND,
    QUERY_UNREADABLE,
    ROLLUP_FIELD_NOT_MEASURED,
    RefusedError,
)
from services.goals.domain.explaining import (
    JudgedTest,
    Judgement,
    Question,
)
from services.goals.domain.listed_records import (
    FailedTest,
    FoundRecord,
    FoundRecords,
    KnownRecord,
    ListedRecord,
    Wanted,
    place_of,
)
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.numbers import GoalNumbers
from services.goals.domain.queries import RollupQuery, check_fiscal_codes, check_reads
from services.goals.domain.told import judgement_told, may_read, record_told
from services.goals.domain.verdicts import Lag, Verdict, lag_of, verdict_of
from services.goals.flows.queries import types_for
from services.goals.store.database import Reading
from shared.domain.goals import SLOTS, Goal, Metric, PrincipalType, Slot
from shared.queries.conditions import EVERYTHING, Where
from shared.queries.eyes import Eyes
from shared.queries.seeing import Seeing
from shared.rights.participation_sql import GoalField

_Answer = TypeVar("_Answer")

# Links lead from record to record; hierarchies have 64 steps at most.
_LOOKS_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedGoal:
    """A goal with all that decides which records it counts."""

    goal: Goal
    metric: DefinedMetric
    numbers: GoalNumbers | None
    questions: Mapping[Slot, Question]
    # What keeps its totals from following its records.
    lag: Lag | None
    # The minute that relative dates went by.
    now: datetime

    @property
    def decimals(self) -> int:
        """How many decimals the totals have."""
        return self.metric.decimals if self.numbers is None else self.numbers.decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What is to be said of one record and one goal."""

    asked: AskedGoal
    record: KnownRecord
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordList:
    """A page of a goal's records."""

    asked: AskedGoal
    found: FoundRecords
    items: Sequence[ListedRecord]
    # Of the amounts: those that the totals have, or that the metric has now.
    decimals: int


async def explain(
    reading: Reading, goal_id: str, key: str, clock: datetime
) -> Explanation:
    """Return why a record counts for a goal or does not."""
    asked = await asked_goal(reading, goal_id, clock)
    [found] = await explanations(reading, asked, [key])
    return found


async def explanations(
    reading: Reading, asked: AskedGoal, keys: Sequence[str]
) -> Sequence[Explanation]:
    """Return why records count for a goal or do not, each of them by its key."""
    rights = await reading.rights()
    found = {
        key: record_told(record, rights)
        for key, record in (await reading.records.find(keys)).items()
        if may_read(rights, record)
    }
    for key in keys:
        if key not in found:
            raise RefusedError(
                NOT_FOUND,
                f"nobody has sent a record {key}, so goal {asked.goal.id} cannot count "
                "it; check how it is written (entity/id, capitals count), look whether "
                "it was rejected (cairn rejected list), or send it",
            )
    # Judged as they are: what is hidden from whoever asks is so from him alone.
    stored = await reading.records.find(keys)
    records = [stored[key] for key in keys]
    judged = await _judged(reading, records, list(asked.questions.values()))
    return [
        Explanation(
            asked=asked,
            record=found[record.key],
            verdicts=[_verdict(asked, record, one) for one in judgements],
        )
        for record, judgements in zip(records, judged, strict=True)
    ]


async def counted(
    reading: Reading, goal_id: str, wanted: Wanted, clock: datetime
) -> RecordList:
    """Return records that count for a goal."""
    asked = await asked_goal(reading, goal_id, clock)
    fields = _fields(asked, wanted)
    rights = await reading.rights()
    found = await reading.records.counted(
        fields, wanted, rights, is_settled=asked.lag is None
    )
    records = await reading.records.find({one.place.key for one in found.page})
    items = [
        ListedRecord(record=record_told(records[one.place.key], rights), found=one)
        for one in found.page
    ]
    return RecordList(asked=asked, found=found, items=items, decimals=asked.decimals)


async def nearly_counted(
    reading: Reading, goal_id: str, wanted: Wanted, clock: datetime
) -> RecordList:
    """Return records that fail one test of a goal, and no other."""
    asked = await asked_goal(reading, goal_id, clock)
    fields = _fields(asked, wanted)
    if asked.goal.rollup_only_from_children:
        # What they lack is not in the records.
        none = FoundRecords(page=[], count=0, adds={one.slot: 0 for one in fields})
        return RecordList(
            asked=asked, found=none, items=[], decimals=asked.metric.decimals
        )
    for one in fields:
        unreadable = asked.questions[one.slot].unreadable
        if unreadable is not None:
            raise RefusedError(
                QUERY_UNREADABLE,
                f"goal {goal_id} cannot be asked what nearly counts: {unreadable}; "
                "mend the query, or give the goal another one",
            )
    rights = await reading.rights()
    found = await reading.records.nearly_counted(fields, wanted, rights)
    return RecordList(
        asked=asked,
        found=found,
        items=await _with_reasons(reading, asked, found.page),
        decimals=asked.metric.decimals,
    )


async def asked_goal(reading: Reading, goal_id: str, clock: datetime) -> AskedGoal:
    """Return a goal with its metric, its queries, and through whose eyes they look."""
    goal = await reading.readable_goal(goal_id)
    [metric] = await reading.metrics.find([goal.metric_id])
    numbers = (await reading.numbers([goal.number])).get(goal.number)
    now = await reading.records.clock() or await reading.eyes.now(clock)
    return AskedGoal(
        goal=goal,
        metric=metric,
        numbers=numbers,
        questions=await _questions(reading, goal, metric, now),
        lag=lag_of(goal, numbers, await reading.records.applied_version(goal.number)),
        now=now,
    )


async def _questions(
    reading: Reading, goal: Goal, metric: DefinedMetric, now: datetime
) -> Mapping[Slot, Question]:
    organization = await reading.organization()
    found = await reading.queries.find(goal.queries.values())
    queries = {query.id: query for query in found}
    wheres = {
        slot: await _where(reading, queries[query_id], organization)
        for slot, query_id in goal.queries.items()
    }
    people = await reading.people.read()
    eyes = Eyes(
        around=await reading.eyes.surroundings(organization, now),
        time_zone=goal.period.time_zone,
        manager=people.manager(goal.manager_id),
    )
    hidden = people.hidden_from(goal.manager_id)
    members = await _members(reading, goal)
    questions: dict[Slot, Question] = {}
    for slot in SLOTS:
        if slot in metric.rollup_fields:
            entity = metric.rollup_fields[slot].source_entity
            where, unreadable = wheres.get(slot, (EVERYTHING, None))
            questions[slot] = Question(
                asked=GoalField(
                    goal=goal,
                    slot=slot,
                    metric=_as_applied(metric),
                    members=members,
                    query=where,
                    eyes=eyes,
                    access=people.access(goal.manager_id, entity),
                    hidden=hidden,
                ),
                unreadable=unreadable,
            )
    return questions


async def _where(
    reading: Reading, query: RollupQuery, organization: Organization
) -> tuple[Where, str | None]:
    """Return the conditions of a query, or why it cannot be asked."""
    try:
        where = check_reads(query, await types_for(reading, [query]))
        check_fiscal_codes(query, where, organization.fiscal_calendar.template)
    except RefusedError as refused:
        return EVERYTHING, refused.detail
    return where, None


async def _members(reading: Reading, goal: Goal) -> Sequence[str]:
    if goal.owner.type is not PrincipalType.TEAM or not goal.include_team_members:
        return ()
    team = await reading.teams.get(goal.owner.id)
    return () if team is None else team.members


def _as_applied(metric: DefinedMetric) -> Metric:
    return Metric(
        id=metric.id,
        kind=metric.kind,
        data_type=metric.data_type,
        rollup_fields=metric.rollup_fields,
    )


def _fields(asked: AskedGoal, wanted: Wanted) -> Sequence[GoalField]:
    """Return the measures that are asked for."""
    if wanted.slot is None:
        return [question.asked for question in asked.questions.values()]
    return [measured(asked, wanted.slot)]


def measured(asked: AskedGoal, slot: Slot) -> GoalField:
    """Return a measure that is asked for, or refuse one that is not measured."""
    if slot not in asked.questions:
        raise RefusedError(
            ROLLUP_FIELD_NOT_MEASURED,
            f"field is {slot}, which metric {asked.metric.id} of goal "
            f"{asked.goal.id} does not measure; it measures "
            f"{', '.join(asked.questions)}",
            field="field",
        )
    return asked.questions[slot].asked


def _verdict(asked: AskedGoal, record: KnownRecord, judgement: Judgement) -> Verdict:
    return verdict_of(
        record,
        asked.goal,
        judgement,
        held=record.held.get(place_of(asked.goal.number, judgement.slot), 0),
        decimals=asked.decimals,
        lag=asked.lag,
    )


async def _with_reasons(
    reading: Reading, asked: AskedGoal, page: Sequence[FoundRecord]
) -> Sequence[ListedRecord]:
    """Return records with the test that each fails."""
    records = await reading.records.find({one.place.key for one in page})
    rights = await reading.rights()
    by_key = dict(
        zip(
            records,
            await _judged(
                reading, list(records.values()), list(asked.questions.values())
            ),
            strict=True,
        )
    )
    items = []
    for one in page:
        slot = SLOTS[one.place.index]
        judgement = next(
            judged for judged in by_key[one.place.key] if judged.slot is slot
        )
        items.append(
            ListedRecord(
                record=record_told(records[one.place.key], rights),
                found=one,
                slot=slot,
                fails=_test(judgement, one.failed),
            )
        )
    return items


def _test(judgement: Judgement, failed: FailedTest | None) -> JudgedTest | None:
    """Return the test that was found to fail."""
    return next(
        (
            test
            for test in judgement.tests
            if failed == FailedTest(test.name, test.demand)
        ),
        None,
    )


async def _judged(
    reading: Reading, records: Sequence[KnownRecord], questions: Sequence[Question]
) -> Sequence[Sequence[Judgement]]:
    """Return what all tests say of each record, every measure by itself."""
    rights = await reading.rights()
    return await _seeing(
        reading,
        {record.key: record for record in records},
        lambda sight: [
            [judgement_told(record, question, sight, rights) for question in questions]
            for record in records
        ],
    )


async def _seeing(
    reading: Reading,
    at_hand: Mapping[str, KnownRecord],
    ask: Callable[[Seeing], _Answer],
) -> _Answer:
    """Ask until nothing that is looked at is missing."""
    known: dict[str, KnownRecord | None] = dict(at_hand)
    for _ in range(_LOOKS_MAX):
        sight = Seeing(known)
        answer = ask(sight)
        if not sight.missing:
            return answer
        found = await reading.records.find(sight.missing)
        known |= {key: found.get(key) for key in sight.missing}
    message = f"records lead on and on after {_LOOKS_MAX} looks"
    raise LookupError(message)
