"""Assigning goals: giving them another manager."""

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def managed_by(api: Api, name: str) -> list[str]:
    """Return which goals a list shows for a manager."""
    page = await api.read(f"/v1/goals?manager_id={api.id(name)}")
    return [goal["id"].removeprefix(api.prefix) for goal in page["items"]]


async def test_a_goal_is_assigned_to_another_manager(api: Api) -> None:
    """That goal alone: those below keep theirs, and the owner stays."""
    await api.company()
    await api.user("grace")

    company = await api.change(api.at("company"), {"manager_id": api.id("grace")})

    assert company["manager_id"] == api.id("grace")
    assert company["owner"]["id"] == api.id("ada")
    assert (await api.read(api.at("company")))["manager_id"] == api.id("grace")
    assert (await api.read(api.at("north")))["manager_id"] == api.id("ada")


async def test_goals_are_listed_by_their_manager(api: Api) -> None:
    """With the other conditions, if there are any."""
    await api.company()
    await api.user("grace")

    before = await managed_by(api, "grace")
    await api.change(api.at("north"), {"manager_id": api.id("grace")})

    assert before == []
    assert await managed_by(api, "grace") == ["north"]
    assert await managed_by(api, "ada") == ["company"]
    query = f"manager_id={api.id('ada')}&root=false"
    assert (await api.read(f"/v1/goals?{query}"))["items"] == []


async def test_a_manager_exists(api: Api) -> None:
    """Who is not there cannot be assigned a goal."""
    await api.company()

    error = await api.refused(
        "PATCH", api.at("north"), {"manager_id": api.id("nobody")}, status=422
    )

    assert told(error) == ("reference_not_found", None, "manager_id")
    assert (await api.read(api.at("north")))["manager_id"] == api.id("ada")


async def test_a_goal_always_has_a_manager(api: Api) -> None:
    """It can be given to another, not to nobody."""
    await api.company()

    error = await api.refused(
        "PATCH", api.at("north"), {"manager_id": None}, status=400
    )

    assert told(error) == ("invalid_field", None, "manager_id")


async def test_a_disabled_user_can_be_assigned_a_goal(api: Api) -> None:
    """The rules freeze such a goal; they refuse nothing (semantics, section 2)."""
    await api.company()
    await api.user("grace", disabled=True)

    north = await api.change(api.at("north"), {"manager_id": api.id("grace")})

    assert north["manager_id"] == api.id("grace")


async def test_a_manager_cannot_be_deleted(api: Api) -> None:
    """Until the goal is assigned to somebody else."""
    await api.company()
    await api.user("grace")
    await api.change(api.at("north"), {"manager_id": api.id("grace")})

    error = await api.refused("DELETE", api.at("grace", of="users"), status=409)
    await api.change(api.at("north"), {"manager_id": api.id("ada")})
    answer = await api.client.delete(api.at("grace", of="users"))

    assert told(error) == ("in_use", None, None)
    assert f"manages goal {api.id('north')}" in error["detail"]
    assert answer.status_code == 204
