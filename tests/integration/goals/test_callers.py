"""What people may read and write of goals, and what they are told of records."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

import httpx
import pytest
import pytest_asyncio

from local.servers import Servers
from tests.integration.goals.divided import (
    AMOUNT,
    MARGIN,
    NOTE,
    RECORD,
    TITLE,
    Divided,
    divided,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

# Who may read the goal `north`, and what else they may do with it.
READERS: Final = {
    "owner": ["read", "append_to"],
    "parents": ["read"],
    "shared": ["read"],
    "by-unit": ["read"],
    "by-all": ["read"],
}
STRANGERS: Final = ("stranger", "member", "by-user", "other")
ALL: Final = ["read", "write", "delete", "append", "append_to", "assign", "share"]


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def company(servers: Servers) -> AsyncIterator[Divided]:
    """One company for all tests here, which leave it as it is."""
    async with divided(servers) as made:
        yield made


@pytest.mark.parametrize("who", READERS)
async def test_some_may_read_a_goal_with_its_value(company: Divided, who: str) -> None:
    """Owner, parent's manager, shares, roles: each reads all of the value."""
    goal = await company.read(who, "/v1/goals/north")

    assert goal["access"] == READERS[who]
    assert goal["values"]["actual"] == AMOUNT


@pytest.mark.parametrize("who", ["manager", "administrator", "admin", "system"])
async def test_some_may_do_everything_with_a_goal(company: Divided, who: str) -> None:
    """Its manager, whom a role lets, and systems."""
    assert (await company.read(who, "/v1/goals/north"))["access"] == ALL


@pytest.mark.parametrize("who", STRANGERS)
async def test_to_others_there_is_no_such_goal(company: Divided, who: str) -> None:
    """The answers are those to an id that nobody has."""
    for tail in ("", "/tree", "/history", "/changes", "/records", "/explain"):
        query = f"?record={RECORD}" if tail == "/explain" else ""
        there = await company.ask(who, f"/v1/goals/north{tail}{query}")
        nowhere = await company.ask(who, f"/v1/goals/nowhere{tail}{query}")

        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert there.text.replace("north", "nowhere") == nowhere.text

    listed = await company.ask(who, "/v1/goals")
    assert TITLE not in listed.text
    # Whoever owns the company reads its value, which is the same.
    assert (AMOUNT in listed.text) == (who == "other")


async def test_parents_and_roots_that_may_not_be_read_are_not_named(
    company: Divided,
) -> None:
    """A goal whose parent somebody may not read is a root to him."""
    goal = await company.read("owner", "/v1/goals/north")
    roots = await company.read("owner", "/v1/goals?root=true")
    below = await company.read("owner", "/v1/goals?parent_id=company")
    tree = await company.read("owner", "/v1/goals/north/tree")

    assert (goal["parent_id"], goal["tree_id"], goal["depth"]) == (None, None, None)
    assert [one["id"] for one in roots["items"]] == ["north"]
    assert below["items"] == []
    assert tree["parent_id"] is None
    assert tree["children"] == []


async def test_a_tree_shows_what_may_be_read(company: Divided) -> None:
    """The manager of a parent reads its children, and not theirs."""
    tree = await company.read("parents", "/v1/goals/company/tree")

    assert [child["id"] for child in tree["children"]] == ["north"]
    assert tree["children"][0]["children"] == []
    assert tree["values"]["actual"] == AMOUNT
    assert tree["children"][0]["access"] == ["read"]


async def test_writing_what_one_may_only_read_says_which_right_is_missing(
    company: Divided,
) -> None:
    """The right, the goal, and whom to ask."""
    answer = await company.ask("owner", "/v1/goals/north", "PATCH", {"title": "x"})
    assigned = await company.ask(
        "owner", "/v1/goals/north", "PATCH", {"manager_id": "owner"}
    )
    deleted = await company.ask("shared", "/v1/goals/north", "DELETE")

    assert answer.status_code == assigned.status_code == deleted.status_code == 403
    assert answer.json()["error"] == "right_missing"
    assert "lacks the right write on goal north; ask manager" in answer.json()["detail"]
    assert "delete" in deleted.json()["detail"]


