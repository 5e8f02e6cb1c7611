"""What all writes have in common: versions, repeats, many at once, lists."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.goals.domain.callers import Caller
from services.goals.store.database import Database
from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

JSON = {"Content-Type": "application/json"}


async def test_a_read_gives_the_etag_that_a_write_takes(api: Api) -> None:
    """A writer who has read the newest version may write."""
    await api.company()
    read = await api.client.get(api.at("north"))

    written = await api.client.patch(
        api.at("north"),
        json={"title": "Norden"},
        headers={"If-Match": read.headers["ETag"]},
    )

    assert written.status_code == 200
    assert written.headers["ETag"] != read.headers["ETag"]
    again = await api.client.get(api.at("north"))
    assert again.headers["ETag"] == written.headers["ETag"]


@pytest.mark.parametrize("kind", ["goals", "users", "metrics"])
async def test_what_is_written_is_never_said_to_have_failed(
    api: Api, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no connection is left to see what became of it."""
    await api.company()
    names = {"goals": "north", "metrics": "revenue", "users": "ada"}
    path = api.at(names[kind], of=kind)
    field = "title" if kind == "goals" else "name"

    def none_is_left(_database: Database, *, caller: Caller) -> None:
        raise TimeoutError(caller.name)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "reading", none_is_left)
        changed = await api.client.patch(path, json={field: api.id("new")})
        made = await api.client.post(
            "/v1/users",
            json={"id": api.id("made"), "name": "Made"},
            headers={"Idempotency-Key": api.id("key")},
        )

    assert (changed.status_code, changed.json()[field]) == (200, api.id("new"))
    assert (made.status_code, made.json()["name"]) == (201, "Made")
    assert (await api.read(path))[field] == api.id("new")


@pytest.mark.parametrize("kind", ["goals", "metrics", "users", "teams"])
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_nobody_writes_over_what_he_has_not_read(
    api: Api, kind: str, method: str
) -> None:
    """The second of two who read the same is refused."""
    await api.company()
    await api.create("/v1/teams", {"id": api.id("team"), "name": "Team"})
    names = {"goals": "north", "metrics": "revenue", "users": "ada", "teams": "team"}
    path = api.at(names[kind], of=kind)
    field = "title" if kind == "goals" else "name"
    stale = (await api.client.get(path)).headers["ETag"]
    await api.change(path, {field: api.id("first")})

    second = await api.client.request(
        method,
        path,
        json={field: api.id("second")} if method == "PATCH" else None,
        headers={"If-Match": stale},
    )

    assert second.status_code == 409
    assert second.json()["error"] == "version_conflict"
    assert (await api.read(path))[field] == api.id("first")


@pytest.mark.parametrize("if_match", ["*", 'W/"{0}"', '"0", "{0}"'])
async def test_if_match_has_other_forms(api: Api, if_match: str) -> None:
    """Any version, a weak one, one of several."""
    await api.company()
    version = (await api.read(api.at("north")))["version"]

    answer = await api.client.patch(
        api.at("north"),
        json={"title": "Norden"},
        headers={"If-Match": if_match.format(version)},
    )

    assert answer.status_code == 200


async def test_what_is_no_etag_is_refused(api: Api) -> None:
    """A forgotten quote must not lead to an overwritten goal."""
    await api.company()

    answer = await api.client.patch(
        api.at("north"), json={"title": "x"}, headers={"If-Match": "17"}
    )

    assert answer.status_code == 400
    assert told(answer.json()) == ("invalid_parameter", None, "If-Match")


async def test_a_change_that_changes_nothing_makes_no_version(api: Api) -> None:
    """Nor is anybody told of it."""
    await api.company()
    before = await api.read(api.at("north"))

    after = await api.change(api.at("north"), {"title": "north"})

    assert after["version"] == before["version"]


@pytest.mark.parametrize("many", [False, True])
async def test_the_same_request_gets_the_same_answer(
    api: Api,
    many: bool,
) -> None:
    """However often it comes, one goal is created."""
    await api.company()
    goal = api.goal_body("south")
    del goal["id"]
    body = [goal] if many else goal
    headers = {"Idempotency-Key": api.id("key")}

    first = await api.client.post("/v1/goals", json=body, headers=headers)
    second = await api.client.post("/v1/goals", json=body, headers=headers)

    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    for name in ("Location", "ETag"):
        assert first.headers.get(name) == second.headers.get(name)
    found = await api.read(f"/v1/goals?metric_id={api.id('revenue')}&q=south")
    assert len(found["items"]) == 1


