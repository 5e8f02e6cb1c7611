"""The HTTP side of ingest: who is let in, and how each outcome is answered."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import validate
from typing_extensions import override

from local.ports import pick_free
from services.ingest import http as at_the_door
from services.ingest.admission import Admission
from services.ingest.http import BODY_BYTES_MAX, SCOPES, Door, build_http
from services.ingest.intake import Intake
from shared.domain.csv_rows import MALFORMED
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates
from shared.messages import records
from shared.plumbing.producing import Message
from shared.plumbing.serving import serving
from tests.ingest.test_intake import TRACE, Shelf, record
from tests.style.documents import examples_in
from tests.style.sources import ROOT
from tests.waiting import eventually

INGEST = ROOT / "services" / "ingest"
ENGINEERS = ROOT / "docs" / "engineers.md"
TOKEN = "a-token-of-the-tests"
NAMED_ERROR = re.compile(r'(?:\berror ?= ?|InvalidRecordError\(\s*)"([a-z_]+)"')
# What only our own faults are answered with, and a name that others replace.
ERRORS_UNTOLD = {"internal_error", "not_understood"}
AT_THE_DOOR = {
    *("not_authenticated", "scope_missing", "user_unknown", "user_disabled"),
    *("too_many_requests", "database_unavailable", "issuer_unavailable"),
}
DEEP = b'{"entity":"a","id":"1","version":1,"attributes":{"x":[[[1]]]}}'
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
JSON = {**AUTHORIZED, "Content-Type": "application/json"}
CSV = {**AUTHORIZED, "Content-Type": "text/csv"}


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
        keeper=Keeper(admin_token=TOKEN.encode()),
        rates=Rates(10_000),
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
        (b"{}", {**JSON, "Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b"{}", JSON, 422, "invalid_record"),
        (b"{", JSON, 422, "not_json"),
        (b"[]", JSON, 422, "no_record_acceptable"),
        (b" " * (BODY_BYTES_MAX + 1), JSON, 413, "request_too_large"),
        (b"[" + b"1," * 60_000 + b"1]", JSON, 413, "too_many_records"),
        (b"[" * 5_000 + b"]" * 5_000, JSON, 400, "not_json"),
        (DEEP, JSON, 422, "attribute_not_flat"),
        (b"", CSV, 400, "csv_malformed"),
        (b"entity,id,id\n", CSV, 400, "csv_malformed"),
        (b"entity,id,version\n", CSV, 422, "no_record_acceptable"),
        (b"entity,id,version\na,,1", CSV, 422, "invalid_id"),
        (b" " * (BODY_BYTES_MAX + 1), CSV, 413, "request_too_large"),
        (b"entity,id,version" + b"\n1" * 60_000, CSV, 413, "too_many_records"),
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


async def test_a_table_is_answered_with_the_lines_of_its_bad_rows() -> None:
    """A row has an index like any record, and a line; JSON has no lines."""
    async with client_of(Shelf()) as client:
        table = await client.post(
            "/v1/records",
            headers=CSV,
            content="entity,id,version\ncall,ä,1\ncall,2\n".encode(),
        )
        array = await client.post(
            "/v1/records", headers=JSON, content=json.dumps([record("1"), {}])
        )

    assert table.status_code == 202
    assert table.json()["accepted"] == 1
    (rejected,) = table.json()["rejected"]
    assert (rejected["index"], rejected["line"]) == (1, 3)
    assert rejected["error"] == "csv_malformed"
    assert set(array.json()["rejected"][0]) == {"index", "error", "detail"}


async def test_all_or_none_is_asked_for_in_the_query() -> None:
    """422 has the same report as 202 would have had, and nothing was sent."""
    shelf = Shelf()
    body = b"entity,id,version\ncall,1,1\ncall,2\n"
    async with client_of(shelf) as client:
        refused = await client.post("/v1/records?mode=all", headers=CSV, content=body)
        nothing = list(shelf.messages)
        sent = await client.post("/v1/records?mode=good", headers=CSV, content=body)

    assert refused.status_code == 422
    assert refused.json()["error"] == "records_rejected"
    assert nothing == []
    assert sent.status_code == 202
    assert refused.json()["rejected"] == sent.json()["rejected"]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("mode=some", "mode", "mode is some, good or all"),
        ("mode=", "mode", "good or all"),
        ("mode=all&mode=good", "mode", "once"),
        ("mod=all", "mod", "unknown"),
        ("mode=all&dry_run=1", "dry_run", "unknown"),
    ],
)
async def test_parameters_that_do_not_read_are_refused_by_name(
    query: str, field: str, told: str
) -> None:
    """A misspelt mode would otherwise send what was not to be sent."""
    shelf = Shelf()
    async with client_of(shelf) as client:
        answer = await client.post(
            f"/v1/records?{query}", headers=JSON, content=json.dumps(record("1"))
        )

    body = answer.json()
    assert (answer.status_code, body["error"]) == (400, "invalid_parameter")
    assert body["field"] == field
    assert told in body["detail"]
    assert shelf.messages == []


async def test_what_a_table_grows_to_counts_as_bytes_under_way() -> None:
    """A small table with long names of columns takes the room that it needs."""
    body = b"entity,id,version," + b"n" * 1_000 + b"\n" + b"call,1,1,x\n" * 100
    async with client_of(Shelf(), bytes_max=50_000) as client:
        answer = await client.post("/v1/records", headers=CSV, content=body)
        fits = await client.post("/v1/records", headers=CSV, content=body[:1_100])

    assert len(body) < 50_000
    assert answer.status_code == 429
    assert fits.status_code == 202


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
        answer = await client.request(method, path, headers=AUTHORIZED)

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
        document = (await client.get("/openapi.json", headers=AUTHORIZED)).json()

    validate(document)
    post = document["paths"]["/v1/records"]["post"]
    assert set(post["requestBody"]["content"]) == {
        "application/json",
        "application/x-ndjson",
        "text/csv",
        "application/cloudevents+json",
    }
    (mode,) = post["parameters"]
    assert mode["name"] == "mode"
    assert mode["schema"]["enum"] == ["good", "all"]
    statuses = {"202", "400", "401", "403", "408", "413", "415", "422", "429", "503"}
    assert set(post["responses"]) == statuses
    for status in statuses:
        content = post["responses"][status]["content"]["application/json"]
        assert ("example" in content) != ("examples" in content)
    line = document["components"]["schemas"]["RejectedBody"]
    assert "line" not in line["required"]


async def test_every_route_has_its_scope() -> None:
    """A new route needs a line in SCOPES, or it is an admin's alone."""
    async with client_of(Shelf()) as client:
        document = (await client.get("/openapi.json", headers=AUTHORIZED)).json()
    routes = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
    }

    assert routes - SCOPES.keys() == {"GET /livez", "GET /readyz", "GET /metrics"}


