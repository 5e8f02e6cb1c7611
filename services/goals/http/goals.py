"""Routes of goals: definitions, numbers, trees."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from services.goals.domain import errors as refusals
from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.domain.versions import not_found
from services.goals.flows import goals as flows
from services.goals.http import writing
from services.goals.http.answers import (
    GoalAnswer,
    ListAnswer,
    ManyAnswer,
    TreeAnswer,
    goal_answer,
    goal_answers,
    tree_answer,
)
from services.goals.http.bodies import GoalPatch, NewGoal, OneOrMany
from services.goals.http.context import CurrentService, Service
from services.goals.http.documenting import (
    CHANGE_REFUSALS,
    CREATE_REFUSALS,
    DELETE_REFUSALS,
    JSON,
    errors_of,
)
from services.goals.http.errors import unavailable
from services.goals.http.listing import PageQuery, list_response
from services.goals.http.reading import (
    ExactRoute,
    IfMatch,
    PathId,
    etag_of,
    expected_of,
)
from services.goals.http.writing import IdempotencyKey
from services.goals.store.goals import GoalFilter
from shared.domain.goals import DEPTH_MAX, Goal, GoalId, Principal, PrincipalType

_GOAL: Final = (
    refusals.REFERENCE_NOT_FOUND,
    refusals.GOAL_MANAGER_MUST_BE_USER,
    refusals.PARENT_METRIC_DIFFERS,
    refusals.PARENT_PERIOD_DIFFERS,
    refusals.PERIOD_NEEDS_BOTH_DATES,
    refusals.PERIOD_ENDS_BEFORE_IT_STARTS,
    refusals.YEAR_OUT_OF_RANGE,
    refusals.TIME_ZONE_UNKNOWN,
    refusals.GOAL_CYCLE,
    refusals.GOAL_TOO_DEEP,
    refusals.TARGET_NEGATIVE,
    refusals.TARGET_TOO_PRECISE,
    refusals.TARGET_TOO_LARGE,
    refusals.STRETCH_NOT_TRACKED,
)
_NEW: Final = (
    refusals.METRIC_REQUIRED,
    refusals.PERIOD_REQUIRED,
    refusals.GOAL_MANAGER_REQUIRED,
)
_CHANGED: Final = (
    refusals.PARENT_WITH_METRIC_OR_PERIOD,
    refusals.METRIC_CHANGE_ON_CHILD,
    refusals.METRIC_CHANGE_ON_PARENT,
    refusals.PERIOD_CHANGE_ON_CHILD,
)

router = APIRouter(tags=["goals"], route_class=ExactRoute)


class GoalsQuery(PageQuery):
    """Which goals; all conditions given must hold."""

    metric_id: str | None = None
    parent_id: str | None = Field(default=None, description="right under this goal")
    root: bool | None = Field(default=None, description="true: only goals on top")
    owner: str | None = Field(
        default=None, description="as type/id", examples=["user/ada"]
    )
    q: str | None = Field(
        default=None, max_length=200, description="a part of the title"
    )

    def as_filter(self) -> GoalFilter:
        """Return what is asked for."""
        return GoalFilter(
            metric_id=self.metric_id,
            parent_id=self.parent_id,
            root=self.root,
            owner=None if self.owner is None else _principal(self.owner),
            words=self.q,
        )


class _WithNumbers:
    """Shows goals with what rollup has made of them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def at_once(self, goals: Sequence[Goal]) -> Sequence[GoalAnswer]:
        return goal_answers(goals, {}, self._service.now())

    async def with_numbers(self, goals: Sequence[Goal]) -> Sequence[GoalAnswer]:
        async with self._service.database.reading() as reading:
            numbers = await reading.numbers([goal.number for goal in goals])
        return goal_answers(goals, numbers, self._service.now())


