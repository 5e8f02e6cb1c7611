"""The HTTP side of ingest: who is let in, and how each outcome is answered."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx
import pytest
from openapi_spec_validator import validate
from typing_extensions import override

from services.ingest.admission import Admission
from services.ingest.http import BODY_BYTES_MAX, Door, build_http
from services.ingest.intake import Intake
from shared.plumbing.producing import Message
from tests.ingest.test_intake import TRACE, Shelf, record
from tests.waiting import eventually

TOKEN = "a-token-of-the-tests"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
JSON = {**AUTHORIZED, "Content-Type": "application/json"}


class SlowShelf(Shelf):
    """Acknowledges when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.released = asyncio.Event()

    @override
    async def send(self, messages: Iterable[Message]) -> None:
        self.asked += 1
        await self.released.wait()
        await super().send(messages)


@asynccontextmanager
async def client_of(
    shelf: Shelf, *, requests_max: int = 10, bytes_max: int = 2 * BODY_BYTES_MAX
) -> AsyncIterator[httpx.AsyncClient]:
    """Serve an ingest without a network."""
    door = Door(
        intake=Intake(producer=shelf, topic="t"),
        admission=Admission(requests_max=requests_max, bytes_max=bytes_max),
        token=TOKEN.encode(),
    )
    http = build_http(door, checks={}, asyncapi=dict)
    transport = httpx.ASGITransport(http, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        yield client


async def test_accepted_records_are_answered_with_their_number() -> None:
    """202 says how many were stored, and which were not."""
    shelf = Shelf()
    async with client_of(shelf) as client:
        answer = await client.post(
            "/v1/records",
            headers={**JSON, "traceparent": TRACE},
            content=json.dumps([record("1"), record("2", colour="red")]),
        )

    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert answer.json()["rejected"][0]["index"] == 1
    assert "colour" in answer.json()["rejected"][0]["detail"]
    assert dict(shelf.messages[0].headers)["traceparent"] == TRACE.encode()


async def test_a_trace_that_is_none_is_left_out() -> None:
    """What does not read as a traceparent goes no further."""
    shelf = Shelf()
    async with client_of(shelf) as client:
        await client.post(
            "/v1/records",
            headers={**JSON, "traceparent": "nonsense"},
            content=json.dumps(record("1")),
        )

    assert "traceparent" not in dict(shelf.messages[0].headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
    ],
)
async def test_without_the_token_nobody_is_let_in(headers: dict[str, str]) -> None:
    """401 comes before anything of the body is read."""
    shelf = Shelf()
    async with client_of(shelf) as client:
        answer = await client.post("/v1/records", headers=headers, content=b"[")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["error"] == "not_authenticated"
    assert shelf.messages == []


@pytest.mark.parametrize(
    ("content", "headers", "status", "error"),
    [
        (b"[1,", JSON, 400, "not_json"),
        (b"{}", {**JSON, "Content-Type": "text/csv"}, 415, "unsupported_media_type"),
        (b"{}", JSON, 422, "invalid_record"),
        (b"{", JSON, 422, "not_json"),
        (b"[]", JSON, 422, "no_record_acceptable"),
        (b" " * (BODY_BYTES_MAX + 1), JSON, 413, "request_too_large"),
        (b"[" + b"1," * 60_000 + b"1]", JSON, 413, "too_many_records"),
    ],
)
async def test_refusals_have_the_one_shape(
    content: bytes, headers: dict[str, str], status: int, error: str
) -> None:
    """Every refusal names its error and says what to do."""
    async with client_of(Shelf()) as client:
        answer = await client.post("/v1/records", headers=headers, content=content)

    body = answer.json()
    assert (answer.status_code, body["error"]) == (status, error)
    assert body["detail"]
    assert body["dynamics_code"] is None
    assert body["field"] is None


async def test_a_body_without_a_length_is_measured_as_it_comes() -> None:
    """A chunked body passes no limit unseen."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 1_000_000

    async with client_of(Shelf()) as client:
        answer = await client.post("/v1/records", headers=JSON, content=endless())

    assert answer.status_code == 413


async def test_kafka_away_is_503_with_retry_after() -> None:
    """Nothing is answered 202 and then lost."""
    async with client_of(Shelf(away=True)) as client:
        answer = await client.post(
            "/v1/records", headers=JSON, content=json.dumps(record("1"))
        )

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["error"] == "kafka_unavailable"


async def test_too_many_requests_at_once_are_429_with_retry_after() -> None:
    """Who is let in is answered all the same."""
    shelf = SlowShelf()
    body = json.dumps(record("1"))
    async with client_of(shelf, requests_max=1) as client:
        first = asyncio.create_task(
            client.post("/v1/records", headers=JSON, content=body)
        )
        await eventually(lambda: shelf.asked, what="the first request's sending")
        second = await client.post("/v1/records", headers=JSON, content=body)
        shelf.released.set()
        answered = await first

    assert second.status_code == 429
    assert second.headers["retry-after"] == "1"
    assert answered.status_code == 202


async def test_too_many_bytes_at_once_are_429() -> None:
    """Memory has a limit, whatever the number of requests."""
    async with client_of(Shelf(), bytes_max=10) as client:
        answer = await client.post(
            "/v1/records", headers=JSON, content=json.dumps(record("1"))
        )

    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/v1/records", 405, "method_not_allowed"),
        ("GET", "/nowhere", 404, "not_found"),
    ],
)
async def test_unknown_routes_have_the_one_shape(
    method: str, path: str, status: int, error: str
) -> None:
    """Also what no route answers is answered in our words."""
    async with client_of(Shelf()) as client:
        answer = await client.request(method, path)

    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_fault_of_ours_is_500_in_the_one_shape() -> None:
    """The sender learns nothing of our insides."""

    class BrokenShelf(Shelf):
        @override
        async def send(self, messages: Iterable[Message]) -> None:
            raise ZeroDivisionError

    async with client_of(BrokenShelf()) as client:
        answer = await client.post(
            "/v1/records", headers=JSON, content=json.dumps(record("1"))
        )

    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")


async def test_the_openapi_document_is_valid_and_whole() -> None:
    """Each content type and status of the contract stands there, with an example."""
    async with client_of(Shelf()) as client:
        document = (await client.get("/openapi.json")).json()

    validate(document)
    post = document["paths"]["/v1/records"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "application/cloudevents+json",
    }
    statuses = {"202", "400", "401", "413", "415", "422", "429", "503"}
    assert set(post["responses"]) == statuses
    for status in statuses:
        assert "example" in post["responses"][status]["content"]["application/json"]


async def test_the_page_of_the_document_loads_nothing() -> None:
    """It shows what can be posted, and no foreign host is asked."""
    async with client_of(Shelf()) as client:
        answer = await client.get("/docs")

    assert answer.status_code == 200
    assert "POST /v1/records" in answer.text
    assert "application/x-ndjson" in answer.text
    assert "kafka_unavailable" in answer.text
    assert "http://" not in answer.text
    assert "https://" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_metrics_count_what_was_accepted_and_rejected() -> None:
    """Prometheus sees the records, by the reason they were refused for."""
    async with client_of(Shelf()) as client:
        await client.post(
            "/v1/records",
            headers=JSON,
            content=json.dumps([record("1"), record("2", colour="red")]),
        )
        metrics = (await client.get("/metrics")).text

    assert "cairn_ingest_accepted_records_total" in metrics
    assert 'cairn_ingest_rejected_records_total{error="unknown_field"}' in metrics
    assert 'cairn_ingest_request_seconds_bucket{le="0.002",status="202"}' in metrics
