"""Routes of goals: definitions, numbers, trees."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from services.goals.domain import errors as refusals
from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.flows import goals as flows
from services.goals.http import writing
from services.goals.http.answers import (
    GoalAnswer,
    TreeAnswer,
    goal_answers,
    tree_answer,
)
from services.goals.http.as_seen import sight_of
from services.goals.http.attributes import CONDITIONS_MAX, conditions_of
from services.goals.http.context import CurrentCaller, CurrentService, Service
from services.goals.http.documenting import CHANGE_REFUSALS, JSON, errors_of
from services.goals.http.errors import unavailable
from services.goals.http.fields import Body
from services.goals.http.goal_bodies import GoalPatch, NewGoal
from services.goals.http.listing import PageQuery
from services.goals.http.reading import ExactRoute, IfMatch, PathId, expected_of
from services.goals.http.resources import (
    Refusals,
    Resource,
    Told,
    Words,
    add_routes,
)
from services.goals.http.writing import IdempotencyKey
from services.goals.store.database import Reading
from services.goals.store.goals import GoalFilter
from shared.domain.goals import (
    DEPTH_MAX,
    Goal,
    GoalId,
    GoalState,
    Principal,
    PrincipalType,
)

PERIOD_REFUSALS: Final = (
    refusals.PERIOD_NEEDS_BOTH_DATES,
    refusals.PERIOD_ENDS_BEFORE_IT_STARTS,
    refusals.CUSTOM_PERIOD_WITH_FISCAL_COLUMNS,
    refusals.FISCAL_PERIOD_INCOMPLETE,
    refusals.FISCAL_PERIOD_NOT_OF_TEMPLATE,
    refusals.FISCAL_PERIOD_WITH_OTHER_DATES,
    refusals.YEAR_OUT_OF_RANGE,
)
WRITTEN: Final = (
    refusals.REFERENCE_NOT_FOUND,
    refusals.GOAL_MANAGER_MUST_BE_USER,
    refusals.PARENT_METRIC_DIFFERS,
    refusals.PARENT_PERIOD_DIFFERS,
    *PERIOD_REFUSALS,
    refusals.TIME_ZONE_UNKNOWN,
    refusals.GOAL_CYCLE,
    refusals.GOAL_TOO_DEEP,
    refusals.TARGET_NEGATIVE,
    refusals.TARGET_TOO_PRECISE,
    refusals.TARGET_TOO_LARGE,
    refusals.STRETCH_NOT_TRACKED,
    refusals.ROLLUP_FIELD_IS_COMPUTED,
    refusals.ROLLUP_FIELD_NOT_MEASURED,
    refusals.VALUE_TOO_PRECISE,
    refusals.VALUE_TOO_LARGE,
    refusals.OVERRIDE_WITHOUT_VALUES,
    refusals.OVERRIDE_REASON_WITHOUT_OVERRIDE,
    refusals.ATTRIBUTE_NOT_FLAT,
    refusals.TOO_MANY_ATTRIBUTES,
    refusals.PRINCIPAL_NAMED_TWICE,
    refusals.QUERY_NOT_FOUND,
    refusals.QUERY_WITHOUT_ROLLUP_FIELD,
    refusals.QUERY_ENTITY_DIFFERS,
    refusals.QUERY_INACTIVE,
)
_CREATED: Final = (
    refusals.METRIC_REQUIRED,
    refusals.PERIOD_REQUIRED,
    refusals.GOAL_MANAGER_REQUIRED,
    refusals.GOAL_MUST_START_OPEN,
)
_CHANGED: Final = (
    refusals.PARENT_WITH_METRIC_OR_PERIOD,
    refusals.METRIC_CHANGE_ON_CHILD,
    refusals.METRIC_CHANGE_ON_PARENT,
    refusals.PERIOD_CHANGE_ON_CHILD,
    refusals.GOAL_IS_LOCKED,
    refusals.PERIOD_CHANGE_WITH_CLOSED_DESCENDANT,
    refusals.GOAL_NOT_OPEN,
)
_ALIGNED: Final = (
    refusals.GOAL_NOT_OPEN,
    refusals.PERIOD_CHANGE_WITH_CLOSED_DESCENDANT,
    refusals.NOT_A_ROOT,
    refusals.PERIOD_NOT_FISCAL,
    refusals.FISCAL_PERIOD_NOT_OF_TEMPLATE,
    refusals.YEAR_OUT_OF_RANGE,
    refusals.IDEMPOTENCY_KEY_REUSED,
)


class NothingMore(Body):
    """Nothing need be said; an empty object may be."""


class GoalsQuery(PageQuery):
    """Which goals; all conditions given must hold."""

    metric_id: str | None = None
    parent_id: str | None = Field(default=None, description="right under this goal")
    root: bool | None = Field(default=None, description="true: only goals on top")
    owner: str | None = Field(
        default=None, description="as type/id", examples=["user/ada"]
    )
    manager_id: str | None = None
    attribute: list[str] = Field(
        default=[],
        max_length=CONDITIONS_MAX,
        description="an attribute's name, a colon, its value; several must all hold",
        examples=[["region:EMEA"]],
    )
    q: str | None = Field(
        default=None, max_length=200, description="a part of the title"
    )
    state: GoalState | None = None

    def as_filter(self) -> GoalFilter:
        """Return what is asked for."""
        return GoalFilter(
            metric_id=self.metric_id,
            parent_id=self.parent_id,
            root=self.root,
            owner=None if self.owner is None else principal_of(self.owner),
            manager_id=self.manager_id,
            attributes=conditions_of(self.attribute),
            words=self.q,
            state=self.state,
        )


class WithNumbers:
    """Shows goals with what rollup has made of them."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def at_once(self, goals: Sequence[Goal]) -> Sequence[GoalAnswer]:
        """Show goals as they were written."""
        return goal_answers(goals, {}, self._service.now())

    async def with_numbers(
        self, reading: Reading, goals: Sequence[Goal]
    ) -> Sequence[GoalAnswer]:
        """Show goals with the numbers that rollup has for them.

        Who has written a goal that he may not read from now on is told no numbers.
        """
        numbers = await reading.numbers([goal.number for goal in goals])
        sight = await sight_of(reading, goals, numbers)
        told = {
            goal.number: numbers[goal.number]
            for goal in goals
            if goal.number in numbers and sight.sees(goal.id)
        }
        answers = goal_answers(goals, told, self._service.now())
        return [sight.answer(one) for one in answers]