async def test_requests_under_one_key_at_once_create_one_thing(api: Api) -> None:
    """A client that does not wait for the first answer does no harm."""
    headers = {"Idempotency-Key": api.id("key")}
    body = {"name": "Ada"}

    answers = await asyncio.gather(
        *(api.client.post("/v1/users", json=body, headers=headers) for _ in range(8))
    )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_belongs_to_one_body(api: Api) -> None:
    """Another body under it is a mistake of the client's."""
    headers = {"Idempotency-Key": api.id("key")}
    await api.create("/v1/users", {"name": "Ada"}, headers=headers)

    answer = await api.client.post("/v1/users", json={"name": "B"}, headers=headers)

    assert answer.status_code == 422
    assert told(answer.json()) == ("idempotency_key_reused", None, "Idempotency-Key")


async def test_a_refused_request_uses_up_no_key(api: Api) -> None:
    """Once what was missing is there, the same request goes through."""
    headers = {"Idempotency-Key": api.id("key")}
    body = {"name": "Ada", "manager_id": api.id("grace")}
    refused = await api.client.post("/v1/users", json=body, headers=headers)
    await api.user("grace")

    answer = await api.client.post("/v1/users", json=body, headers=headers)

    assert (refused.status_code, answer.status_code) == (422, 201)


async def test_keys_are_forgotten_after_a_day(api: Api) -> None:
    """What is kept is bounded."""
    headers = {"Idempotency-Key": api.id("key")}
    first = await api.create("/v1/users", {"name": "Ada"}, headers=headers)
    connection = await api.installation.connect()
    await connection.execute(
        "UPDATE goals.idempotency_key SET answered_at = now() - interval '25 hours' "
        "WHERE key = $1",
        api.id("key"),
    )

    second = await api.create("/v1/users", {"name": "Ada"}, headers=headers)

    assert second["id"] != first["id"]
    kept = await connection.fetchval(
        "SELECT count(*) FROM goals.idempotency_key WHERE key = $1", api.id("key")
    )
    assert kept == 1
    await connection.close()


async def test_a_new_thing_says_where_it_is(api: Api) -> None:
    """Location can be asked as it is, and ETag can be sent as it is."""
    body = {"id": api.id("EMEA/North"), "name": "North"}

    created = await api.client.post("/v1/users", json=body)

    read = await api.client.get(created.headers["Location"])
    assert read.json() == created.json()
    assert read.headers["ETag"] == created.headers["ETag"]


async def test_many_are_created_together_or_not_at_all(api: Api) -> None:
    """The error says which one it was for."""
    await api.company()
    good, bad = api.goal_body("good"), api.goal_body("bad", target="-1")

    error = await api.refused("POST", "/v1/goals", [good, bad], status=422)

    assert told(error) == ("target_negative", None, "[1].target")
    assert error["detail"].startswith("item 1: ")
    await api.refused("GET", api.at("good"), status=404)


async def test_what_does_not_read_among_many_is_named(api: Api) -> None:
    """With its place and its field."""
    body = [{"name": "Ada"}, {"name": "Grace", "nmae": "x"}]

    error = await api.refused("POST", "/v1/users", body, status=400)

    assert told(error) == ("unknown_field", None, "[1].nmae")


@pytest.mark.parametrize("kind", ["users", "teams", "business-units"])
async def test_an_id_is_given_once(api: Api, kind: str) -> None:
    """Neither one that is taken, nor twice in one request."""
    body = {"id": api.id("x"), "name": "X"}
    await api.create(f"/v1/{kind}", body)

    taken = await api.refused("POST", f"/v1/{kind}", body, status=409)
    twice = await api.refused(
        "POST", f"/v1/{kind}", [{**body, "id": api.id("y")}] * 2, status=409
    )

    assert told(taken) == ("id_taken", None, "id")
    assert told(twice) == ("id_taken", None, "[1].id")


