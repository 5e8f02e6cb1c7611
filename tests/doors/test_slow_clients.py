"""Connections on which nothing comes to an end are closed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI, Response

from local.ports import pick_free
from shared.plumbing import serving as at_work
from shared.plumbing.serving import serving

WAIT_SECONDS = 60.0


@pytest_asyncio.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """Serve something, with little patience."""
    monkeypatch.setattr(at_work, "HEAD_SECONDS_MAX", 0.3)
    (free,) = pick_free(1)
    http = FastAPI()

    @http.post("/refused")
    async def refused() -> Response:
        return Response(status_code=401)

    @http.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(1)
        return "done"

    async with serving(http, host="127.0.0.1", port=free):
        yield free


async def trickled(port: int, head: bytes, drop: bytes) -> bytes:
    """Send a head and then drop by drop, until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head)
    reading = asyncio.create_task(reader.read())
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            while not reading.done():
                writer.write(drop)
                await asyncio.wait([reading], timeout=0.05)
    finally:
        writer.close()
    return await reading


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b""),
        (b"GET /slow HTTP/1.1\r\n", b"x"),
        (b"GET /slow HTTP/1.1\r\nhost: t\r\nx: ", b"y"),
    ],
)
async def test_a_head_that_does_not_end_is_not_waited_for(
    port: int, head: bytes, drop: bytes
) -> None:
    """Neither if nothing comes, nor if something comes now and then."""
    assert await trickled(port, head, drop) == b""


async def test_a_body_that_nobody_reads_is_not_waited_for(port: int) -> None:
    """Who was refused before the body was read cannot hold the connection by it."""
    head = b"POST /refused HTTP/1.1\r\nhost: t\r\ncontent-length: 100000\r\n\r\n"

    answer = await trickled(port, head, b"z")

    assert answer.startswith(b"HTTP/1.1 401")


async def test_an_answer_may_take_longer(port: int) -> None:
    """It is the head that has to come in time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /slow HTTP/1.1\r\nhost: t\r\nconnection: close\r\n\r\n")
    async with asyncio.timeout(WAIT_SECONDS):
        answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'"done"')
