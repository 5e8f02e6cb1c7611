"""What the generated documents say: OpenAPI for HTTP, AsyncAPI for the topic."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from faststream import FastStream
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from shared.messages.events import ActivityRecordEvent
from shared.messages.topics import ACTIVITY_RECORDS

API_VERSION: Final = "1"

DESCRIPTION: Final = (
    "Takes records of upstream systems in and puts them on the topic "
    f"`{ACTIVITY_RECORDS.name}`. Holds no state: what is answered 202 is stored by "
    "Kafka, and what is sent twice counts once, because a record's version says what "
    "is newer."
)
POST_RECORDS: Final = (
    "One record, a JSON array of them, one record a line (NDJSON), or one record in a "
    "structured-mode CloudEvent; up to 32 MiB and 50,000 records. Answers 202 once all "
    "accepted records are stored by Kafka on all in-sync replicas. After a 503 or no "
    "answer at all, send the same again: nothing is counted twice. A `traceparent` "
    "header goes along with every record."
)

_EXAMPLE: Final[dict[str, Any]] = {
    "entity": "opportunity",
    "id": "O-1",
    "version": 7,
    "owner": {"type": "user", "id": "R0"},
    "state": "won",
    "status": "3",
    "attributes": {
        "actualvalue": "400.00",
        "actualclosedate": "2026-11-21",
        "customerid": "A0",
    },
}
_DELETION: Final[dict[str, Any]] = {
    "entity": "opportunity",
    "id": "O-1",
    "version": 8,
    "deleted": True,
}


class ActivityRecordBody(ActivityRecordEvent):
    """A record as HTTP takes it: a field that we do not know is refused by name."""

    model_config = ConfigDict(extra="forbid", title="ActivityRecordBody")


class RejectedBody(BaseModel):
    """One record that was not accepted."""

    index: int = Field(description="place among the request's records, from 0")
    error: str
    detail: str


class ReceiptBody(BaseModel):
    """What became of the records of a request."""

    accepted: int
    rejected: list[RejectedBody]


class ErrorBody(BaseModel):
    """The one shape of every error."""

    error: str
    detail: str
    dynamics_code: str | None
    field: str | None


class NoneAcceptedBody(ErrorBody):
    """Why not one of the records was accepted."""

    rejected: list[RejectedBody]


def _error(description: str, error: str, detail: str) -> dict[str, Any]:
    example = {"error": error, "detail": detail, "dynamics_code": None, "field": None}
    return {
        "model": ErrorBody,
        "description": description,
        "content": {"application/json": {"example": example}},
    }


RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "The accepted records are stored by Kafka",
        "content": {
            "application/json": {
                "example": {
                    "accepted": 2,
                    "rejected": [
                        {
                            "index": 1,
                            "error": "unknown_field",
                            "detail": "the field colour is unknown; remove it, or put "
                            "it under attributes if goals should see it",
                        }
                    ],
                }
            }
        },
    },
    400: _error(
        "The body as a whole does not read",
        "not_json",
        "the body does not read as a JSON array: input data was truncated",
    ),
    401: _error(
        "No bearer token, or not the right one",
        "not_authenticated",
        "the request carries no bearer token, or not the right one; send "
        "Authorization: Bearer with the token in CAIRN_ADMIN_TOKEN",
    ),
    413: _error(
        "More than 32 MiB or 50,000 records",
        "too_many_records",
        "the request holds 60000 records, 50000 are allowed; send them in several "
        "requests",
    ),
    415: _error(
        "A content type or encoding that is not read",
        "unsupported_media_type",
        "the content type is text/plain; send one of application/json, "
        "application/x-ndjson, application/cloudevents+json",
    ),
    422: {
        "model": NoneAcceptedBody,
        "description": "None of the records is acceptable",
        "content": {
            "application/json": {
                "example": {
                    "error": "invalid_id",
                    "detail": "id has 0 characters, 1 to 200 are allowed",
                    "dynamics_code": None,
                    "field": None,
                    "rejected": [
                        {
                            "index": 0,
                            "error": "invalid_id",
                            "detail": "id has 0 characters, 1 to 200 are allowed",
                        }
                    ],
                }
            }
        },
    },
    429: _error(
        "Too many requests at once; see Retry-After",
        "too_many_requests",
        "64 requests are under way, 64 are allowed; send again in a moment, or more "
        "records in each request",
    ),
    503: _error(
        "Kafka is away or did not acknowledge; see Retry-After",
        "kafka_unavailable",
        "kafka did not acknowledge within 5 s: Local: Message timed out; check that "
        "the broker is up, then send again",
    ),
}

_RECORD: Final = {"$ref": "#/components/schemas/ActivityRecordBody"}

POST_RECORDS_EXTRA: Final[dict[str, Any]] = {
    "security": [{"bearer": []}],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [_RECORD, {"type": "array", "items": _RECORD}]},
                "examples": {
                    "one": {"summary": "One record", "value": _EXAMPLE},
                    "several": {
                        "summary": "A record and a deletion",
                        "value": [_EXAMPLE, _DELETION],
                    },
                },
            },
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"entity":"phonecall","id":"C-1","version":1}\n'
                '{"entity":"phonecall","id":"C-2","version":1}\n',
            },
            "application/cloudevents+json": {
                "schema": {
                    "type": "object",
                    "required": ["specversion", "data"],
                    "properties": {"specversion": {"type": "string"}, "data": _RECORD},
                },
                "example": {
                    "specversion": "1.0",
                    "id": "1",
                    "source": "/crm",
                    "type": "crm.opportunity.won",
                    "data": _EXAMPLE,
                },
            },
        },
    },
}


def openapi_of(http: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what makes the OpenAPI document, with the models of raw bodies in it."""
    made: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not made:
            made.update(
                get_openapi(
                    title=http.title,
                    version=http.version,
                    description=http.description,
                    routes=http.routes,
                )
            )
            components = made["components"]
            components["schemas"].update(_record_schemas())
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"}
            }
        return made

    return openapi


