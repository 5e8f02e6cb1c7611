"""The generated documents: OpenAPI for HTTP, with a page, and AsyncAPI for topics.

The pages that come with the frameworks load scripts of foreign hosts; ours is one
file of HTML and one of CSS.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import HTMLResponse
from faststream import FastStream
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic.json_schema import models_json_schema

from services.goals.http.sessions import CSRF_HEADER
from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
)
from shared.messages.events import GoalUpdatedEvent
from shared.messages.topics import GOAL_CHANGES, GOAL_UPDATED, Topic

API_VERSION: Final = "1"
DESCRIPTION: Final = (
    "Goals, how they are measured, whom they belong to, and what records have made of "
    "them. Numbers are exact and written as text. A write takes `If-Match` with the "
    "`ETag` that a read gave, and a POST an `Idempotency-Key`; an array is created all "
    "or nothing. Every error has one shape: "
    '`{"error", "detail", "dynamics_code", "field"}`.'
)
ASYNC_DESCRIPTION: Final = (
    "Announces what people define on `goal-changes`, one change set after the other in "
    "the order of the commits, and listens to `goal-updated` for the live stream."
)

_HERE: Final = Path(__file__).parent
_HTML_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'",
    "X-Content-Type-Options": "nosniff",
}
_METHODS: Final = ("get", "post", "patch", "delete")
_CLOUD_EVENT: Final = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": {"type": "string"},
    "ce_type": {"type": "string"},
    "ce_source": {"type": "string"},
    "ce_subject": {"type": "string"},
    "ce_time": {"type": "string", "format": "date-time"},
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": {"type": "string"},
}
_OPTIONAL: Final = frozenset({"traceparent", GOAL_NUMBER})
_CHANGE_SET: Final = {
    CHANGE_SET_ID: {"type": "string", "description": "what belongs together"},
    CHANGE_SET_SIZE: {"type": "string", "description": "how many messages that are"},
    CHANGE_SET_INDEX: {"type": "string", "description": "the place among them, from 0"},
    GOAL_NUMBER: {
        "type": "string",
        "description": "on the empty value of a goal: which goal is gone",
    },
}


_GOAL: Final = {
    "kind": "goal",
    "id": "north",
    "version": 17,
    "number": 4,
    "title": "North",
    "metric_id": "revenue",
    "owner": {"type": "user", "id": "ada"},
    "manager_id": "grace",
    "parent_id": "company",
    "period": {
        "start": "2026-10-01",
        "end": "2026-12-31",
        "time_zone": "UTC",
        "fiscal": {"year": 2026, "code": 4},
    },
    "target": "40000.0000",
    "stretch_target": None,
    "owner_records_only": True,
    "rollup_only_from_children": False,
    "include_team_members": False,
    "queries": {"actual": "of-chicago"},
    "state": "open",
    "override": {
        "number": 16,
        "values": {"actual": "1200.0000"},
        "is_override": True,
        "is_overridden": True,
        "reason": "audited figure",
        "by": "user/ada",
        "at": "2026-11-21T09:30:00Z",
    },
    "attributes": {"region": "EMEA", "headcount": "12", "strategic": True},
    "shared_with": [{"type": "team", "id": "north", "rights": ["read"]}],
}


def document_routes(asyncapi: Callable[[], Mapping[str, Any]]) -> APIRouter:
    """Return the routes of the documents."""
    router = APIRouter(include_in_schema=False)
    css = (_HERE / "docs.css").read_text(encoding="utf-8")
    pages: dict[str, str] = {}

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        if "docs" not in pages:
            pages["docs"] = _page(request.app.openapi())
        return HTMLResponse(pages["docs"], headers=_HTML_HEADERS)

    @router.get("/docs.css")
    async def docs_css() -> Response:
        return Response(css, media_type="text/css", headers=_HTML_HEADERS)

    @router.get("/asyncapi")
    async def get_asyncapi() -> Mapping[str, Any]:
        return asyncapi()

    return router


def openapi_of(http: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what makes the OpenAPI document, once."""
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
            _complete(made)
        return made

    return openapi


