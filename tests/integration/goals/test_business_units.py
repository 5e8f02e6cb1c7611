"""Business units that move, are merged, and stay as long as anybody needs them."""

import pytest

from shared.messages.definitions import BusinessUnitDefinition
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _units(api: Api) -> None:
    """Create `company` with `emea` and `apac` under it, and `dach` under `emea`."""
    above = {"company": None, "emea": "company", "apac": "company", "dach": "emea"}
    await api.create(
        "/v1/business-units",
        [
            {
                "id": api.id(name),
                "name": name,
                "parent_id": None if parent is None else api.id(parent),
            }
            for name, parent in above.items()
        ],
    )


def _path(api: Api, name: str) -> str:
    return api.at(name, of="business-units")


async def test_a_unit_moves_and_others_are_told(installation: Installation) -> None:
    """Below another parent, or to the top; what lies below it goes along unsaid."""
    async with running(installation) as api, listening(installation) as listener:
        await _units(api)

        moved = await api.change(_path(api, "emea"), {"parent_id": api.id("apac")})
        await api.change(_path(api, "emea"), {"parent_id": None})

        heard = (await listener.until(6))[4:]
        below = await api.read(_path(api, "dach"))
    said = [
        BusinessUnitDefinition.model_validate_json(one.value or b"") for one in heard
    ]
    assert moved["parent_id"] == api.id("apac")
    assert [one.id for one in said] == [api.id("emea")] * 2
    assert [one.parent_id for one in said] == [api.id("apac"), None]
    assert below["parent_id"] == api.id("emea")


async def test_a_merged_unit_leaves_all_that_it_held(api: Api) -> None:
    """Users, teams and units are in the other one; what else they are they stay."""
    await _units(api)
    unit = {"business_unit_id": api.id("emea")}
    await api.create("/v1/roles", {"id": api.id("seller"), "name": "Seller"})
    roles = {"roles": [api.id("seller")]}
    await api.user("ada", **unit, **roles)
    await api.user("grace", business_unit_id=api.id("dach"))
    team = {"id": api.id("team"), "name": "Team", "members": [api.id("grace")]}
    await api.create("/v1/teams", team | unit | roles)

    answer = await api.client.post(
        f"{_path(api, 'emea')}/merge", json={"into": api.id("apac")}
    )

    apac = await api.read(_path(api, "apac"))
    assert (answer.status_code, answer.json()) == (200, apac)
    assert answer.headers["ETag"] == f'"{apac["version"]}"'
    ada = await api.read(api.at("ada", of="users"))
    team = await api.read(api.at("team", of="teams"))
    dach = await api.read(_path(api, "dach"))
    assert ada["business_unit_id"] == team["business_unit_id"] == api.id("apac")
    assert ada["roles"] == team["roles"] == roles["roles"]
    assert team["members"] == [api.id("grace")]
    assert dach["parent_id"] == api.id("apac")
    grace = await api.read(api.at("grace", of="users"))
    assert grace["business_unit_id"] == api.id("dach")
    await api.refused("GET", _path(api, "emea"), status=404)


async def test_a_unit_may_be_merged_into_the_one_above_it(api: Api) -> None:
    """Then what it held lies one level higher."""
    await _units(api)

    answer = await api.client.post(
        f"{_path(api, 'emea')}/merge", json={"into": api.id("company")}
    )

    assert answer.status_code == 200
    assert (await api.read(_path(api, "dach")))["parent_id"] == api.id("company")


