"""The route that merges one business unit into another."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import ConfigDict

from services.goals.domain import errors as refusals
from services.goals.domain.directory import BusinessUnit
from services.goals.flows.merging import merge_business_unit
from services.goals.http import writing
from services.goals.http.context import CurrentService
from services.goals.http.documenting import CHANGE_REFUSALS, errors_of
from services.goals.http.fields import Body, Id
from services.goals.http.reading import ExactRoute, IfMatch, PathId, expected_of
from services.goals.http.writing import AsStored, IdempotencyKey


class Merge(Body):
    """Where all that a business unit holds goes."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "emea"}]})

    into: Id


router = APIRouter(tags=["directory"], route_class=ExactRoute)


@router.post(
    "/v1/business-units/{id}/merge",
    summary="Merge a business unit into another",
    response_model=BusinessUnit,
    responses=errors_of(
        CHANGE_REFUSALS,
        [
            refusals.REFERENCE_NOT_FOUND,
            refusals.BUSINESS_UNIT_CYCLE,
            refusals.IDEMPOTENCY_KEY_REUSED,
        ],
        writes=True,
    ),
)
async def merge(
    service: CurrentService,
    request: Request,
    unit_id: Annotated[PathId, Path(alias="id")],
    body: Merge,
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Move its users, teams and units into the other one, then delete it.

    All of it is one change set. The answer is the unit that it was merged into, which
    must neither be the same one nor lie below it.
    """
    expected = expected_of(if_match)
    return await writing.act(
        service,
        request,
        key=idempotency_key,
        write=lambda changes: merge_business_unit(
            changes, unit_id, body.into, expected
        ),
        view=AsStored(),
    )