async def test_a_thousand_goals_come_in_any_order(api: Api) -> None:
    """Children before parents too; answers are in the order of the request."""
    await api.company()
    body = [
        api.goal_body(f"g{number}", parent_id=api.id(f"g{(number - 1) // 10}"))
        for number in range(1, 1000)
    ]
    body = [*reversed(body), api.goal_body("g0", parent_id=api.id("company"))]

    created = await api.create("/v1/goals", body)

    assert [goal["id"] for goal in created["items"]] == [goal["id"] for goal in body]
    assert (await api.read(api.at("g999")))["parent_id"] == api.id("g99")


async def test_more_than_ten_thousand_are_too_many(api: Api) -> None:
    """They would hold up others for too long."""
    body = [{"name": "x"}] * 10_001

    error = await api.refused("POST", "/v1/users", body, status=422)

    assert told(error) == ("too_many_items", None, None)


async def test_lists_come_in_pages(api: Api) -> None:
    """Each says how to get the next, and the last that there is none."""
    await api.company()
    await api.create("/v1/goals", [api.goal_body(f"x{number}") for number in range(5)])
    path = f"/v1/goals?metric_id={api.id('revenue')}&limit=3"

    pages = [await api.read(path)]
    while pages[-1]["next"] is not None:
        pages.append(await api.read(f"{path}&after={pages[-1]['next']}"))

    assert [len(page["items"]) for page in pages] == [3, 3, 1]
    ids = [goal["id"] for page in pages for goal in page["items"]]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    "kind", ["users", "teams", "business-units", "metrics", "entities"]
)
async def test_every_kind_can_be_listed(api: Api, kind: str) -> None:
    """A page at a time."""
    names = ["one", "two"]
    for name in names:
        body = api.metric_body(name)
        if kind == "entities":
            body = {"id": api.id(name), "attributes": {}}
        elif kind != "metrics":
            body = {"id": api.id(name), "name": name}
        await api.create(f"/v1/{kind}", body)

    seen: list[str] = []
    after = ""
    while True:
        page = await api.read(f"/v1/{kind}?limit=1000&after={after}")
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert [one for one in seen if one.startswith(api.prefix)] == [
        api.id(name) for name in names
    ]


async def test_goals_can_be_looked_for(api: Api) -> None:
    """By metric, parent, owner, place and title; all conditions hold together."""
    await api.company()
    await api.user("grace")
    grace = {"type": "user", "id": api.id("grace")}
    await api.goal("south", parent_id=api.id("company"), owner=grace, title="50% Süd")
    of_ours = f"metric_id={api.id('revenue')}"

    async def found(condition: str) -> list[str]:
        page = await api.read(f"/v1/goals?{of_ours}&{condition}")
        return [goal["id"].removeprefix(api.prefix) for goal in page["items"]]

    assert await found("root=true") == ["company"]
    assert await found("root=false") == ["north", "south"]
    assert await found(f"parent_id={api.id('company')}") == ["north", "south"]
    assert await found(f"owner=user/{api.id('grace')}") == ["south"]
    assert await found(f"owner=team/{api.id('grace')}") == []
    assert await found("q=ORT") == ["north"]
    assert await found("q=0%25 s%C3%BC") == ["south"]
    assert await found(f"q=o&parent_id={api.id('company')}&limit=1") == ["north"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("after=%C3%BC", "after"),
        ("owner=ada", "owner"),
        ("owner=robot/ada", "owner"),
        ("root=perhaps", "root"),
        ("parent=north", "parent"),
    ],
)
async def test_a_misspelt_question_is_refused(api: Api, query: str, field: str) -> None:
    """It would otherwise be answered with everything."""
    error = await api.refused("GET", f"/v1/goals?{query}", status=400)

    assert told(error) == ("invalid_parameter", None, field)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        '{"name": "x", "disabled": NaN}',
        '{"name": "\xff"}'.encode("latin-1"),
        '{"name": 1e999999999999999999999999}',
        '{"name": ' + "9" * 5000 + "}",
    ],
)
async def test_what_is_no_json_is_not_understood(
    api: Api, content: str | bytes
) -> None:
    """However it is broken; the service goes on."""
    answer = await api.client.post("/v1/users", content=content, headers=JSON)

    assert answer.status_code == 400
    assert answer.json()["error"] == "not_json"