async def test_a_merge_is_one_change_set(installation: Installation) -> None:
    """Nobody sees somebody in a unit that is gone."""
    async with running(installation) as api, listening(installation) as listener:
        await _units(api)
        unit = {"business_unit_id": api.id("emea")}
        await api.user("ada", **unit)
        await api.create("/v1/teams", {"id": api.id("team"), "name": "T", **unit})

        await api.client.post(
            f"{_path(api, 'emea')}/merge", json={"into": api.id("apac")}
        )

        heard = (await listener.until(10))[6:]
    assert [one.key for one in heard] == [
        f"user/{api.id('ada')}",
        f"team/{api.id('team')}",
        f"business_unit/{api.id('dach')}",
        f"business_unit/{api.id('emea')}",
    ]
    assert [one.change_set[1:] for one in heard] == [
        (str(index), "4") for index in range(4)
    ]
    assert len({one.change_set[0] for one in heard}) == 1
    assert heard[-1].value is None


@pytest.mark.parametrize(
    ("into", "error", "words"),
    [
        ("emea", "business_unit_cycle", "cannot be merged into itself"),
        ("dach", "business_unit_cycle", "which lies below it"),
        ("nowhere", "reference_not_found", "names business unit"),
    ],
)
async def test_some_merges_are_refused(
    api: Api, into: str, error: str, words: str
) -> None:
    """Into itself, into its own part, into nothing; then all stays as it is."""
    await _units(api)

    refused = await api.refused(
        "POST", f"{_path(api, 'emea')}/merge", {"into": api.id(into)}, status=422
    )

    assert told(refused) == (error, None, "into")
    assert words in refused["detail"]
    assert (await api.read(_path(api, "dach")))["parent_id"] == api.id("emea")


async def test_only_what_is_there_and_was_read_is_merged(api: Api) -> None:
    """As with every other write; the same request again gets the same answer."""
    await _units(api)
    body = {"into": api.id("apac")}
    path = f"{_path(api, 'emea')}/merge"
    key = {"Idempotency-Key": api.id("merge")}

    missing = await api.refused("POST", f"{_path(api, 'x')}/merge", body, status=404)
    stale = await api.client.post(path, json=body, headers={"If-Match": '"1"'})
    without = await api.refused("POST", path, {}, status=400)
    first = await api.client.post(path, json=body, headers=key)
    again = await api.client.post(path, json=body, headers=key)

    assert told(missing) == ("not_found", None, None)
    assert (stale.status_code, stale.json()["error"]) == (409, "version_conflict")
    assert told(without) == ("missing_field", None, "into")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()


@pytest.mark.parametrize("holds", ["users", "teams", "business-units"])
async def test_a_unit_goes_once_nobody_needs_it(api: Api, holds: str) -> None:
    """Until then the error says by what it is needed."""
    await api.create("/v1/business-units", {"id": api.id("emea"), "name": "EMEA"})
    field = "parent_id" if holds == "business-units" else "business_unit_id"
    await api.create(
        f"/v1/{holds}", {"id": api.id("held"), "name": "Held", field: api.id("emea")}
    )

    error = await api.refused("DELETE", _path(api, "emea"), status=409)
    await api.change(api.at("held", of=holds), {field: None})
    answer = await api.client.delete(_path(api, "emea"))

    assert told(error) == ("in_use", None, None)
    kind = {"users": "user", "teams": "team"}.get(holds, "business unit")
    assert f"it holds {kind} {api.id('held')}" in error["detail"]
    assert answer.status_code == 204


@pytest.mark.parametrize("kind", ["user", "team"])
async def test_with_whom_a_goal_is_shared_stays(api: Api, kind: str) -> None:
    """Until it no longer is."""
    await api.company()
    path = f"/v1/{kind}s"
    await api.create(path, {"id": api.id("guest"), "name": "Guest"})
    share = {"type": kind, "id": api.id("guest"), "rights": ["read"]}
    await api.change(api.at("north"), {"shared_with": [share]})

    error = await api.refused("DELETE", api.at("guest", of=f"{kind}s"), status=409)
    await api.change(api.at("north"), {"shared_with": []})
    answer = await api.client.delete(api.at("guest", of=f"{kind}s"))

    assert told(error) == ("in_use", None, None)
    assert f"has a share in goal {api.id('north')}" in error["detail"]
    assert answer.status_code == 204