async def _page(reading: Reading, query: GoalsQuery, limit: int) -> Sequence[Goal]:
    return await reading.goals.matching(
        query.as_filter(), query.after_id, limit, await reading.rights()
    )


_GOALS: Final = Resource(
    words=Words(
        one="goal",
        many="goals",
        create=Told(
            "Create a goal, or up to 10,000 at once",
            "Create goals; in an array they may name one another as parents, in any "
            "order.\n\nUnder a parent a goal takes its metric and its period from it.",
        ),
        list=Told(
            "List goals", "List goals in the order of their ids, with their numbers."
        ),
        read=Told(
            "Read a goal with its numbers",
            "Return a goal; ETag is the version of its definition, which numbers don't "
            "move.\n\nUntil its numbers are known they are null and the status is "
            "`computing`.",
        ),
        change=Told(
            "Change or move a goal",
            "Change the fields that are given; `parent_id` moves it with all below "
            "it, `manager_id` assigns it.\n\nThe period is changed on the root, and "
            "the whole tree follows. The fiscal period that the goal has already, sent "
            "again, keeps its days.\n\n`attributes` and `shared_with` are replaced as "
            "a whole: what they do not name is gone. `queries` changes those that it "
            "names.\n\n`values` are written over what "
            "is computed, with `is_override`: true; `is_overridden` locks what "
            "shows, or takes the lock off.\n\n"
            "A goal that is closed or discarded stands still, and goes on counting in "
            "its parent; until `state` is open again, nothing else of it changes.",
        ),
        delete=Told(
            "Delete a goal; its children become roots",
            "Delete a goal; nothing else goes.",
        ),
    ),
    refusals=Refusals(written=WRITTEN, created=_CREATED, changed=_CHANGED),
    new=NewGoal,
    patch=GoalPatch,
    answer=GoalAnswer,
    table=lambda reading: reading.goals,
    create=lambda changes, bodies: flows.create_goals(
        changes, [body.as_draft() for body in bodies]
    ),
    change=lambda changes, goal_id, body, expected: flows.change_goal(
        changes, GoalId(goal_id), body.as_change(), expected
    ),
    delete=lambda changes, goal_id, expected: flows.delete_goal(
        changes, GoalId(goal_id), expected
    ),
    view=WithNumbers,
    query=GoalsQuery,
    page=_page,
    one=lambda reading, goal_id: reading.readable_goal(goal_id),
)

