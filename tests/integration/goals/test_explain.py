"""Pointing at a record and reading why it counts or does not; and listing them."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import pytest
import pytest_asyncio

from local.servers import Servers
from services.goals.http import snapshots
from tests.cli.running import cairn
from tests.cli.tables import Tables
from tests.integration.goals.conftest import TOKEN, Api, installed
from tests.integration.goals.rolling_up import RollingUp, rolling_up
from tests.integration.goals.test_trials import records_held

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOW: Final = datetime(2026, 11, 21, 9, 30, 20, tzinfo=UTC)
REVENUE: Final[dict[str, Any]] = {
    "actual": {
        "source_entity": "opportunity",
        "source_attribute": "actualvalue",
        "source_state": "won",
        "date_attribute": "actualclosedate",
    },
    "in_progress": {
        "source_entity": "opportunity",
        "source_attribute": "estimatedvalue",
        "source_state": "open",
        "date_attribute": "estimatedclosedate",
    },
}

ALAN: Final[dict[str, Any]] = {"owner": {"type": "user", "id": "alan"}}


def deal(name: str, amount: object = "400.00", /, **changes: Any) -> dict[str, Any]:
    """Return a won opportunity of ada; what is not known of records is an attribute."""
    known = {"version", "owner", "deleted", "state"}
    said = {key: changes.pop(key) for key in list(changes) if key in known}
    attributes = {"actualvalue": amount, "actualclosedate": "2026-11-21", **changes}
    return {
        "entity": "opportunity",
        "id": name,
        "version": 1,
        "state": "won",
        "owner": {"type": "user", "id": "ada"},
        "attributes": attributes,
        **said,
    }


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def rolled(servers: Servers) -> AsyncIterator[RollingUp]:
    """One company for all tests here: `company`, and `north` of ada below it."""
    async with installed(servers) as installation, rolling_up(installation) as both:
        both.world.now = NOW
        api = both.api
        await api.user("ada")
        await api.user("alan")
        await api.metric(rollup_fields=REVENUE)
        stage = {"attribute": "stage", "operator": "eq", "value": "close"}
        await api.create(
            "/v1/rollup-queries",
            {"id": "close", "name": "Close", "entity": "opportunity", "where": stage},
        )
        await api.goal("company", rollup_only_from_children=True)
        await api.goal("north", title="North", parent_id="company")
        await api.goal("narrow", parent_id="company", queries={"actual": "close"})
        for record in (
            deal("O-1", name="Helio AG"),
            deal("O-2", "90000", actualclosedate="2027-01-02", name="Nova GmbH"),
            deal("O-3", "-5.5", stage="close", actualclosedate="2026-10-01"),
            deal("O-4", "7", owner={"type": "user", "id": "alan"}),
            deal("O-5", None, name="HELIO Süd"),
            deal("O-6", "12", deleted=True),
            deal("O-7", "11", state="lost", actualclosedate=None),
            deal(
                "O-8",
                state="open",
                estimatedvalue="300",
                estimatedclosedate="2026-12-31T22:59:00Z",
            ),
            deal("O-9", "400.00", actualclosedate="2026-10-02T10:00:00Z"),
            deal("a/b ü", "1"),
        ):
            both.record(record)
        await both.settle()
        yield both


async def explained(api: Api, goal: str, record: str) -> Any:
    """Return the explanation of a record."""
    return await api.read(
        f"/v1/goals/{quote(goal, safe='')}/explain?record={quote(record, safe='')}"
    )


async def listed(api: Api, more: str = "", *, goal: str = "north") -> Any:
    """Return a page of the records of a goal."""
    return await api.read(f"/v1/goals/{goal}/records?{more}")


def names(page: Mapping[str, Any]) -> list[str]:
    """Return the ids of a page's records."""
    return [item["record"].partition("/")[2] for item in page["items"]]


