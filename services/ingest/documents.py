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
    "One record, a JSON array of them, one record a line (NDJSON), a table (CSV), or "
    "one record in a structured-mode CloudEvent; up to 32 MiB and 50,000 records. "
    "Answers 202 once all accepted records are stored by Kafka on all in-sync "
    "replicas. After a 503 or no answer at all, send the same again: nothing is "
    "counted twice. A `traceparent` header goes along with every record."
)
_MODE: Final = (
    "What becomes of the good records if others are bad: `good` sends them and answers "
    "202, `all` sends nothing and answers 422. Both name every bad one."
)
_TABLE: Final = (
    "As RFC 4180 has it, in UTF-8, with or without a byte order mark; blank lines are "
    "passed over. The first row names the columns. `entity`, `id` and `version` must "
    "be there; `deleted` (true, false), `owner` (`user/ada` or `team/t1`), `state`, "
    "`status`, `occurred_at` and `shared_with` (like owner, several separated by "
    "blanks) may be. Every other column is an attribute of that name, its cells are "
    "text as they stand, and an empty cell is null: what adds numbers reads them from "
    "their text, exactly. As JSON the records may have 96 MiB."
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
# RFC 4180 ends rows with both; a line feed alone is read too.
CSV_EXAMPLE: Final = (
    "entity,id,version,deleted,owner,state,status,occurred_at,shared_with,"
    "actualvalue,name\n"
    "opportunity,O-1,7,,user/R0,won,3,2026-11-21T09:30:00Z,team/T1 user/R1,"
    '400.00,"Boots, ""North"""\n'
    "opportunity,O-2,3,,team/T1,open,1,,,,Tents\n"
    "opportunity,O-3,2,true,,,,,,,\n"
)


class ActivityRecordBody(ActivityRecordEvent):
    """A record as HTTP takes it: a field that we do not know is refused by name."""

    model_config = ConfigDict(extra="forbid", title="ActivityRecordBody")


def _without_default(schema: dict[str, Any]) -> None:
    """Say of a field that it may be left out, not what it is then."""
    schema.pop("default", None)


class RejectedBody(BaseModel):
    """One record that was not accepted."""

    index: int = Field(description="place among the request's records, from 0")
    error: str = Field(
        description="`attribute_not_flat`, `csv_malformed`, `empty_value`, "
        "`invalid_entity`, `invalid_id`, `invalid_record`, `not_json`, "
        "`number_out_of_range`, `record_too_large`, `too_many_attributes`, "
        "`unknown_field` or `unstorable_text`"
    )
    detail: str
    line: int = Field(
        default=0,
        description="only for CSV: the line on which the row begins, from 1",
        json_schema_extra=_without_default,
    )


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
    """Why none of the records was sent."""

    rejected: list[RejectedBody]


_Example = dict[str, Any]


def _refusal(error: str, detail: str, **more: object) -> _Example:
    refusal = {"error": error, "detail": detail, "dynamics_code": None, "field": None}
    return {**refusal, **more}


def _answer(
    description: str, *examples: _Example, model: type[BaseModel] = ErrorBody
) -> dict[str, Any]:
    """Return an answer with one example, or several by the error that each shows."""
    content: dict[str, Any] = {"example": examples[0]}
    if len(examples) > 1:
        content = {"examples": {one["error"]: {"value": one} for one in examples}}
    return {
        "model": model,
        "description": description,
        "content": {"application/json": content},
    }


_UNKNOWN_FIELD: Final = {
    "index": 1,
    "error": "unknown_field",
    "detail": "the field colour is unknown; remove it, or put it under attributes if "
    "goals should see it",
}
_EMPTY_ID_DETAIL: Final = "id has 0 characters, 1 to 200 are allowed"
_EMPTY_ID: Final = {"index": 0, "error": "invalid_id", "detail": _EMPTY_ID_DETAIL}
_MISSING_CELL_DETAIL: Final = (
    "the row has 10 cells and the header 11; give each column a cell, empty where "
    "there is no value, and put a cell that holds a comma in quotes"
)
_MISSING_CELL: Final = {
    "index": 1,
    "error": "csv_malformed",
    "detail": _MISSING_CELL_DETAIL,
    "line": 3,
}

RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "The accepted records are stored by Kafka",
        "content": {
            "application/json": {
                "examples": {
                    "all": {
                        "summary": "All were accepted",
                        "value": {"accepted": 2, "rejected": []},
                    },
                    "json": {
                        "summary": "One of an array or of lines was not",
                        "value": {"accepted": 2, "rejected": [_UNKNOWN_FIELD]},
                    },
                    "csv": {
                        "summary": "One of a table was not",
                        "value": {"accepted": 2, "rejected": [_MISSING_CELL]},
                    },
                }
            }
        },
    },
    400: _answer(
        "The request as a whole does not read",
        _refusal(
            "not_json",
            "the body does not read as a JSON array: input data was truncated",
        ),
        _refusal(
            "not_a_cloud_event",
            "the content type says CloudEvents, but the envelope does not read: input "
            "data was truncated; send specversion, id, source, type and data",
        ),
        _refusal(
            "csv_malformed",
            "line 1: the column 'status' is there 2 times, once is allowed; rename or "
            "remove the others",
        ),
        _refusal(
            "invalid_parameter",
            "mode is some, good or all is allowed; give one of them",
            field="mode",
        ),
    ),
    401: _answer(
        "No bearer token, or none that holds",
        _refusal(
            "not_authenticated",
            "the bearer token is not a known one; send Authorization: Bearer with a "
            "token that `cairn token create` made, or one of CAIRN_OIDC_ISSUER, or the "
            "token in CAIRN_ADMIN_TOKEN",
        ),
    ),
    403: _answer(
        "The token does not allow it, or its user may not come in",
        _refusal(
            "scope_missing",
            "this needs the scope records:write, and the token of token/dashboard has "
            "goals:read; use a token with that scope",
        ),
        _refusal(
            "user_unknown",
            "the claim sub of the bearer token names user 4711, who is not in the "
            "directory; create him with POST /v1/users, or choose another claim with "
            "CAIRN_OIDC_USER_CLAIM",
        ),
        _refusal(
            "user_disabled",
            "user ada is disabled; enable him in the directory, or use the token of "
            "somebody else",
        ),
    ),
    408: _answer(
        "The body came too slowly",
        _refusal(
            "body_too_slow",
            "the body did not arrive within 30 s; send it faster or in smaller "
            "requests",
        ),
    ),
    413: _answer(
        "More than 32 MiB or 50,000 records",
        _refusal(
            "request_too_large",
            "the body has 40000000 bytes or more, 33554432 are allowed; send the "
            "records in several requests",
        ),
        _refusal(
            "too_many_records",
            "the request holds 60000 records, 50000 are allowed; send them in several "
            "requests",
        ),
    ),
    415: _answer(
        "A content type or encoding that is not read",
        _refusal(
            "unsupported_media_type",
            "the content type is text/plain; send one of application/json, "
            "application/x-ndjson, text/csv, application/cloudevents+json",
        ),
    ),
    422: _answer(
        "None of the records is acceptable, or not all of them with mode=all: nothing "
        "was sent. The error of a single record is the request's too",
        _refusal("invalid_id", _EMPTY_ID_DETAIL, rejected=[_EMPTY_ID]),
        _refusal(
            "no_record_acceptable",
            "the body holds no record; send at least one",
            rejected=[],
        ),
        _refusal(
            "records_rejected",
            "1 of the 3 records cannot be accepted, and mode=all sends all or none; "
            "correct them, or send with mode=good; the first: line 3: "
            f"{_MISSING_CELL_DETAIL}",
            rejected=[_MISSING_CELL],
        ),
        model=NoneAcceptedBody,
    ),
    429: _answer(
        "Too many requests or bytes at once, or of one caller in a second; see "
        "Retry-After",
        _refusal(
            "too_many_requests",
            "64 requests are under way, 64 are allowed; send again in a moment, or "
            "more records in each request",
        ),
    ),
    503: _answer(
        "Something is away, or Kafka did not acknowledge; see Retry-After",
        _refusal(
            "database_unavailable",
            "the database, which knows the tokens and users, did not answer; try again "
            "in a moment",
        ),
        _refusal(
            "issuer_unavailable",
            "the keys of the issuer login.example could not be had; try again "
            "in a moment, and check that the issuer answers and CAIRN_OIDC_ISSUER is "
            "its address",
        ),
        _refusal(
            "kafka_unavailable",
            "kafka did not acknowledge within 5 s: Local: Message timed out; check "
            "that the broker is up, then send again",
        ),
    ),
}

_RECORD: Final = {"$ref": "#/components/schemas/ActivityRecordBody"}

POST_RECORDS_EXTRA: Final[dict[str, Any]] = {
    "security": [{"bearer": []}],
    "parameters": [
        {
            "name": "mode",
            "in": "query",
            "description": _MODE,
            "schema": {"type": "string", "enum": ["good", "all"], "default": "good"},
            "example": "all",
        }
    ],
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
            "text/csv": {
                "schema": {"type": "string", "description": _TABLE},
                "example": CSV_EXAMPLE,
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
