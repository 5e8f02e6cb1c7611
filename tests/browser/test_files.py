"""What the page is made of, asked of its routes alone."""

import gzip
import re
from collections.abc import AsyncIterator
from itertools import product

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.goals.page.files import STATIC, read_manifest
from services.goals.page.routes import page_router
from tests.browser.sources import SOURCES

NAMES = sorted(path.name for path in STATIC.iterdir() if path.suffix != ".json")
TEXT = {name: (STATIC / name).read_text(encoding="utf-8") for name in NAMES}
MANIFEST = read_manifest()
COLOUR = re.compile(r"--(?P<name>[a-z-]+): (?P<colour>#[0-9a-f]{6});")
FIRST_SCRIPT_BYTES_MAX = 60_000
STYLE_BYTES_MAX = 20_000


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """Ask the routes without a server."""
    app = FastAPI()
    # Nobody is let in here, so nothing is read for him.
    app.state.service = None
    app.include_router(page_router())
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/manage/queries", *(f"/static/{name}" for name in NAMES)]
)
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


async def test_what_the_browser_has_is_not_asked_for_again(
    client: httpx.AsyncClient,
) -> None:
    """A name holds a hash of what it names, so it is right for ever."""
    for name in NAMES:
        answer = await client.get(f"/static/{name}")

        assert name == "NOTICES.txt" or re.search(r"-[0-9A-Z]{8}\.\w+$", name)
        assert "immutable" in answer.headers["cache-control"]


async def test_a_document_is_kept_by_nobody(client: httpx.AsyncClient) -> None:
    """It holds what its reader may see, and the next one may see something else."""
    answer = await client.get("/")

    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2froutes.py", "../routes.py", "%2e%2e/routes.py", ""]
)
async def test_only_files_of_the_page_are_served(
    client: httpx.AsyncClient, name: str
) -> None:
    """No name leads out of the folder."""
    answer = await client.get(f"/static/{name}")

    assert answer.status_code == 404


@pytest.mark.parametrize("name", [name for name in NAMES if name != "NOTICES.txt"])
def test_no_file_names_a_foreign_host(name: str) -> None:
    """All that the page needs comes from where it came from."""
    hosts = re.findall(r"https?://[^\s\"'`)]+", TEXT[name])

    # Names of vocabularies are no addresses that anybody asks.
    assert [host for host in hosts if not host.startswith("http://www.w3.org/")] == []


def test_every_file_is_there_and_used() -> None:
    """The manifest names all scripts, and none is left over from an earlier build."""
    named = {name for names in MANIFEST.screens.values() for name in names}
    named |= {MANIFEST.worker, MANIFEST.style, MANIFEST.icon, "NOTICES.txt"}
    imported = {
        match
        for text in TEXT.values()
        for match in re.findall(r"\./([\w-]+\.js)", text)
    }

    assert named | imported == set(NAMES)


@pytest.mark.parametrize("screen", MANIFEST.screens)
def test_a_screen_stays_small(screen: str) -> None:
    """A phone on a bad connection has it in a moment."""
    scripts = [TEXT[name].encode() for name in MANIFEST.screens[screen]]

    assert sum(map(_on_the_wire, scripts)) <= FIRST_SCRIPT_BYTES_MAX
    assert _on_the_wire(TEXT[MANIFEST.style].encode()) <= STYLE_BYTES_MAX


def _on_the_wire(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=9))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(scheme: str) -> None:
    """Text has a contrast of 4.5 to what it stands on, marks one of 3."""
    style = (SOURCES / "page.css").read_text(encoding="utf-8")
    light, dark = style.split("(prefers-color-scheme: dark)")[:2]
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