async def test_a_deal_that_counts_says_why(rolled: RollingUp) -> None:
    """In one sentence, with what it adds and every test."""
    found = await explained(rolled.api, "north", "opportunity/O-1")

    assert found["sentence"] == (
        "Opportunity O-1 counts 400.0000 towards actual of North: its actualclosedate "
        "is 2026-11-21, in the period (2026-10-01 to 2026-12-31); its state is won; "
        "and it belongs to user ada."
    )
    assert found["counted"] == {"actual": True, "in_progress": False}
    assert found["adds"] == {"actual": "400.0000", "in_progress": None}
    assert found["disagreements"] == []
    assert found["rollup"]["status"] == "current"
    assert found["as_of"] == "2026-11-21T09:30:00Z"
    assert (found["goal_id"], found["record"], found["version"]) == (
        "north",
        "opportunity/O-1",
        1,
    )
    assert {
        "field": "actual",
        "test": "period",
        "holds": True,
        "seen": "2026-11-21",
        "wanted": "2026-10-01 to 2026-12-31",
        "record": None,
        "says": "its actualclosedate is 2026-11-21, in the period (2026-10-01 to "
        "2026-12-31)",
    } in found["tests"]


@pytest.mark.parametrize(
    ("goal", "record", "says"),
    [
        ("north", "O-2", "its actualclosedate is 2027-01-02, after the period ended"),
        ("north", "O-4", "it belongs to user alan, and the goal counts only records"),
        ("north", "O-5", "its actualvalue is empty"),
        ("north", "O-6", "it was deleted"),
        ("narrow", "O-1", 'asks that stage is "close", but found nothing'),
        ("company", "O-1", "the goal takes only what its children show"),
    ],
)
async def test_a_deal_that_does_not_count_says_why(
    rolled: RollingUp, goal: str, record: str, says: str
) -> None:
    """Deleted ones, too."""
    found = await explained(rolled.api, goal, f"opportunity/{record}")

    assert found["sentence"].startswith(f"Opportunity {record} does not count towards")
    assert says in found["sentence"]
    assert found["counted"] == {"actual": False, "in_progress": False}


async def test_a_deal_may_count_for_another_measure(rolled: RollingUp) -> None:
    """The sentence tells of the one where it counts; its last minute is in time."""
    found = await explained(rolled.api, "north", "opportunity/O-8")

    assert found["counted"] == {"actual": False, "in_progress": True}
    assert found["sentence"] == found["sentences"]["in_progress"]
    assert found["sentence"].startswith(
        "Opportunity O-8 counts 300.0000 towards in progress of North"
    )


async def test_ids_may_hold_slashes_and_spaces(rolled: RollingUp) -> None:
    """The entity ends at the first slash."""
    found = await explained(rolled.api, "north", "opportunity/a/b ü")

    assert found["record"] == "opportunity/a/b ü"
    assert found["counted"]["actual"] is True


@pytest.mark.parametrize(
    ("path", "status", "error", "detail"),
    [
        (
            "north/explain?record=opportunity%2FO-404",
            404,
            "not_found",
            (
                "nobody has sent a record opportunity/O-404, so goal north cannot "
                "count it; check how it is written"
            ),
        ),
        (
            "nowhere/explain?record=opportunity%2FO-1",
            404,
            "not_found",
            "there is no goal nowhere; check the id",
        ),
        (
            "north/explain?record=O-1",
            400,
            "invalid_parameter",
            (
                "record is 'O-1', which names no record; write its entity, a slash, "
                "and its id"
            ),
        ),
        (
            "north/explain?record=a%2F%00",
            400,
            "invalid_parameter",
            "which names no record",
        ),
        (
            "north/explain",
            400,
            "invalid_parameter",
            "the parameter record is missing; give it",
        ),
        ("nowhere/records", 404, "not_found", "there is no goal nowhere"),
        (
            "north/records?field=custom",
            422,
            "rollup_field_not_measured",
            (
                "field is custom, which metric revenue of goal north does not measure; "
                "it measures actual, in_progress"
            ),
        ),
        ("north/records?sort=name", 400, "invalid_parameter", "'-amount', 'amount'"),
        ("north/records?search=", 400, "invalid_parameter", "search does not fit"),
        ("north/records?search=%00", 400, "invalid_parameter", "search does not fit"),
        ("north/records?colour=red", 400, "invalid_parameter", "colour is unknown"),
        ("north/records?after=7", 400, "invalid_parameter", "no list has given"),
        ("north/records?after=W10=", 400, "invalid_parameter", "no list has given"),
        (
            # An amount is no number with an exponent.
            "north/records?after=WyIxZTkiLCAiYS9iIiwgMF0=",
            400,
            "invalid_parameter",
            "no list has given",
        ),
    ],
)
async def test_what_cannot_be_answered_says_what_to_do(
    rolled: RollingUp, path: str, status: int, error: str, detail: str
) -> None:
    """Which thing, what was found, what is allowed."""
    found = await rolled.api.refused("GET", f"/v1/goals/{path}", status=status)

    assert found["error"] == error
    assert detail in found["detail"]


