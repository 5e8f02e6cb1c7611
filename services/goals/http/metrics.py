"""Routes of metrics."""

from typing import Final

from fastapi import APIRouter

from services.goals.domain import errors as refusals
from services.goals.domain.metrics import DefinedMetric
from services.goals.flows import defining
from services.goals.flows import metrics as flows
from services.goals.http.metric_bodies import MetricPatch, NewMetric
from services.goals.http.reading import ExactRoute
from services.goals.http.resources import (
    Refusals,
    Resource,
    Told,
    add_routes,
    words_of,
)

_METRICS: Final = Resource(
    words=words_of(
        "metric",
        "metrics",
        create="Create metrics: what goals count or add up, and from which records.",
        change="Change the fields that are given; the totals of its goals follow.",
        delete=Told(
            "Delete a metric by which no goal is measured",
            "Delete a metric with its rollup fields.",
        ),
    ),
    refusals=Refusals(
        written=(
            refusals.METRIC_NAME_TAKEN,
            refusals.METRIC_WITHOUT_ROLLUP_FIELDS,
            refusals.ROLLUP_FIELD_ALREADY_DEFINED,
            refusals.ROLLUP_FIELDS_TOO_MANY,
            refusals.SOURCE_ATTRIBUTE_REQUIRED,
            refusals.SOURCE_ATTRIBUTE_FORBIDDEN,
            refusals.SOURCE_ATTRIBUTE_TYPE_DIFFERS,
            refusals.DATE_ATTRIBUTE_TYPE_DIFFERS,
        ),
        created=(refusals.DATA_TYPE_REQUIRED, refusals.DATA_TYPE_FORBIDDEN),
        changed=(
            refusals.METRIC_TYPE_FROZEN,
            refusals.ROLLUP_FIELD_FROZEN,
            refusals.METRIC_IN_USE_CHANGED,
            refusals.METRIC_USED_BY_CLOSED_GOAL,
        ),
        deleted=(refusals.METRIC_IN_USE_DELETED,),
    ),
    new=NewMetric,
    patch=MetricPatch,
    answer=DefinedMetric,
    table=flows.METRICS.table,
    create=lambda changes, bodies: defining.create(
        changes, flows.METRICS, [body.as_metric() for body in bodies]
    ),
    change=lambda changes, metric_id, body, expected: flows.change_metric(
        changes, metric_id, body.as_change(), expected
    ),
    delete=lambda changes, metric_id, expected: defining.delete(
        changes, flows.METRICS, metric_id, expected
    ),
)

router = APIRouter(tags=["metrics"], route_class=ExactRoute)
add_routes(router, _METRICS)
