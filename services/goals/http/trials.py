"""Routes that try queries over the records, and that write them as FetchXML."""

import asyncio
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Path, Query, Response

from services.goals.domain import errors as refusals
from services.goals.domain.errors import FETCHXML_CANNOT_SAY, RefusedError
from services.goals.domain.queries import check_reads
from services.goals.domain.versions import not_found
from services.goals.flows import trying
from services.goals.flows.queries import types_for
from services.goals.http.answers import ListAnswer
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.documenting import BODY_REFUSALS, JSON, errors_of
from services.goals.http.listing import list_response
from services.goals.http.queries import READ_REFUSALS
from services.goals.http.query_bodies import FETCHED, conditions_of
from services.goals.http.reading import ExactRoute, PathId
from services.goals.http.snapshots import in_time
from services.goals.http.trial_bodies import (
    IMPACT_EXAMPLE,
    PREVIEW_EXAMPLE,
    GoalImpactAnswer,
    ImpactBody,
    ImpactQuery,
    PreviewAnswer,
    PreviewBody,
    impact_answer,
    preview_answer,
)
from shared.queries.fetchxml_names import FetchXmlError
from shared.queries.fetchxml_writing import fetchxml_of

XML: Final = "application/xml"

_MILLISECONDS: Final = 1_000

_PREVIEW_TOO_SLOW: Final = "preview_too_slow"
_IMPACT_TOO_SLOW: Final = "impact_too_slow"

router = APIRouter(tags=["rollup queries"], route_class=ExactRoute)


@router.post(
    "/v1/rollup-queries/preview",
    summary="Try a query: how many records match, their sum, a sample",
    response_model=PreviewAnswer,
    responses={
        200: {"content": {JSON: {"example": PREVIEW_EXAMPLE}}},
        **errors_of(
            BODY_REFUSALS,
            [
                *READ_REFUSALS,
                refusals.MANAGER_NEEDED,
                refusals.REFERENCE_NOT_FOUND,
                refusals.SOURCE_ATTRIBUTE_TYPE_DIFFERS,
                refusals.TIME_ZONE_UNKNOWN,
            ],
            writes=True,
            away=(_PREVIEW_TOO_SLOW,),
        ),
    },
)
async def preview_query(
    service: CurrentService, caller: CurrentCaller, body: PreviewBody
) -> Response:
    """Return which of the stored records match, all as of one moment.

    Nothing is stored. Whose period, owner or state a goal would ask for plays no part.
    """
    clock = asyncio.get_running_loop()
    began = clock.time()
    async with in_time(
        service,
        caller,
        _PREVIEW_TOO_SLOW,
        "add conditions with eq on @id or @owner, leave out like and hierarchies, or "
        "save the query and give it to a goal: goals follow it all the same",
    ) as reading:
        found = await trying.preview(reading, body.as_order(), service.now())
    took_ms = round((clock.time() - began) * _MILLISECONDS)
    answer = preview_answer(found, took_ms=took_ms)
    return Response(msgspec.json.encode(answer), media_type=JSON)


@router.post(
    "/v1/rollup-queries/{id}/impact",
    summary="Try other conditions of a query on the goals that use it",
    response_model=ListAnswer[GoalImpactAnswer],
    responses={
        200: {"content": {JSON: {"example": IMPACT_EXAMPLE}}},
        **errors_of(
            BODY_REFUSALS,
            [
                refusals.NOT_FOUND,
                refusals.INVALID_PARAMETER,
                *READ_REFUSALS,
                refusals.QUERY_ENTITY_FROZEN,
            ],
            writes=True,
            away=(_IMPACT_TOO_SLOW,),
        ),
    },
)
async def query_impact(
    service: CurrentService,
    caller: CurrentCaller,
    query_id: Annotated[PathId, Path(alias="id")],
    body: ImpactBody,
    query: Annotated[ImpactQuery, Query()],
) -> Response:
    """Return what each goal's own value is, and what it would become; store nothing.

    Goals come in the order of their ids. What would change in their ancestors is the
    sum of the differences below, as far as those show what is computed.
    """
    async with in_time(
        service,
        caller,
        _IMPACT_TOO_SLOW,
        "ask for fewer goals with ?limit=, page by page",
    ) as reading:
        found = await trying.impact(
            reading,
            query_id,
            conditions_of(body),
            service.now(),
            after=query.after_id,
            # One more than asked, to know of the next page.
            limit=query.limit + 1,
        )
    shown = [impact_answer(one) for one in found]
    return list_response(shown, query.limit, [one.goal.id for one in found])


@router.get(
    "/v1/rollup-queries/{id}/fetchxml",
    summary="Read a query as FetchXML",
    response_class=Response,
    responses={
        200: {
            "content": {XML: {"schema": {"type": "string"}, "example": FETCHED}},
            "description": "FetchXML",
        },
        **errors_of(
            [
                refusals.NOT_FOUND,
                refusals.QUERY_UNREADABLE,
                refusals.FETCHXML_CANNOT_SAY,
            ]
        ),
    },
)
async def read_fetchxml(
    service: CurrentService,
    caller: CurrentCaller,
    query_id: Annotated[PathId, Path(alias="id")],
) -> Response:
    """Return a query as Dynamics would have it, if FetchXML has words for it all.

    FetchXML has no `not`: the opposites are said in its place.
    """
    async with service.database.reading(caller=caller) as reading:
        query = await reading.queries.get(query_id)
        if query is None:
            raise not_found(f"rollup query {query_id}")
        where = check_reads(query, await types_for(reading, [query]))
    try:
        text = fetchxml_of(where, query.entity)
    except FetchXmlError as fault:
        raise RefusedError(
            FETCHXML_CANNOT_SAY,
            f"rollup query {query_id} cannot be said in FetchXML, {fault.place}: "
            f"{fault.detail}",
            field=fault.place,
        ) from None
    return Response(text, media_type=XML)