async def test_records_that_count_are_listed_with_what_each_adds(
    rolled: RollingUp,
) -> None:
    """The largest first; together they are the goal's own value."""
    page = await listed(rolled.api)
    own = (await rolled.api.read("/v1/goals/north"))["own"]

    assert names(page) == ["O-1", "O-9", "O-8", "a/b ü", "O-3"]
    assert page["all"] == {
        "records": 5,
        "adds": {"actual": own["actual"], "in_progress": own["in_progress"]},
    }
    assert page["all"]["adds"] == {"actual": "795.5000", "in_progress": "300.0000"}
    assert page["withheld"] == {"records": 0, "adds": {}}
    assert (page["note"], page["next"]) == (None, None)
    first = page["items"][0]
    assert first["attributes"]["name"] == "Helio AG"
    assert first["adds"] == {"actual": "400.0000"}
    assert first["owner"] == {"type": "user", "id": "ada"}
    assert (first["state"], first["version"], first["fails"]) == ("won", 1, None)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("sort=amount", ["O-3", "a/b ü", "O-8", "O-1", "O-9"]),
        ("sort=record", ["O-1", "O-3", "O-8", "O-9", "a/b ü"]),
        ("sort=date", ["O-3", "O-9", "O-1", "a/b ü", "O-8"]),
        ("sort=-date", ["O-8", "O-1", "a/b ü", "O-9", "O-3"]),
        ("field=in_progress", ["O-8"]),
        ("field=actual&sort=record", ["O-1", "O-3", "O-9", "a/b ü"]),
        ("search=helio", ["O-1"]),
        ("search=o-9", ["O-9"]),
        ("search=opportunity/O-9", ["O-9"]),
        ("search=2026-10&sort=record", ["O-3", "O-9"]),
        ("search=nobody", []),
    ],
)
async def test_records_are_sorted_filtered_and_searched(
    rolled: RollingUp, asked: str, found: list[str]
) -> None:
    """In capitals or not; those of the same amount or date stand by their keys."""
    page = await listed(rolled.api, asked)

    assert names(page) == found
    assert page["all"]["records"] == len(found)


@pytest.mark.parametrize("sort", ["-amount", "amount", "record", "date", "-date"])
@pytest.mark.parametrize("nearly", ["", "&nearly=true"])
async def test_pages_are_the_whole_list(
    rolled: RollingUp, sort: str, nearly: str
) -> None:
    """None twice, none left out, in the same order."""
    whole = await listed(rolled.api, f"sort={sort}{nearly}")
    found: list[str] = []
    after = ""

    while True:
        page = await listed(rolled.api, f"limit=1&sort={sort}{nearly}{after}")
        found += names(page)
        assert page["all"] == whole["all"]
        if page["next"] is None:
            break
        after = f"&after={quote(page['next'])}"

    assert found == names(whole)
    assert len(found) > 2