async def test_goals_are_created_by_right(company: Divided) -> None:
    """By a privilege, or under a goal that one manages; else by nobody."""
    body: dict[str, Any] = {
        "id": "fresh",
        "title": "Fresh",
        "owner": {"type": "user", "id": "owner"},
        "parent_id": "north",
    }
    root = {key: body[key] for key in ("title", "owner")} | {
        "metric_id": "revenue",
        "period": {"kind": "custom", "start": "2026-10-01", "end": "2026-12-31"},
    }

    refused = await company.ask("owner", "/v1/goals", "POST", body)
    hidden = await company.ask("stranger", "/v1/goals", "POST", body)
    nowhere = await company.ask(
        "stranger", "/v1/goals", "POST", body | {"parent_id": "nowhere"}
    )
    rootless = await company.ask("manager", "/v1/goals", "POST", root)
    made = await company.ask("manager", "/v1/goals", "POST", body)
    gone = await company.ask("manager", "/v1/goals/fresh", "DELETE")

    assert refused.status_code == rootless.status_code == 403
    assert "lacks the right create" in refused.json()["detail"]
    assert hidden.status_code == 422
    assert hidden.text.replace("goal north", "goal nowhere") == nowhere.text
    assert made.status_code == 201, made.text
    assert made.json()["manager_id"] == "manager"
    assert gone.status_code == 204


async def test_imports_know_no_goals_that_may_not_be_read(company: Divided) -> None:
    """A line that names one is rejected, and tells no more than its id."""
    line = {"id": "north", "title": "Mine now"}
    below = {
        "id": "under",
        "title": "Under",
        "owner": {"type": "user", "id": "owner"},
        "parent_id": "north",
    }

    patched = await company.ask("stranger", "/v1/goals", "PATCH", [line])
    imported = await company.ask(
        "stranger",
        "/v1/goals/import?mode=good",
        "POST",
        [below, line | {"period": None}],
    )
    reader = await company.ask("owner", "/v1/goals", "PATCH", [line])

    assert patched.status_code == 422
    assert patched.json()["rejected"][0]["error"] == "not_found"
    assert "reference_not_found" in imported.text
    for answer in (patched, imported, reader):
        assert TITLE not in answer.text
    assert reader.json()["rejected"][0]["error"] == "right_missing"


async def test_an_answer_that_is_kept_is_for_whoever_got_it(company: Divided) -> None:
    """Another caller's key finds nothing of his."""
    body = {
        "title": "Kept",
        "owner": {"type": "user", "id": "owner"},
        "parent_id": "north",
    }

    answers = [
        await company.client.post(
            "/v1/goals",
            json=body,
            headers=company.headers(who) | {"Idempotency-Key": "once"},
        )
        for who in ("manager", "stranger", "manager")
    ]
    await company.ask("manager", f"/v1/goals/{answers[0].json()['id']}", "DELETE")

    assert [one.status_code for one in answers] == [201, 422, 201]
    assert answers[0].json()["id"] == answers[2].json()["id"]


async def test_records_are_told_to_those_who_may_read_them(company: Divided) -> None:
    """To others their number and what they add, and nothing else."""
    whole = await company.read("manager", "/v1/goals/north/records")
    none = await company.ask("parents", "/v1/goals/north/records")
    explained = await company.ask("parents", f"/v1/goals/north/explain?record={RECORD}")
    nothing = await company.ask(
        "parents", "/v1/goals/north/explain?record=opportunity/nothing"
    )
    nearly = await company.read("parents", "/v1/goals/north/records?nearly=true")

    assert [one["record"] for one in whole["items"]] == [RECORD]
    assert whole["withheld"] == {"records": 0, "adds": {}}
    assert MARGIN not in str(whole)
    assert NOTE in str(whole)
    assert none.json()["items"] == []
    assert none.json()["withheld"] == {"records": 1, "adds": {"actual": AMOUNT}}
    assert none.json()["all"] == {"records": 1, "adds": {"actual": AMOUNT}}
    assert explained.status_code == nothing.status_code == 404
    assert explained.text.replace(RECORD, "opportunity/nothing") == nothing.text
    assert nearly["items"] == []
    assert nearly["all"]["records"] == 0


async def test_a_search_tells_nothing_of_what_is_withheld(company: Divided) -> None:
    """Neither of records, nor of attributes, by how many are found."""
    found = await company.read("parents", f"/v1/goals/north/records?search={NOTE}")
    by_margin = await company.read(
        "manager", f"/v1/goals/north/records?search={MARGIN}"
    )
    by_note = await company.read("manager", f"/v1/goals/north/records?search={NOTE}")

    assert found["all"]["records"] == found["withheld"]["records"] == 0
    assert by_margin["all"]["records"] == 0
    assert by_note["all"]["records"] == 1