def _record_schemas() -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(ActivityRecordBody, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas


def asyncapi_of(app: FastStream, topic: str) -> dict[str, Any]:
    """Return the AsyncAPI document, with what the framework leaves out of it.

    It knows neither message keys nor outgoing headers, and names every server
    "development".
    """
    document: dict[str, Any] = app.schema.to_specification().to_jsonable()
    servers = document["servers"]
    servers["kafka"] = servers.pop("development")
    for channel in document["channels"].values():
        channel["servers"] = [{"$ref": "#/servers/kafka"}]
        channel["bindings"] = {"kafka": {"topic": topic, "bindingVersion": "0.5.0"}}
    for message in document["components"]["messages"].values():
        # The framework's own header; we send CloudEvents' instead.
        message.pop("correlationId", None)
        message["contentType"] = "application/json"
        message["headers"] = _HEADERS
        message["bindings"] = {
            "kafka": {
                "key": {"type": "string", "examples": ["opportunity/O-1"]},
                "bindingVersion": "0.5.0",
            }
        }
    return document


_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode, and the sender's trace",
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "examples": ["opportunity/O-1@7"]},
        "ce_type": {"type": "string", "examples": ["cairn.activity-record"]},
        "ce_source": {"type": "string", "examples": ["/cairn/ingest"]},
        "ce_subject": {"type": "string", "examples": ["opportunity/O-1"]},
        "ce_time": {"type": "string", "format": "date-time"},
        "content-type": {"type": "string", "const": "application/json"},
        "traceparent": {"type": "string"},
    },
    "required": [
        "ce_specversion",
        "ce_id",
        "ce_type",
        "ce_source",
        "ce_subject",
        "ce_time",
        "content-type",
    ],
}