async def test_what_nearly_counts_is_listed_with_the_test_that_it_fails(
    rolled: RollingUp,
) -> None:
    """And with what it would add; what was deleted never nearly counts."""
    page = await listed(rolled.api, "nearly=true")

    assert [
        (item["record"], item["fails"]["test"], item["would_add"])
        for item in page["items"]
    ] == [
        ("opportunity/O-2", "period", {"actual": "90000.0000"}),
        ("opportunity/O-8", "state", {"actual": "400.0000"}),
        ("opportunity/O-4", "owner", {"actual": "7.0000"}),
        ("opportunity/O-5", "amount", {}),
    ]
    assert page["items"][0]["fails"] == {
        "field": "actual",
        "test": "period",
        "seen": "2027-01-02",
        "wanted": "2026-10-01 to 2026-12-31",
        "record": None,
        "says": "its actualclosedate is 2027-01-02, after the period ended on "
        "2026-12-31",
    }
    assert page["items"][0]["adds"] == {}
    assert page["all"]["adds"] == {"actual": "90407.0000", "in_progress": "0.0000"}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("search=nova", ["O-2"]),
        ("search=SÜD", ["O-5"]),
        ("field=in_progress", []),
        ("sort=date", ["O-4", "O-5", "O-8", "O-2"]),
    ],
)
async def test_what_nearly_counts_can_be_searched_and_sorted(
    rolled: RollingUp, asked: str, found: list[str]
) -> None:
    """As what counts can."""
    assert names(await listed(rolled.api, f"nearly=true&{asked}")) == found


@pytest.mark.parametrize("nearly", ["", "nearly=true"])
async def test_a_goal_of_its_childrens_values_has_no_records_and_says_so(
    rolled: RollingUp, nearly: str
) -> None:
    """What its children count is theirs."""
    page = await listed(rolled.api, nearly, goal="company")

    assert page["items"] == []
    assert page["all"]["records"] == 0
    assert page["note"] == (
        "goal company takes only what its children show, and counts no records of its "
        "own; ask for those of its children"
    )


async def test_a_goal_that_is_not_rolled_up_yet_says_so(rolled: RollingUp) -> None:
    """Explanations and lists do, too."""
    api = rolled.api
    await api.goal("new", title="New", parent_id="company")

    found = await explained(api, "new", "opportunity/O-1")
    page = await listed(api, goal="new")

    assert found["sentence"] == (
        "Opportunity O-1 does not count towards actual of New though it passes every "
        "test: the goal is not rolled up yet."
    )
    assert found["rollup"]["status"] == "computing"
    [disagreement] = found["disagreements"]
    assert (disagreement["because"], disagreement["would_add"]) == (
        "not_applied",
        "400.0000",
    )
    assert (page["items"], page["note"][:26]) == ([], "the goal is not rolled up ")


async def test_a_goal_whose_newest_definition_is_on_its_way_says_so(
    rolled: RollingUp,
) -> None:
    """Until rollup has applied it; then totals and tests agree again."""
    api = rolled.api
    await api.goal("moved", title="Moved", parent_id="company")
    await rolled.settle()
    await api.change("/v1/goals/moved", {"owner": {"type": "user", "id": "alan"}})

    before = await explained(api, "moved", "opportunity/O-1")
    standing = await listed(api, goal="moved")
    await rolled.settle()
    after = await explained(api, "moved", "opportunity/O-1")

    assert before["sentence"] == (
        "Opportunity O-1 still counts 400.0000 towards actual of Moved though it "
        "belongs to user ada, and the goal counts only records of user alan: the goal "
        "is being computed anew."
    )
    assert before["disagreements"][0]["because"] == "computing"
    # What is counted is what the totals hold.
    assert "O-1" in names(standing)
    assert after["counted"]["actual"] is False
    assert after["disagreements"] == []
    assert names(await listed(api, goal="moved")) == ["O-4"]


