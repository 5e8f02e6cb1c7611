"""Rejected records over HTTP, on a real topic."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.ports import pick_free
from local.servers import Servers
from services.goals import rejected
from services.goals.rejected import RejectedPlace, RejectedTopic
from services.goals.topics import KafkaAwayError
from shared.messages.topics import ACTIVITY_RECORDS_REJECTED
from shared.plumbing.kafka import topic_name
from tests.integration.goals.auditing import newest, told_since
from tests.integration.goals.conftest import Api, installed, running
from tests.integration.goals.rejecting import reject, sent_again

pytestmark = pytest.mark.asyncio(loop_scope="package")

REJECTED, REPLAY = "/v1/rejected", "/v1/rejected/replay"


@pytest_asyncio.fixture(loop_scope="package")
async def api(servers: Servers) -> AsyncIterator[Api]:
    """Start a service whose topics only one test uses."""
    async with installed(servers) as made, running(made) as started:
        yield started


async def pages(api: Api, query: str = "") -> list[list[int]]:
    """Return the offsets of each page."""
    found: list[list[int]] = []
    following = ""
    while True:
        page = await api.read(f"{REJECTED}?limit=3&after={following}{query}")
        found.append([one["offset"] for one in page["items"]])
        following = page["next"]
        if following is None:
            return found


async def test_they_are_listed_newest_first(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page at a time, each once; and by reason, and by a part of the key."""
    monkeypatch.setattr(rejected, "_CHUNK", 4)
    monkeypatch.setattr(rejected, "LOOKED_AT_MAX", 8)
    settings = api.installation.settings
    empty = await api.read(REJECTED)
    await reject(
        settings,
        *[(b"call/%d" % number, b"{", "not_json") for number in range(9)],
        (b"order/A-7", b"[]", "not_an_object"),
    )

    everything = await pages(api)
    by_error = await pages(api, "&error=not_an_object")
    by_key = await pages(api, "&q=ALL/4")

    assert empty["items"] == []
    assert everything == [[9, 8, 7], [6, 5, 4], [3, 2, 1], [0]]
    # One question looks so far, and no farther.
    assert by_error == [[9], []]
    assert by_key == [[4], []]
    assert (await api.read(REJECTED))["kept"] == [
        {"partition": 0, "first_offset": 0, "end_offset": 10, "records": 10}
    ]


async def test_each_says_what_it_is_and_why(api: Api) -> None:
    """As text, up to 4,000 characters, whatever came."""
    settings = api.installation.settings
    long = "\U0001f600" * 4_001
    await reject(
        settings,
        (b"call/1", long.encode(), "not_json"),
        (None, b"\xff", "not_utf_8"),
        (b"call/3", None, "empty"),
        (b"call/4", ("x" * 4_000).encode(), "not_json"),
    )

    whole, gone, wrong, cut = (await api.read(REJECTED))["items"]

    assert cut.pop("at").endswith("Z")
    assert cut == {
        "topic": topic_name(settings, ACTIVITY_RECORDS_REJECTED),
        "partition": 0,
        "offset": 0,
        "original": "activity-records/3@17",
        "key": "call/1",
        "error": "not_json",
        "detail": "it cannot be understood",
        "value": long[:4_000],
        "is_cut": True,
    }
    assert (wrong["key"], wrong["value"]) == ("", "\ufffd")
    assert gone["value"] is None
    assert (whole["value"], whole["is_cut"]) == ("x" * 4_000, False)


async def test_what_is_named_is_sent_again_byte_for_byte(api: Api) -> None:
    """Its key, value and own headers; it is noted who did it, and not done twice."""
    settings = api.installation.settings
    own = [("traceparent", b"00-1"), ("odd", None)]
    large = b"\xfe" * 900_000
    await reject(
        settings,
        (b"call/0", b"{", "not_json"),
        (b"call/1", b"\xff", "not_json"),
        (b"call/2", large, "too_large"),
        own=own,
    )
    before = await newest(api.installation)
    body = {"items": [{"partition": 0, "offset": 2}, {"partition": 0, "offset": 1}]}

    answers = [
        await api.client.post(REPLAY, json=body, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    ]

    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "replayed": 2,
            "items": [{"partition": 0, "offset": 1}, {"partition": 0, "offset": 2}],
            "next": None,
        }
    assert await sent_again(settings) == [
        (b"call/1", b"\xff", tuple(own)),
        (b"call/2", large, tuple(own)),
    ]
    [(what, action, _, after)] = await told_since(api, before)
    assert what.startswith("rejected_replay ")
    assert action == "created"
    assert after == {"records": 2, "places": ["0:1", "0:2"]}


