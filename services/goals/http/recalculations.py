"""Routes of recalculations: a tree is rebuilt from its records, next to the stream."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.recalculations import (
    Difference,
    Recalculation,
    RecalculationStatus,
)
from services.goals.domain.versions import not_found
from services.goals.flows.recalculations import recalculate as ask
from services.goals.http import writing
from services.goals.http.answers import ListAnswer
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import BODY_REFUSALS, JSON, errors_of
from services.goals.http.goals import NothingMore
from services.goals.http.listing import PageQuery, list_response
from services.goals.http.reading import ExactRoute, PathId
from services.goals.http.writing import IdempotencyKey
from services.goals.store.database import Reading
from shared.domain.goals import GoalId
from shared.plumbing.identifiers import new_id

_ASKED: Final = (
    *BODY_REFUSALS,
    refusals.NOT_FOUND,
    refusals.IDEMPOTENCY_KEY_REUSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalculationAnswer:
    """How far a recalculation is, and what it found different: there should be none.

    `records_expected` is an estimate until all are read. The first 1,000 differences
    are told, and `difference_count` says how many there are.
    """

    id: str
    # Null, as `tree_id` is: a goal that you may not read.
    goal_id: str | None
    tree_id: str | None
    status: RecalculationStatus
    records_read: int
    records_expected: int | None
    records_compared: int
    goals: int | None
    differences: Sequence[Difference]
    difference_count: int
    # What became of goals that were deleted or closed meanwhile.
    note: str | None
    # As `admin`, `user/ada` or `token/nightly`; null: before it was noted.
    asked_by: str | None
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class _WithProgress:
    """Shows recalculations with what rollup has made of them."""

    def at_once(self, several: Sequence[Recalculation]) -> Sequence[object]:
        """Show them as they were asked for."""
        return [_answer(one) for one in several]

    async def with_numbers(
        self, reading: Reading, several: Sequence[Recalculation]
    ) -> Sequence[object]:
        """Show them as they are by now."""
        ids = [one.id for one in several]
        found = {one.id: one for one in await reading.recalculations.find(ids)}
        return await as_seen(reading, [found.get(one.id, one) for one in several])


router = APIRouter(tags=["recalculations"], route_class=ExactRoute)


@router.post(
    "/v1/goals/{id}/recalculate",
    summary="Rebuild a goal's whole tree from its records, and compare",
    status_code=202,
    response_model=RecalculationAnswer,
    responses=errors_of(_ASKED, writes=True),
)
async def recalculate(
    service: CurrentService,
    request: Request,
    goal_id: Annotated[PathId, Path(alias="id")],
    _body: NothingMore | None = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Read all records of the tree's metric again, and put right what differs.

    Records keep flowing; the goals say `computing` until it is done. Goals that are
    closed or discarded stay as they are, and so does what is locked; what else was
    written over goals of the tree is replaced by what is computed. A tree that is being
    recalculated answers with the one that runs. `Location` says where to look.
    """
    wanted, fresh = GoalId(goal_id), new_id()
    return await writing.begin(
        service,
        request,
        key=idempotency_key,
        write=lambda changes: ask(changes, wanted, fresh),
        view=_WithProgress(),
        location=lambda one: f"/v1/recalculations/{quote(one.id, safe='')}",
    )


@router.get(
    "/v1/recalculations/{id}",
    summary="Read how far a recalculation is, and what it found different",
    response_model=RecalculationAnswer,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_recalculation(
    service: CurrentService,
    caller: CurrentCaller,
    recalculation_id: Annotated[PathId, Path(alias="id")],
) -> Response:
    """Return a recalculation; reports are kept for 90 days."""
    async with service.database.reading(caller=caller) as reading:
        found = await reading.recalculations.find([recalculation_id])
        shown = await as_seen(reading, await readable_of(reading, found))
    if not shown:
        raise not_found(f"recalculation {recalculation_id}")
    return Response(msgspec.json.encode(shown[0]), media_type=JSON)


@router.get(
    "/v1/recalculations",
    summary="List recalculations",
    response_model=ListAnswer[RecalculationAnswer],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_recalculations(
    service: CurrentService,
    caller: CurrentCaller,
    query: Annotated[PageQuery, Query()],
) -> Response:
    """List recalculations in the order in which they were asked for."""
    # One more than asked, to know of the next page.
    async with service.database.reading(caller=caller) as reading:
        found = await reading.recalculations.after(
            query.after_id, query.limit + 1, await reading.rights()
        )
        shown = await as_seen(reading, found)
    return list_response(shown, query.limit, [one.id for one in found])


async def readable_of(
    reading: Reading, several: Sequence[Recalculation]
) -> Sequence[Recalculation]:
    """Return those that are of goals, or of trees, that whoever asks may read."""
    rights = await reading.rights()
    if rights.user is None:
        return several
    named = {one.goal_id for one in several} | {one.tree_id for one in several}
    known = await reading.visible.of(rights, named)
    return [one for one in several if known & {one.goal_id, one.tree_id}]


async def as_seen(
    reading: Reading, several: Sequence[Recalculation]
) -> Sequence[RecalculationAnswer]:
    """Show recalculations without goals that whoever asks may not read.

    Records that added something else are told to systems only.
    """
    rights = await reading.rights()
    if rights.user is None:
        return [_answer(one) for one in several]
    named = {name for one in several for name in (one.goal_id, one.tree_id)} | {
        GoalId(difference.goal_id) for one in several for difference in one.differences
    }
    known = await reading.visible.of(rights, named)
    return [
        replace(
            _answer(one),
            goal_id=one.goal_id if one.goal_id in known else None,
            tree_id=one.tree_id if one.tree_id in known else None,
            # It may name goals, too.
            note=one.note if one.tree_id in known else None,
            differences=[
                replace(difference, records=())
                for difference in one.differences
                if difference.goal_id in known
            ],
        )
        for one in several
    ]


def _answer(one: Recalculation) -> RecalculationAnswer:
    return RecalculationAnswer(
        id=one.id,
        goal_id=one.goal_id,
        tree_id=one.tree_id,
        status=one.status,
        records_read=one.records_read,
        records_expected=one.records_expected,
        records_compared=one.records_compared,
        goals=one.goals,
        differences=one.differences,
        difference_count=one.difference_count,
        note=one.note,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        started_at=one.started_at,
        finished_at=one.finished_at,
    )