async def test_every_error_is_in_the_document() -> None:
    """What a request or a record can be refused for stands there by its name."""
    sources = [*INGEST.glob("*.py"), Path(records.__file__)]
    text = "".join(source.read_text(encoding="utf-8") for source in sources)
    named = {MALFORMED, *AT_THE_DOOR, *NAMED_ERROR.findall(text)} - ERRORS_UNTOLD
    async with client_of(Shelf()) as client:
        document = (await client.get("/openapi.json", headers=AUTHORIZED)).text

    assert named >= {"records_rejected", "unknown_field", "too_many_records"}
    assert {name for name in named if not re.search(rf"\b{name}\b", document)} == set()


async def test_examples_of_the_document_are_accepted() -> None:
    """Whoever copies an example of a body gets a 202, also for all or none."""
    async with client_of(Shelf()) as client:
        document = (await client.get("/openapi.json", headers=AUTHORIZED)).json()
        contents = document["paths"]["/v1/records"]["post"]["requestBody"]["content"]
        answers = [
            await client.post(
                "/v1/records?mode=all",
                headers={**AUTHORIZED, "Content-Type": media_type},
                content=one if isinstance(one, str) else json.dumps(one),
            )
            for media_type, content in contents.items()
            for one in [
                *(each["value"] for each in content.get("examples", {}).values()),
                *([content["example"]] if "example" in content else []),
            ]
        ]

    assert [answer.status_code for answer in answers] == [202] * 5


async def test_tables_of_the_documentation_are_accepted() -> None:
    """What docs/engineers.md shows as CSV is taken as it stands."""
    tables = [one.text for one in examples_in(ENGINEERS) if one.language == "csv"]
    async with client_of(Shelf()) as client:
        answers = [
            await client.post("/v1/records", headers=CSV, content=table)
            for table in tables
        ]

    assert [answer.json().get("rejected") for answer in answers] == [[]] * len(tables)
    assert tables


async def test_the_page_of_the_document_loads_nothing() -> None:
    """It shows what can be posted, and no foreign host is asked."""
    async with client_of(Shelf()) as client:
        answer = await client.get("/docs", headers=AUTHORIZED)

    assert answer.status_code == 200
    assert "POST /v1/records" in answer.text
    assert "application/x-ndjson" in answer.text
    assert "?mode=" in answer.text
    assert "every other column" in answer.text.lower()
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


async def test_a_body_that_trickles_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """408 says why, over a real connection, and the room that it took is free again."""
    monkeypatch.setattr(at_the_door, "BODY_SECONDS_MAX", 0.3)
    (port,) = pick_free(1)
    door = Door(
        intake=Intake(producer=Shelf(), topic="t"),
        admission=Admission(requests_max=1),
        keeper=Keeper(admin_token=TOKEN.encode()),
        rates=Rates(10_000),
    )
    http = build_http(door, checks={}, asyncapi=dict)
    head = (
        f"POST /v1/records HTTP/1.1\r\nhost: t\r\nauthorization: Bearer {TOKEN}\r\n"
        "content-type: application/json\r\ncontent-length: 10000\r\n\r\n"
    )
    async with serving(http, host="127.0.0.1", port=port), asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode())
        answering = asyncio.create_task(reader.read(2_000))
        while not answering.done():
            writer.write(b" ")
            await asyncio.wait([answering], timeout=0.05)
        writer.close()

    assert answering.result().startswith(b"HTTP/1.1 408")
    assert b"body_too_slow" in answering.result()
    assert door.admission.requests == 0