async def test_amounts_have_the_decimals_of_the_metric_they_were_made_by(
    rolled: RollingUp,
) -> None:
    """What is counted those of the totals, what is lost those of the new metric."""
    api = rolled.api
    await api.metric("pieces", data_type="integer", rollup_fields=REVENUE)
    await api.goal("solo", title="Solo")
    await rolled.settle()
    await api.change("/v1/goals/solo", {"metric_id": "pieces"})

    before = await explained(api, "solo", "opportunity/O-1")
    counted = await listed(api, "field=actual", goal="solo")
    nearly = await listed(api, "nearly=true&search=nova", goal="solo")
    await rolled.settle()
    after = await explained(api, "solo", "opportunity/O-1")

    assert before["sentence"] == (
        "Opportunity O-1 still counts 400.0000 towards actual of Solo, and not 400: "
        "the goal is being computed anew."
    )
    assert before["adds"]["actual"] == "400.0000"
    assert before["disagreements"][0]["would_add"] == "400"
    assert before["disagreements"][0]["because"] == "computing"
    assert counted["items"][0]["adds"] == {"actual": "400.0000"}
    assert nearly["items"][0]["would_add"] == {"actual": "90000"}
    assert after["adds"]["actual"] == "400"
    assert after["disagreements"] == []


async def test_what_is_on_its_way_from_elsewhere_says_so(rolled: RollingUp) -> None:
    """Somebody joins the team that owns a goal: nothing of the goal has changed."""
    api = rolled.api
    team = {"id": "duo", "name": "Duo", "members": []}
    await api.create("/v1/teams", team)
    await api.goal(
        "team",
        title="Team",
        parent_id="company",
        owner={"type": "team", "id": "duo"},
        include_team_members=True,
    )
    await rolled.settle()
    await api.change("/v1/teams/duo", {"members": ["alan"]})

    before = await explained(api, "team", "opportunity/O-4")
    await rolled.settle()
    after = await explained(api, "team", "opportunity/O-4")

    assert before["sentence"] == (
        "Opportunity O-4 does not count towards actual of Team though it passes every "
        "test: what changed last is not in the totals yet; ask again in a moment, and "
        "recalculate the goal if it stays so."
    )
    assert before["disagreements"][0]["because"] == "unsettled"
    assert after["counted"]["actual"] is True
    assert after["sentence"].endswith("and it belongs to user alan.")


async def test_a_goal_that_is_closed_goes_on_counting_and_says_so(
    rolled: RollingUp,
) -> None:
    """What it counted when it was closed, whatever becomes of the record."""
    api = rolled.api
    last = {"kind": "custom", "start": "2025-10-01", "end": "2025-12-31"}
    dated = {"actualclosedate": "2025-11-21", **ALAN}
    await api.goal("closed", title="Closed", period=last, **ALAN)
    rolled.record(deal("C-1", "20", **dated))
    await rolled.settle()
    await api.change("/v1/goals/closed", {"state": "closed"})
    await rolled.settle()
    rolled.record(deal("C-1", "20", version=2, state="lost", **dated))
    rolled.record(deal("C-2", "30", **dated))
    await rolled.settle()

    kept = await explained(api, "closed", "opportunity/C-1")
    late = await explained(api, "closed", "opportunity/C-2")
    page = await listed(api, goal="closed")

    assert kept["sentence"] == (
        "Opportunity C-1 still counts 20.0000 towards actual of Closed though its "
        "state is lost, and actual counts won: the goal is closed and stands still."
    )
    assert late["sentence"] == (
        "Opportunity C-2 does not count towards actual of Closed though it passes "
        "every test: the goal is closed and stands still."
    )
    assert kept["rollup"]["status"] == "frozen"
    assert kept["disagreements"][0]["because"] == "frozen"
    assert names(page) == ["C-1"]
    assert page["note"] == (
        "the goal is closed and stands still: what is counted need not be what its "
        "tests give now"
    )
    assert page["all"]["adds"]["actual"] == "20.0000"


