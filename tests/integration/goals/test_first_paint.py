"""What documents of the page hold before their scripts run, and for whom."""

import pytest

from services.goals.page import asking
from tests.integration.goals.conftest import Api
from tests.integration.goals.test_page_access import browser

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have documents wait for what they show, however busy the machine is."""
    monkeypatch.setattr(asking, "SECONDS_MAX", 60.0)


async def document(api: Api, path: str) -> str:
    """Return a document as whoever has the token gets it."""
    answer = await api.client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


async def document_for(api: Api, path: str, user: str) -> str:
    """Return a document as a person gets it."""
    link = await api.create("/v1/page-links", {"user_id": user})
    async with browser(api) as client:
        await client.get(link["url"])
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


async def board(api: Api, **more: object) -> str:
    """Create a dashboard with tiles of goals that are there, and of one that is not."""
    tiles = [
        {"kind": "goal", "width": 4, "goal_id": api.id("company")},
        {"kind": "waterfall", "width": 8, "goal_id": api.id("north")},
        {"kind": "goal", "width": 4, "goal_id": api.id("nothing")},
        {"kind": "attention"},
        {"kind": "attainment", "by": "team"},
        {"kind": "text", "text": "<b>Call them</b>"},
    ]
    made = await api.create(
        "/v1/dashboards",
        {
            "id": api.id("board"),
            "name": api.id("board"),
            "sections": [{"title": "Sum", "tiles": tiles}],
            **more,
        },
    )
    return str(made["id"])


async def test_a_report_is_drawn(api: Api) -> None:
    """The rows of its address, in its order, with targets in the reader's language."""
    await api.company()
    await api.goal("wide", target="123456.00")
    metric = f"metric={api.id('revenue')}"

    text = await document(api, f"/reports?by=goal&period=all&sort=target&{metric}")
    named = await document(api, f"/reports?period=all&{metric}")
    empty = await document(api, "/reports?period=1999-01-01..1999-12-31")

    assert "Attainment by goal" in text
    assert f'<a href="/goals/{api.id("north")}">north</a>' in text
    places = [text.index(f">{name}</a></td>") for name in ("wide", "company", "north")]
    assert places == sorted(places)
    assert "123,456" in text
    assert 'aria-sort="descending"' in text
    assert "Attainment by owner" in named
    assert "<td>ada</td>" in named
    assert "No goal that you may read" in empty
    assert 'value="1999-12-31"' in empty


@pytest.mark.parametrize(
    "query",
    [
        "by=nonsense",
        "period=2026-02-30..2026-03-01",
        "sort=metric",
        "metric=%00",
        "by=period",
        "leaderboard=1",
    ],
)
async def test_what_cannot_be_drawn_is_left_to_the_script(api: Api, query: str) -> None:
    """It asks the API, which says why, or it writes what no server knows how to."""
    text = await document(api, f"/reports?{query}")

    assert "Reading the report" in text


async def test_dashboards_are_drawn(api: Api) -> None:
    """The list, and of each its tiles by title; what is not there is said."""
    await api.company()
    name = await board(api)

    listed = await document(api, "/dashboards")
    text = await document(api, f"/dashboards/{name}")
    arranged = await document(api, f"/dashboards/{name}?edit=1")

    assert f'href="/dashboards/{name}"' in listed
    assert "everybody's · 1 section" in listed.replace("&#39;", "'")
    assert f'<a href="/goals/{api.id("company")}">company</a>' in text
    assert "of 100 " in text
    assert "What moved: north" in text
    assert "This goal is not there" in text
    assert "Attainment by team" in text
    assert "&lt;b&gt;Call them" in text
    assert "Reading the dashboard" in arranged


async def test_operations_are_drawn(api: Api) -> None:
    """What the API answers, in the same sections."""
    text = await document(api, "/operations")

    for words in ("Services ready", "Rollup processes", "Partitions", "Outbox"):
        assert words in text
    assert ">goals</th>" in text
    assert "Deltas that have not climbed" in text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/manage/goals", "company"),
        ("/manage/metrics", "revenue"),
        ("/manage/directory", "ada"),
    ],
)
async def test_lists_of_things_are_drawn(api: Api, path: str, name: str) -> None:
    """All names, each with where it is edited."""
    await api.company()

    text = await document(api, path)
    opened = await document(api, f"{path}?id={api.id(name)}")

    assert f"id={api.id(name)}" in text
    assert "in all" in text
    assert "Reading …" in opened


async def test_only_what_one_may_read_is_drawn(api: Api) -> None:
    """Neither another's dashboard, nor what needs a right that one lacks."""
    await api.company()
    bo = await api.user("bo")
    link = await api.create("/v1/page-links", {"user_id": api.id("ada")})
    async with browser(api) as client:
        await client.get(link["url"])
        csrf = (await client.get("/v1/session")).json()["csrf_token"]
        made = await client.post(
            "/v1/dashboards",
            json={"id": api.id("hers"), "name": api.id("hers"), "sections": []},
            headers={"X-CSRF-Token": csrf},
        )
        own = await client.get("/dashboards")
    assert made.status_code == 201, made.text

    listed = await document_for(api, "/dashboards", bo)
    hers = await document_for(api, f"/dashboards/{api.id('hers')}", bo)
    operations = await document_for(api, "/operations", bo)

    assert api.id("hers") in own.text
    assert "ada · 0 sections" in own.text
    assert api.id("hers") not in listed
    assert api.id("hers") not in hers
    assert "Outbox" not in operations


async def test_whoever_has_no_session_gets_no_data(api: Api) -> None:
    """The same documents, which say how to get in."""
    await api.company()
    name = await board(api)
    paths = (
        "/reports",
        "/dashboards",
        f"/dashboards/{name}",
        "/operations",
        "/manage/goals",
        "/manage/directory",
    )

    async with browser(api) as client:
        found = {path: await client.get(path) for path in paths}

    for path, answer in found.items():
        assert answer.status_code == 200, path
        assert "cairn page-link" in answer.text
        assert api.prefix not in answer.text.replace(path, ""), path
        assert "Reading" in answer.text or "Asking" in answer.text
