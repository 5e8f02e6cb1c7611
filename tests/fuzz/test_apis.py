"""Whatever is sent to an API, it answers as its document says, and never with 5xx."""

from types import SimpleNamespace
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.goals.http.application import build_http as build_goals
from services.ingest.http import build_http as build_ingest
from tests.fuzz.company import KNOWN
from tests.running import Running

# So many requests to each operation: half as the document has them, half not quite.
EXAMPLES: Final = 16
SECONDS_MAX: Final = 20.0
# These do not end.
STREAMS: Final = frozenset({"/v1/stream"})
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_METHODS: Final = ("get", "post", "put", "patch", "delete")
# What answers is the running service; of these the documents are taken.
_NOTHING: Final[Any] = SimpleNamespace(keeper=None, rates=None)
DOCUMENTS: Final[dict[str, dict[str, Any]]] = {
    "goals": build_goals(_NOTHING, checks={}, asyncapi=dict).openapi(),
    "ingest": build_ingest(_NOTHING, checks={}, asyncapi=dict).openapi(),
}


def operations() -> list[tuple[str, str, str]]:
    """Return all operations of all documents; those that delete things come last."""
    found = [
        (service, method, path)
        for service, document in DOCUMENTS.items()
        for path, several in document["paths"].items()
        for method in _METHODS
        if method in several and path not in STREAMS
    ]
    return sorted(found, key=lambda one: one[1] == "delete")


@pytest.mark.parametrize(("service", "method", "path"), operations())
def test_every_answer_is_one_of_the_document(
    cairn: Running, service: str, method: str, path: str
) -> None:
    """No status, type or shape that it does not name, whether ids exist or not."""
    schema = schemathesis.openapi.from_dict(DOCUMENTS[service])
    address = {"goals": cairn.goals, "ingest": cairn.ingest}[service]
    headers = {"Authorization": f"Bearer {cairn.token}"}
    known = KNOWN.get(path.split("/")[2]) if path.startswith("/v1/") else None
    answered = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(), exists=st.booleans())
    def answers(case: Any, *, exists: bool) -> None:
        if exists and known is not None and "{id}" in path:
            case.path_parameters["id"] = known
        response = case.call(base_url=address, headers=headers, timeout=SECONDS_MAX)
        answered.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    answers()
    assert answered
    assert 401 not in answered or path == "/enter"