async def test_a_query_that_fails_is_explained(rolled: RollingUp) -> None:
    """The goal stands still; nothing can be said of what nearly counts."""
    api = rolled.api
    where = {
        "attribute": "createdon",
        "operator": "in-fiscal-period",
        "value": 4,
    }
    await api.create(
        "/v1/rollup-queries",
        {"id": "fiscal", "name": "F", "entity": "opportunity", "where": where},
    )
    queries = {"actual": "fiscal"}
    await api.goal("fiscal", title="Fiscal", parent_id="company", queries=queries)
    await rolled.settle()
    calendar = (await api.read("/v1/organization"))["fiscal_calendar"]
    await api.change(
        "/v1/organization", {"fiscal_calendar": {**calendar, "template": "monthly"}}
    )
    await rolled.settle()
    try:
        found = await explained(api, "fiscal", "opportunity/O-1")
        refused = await api.refused(
            "GET", "/v1/goals/fiscal/records?nearly=true", status=422
        )
        counted = await listed(api, goal="fiscal")
    finally:
        await api.change("/v1/organization", {"fiscal_calendar": calendar})
        await rolled.settle()

    assert found["sentence"] == (
        "Opportunity O-1 does not count towards actual of Fiscal: the goal's rollup "
        "query cannot be asked: rollup query fiscal asks for fiscal period 4, and the "
        "fiscal calendar is monthly; allowed: 101 to 112."
    )
    assert found["rollup"]["error"] == "query_failed"
    assert refused["error"] == "query_unreadable"
    assert "mend the query, or give the goal another one" in refused["detail"]
    assert counted["note"].startswith(
        "the goal cannot be rolled up (query_failed) and stands still"
    )


async def test_before_rollup_has_a_clock_the_services_own_is_gone_by(
    api: Api,
) -> None:
    """To the minute."""
    await api.company()
    connection = await api.installation.connect()
    try:
        clock = await connection.fetchval("SELECT now FROM rollup_published.clock")
        assert clock.year == 1970
        await Tables(connection=connection).put_record(api.id("O-1"), {})
    finally:
        await connection.close()
    before = datetime.now(UTC).replace(second=0, microsecond=0)

    found = await explained(api, api.id("north"), f"opportunity/{api.id('O-1')}")

    assert before <= datetime.fromisoformat(found["as_of"]) <= datetime.now(UTC)


async def test_a_list_that_takes_too_long_is_given_up(
    rolled: RollingUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do, and when to come again."""
    monkeypatch.setattr(snapshots, "SECONDS_MAX", 0.2)
    client = rolled.api.client

    async with records_held(rolled.api):
        nearly = await client.get("/v1/goals/north/records?nearly=true")
        one = await client.get("/v1/goals/north/explain?record=opportunity/O-1")

    for answer in (nearly, one):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["error"] == "records_too_slow"
    assert re.search(
        "ask for one measure with .field=, or for one record with "
        "/v1/goals/north/explain",
        nearly.json()["detail"],
    )


async def test_the_terminal_tells_the_same(rolled: RollingUp) -> None:
    """`cairn goals explain` and `cairn goals records`, against the service."""
    environment = {
        "CAIRN_GOALS_URL": str(rolled.api.client.base_url).rstrip("/"),
        "CAIRN_ADMIN_TOKEN": TOKEN,
    }
    words = ("goals", "explain", "north", "opportunity/O-2")

    why = await asyncio.to_thread(cairn, *words, environment=environment)
    nearly = await asyncio.to_thread(
        cairn,
        *("goals", "records", "north", "--nearly", "--search", "nova"),
        environment=environment,
    )

    assert why.stdout.splitlines()[0] == (
        "Opportunity O-2 does not count towards actual of North: its actualclosedate "
        "is 2027-01-02, after the period ended on 2026-12-31."
    )
    assert "actual       period              ✗  2027-01-02" in why.stdout
    assert nearly.stdout.splitlines()[1].startswith(
        "opportunity/O-2     90,000  actual"
    )