async def test_a_preview_looks_through_ones_own_eyes(company: Divided) -> None:
    """Those of others only for who manages metrics, who is shown no more records."""
    body = {"entity": "opportunity", "source_attribute": "actualvalue"}
    linking = body | {
        "where": {"link": "customerid", "entity": "account", "where": None}
    }
    path = "/v1/rollup-queries/preview"

    owners = await company.ask("owner", path, "POST", body)
    strangers = await company.ask("stranger", path, "POST", body)
    others = await company.ask(
        "stranger", path, "POST", body | {"manager_id": "manager"}
    )
    linked = await company.ask("owner", path, "POST", linking)
    managed = await company.ask(
        "administrator", path, "POST", body | {"manager_id": "owner"}
    )

    assert (owners.json()["matching"], owners.json()["sum"]) == (1, "777.77")
    assert MARGIN not in owners.text
    assert strangers.json()["matching"] == 0
    assert others.status_code == linked.status_code == 403
    assert "that user's eyes" in others.json()["detail"]
    assert "records of account" in linked.json()["detail"]
    assert managed.json()["matching"] == 1


async def test_rights_that_are_about_no_goal(company: Divided) -> None:
    """Metrics, queries, the directory and the organisation need rights of their own."""
    asked = {
        "manage_metrics": ("/v1/metrics/revenue", "PATCH"),
        "manage_directory": ("/v1/users/other", "PATCH"),
        "manage_organization": ("/v1/organization", "PATCH"),
        "roll_up_goal": ("/v1/goals/north/recalculate", "POST"),
    }
    for right, (path, method) in asked.items():
        refused = await company.ask("manager", path, method, {})
        allowed = await company.ask("administrator", path, method, {})

        assert refused.status_code == 403
        assert f"lacks the right {right}" in refused.json()["detail"]
        assert allowed.status_code in (200, 202), allowed.text
    assert (await company.ask("manager", "/v1/audit")).status_code == 403
    assert (await company.ask("administrator", "/v1/audit")).status_code == 200


async def test_recalculations_name_no_goals_that_may_not_be_read(
    company: Divided,
) -> None:
    """Whoever reads the goal is told, and not which goal is on top of it."""
    asked = await company.ask("admin", "/v1/goals/north/recalculate", "POST")
    path = f"/v1/recalculations/{asked.json()['id']}"

    owners = await company.read("owner", path)
    parents = await company.read("parents", "/v1/recalculations")
    strangers = await company.read("stranger", "/v1/recalculations")

    assert (owners["goal_id"], owners["tree_id"]) == ("north", None)
    assert (parents["items"][0]["goal_id"], parents["items"][0]["tree_id"]) == (
        "north",
        "company",
    )
    assert strangers["items"] == []
    assert (await company.ask("stranger", path)).status_code == 404


async def test_a_clone_needs_the_whole_tree(company: Divided) -> None:
    """And shows how its goals would hang together before they are there."""
    path = "/v1/goals/company/clone?dry_run=true"

    refused = await company.ask("parents", path, "POST", {"id_suffix": "-next"})
    planned = await company.ask("administrator", path, "POST", {"id_suffix": "-next"})

    assert refused.status_code == 403
    assert "that you may not read" in refused.json()["detail"]
    assert "crews" not in refused.text
    assert [(one["id"], one["parent_id"]) for one in planned.json()["items"]] == [
        ("company-next", None),
        ("north-next", "company-next"),
        ("crews-next", "north-next"),
    ]


async def test_what_is_in_use_is_not_named_to_who_may_not_read_it(
    company: Divided,
) -> None:
    """How many goals need a user is said, and of those that one may read, which."""
    api = company.rolled.api
    await api.create(
        "/v1/roles", {"id": "staff", "name": "staff", "rights": ["manage_directory"]}
    )
    await api.change("/v1/users/other", {"roles": ["staff"]})
    try:
        answer = await company.ask("other", "/v1/users/manager", "DELETE")
    finally:
        await api.change("/v1/users/other", {"roles": []})

    assert answer.status_code == 409
    assert "manages goal" in answer.json()["detail"]
    assert "north" not in answer.text