router = APIRouter(tags=["goals"], route_class=ExactRoute)
add_routes(router, _GOALS)


@router.get(
    "/v1/goals/{id}/tree",
    summary="Read a goal with all below it, in one consistent picture",
    response_model=TreeAnswer,
    responses=errors_of([refusals.NOT_FOUND, refusals.INVALID_PARAMETER]),
)
async def read_tree(
    service: CurrentService,
    caller: CurrentCaller,
    goal_id: Annotated[PathId, Path(alias="id")],
    depth: Annotated[
        int | None, Query(ge=0, le=DEPTH_MAX, description="levels below the goal")
    ] = None,
) -> Response:
    """Return the tree as rollup has applied it: every parent adds up.

    Where `depth` cuts it off, `children` is null.
    """
    wanted = GoalId(goal_id)
    async with service.database.reading(caller=caller) as reading:
        place = await reading.place(wanted)
        forest = None
        if place is not None:
            depth_max = None if depth is None else place.depth + depth
            rights = await reading.rights()
            forest = await reading.forest(place.tree_id, rights, depth_max=depth_max)
        goals = [] if forest is None else forest.goals
        top = next((one for one in goals if one.goal.id == wanted), None)
        if forest is None or top is None:
            raise await absence_of(reading, wanted)
        sight = await sight_of(
            reading,
            [one.goal for one in goals],
            {one.goal.number: one.numbers for one in goals},
        )
    # Off the loop: ten thousand goals take a while.
    content = await asyncio.to_thread(
        lambda: msgspec.json.encode(
            tree_answer(
                top, goals, depth=depth, as_of=forest.read_at, seen=sight.answer
            )
        )
    )
    return Response(content, media_type=JSON)


@router.post(
    "/v1/goals/{id}/align-fiscal-period",
    summary="Take the days of a fiscal period anew from the present calendar",
    response_model=GoalAnswer,
    responses=errors_of(CHANGE_REFUSALS, _ALIGNED, writes=True),
)
async def align_fiscal_period(
    service: CurrentService,
    request: Request,
    goal_id: Annotated[PathId, Path(alias="id")],
    _body: NothingMore | None = None,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Give a root, and all below it, the days that its fiscal period has now.

    A goal keeps the days of the calendar under which its period was chosen.
    """
    expected = expected_of(if_match)
    return await writing.act(
        service,
        request,
        key=idempotency_key,
        write=lambda changes: flows.align_fiscal_period(
            changes, GoalId(goal_id), expected
        ),
        view=WithNumbers(service),
    )


async def absence_of(reading: Reading, goal_id: GoalId) -> Exception:
    """Return why a goal stands in no tree: it does not exist, or is not applied yet."""
    await reading.readable_goal(goal_id)
    return unavailable(
        "not_applied_yet",
        f"goal {goal_id} is not rolled up yet; ask again in a moment",
    )


def principal_of(text: str) -> Principal:
    """Return the owner that a parameter names, or refuse it."""
    kind, slash, name = text.partition("/")
    if not slash or not name or kind not in tuple(PrincipalType):
        raise RefusedError(
            INVALID_PARAMETER,
            f"owner is {text}, which is nobody; write user/ or team/ and the id",
            field="owner",
        )
    return Principal(PrincipalType(kind), name)