async def test_half_a_character_is_refused(api: Api) -> None:
    """JSON can say it, and no database can keep it."""
    answer = await api.client.post(
        "/v1/users", content='{"name": "\\ud800"}', headers=JSON
    )

    assert answer.status_code == 400
    assert answer.json()["field"] == "name"


async def test_a_field_is_given_once(api: Api) -> None:
    """Nobody could say which of two counts."""
    answer = await api.client.post(
        "/v1/users", content='{"name": "x", "name": "y"}', headers=JSON
    )

    assert told(answer.json()) == ("duplicate_field", None, "name")


async def test_another_content_type_is_refused(api: Api) -> None:
    """With what to send instead."""
    answer = await api.client.post("/v1/users", data={"name": "x"})

    assert answer.status_code == 415
    assert answer.json()["error"] == "unsupported_media_type"


@pytest.mark.parametrize("announced", [True, False])
async def test_too_large_a_body_is_refused(
    api: Api,
    announced: bool,
) -> None:
    """Whether its length is announced or not."""
    chunk = b" " * (1024 * 1024)

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield chunk

    content = chunk * 17 if announced else chunks()
    answer = await api.client.post("/v1/users", content=content, headers=JSON)

    assert answer.status_code == 413
    assert answer.json()["error"] == "request_too_large"


async def test_what_is_not_offered_is_said_in_the_one_shape(api: Api) -> None:
    """Paths and methods alike."""
    nothing = await api.refused("GET", "/v1/nothing", status=404)
    put = await api.refused("PUT", "/v1/goals", {}, status=405)

    assert (nothing["error"], put["error"]) == ("not_found", "method_not_allowed")


async def test_opposite_moves_at_once_never_make_a_cycle(api: Api) -> None:
    """Of two goals moved under one another, one is refused; again and again."""
    await api.company()
    await api.create("/v1/goals", [api.goal_body("one"), api.goal_body("other")])

    for _ in range(10):
        answers = await asyncio.gather(
            api.client.patch(api.at("one"), json={"parent_id": api.id("other")}),
            api.client.patch(api.at("other"), json={"parent_id": api.id("one")}),
        )

        assert sorted(answer.status_code for answer in answers) == [200, 422]
        for name in ("one", "other"):
            await api.change(api.at(name), {"parent_id": None})


async def test_many_moves_at_once_leave_a_forest(api: Api) -> None:
    """Whatever clients do together, every goal has a way to a root."""
    await api.company()
    names = [f"m{number}" for number in range(8)]
    await api.create("/v1/goals", [api.goal_body(name) for name in names])

    answers = await asyncio.gather(
        *(
            api.client.patch(api.at(name), json={"parent_id": api.id(parent)})
            for step in (1, 3, 5)
            for name, parent in zip(names, names[step:] + names[:step], strict=True)
        )
    )

    assert {answer.status_code for answer in answers} <= {200, 422}
    page = await api.read(f"/v1/goals?metric_id={api.id('revenue')}")
    parents = {goal["id"]: goal["parent_id"] for goal in page["items"]}
    for goal_id in parents:
        seen = set()
        at: str | None = goal_id
        while at is not None:
            assert at not in seen
            seen.add(at)
            at = parents[at]


async def test_a_read_goes_on_while_writes_wait(api: Api) -> None:
    """Writes queue up one after the other; reads do not queue with them."""
    await api.company()
    connection = await api.installation.connect()
    async with connection.transaction():
        # As another copy of the service holds it while it writes.
        await connection.execute("SELECT pg_advisory_xact_lock(7221111)")
        waiting = [
            asyncio.create_task(api.change(api.at("north"), {"title": f"N{number}"}))
            for number in range(30)
        ]

        before = await api.read(api.at("north"))

        assert before["title"] == "north"
        assert not any(task.done() for task in waiting)
    titles = {goal["title"] for goal in await asyncio.gather(*waiting)}
    await connection.close()
    assert len(titles) == 30
