"""AsyncAPI documents, with what the framework leaves out of them.

It knows neither message keys nor headers, takes no payload from a handler that decodes
for itself, and names every server "development".
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from faststream import FastStream
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from shared.messages.definitions import (
    CHANGE_SET_ID,
    CHANGE_SET_INDEX,
    CHANGE_SET_SIZE,
    GOAL_NUMBER,
    Definition,
)
from shared.messages.events import ActivityRecordEvent, GoalUpdatedEvent
from shared.messages.topics import (
    ACTIVITY_RECORDS,
    ACTIVITY_RECORDS_REJECTED,
    GOAL_CHANGES,
    GOAL_UPDATED,
    Topic,
)
from shared.plumbing.kafka import topic_name
from shared.plumbing.settings import KafkaSettings

_SCHEMAS: Final = "#/components/schemas/{model}"
_BINDING_VERSION: Final = "0.5.0"
_TEXT: Final = {"type": "string"}

_CLOUD_EVENT: Final[dict[str, Any]] = {
    "ce_specversion": {"type": "string", "const": "1.0"},
    "ce_id": _TEXT,
    "ce_type": _TEXT,
    "ce_source": _TEXT,
    "ce_subject": _TEXT,
    "ce_time": {"type": "string", "format": "date-time"},
    "content-type": {"type": "string", "const": "application/json"},
    "traceparent": _TEXT,
}
_CHANGE_SET: Final[dict[str, Any]] = {
    CHANGE_SET_ID: {"type": "string", "description": "what belongs together"},
    CHANGE_SET_SIZE: {"type": "string", "description": "how many messages that are"},
    CHANGE_SET_INDEX: {"type": "string", "description": "the place among them, from 0"},
    GOAL_NUMBER: {
        "type": "string",
        "description": "on the empty value of a goal: which goal is gone",
    },
}
_REJECTION: Final[dict[str, Any]] = {
    "kafka_dlt-original-topic": _TEXT,
    "kafka_dlt-original-partition": _TEXT,
    "kafka_dlt-original-offset": _TEXT,
    "kafka_dlt-original-timestamp": _TEXT,
    "kafka_dlt-original-consumer-group": _TEXT,
    "kafka_dlt-exception-fqcn": {"type": "string", "description": "our error's name"},
    "kafka_dlt-exception-message": {"type": "string", "description": "the detail"},
}
_OPTIONAL: Final = frozenset({"traceparent", GOAL_NUMBER})

# On what upstream systems send, headers are optional; what came is kept as it came.
_HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    ACTIVITY_RECORDS.name: _CLOUD_EVENT,
    ACTIVITY_RECORDS_REJECTED.name: _REJECTION,
    GOAL_CHANGES.name: {**_CLOUD_EVENT, **_CHANGE_SET},
    GOAL_UPDATED.name: _CLOUD_EVENT,
}
_KEYS: Final = {
    ACTIVITY_RECORDS.name: "opportunity/O-1",
    ACTIVITY_RECORDS_REJECTED.name: "opportunity/O-1",
    GOAL_CHANGES.name: "goal/north",
    GOAL_UPDATED.name: "north",
}
_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    ACTIVITY_RECORDS.name: ActivityRecordEvent,
    GOAL_UPDATED.name: GoalUpdatedEvent,
}


def asyncapi_of(
    app: FastStream, settings: KafkaSettings, topics: Iterable[Topic]
) -> dict[str, Any]:
    """Return the document of a service that reads and writes these topics."""
    named = {topic_name(settings, topic): topic for topic in topics}
    document: dict[str, Any] = app.schema.to_specification().to_jsonable()
    servers = document["servers"]
    servers["kafka"] = servers.pop("development")
    messages = document["components"]["messages"]
    for channel in document["channels"].values():
        name = channel["address"]
        channel["servers"] = [{"$ref": "#/servers/kafka"}]
        channel["bindings"] = {
            "kafka": {"topic": name, "bindingVersion": _BINDING_VERSION}
        }
        for reference in channel["messages"].values():
            _complete(messages[reference["$ref"].rpartition("/")[2]], named[name])
    document["components"].setdefault("schemas", {}).update(_schemas())
    return document


def _complete(message: dict[str, Any], topic: Topic) -> None:
    properties = _HEADERS[topic.name]
    # The framework's own header; we send CloudEvents' instead.
    message.pop("correlationId", None)
    message["contentType"] = "application/json"
    message["headers"] = {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in _OPTIONAL]
        if topic is not ACTIVITY_RECORDS
        else [],
    }
    message["payload"] = _payload_of(topic)
    message["bindings"] = {
        "kafka": {
            "key": {
                "type": "string",
                "description": topic.key,
                "examples": [_KEYS[topic.name]],
            },
            "bindingVersion": _BINDING_VERSION,
        }
    }


def _payload_of(topic: Topic) -> dict[str, Any]:
    model = _MODELS.get(topic.name)
    if model is not None:
        return {"$ref": _SCHEMAS.format(model=model.__name__)}
    if topic is GOAL_CHANGES:
        return {"$ref": _SCHEMAS.format(model="Definition")}
    return {"description": "as it came, byte for byte"}


def _schemas() -> dict[str, Any]:
    _, shown = models_json_schema(
        [(model, "validation") for model in _MODELS.values()], ref_template=_SCHEMAS
    )
    union = TypeAdapter(Definition).json_schema(ref_template=_SCHEMAS)
    schemas: dict[str, Any] = shown["$defs"] | union.pop("$defs")
    return schemas | {"Definition": union}