def _complete(document: dict[str, Any]) -> None:
    """Add what the framework cannot know: who may come in, and our one error shape."""
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "cairn_session"},
        "csrf": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            found = responses.get("422", {}).get("content", {}).get("application/json")
            # The framework's own shape of a 422, which we never answer.
            if found and "HTTPValidationError" in str(found.get("schema")):
                del responses["422"]
            if path.startswith("/v1/"):
                operation["security"] = [{"bearer": []}, _by_session(method)]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _by_session(method: str) -> dict[str, list[str]]:
    """Return what a browser shows: with a write, that it comes from our page."""
    return {"session": []} if method == "get" else {"session": [], "csrf": []}


def asyncapi_of(app: FastStream, topics: Mapping[str, Topic]) -> Mapping[str, Any]:
    """Return the AsyncAPI document, with what the framework leaves out of it.

    It knows neither message keys nor headers, and names every server "development".
    `topics` has the catalogue's entry for each topic name of this installation.
    """
    document: dict[str, Any] = app.schema.to_specification().to_jsonable()
    servers = document["servers"]
    servers["kafka"] = servers.pop("development")
    for channel in document["channels"].values():
        name = channel["address"]
        topic = topics[name]
        channel["servers"] = [{"$ref": "#/servers/kafka"}]
        channel["bindings"] = {"kafka": {"topic": name, "bindingVersion": "0.5.0"}}
        for reference in channel["messages"].values():
            message = document["components"]["messages"][
                reference["$ref"].rpartition("/")[2]
            ]
            _complete_message(message, topic)
    _, shown = models_json_schema(
        [(GoalUpdatedEvent, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    document["components"]["schemas"].update(shown["$defs"])
    return document


def _complete_message(message: dict[str, Any], topic: Topic) -> None:
    extra = _CHANGE_SET if topic is GOAL_CHANGES else {}
    properties = {**_CLOUD_EVENT, **extra}
    # The framework's own header; we send CloudEvents' instead.
    message.pop("correlationId", None)
    message["contentType"] = "application/json"
    message["headers"] = {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode, and the sender's trace",
        "properties": properties,
        "required": [name for name in properties if name not in _OPTIONAL],
    }
    # What the framework takes from a handler that decodes for itself says nothing.
    if topic is GOAL_UPDATED:
        message["payload"] = {
            "$ref": f"#/components/schemas/{GoalUpdatedEvent.__name__}"
        }
    else:
        message["examples"] = [{"name": "goal", "payload": _GOAL}]
    example = "goal/north" if topic is GOAL_CHANGES else "north"
    message["bindings"] = {
        "kafka": {
            "key": {
                "type": "string",
                "description": topic.key,
                "examples": [example],
            },
            "bindingVersion": "0.5.0",
        }
    }


def _page(openapi: Mapping[str, Any]) -> str:
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = _pretty
    environment.filters["type_of"] = _type_of
    schemas = openapi["components"]["schemas"]
    by_tag: dict[str, list[Mapping[str, Any]]] = {}
    for path, operations in openapi["paths"].items():
        for method in _METHODS:
            if method in operations:
                operation = operations[method]
                by_tag.setdefault(operation["tags"][0], []).append(
                    {
                        "method": method.upper(),
                        "path": path,
                        "examples": _examples_of(operation, schemas),
                        **operation,
                    }
                )
    return environment.get_template("docs.html").render(
        info=openapi["info"], by_tag=by_tag, schemas=schemas
    )


def _examples_of(operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[Any]:
    """Return the examples of a request's body, wherever its schema keeps them."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is None:
        return []
    forms = [body["schema"], *body["schema"].get("oneOf", ())]
    names = [one["$ref"].rpartition("/")[2] for one in forms if "$ref" in one]
    given = [one["value"] for one in body.get("examples", {}).values()]
    return given + [one for name in names for one in schemas[name].get("examples", ())]


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _type_of(schema: Mapping[str, Any]) -> str:
    """Return a schema's type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(map(_type_of, schema[union])))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(map(json.dumps, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type_of(schema.get('items', {}))}"
    kind = str(schema.get("type", "anything"))
    return f"{kind} ({schema['format']})" if "format" in schema else kind
