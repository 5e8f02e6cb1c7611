"""The generated documents say all there is, and need no other host."""

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from services.goals.domain import errors
from services.goals.domain.errors import Refusal
from services.goals.http.fields import Body
from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_the_api_document_is_valid(api: Api) -> None:
    """By the specification's own schema."""
    document = await api.read("/openapi.json")

    validate(document)


async def test_every_route_says_what_it_does_and_how_it_fails(api: Api) -> None:
    """A summary, and each error with its name and an example."""
    document = await api.read("/openapi.json")

    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            if path.startswith("/v1/"):
                assert {"401", "503"} <= set(operation["responses"]), where
                assert operation["security"], where
                _check_errors(operation, where)


async def test_every_error_is_at_some_route(api: Api) -> None:
    """With its name and the code of Dynamics."""
    text = str(await api.read("/openapi.json"))

    for refusal in vars(errors).values():
        if isinstance(refusal, Refusal):
            told = f"`{refusal.error}`"
            if refusal.dynamics_code:
                told += f" ({refusal.dynamics_code})"
            assert told in text


async def test_every_body_has_an_example_that_it_accepts(api: Api) -> None:
    """What a reader copies works."""
    document = await api.read("/openapi.json")
    bodies = {body.__name__: body for body in Body.__subclasses__()}
    seen = 0

    for operations in document["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content")
            for name in _names_in(content):
                for example in document["components"]["schemas"][name].get(
                    "examples", ()
                ):
                    bodies[name].model_validate(example)
                    seen += 1

    assert seen >= 10


async def test_the_page_of_the_documents_loads_nothing_from_elsewhere(
    api: Api,
) -> None:
    """It works where there is no other host."""
    page = await api.client.get("/docs")

    assert page.headers["Content-Security-Policy"] == "default-src 'self'"
    loaded = re.findall(r"(?:src|href)=\"([^\"#]*)\"", page.text)
    assert set(loaded) == {"/docs.css", "/openapi.json", "/asyncapi"}
    assert (await api.client.get("/docs.css")).status_code == 200
    for path in (await api.read("/openapi.json"))["paths"]:
        assert path in page.text


async def test_the_topics_are_documented_with_keys_and_headers(api: Api) -> None:
    """What goes out, what comes in, how it is keyed and what travels along."""
    document = await api.read("/asyncapi")

    actions = {one["action"] for one in document["operations"].values()}
    assert actions == {"send", "receive"}
    messages = document["components"]["messages"]
    for message in messages.values():
        assert message["bindings"]["kafka"]["key"]["examples"]
        assert "ce_id" in message["headers"]["properties"]
    for reference in re.findall(r"'#/components/schemas/([^']*)'", str(document)):
        assert reference in document["components"]["schemas"]


def _check_errors(operation: dict[str, Any], where: str) -> None:
    for status, response in operation["responses"].items():
        if status[0] in "45" and status != "429":
            examples = response["content"]["application/json"]["examples"]
            assert examples, f"{where} {status}"


def _names_in(content: object) -> set[str]:
    return set(re.findall(r"'#/components/schemas/([^']*)'", str(content)))