async def test_a_parents_manager_sees_a_sum_and_none_of_its_records(
    company: Divided,
) -> None:
    """Taking the right to read from the child's manager moves both totals, and back."""
    api = company.rolled.api

    async def totals() -> list[str]:
        await company.settle()
        company_, north = [
            await company.read("parents", f"/v1/goals/{name}")
            for name in ("company", "north")
        ]
        return [company_["values"]["actual"], north["values"]["actual"]]

    before = await totals()
    await api.change("/v1/users/manager", {"roles": []})
    without = await totals()
    mine = await company.read("manager", "/v1/goals/north/records")
    await api.change("/v1/users/manager", {"roles": ["lead"]})
    after = await totals()

    assert before == after == [AMOUNT, AMOUNT]
    assert without == ["0.0000", "0.0000"]
    assert mine["items"] == []


async def test_a_stream_follows_the_rights_of_whoever_watches(
    company: Divided,
) -> None:
    """A goal that may be read arrives, and one that may not be any more is gone."""
    api, shares = company.rolled.api, {"type": "user", "id": "stranger"}
    before = (await api.read("/v1/goals/north"))["shared_with"]
    async with (
        asyncio.timeout(60),
        company.client.stream(
            "GET", "/v1/stream", headers=company.headers("stranger")
        ) as stream,
    ):
        frames = frames_of(stream)
        first = await anext(frames)
        await api.change(
            "/v1/goals/north",
            {"shared_with": [*before, shares | {"rights": ["read"]}]},
        )
        arrived = await anext(frames)
        await api.change("/v1/goals/north", {"shared_with": before})
        gone = await anext(frames)

    assert first[0] == "snapshot"
    assert first[1] == []
    assert arrived[0] == "goal-updated"
    assert (arrived[1]["goal_id"], arrived[1]["parent_id"]) == ("north", None)
    assert (arrived[1]["tree_id"], arrived[1]["caused_by"]) == (None, [])
    assert gone == ("goal-gone", {"goal_id": "north"})


async def test_a_stream_names_a_parent_while_it_may_be_read(company: Divided) -> None:
    """A child is told again, after a word to forget it, though nothing else changed."""
    api = company.rolled.api
    reads = {"type": "user", "id": "stranger", "rights": ["read"]}
    before = {
        name: (await api.read(f"/v1/goals/{name}"))["shared_with"]
        for name in ("north", "company")
    }

    async def share(name: str, *more: Any) -> None:
        body = {"shared_with": [*before[name], *more]}
        await api.change(f"/v1/goals/{name}", body)

    await share("north", reads)
    async with (
        asyncio.timeout(60),
        company.client.stream(
            "GET", "/v1/stream", headers=company.headers("stranger")
        ) as stream,
    ):
        frames = frames_of(stream)
        told = [await anext(frames)]
        await share("company", reads)
        told += [await anext(frames) for _ in range(3)]
        await share("company")
        told += [await anext(frames) for _ in range(3)]
    await share("north")

    snapshot, *told = told
    assert [one["parent_id"] for one in snapshot[1]] == [None]
    with_parent, without = (
        [(name, one["goal_id"], one.get("parent_id")) for name, one in half]
        for half in (told[:3], told[3:])
    )
    assert sorted(with_parent) == [
        ("goal-gone", "north", None),
        ("goal-updated", "company", None),
        ("goal-updated", "north", "company"),
    ]
    assert sorted(without) == [
        ("goal-gone", "company", None),
        ("goal-gone", "north", None),
        ("goal-updated", "north", None),
    ]
    for half in (with_parent, without):
        names = [name for name, goal, _ in half if goal == "north"]
        assert names == ["goal-gone", "goal-updated"]


async def test_a_stream_of_a_goal_whose_parent_may_not_be_read(
    company: Divided,
) -> None:
    """It is a root to whoever watches; the real one is not named."""
    async with company.client.stream(
        "GET", "/v1/stream?root=north", headers=company.headers("owner")
    ) as stream:
        name, goals = await anext(frames_of(stream))
    refused = await company.ask("stranger", "/v1/stream?root=north")

    assert name == "snapshot"
    assert [one["goal_id"] for one in goals] == ["north"]
    assert "company" not in str(goals)
    assert refused.status_code == 404


async def frames_of(stream: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    """Return the events of a stream, with what each says."""
    name = ""
    async for line in stream.aiter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)
