"""Routes that plan whole trees: targets split over children, trees for the next period.

Each can be tried first: with `dry_run` it answers as it would, and stores nothing.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.flows import cloning, splitting
from services.goals.http import writing
from services.goals.http.answers import GoalAnswer, ManyAnswer
from services.goals.http.context import CurrentService
from services.goals.http.documenting import (
    CHANGE_REFUSALS,
    CREATE_REFUSALS,
    errors_of,
)
from services.goals.http.goals import PERIOD_REFUSALS, WithNumbers
from services.goals.http.planning_bodies import CloneBody, SplitBody
from services.goals.http.reading import ExactRoute, IfMatch, PathId, expected_of
from services.goals.http.writing import IdempotencyKey
from shared.domain.goals import GoalId
from shared.plumbing.identifiers import new_id

DryRun = Annotated[
    bool, Query(description="answer what would be, and store nothing of it")
]

_SPLIT: Final = (
    refusals.NO_CHILDREN,
    refusals.NO_TARGET,
    refusals.WEIGHTS_INCOMPLETE,
    refusals.WEIGHTS_ZERO,
    refusals.NO_LAST_PERIOD,
    refusals.STRETCH_NOT_TRACKED,
    refusals.TARGET_NEGATIVE,
    refusals.TARGET_TOO_PRECISE,
    refusals.TARGET_TOO_LARGE,
    refusals.IDEMPOTENCY_KEY_REUSED,
)
_CLONED: Final = (
    refusals.NOT_FOUND,
    refusals.INVALID_PARAMETER,
    refusals.VERSION_CONFLICT,
    refusals.NOT_A_ROOT,
    refusals.PERIOD_CANNOT_FOLLOW,
    *PERIOD_REFUSALS,
    refusals.TARGET_TOO_LARGE,
)

router = APIRouter(tags=["goals"], route_class=ExactRoute)


@router.post(
    "/v1/goals/{id}/split-target",
    summary="Split a parent's target over its children, with an exact sum",
    response_model=ManyAnswer[GoalAnswer],
    responses=errors_of(CHANGE_REFUSALS, _SPLIT, writes=True),
)
async def split_target(
    service: CurrentService,
    request: Request,
    goal_id: Annotated[PathId, Path(alias="id")],
    body: SplitBody,
    *,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Give the children targets that add up to the parent's target, or to `total`.

    Equally, by weights, or by what each one's goal of the last period has reached. Each
    is within one unit of the last decimal of its exact share; the units left over go
    to the largest remainders, ties by id. The parent's own target stays.
    """
    wanted, split = GoalId(goal_id), body.as_split()
    expected, view = expected_of(if_match), WithNumbers(service)
    if dry_run:
        return await writing.plan(
            service,
            request,
            status=200,
            read=lambda reading: splitting.plan_split(reading, wanted, split, expected),
            view=view,
        )
    return await writing.act_on_many(
        service,
        request,
        key=idempotency_key,
        write=lambda changes: splitting.split_target(changes, wanted, split, expected),
        view=view,
    )


@router.post(
    "/v1/goals/{id}/clone",
    summary="Clone a tree into the next period, with an uplift",
    status_code=201,
    response_model=ManyAnswer[GoalAnswer],
    responses=errors_of(CREATE_REFUSALS, _CLONED, writes=True),
)
async def clone(
    service: CurrentService,
    request: Request,
    goal_id: Annotated[PathId, Path(alias="id")],
    body: CloneBody | None = None,
    *,
    dry_run: DryRun = False,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Make a root and all below it anew, open, for the period that follows.

    Targets are raised and rounded half to even; where a parent's target was exactly the
    sum of its children's, it is so again. In a dry run versions are 0, and ids that
    are not made with `id_suffix` are others than later.
    """
    wanted = GoalId(goal_id)
    order, make_id = (body or CloneBody()).as_order(), new_goal_id
    expected, view = expected_of(if_match), WithNumbers(service)
    if dry_run:
        return await writing.plan(
            service,
            request,
            status=201,
            read=lambda reading: cloning.plan_clone(
                reading, wanted, order, expected, make_id
            ),
            view=view,
        )
    return await writing.create(
        service,
        request,
        many=True,
        key=idempotency_key,
        write=lambda changes: cloning.clone_tree(
            changes, wanted, order, expected, make_id
        ),
        view=view,
    )


def new_goal_id() -> GoalId:
    """Return an id for a goal that was given none."""
    return GoalId(new_id())
