"""Routes of metrics."""

import msgspec
from fastapi import APIRouter, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.metrics import DefinedMetric
from services.goals.domain.versions import not_found
from services.goals.flows import metrics as flows
from services.goals.http import writing
from services.goals.http.answers import ListAnswer, ManyAnswer
from services.goals.http.bodies import MetricPatch, NewMetric, OneOrMany
from services.goals.http.context import CurrentService
from services.goals.http.documenting import (
    CHANGE_REFUSALS,
    CREATE_REFUSALS,
    DELETE_REFUSALS,
    JSON,
    errors_of,
)
from services.goals.http.listing import Page, list_response
from services.goals.http.reading import (
    ExactRoute,
    IfMatch,
    PathId,
    etag_of,
    expected_of,
)
from services.goals.http.writing import AsStored, IdempotencyKey
from shared.domain.goals import MetricId

_METRIC = (
    refusals.METRIC_NAME_TAKEN,
    refusals.METRIC_WITHOUT_ROLLUP_FIELDS,
    refusals.ROLLUP_FIELD_ALREADY_DEFINED,
    refusals.ROLLUP_FIELDS_TOO_MANY,
    refusals.SOURCE_ATTRIBUTE_REQUIRED,
    refusals.SOURCE_ATTRIBUTE_FORBIDDEN,
)
_NEW = (refusals.DATA_TYPE_REQUIRED, refusals.DATA_TYPE_FORBIDDEN)
_CHANGED = (
    refusals.METRIC_TYPE_FROZEN,
    refusals.ROLLUP_FIELD_FROZEN,
    refusals.METRIC_IN_USE_CHANGED,
)

router = APIRouter(tags=["metrics"], route_class=ExactRoute)


@router.post(
    "/v1/metrics",
    summary="Create a metric, or up to 10,000 at once",
    status_code=201,
    response_model=DefinedMetric | ManyAnswer[DefinedMetric],
    responses=errors_of(CREATE_REFUSALS, _METRIC, _NEW, writes=True),
)
async def create_metrics(
    service: CurrentService,
    request: Request,
    body: OneOrMany[NewMetric],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create metrics: what goals count or add up, and from which records."""
    items = body if isinstance(body, list) else [body]
    metrics = [one.as_metric() for one in items]
    return await writing.create(
        service,
        request,
        many=isinstance(body, list),
        key=idempotency_key,
        write=lambda changes: flows.create_metrics(changes, metrics),
        view=AsStored(),
    )


@router.get(
    "/v1/metrics",
    summary="List metrics",
    response_model=ListAnswer[DefinedMetric],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_metrics(service: CurrentService, page: Page) -> Response:
    """List metrics in the order of their ids."""
    async with service.database.reading() as reading:
        found = await reading.metrics_after(page.after_id, page.limit + 1)
    return list_response(found, page.limit, lambda metric: metric.id)


@router.get(
    "/v1/metrics/{metric_id}",
    summary="Read a metric",
    response_model=DefinedMetric,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_metric(service: CurrentService, metric_id: PathId) -> Response:
    """Return a metric, and in ETag the version for If-Match."""
    wanted = MetricId(metric_id)
    async with service.database.reading() as reading:
        metric = (await reading.metrics([wanted])).get(wanted)
    if metric is None:
        raise not_found(f"metric {metric_id}")
    return Response(
        msgspec.json.encode(metric),
        media_type=JSON,
        headers={"ETag": etag_of(metric.version)},
    )


@router.patch(
    "/v1/metrics/{metric_id}",
    summary="Change a metric",
    response_model=DefinedMetric,
    responses=errors_of(CHANGE_REFUSALS, _METRIC, _CHANGED, writes=True),
)
async def change_metric(
    service: CurrentService,
    request: Request,
    metric_id: PathId,
    body: MetricPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given; the totals of its goals follow."""
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_metric(
            changes, MetricId(metric_id), body.as_change(), expected
        ),
        view=AsStored(),
    )


@router.delete(
    "/v1/metrics/{metric_id}",
    summary="Delete a metric by which no goal is measured",
    status_code=204,
    responses=errors_of(DELETE_REFUSALS, [refusals.METRIC_IN_USE_DELETED], writes=True),
)
async def delete_metric(
    service: CurrentService,
    request: Request,
    metric_id: PathId,
    if_match: IfMatch = None,
) -> Response:
    """Delete a metric with its rollup fields."""
    expected = expected_of(if_match)
    return await writing.delete(
        service,
        request,
        write=lambda changes: flows.delete_metric(
            changes, MetricId(metric_id), expected
        ),
    )
