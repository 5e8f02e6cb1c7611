"""What the page is made of, asked of its routes alone."""

import re
from collections.abc import AsyncIterator
from itertools import product

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.goals.page.routes import STATIC, page_router

NAMES = sorted(path.name for path in STATIC.iterdir())
TEXT = {name: (STATIC / name).read_text(encoding="utf-8") for name in NAMES}
COLOUR = re.compile(r"--(?P<name>[a-z-]+): (?P<colour>#[0-9a-f]{6});")
SCRIPT_BYTES_MAX = 60_000


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Ask the routes without a server."""
    app = FastAPI()
    app.include_router(page_router())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        yield client


@pytest.mark.parametrize("path", ["/", *(f"/static/{name}" for name in NAMES)])
async def test_nothing_foreign_or_inline_may_run(
    client: httpx.AsyncClient, path: str
) -> None:
    """Every answer carries the strict policy and says what it is."""
    answer = await client.get(path)

    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_what_the_browser_has_is_not_sent_again(
    client: httpx.AsyncClient,
) -> None:
    """A file that has not changed is answered in a few bytes."""
    first = await client.get("/static/main.js")

    again = await client.get(
        "/static/main.js", headers={"If-None-Match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2froutes.py", "../routes.py", "%2e%2e/routes.py", ""]
)
async def test_only_files_of_the_page_are_served(
    client: httpx.AsyncClient, name: str
) -> None:
    """No name leads out of the folder."""
    answer = await client.get(f"/static/{name}")

    assert answer.status_code == 404


@pytest.mark.parametrize("name", NAMES)
def test_no_file_names_a_foreign_host(name: str) -> None:
    """All that the page needs comes from where it came from."""
    hosts = re.findall(r"https?://[^\s\"'`)]+", TEXT[name])

    # The name of SVG's vocabulary is no address that anybody asks.
    assert [host for host in hosts if host != "http://www.w3.org/2000/svg"] == []


def test_every_module_is_there_and_used() -> None:
    """Each import names a file of the page, and no file is left over."""
    named = {
        match[1]
        for text in TEXT.values()
        for match in re.finditer(r'(?:from "\./|/static/)([\w.]+)', text)
    }

    assert named == set(NAMES) - {"index.html"}


def test_the_page_stays_small() -> None:
    """A phone on a bad connection has it in a moment, even uncompressed."""
    assert sum(len(TEXT[name]) for name in NAMES if name.endswith(".js")) < (
        SCRIPT_BYTES_MAX
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    """Text has a contrast of 4.5 to what it stands on, marks one of 3."""
    light, dark = TEXT["page.css"].split("@media (prefers-color-scheme: dark)")[:2]
    colours = dict(COLOUR.findall(light)) | (
        dict(COLOUR.findall(dark)) if scheme == "dark" else {}
    )

    texts = ("ink", "quiet", "good", "warn", "bad")
    for text, ground in product(texts, ("paper", "raised")):
        assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for mark, ground in product(("actual", "pace", "ink"), ("paper", "track")):
        assert _contrast(colours[mark], colours[ground]) >= 3, (mark, ground)
    assert _contrast(colours["actual"], colours["in-progress"]) >= 3


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 has it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