@router.post(
    "/v1/goals",
    summary="Create a goal, or up to 10,000 at once",
    status_code=201,
    response_model=GoalAnswer | ManyAnswer[GoalAnswer],
    responses=errors_of(CREATE_REFUSALS, _GOAL, _NEW, writes=True),
)
async def create_goals(
    service: CurrentService,
    request: Request,
    body: OneOrMany[NewGoal],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create goals; in an array they may name one another as parents, in any order.

    Under a parent a goal takes its metric and its period from it.
    """
    items = body if isinstance(body, list) else [body]
    drafts = [one.as_draft() for one in items]
    return await writing.create(
        service,
        request,
        many=isinstance(body, list),
        key=idempotency_key,
        write=lambda changes: flows.create_goals(changes, drafts),
        view=_WithNumbers(service),
    )


@router.get(
    "/v1/goals",
    summary="List goals",
    response_model=ListAnswer[GoalAnswer],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_goals(
    service: CurrentService, query: Annotated[GoalsQuery, Query()]
) -> Response:
    """List goals in the order of their ids, with their numbers."""
    wanted = query.as_filter()
    async with service.database.reading() as reading:
        found = await reading.goals_after(query.after_id, query.limit + 1, wanted)
        numbers = await reading.numbers([goal.number for goal in found])
    shown = goal_answers(found, numbers, service.now())
    return list_response(shown, query.limit, lambda goal: goal.id)


@router.get(
    "/v1/goals/{goal_id}",
    summary="Read a goal with its numbers",
    response_model=GoalAnswer,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_goal(service: CurrentService, goal_id: PathId) -> Response:
    """Return a goal; ETag is the version of its definition, which numbers don't move.

    Until its numbers are known they are null and the status is `computing`.
    """
    async with service.database.reading() as reading:
        goal = (await reading.goals([GoalId(goal_id)])).get(GoalId(goal_id))
        if goal is None:
            raise not_found(f"goal {goal_id}")
        numbers = await reading.numbers([goal.number])
    answer = goal_answer(goal, numbers.get(goal.number), service.now())
    return Response(
        msgspec.json.encode(answer),
        media_type=JSON,
        headers={"ETag": etag_of(goal.version)},
    )


@router.patch(
    "/v1/goals/{goal_id}",
    summary="Change or move a goal",
    response_model=GoalAnswer,
    responses=errors_of(CHANGE_REFUSALS, _GOAL, _CHANGED, writes=True),
)
async def change_goal(
    service: CurrentService,
    request: Request,
    goal_id: PathId,
    body: GoalPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given; `parent_id` moves it with all below it.

    The period is changed on the root, and the whole tree follows.
    """
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_goal(
            changes, GoalId(goal_id), body.as_change(), expected
        ),
        view=_WithNumbers(service),
    )


@router.delete(
    "/v1/goals/{goal_id}",
    summary="Delete a goal; its children become roots",
    status_code=204,
    responses=errors_of(DELETE_REFUSALS, writes=True),
)
async def delete_goal(
    service: CurrentService, request: Request, goal_id: PathId, if_match: IfMatch = None
) -> Response:
    """Delete a goal; nothing else goes."""
    expected = expected_of(if_match)
    return await writing.delete(
        service,
        request,
        write=lambda changes: flows.delete_goal(changes, GoalId(goal_id), expected),
    )


@router.get(
    "/v1/goals/{goal_id}/tree",
    summary="Read a goal with all below it, in one consistent picture",
    response_model=TreeAnswer,
    responses=errors_of([refusals.NOT_FOUND, refusals.INVALID_PARAMETER]),
)
async def read_tree(
    service: CurrentService,
    goal_id: PathId,
    depth: Annotated[
        int | None, Query(ge=0, le=DEPTH_MAX, description="levels below the goal")
    ] = None,
) -> Response:
    """Return the tree as rollup has applied it: every parent adds up.

    Where `depth` cuts it off, `children` is null.
    """
    wanted = GoalId(goal_id)
    async with service.database.reading() as reading:
        place = await reading.place(wanted)
        forest = None
        if place is not None:
            depth_max = None if depth is None else place.depth + depth
            forest = await reading.forest(place.tree_id, depth_max=depth_max)
        goals = [] if forest is None else forest.goals
        top = next((one for one in goals if one.goal.id == wanted), None)
        if forest is None or top is None:
            raise await _absent(reading.goals([wanted]), goal_id)
    # Off the loop: ten thousand goals take a while.
    content = await asyncio.to_thread(
        lambda: msgspec.json.encode(
            tree_answer(top, goals, depth=depth, as_of=forest.read_at)
        )
    )
    return Response(content, media_type=JSON)


async def _absent(goals: Awaitable[Mapping[GoalId, Goal]], goal_id: str) -> Exception:
    """Return why there is no tree: no such goal, or not applied yet."""
    if GoalId(goal_id) not in await goals:
        return not_found(f"goal {goal_id}")
    return unavailable(
        "not_applied_yet",
        f"goal {goal_id} is not rolled up yet; ask again in a moment",
    )


def _principal(text: str) -> Principal:
    kind, slash, name = text.partition("/")
    if not slash or not name or kind not in tuple(PrincipalType):
        raise RefusedError(
            INVALID_PARAMETER,
            f"owner is {text}, which is nobody; write user/ or team/ and the id",
            field="owner",
        )
    return Principal(PrincipalType(kind), name)