async def test_what_has_a_reason_is_sent_again_bit_by_bit(api: Api) -> None:
    """The newest first, as many as are wanted; `next` leads to those before."""
    settings = api.installation.settings
    await reject(
        settings,
        (b"call/0", b"0", "not_json"),
        (b"call/1", b"1", "not_an_object"),
        (b"call/2", b"2", "not_json"),
        (b"call/3", b"3", "not_json"),
    )
    body: dict[str, Any] = {"error": "not_json", "limit": 2}

    first = (await api.client.post(REPLAY, json=body)).json()
    body["after"] = first["next"]
    second = (await api.client.post(REPLAY, json=body)).json()
    nothing = (await api.client.post(REPLAY, json={"error": "unheard_of"})).json()

    assert [one["offset"] for one in first["items"]] == [2, 3]
    assert [one["offset"] for one in second["items"]] == [0]
    assert second["next"] is None
    assert nothing == {"replayed": 0, "items": [], "next": None}
    assert [key for key, *_ in await sent_again(settings)] == [
        b"call/0",
        b"call/2",
        b"call/3",
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error", "words"),
    [
        ("POST", REPLAY, {}, 400, "invalid_field", "either items or an error"),
        (
            "POST",
            REPLAY,
            {"items": [{"partition": 0, "offset": 0}], "error": "x"},
            *(400, "invalid_field", "either items or an error"),
        ),
        (
            "POST",
            REPLAY,
            {"items": [{"partition": 0, "offset": 7}]},
            *(404, "not_found", "a rejected record at offset 7 of partition 0"),
        ),
        (
            "POST",
            REPLAY,
            {"error": "x", "limit": 501},
            *(400, "invalid_field", "limit"),
        ),
        ("GET", f"{REJECTED}?after=MA==", None, 400, "invalid_parameter", "after"),
        ("GET", f"{REJECTED}?reason=x", None, 400, "invalid_parameter", "reason"),
    ],
)
async def test_what_cannot_be_answered_is_refused(
    shared_service: Api,
    method: str,
    path: str,
    body: Any,
    status: int,
    error: str,
    words: str,
) -> None:
    """In words that name what to do."""
    refused = await shared_service.refused(method, path, body, status=status)

    assert refused["error"] == error
    assert words in refused["detail"]


async def test_too_much_at_once_is_refused(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent again is held in memory, all of it."""
    monkeypatch.setattr(rejected, "REPLAYED_BYTES_MAX", 10)
    await reject(api.installation.settings, (b"call/1", b"x" * 11, "not_json"))

    refused = await api.refused("POST", REPLAY, {"error": "not_json"}, status=422)

    assert refused["error"] == "too_many_items"
    assert "11 bytes together, 10 are allowed" in refused["detail"]
    assert await sent_again(api.installation.settings) == []


async def test_without_kafka_it_is_said(shared_service: Api) -> None:
    """With the same error as everywhere, which becomes 503."""
    away = shared_service.installation.settings.model_copy(
        update={"kafka_servers": f"127.0.0.1:{pick_free(1)[0]}"}
    )

    with pytest.raises(KafkaAwayError, match="kafka does not answer"):
        await RejectedTopic(away).find([RejectedPlace(0, 0)])


async def test_a_topic_that_is_missing_is_named(shared_service: Api) -> None:
    """The command that makes it is named too."""
    settings = shared_service.installation.settings
    missing = settings.model_copy(update={"topic_prefix": "nowhere-"})

    with pytest.raises(KafkaAwayError, match="cairn migrate"):
        await RejectedTopic(missing).page(None, 1, lambda _: True)
