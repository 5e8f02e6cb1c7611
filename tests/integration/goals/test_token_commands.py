"""`cairn token` as it is typed, against a running goals service."""

import asyncio
import json
import subprocess

import pytest

from tests.cli.running import cairn
from tests.integration.goals.conftest import TOKEN, Api

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def typed(
    api: Api, *words: str, token: str = TOKEN
) -> subprocess.CompletedProcess[str]:
    """Run a command as a person who has a token would."""
    environment = {
        "CAIRN_GOALS_URL": str(api.client.base_url),
        "CAIRN_ADMIN_TOKEN": "",
        "CAIRN_TOKEN": token,
    }
    return await asyncio.to_thread(cairn, *words, environment=environment)


async def test_a_token_is_made_listed_and_revoked(api: Api) -> None:
    """Its text is all that is printed on standard output, and nowhere else."""
    name = api.id("nightly")

    made = await typed(api, "token", "create", name, "--scope", "goals:read")
    token = made.stdout.strip()
    used = await typed(api, "token", "list", token=token)
    listed = await typed(api, "token", "list")
    revoked = await typed(api, "token", "revoke", name)
    after = await typed(api, "token", "list", token=token)
    left = await typed(api, "token", "list", "--json")
    everything = await typed(api, "token", "list", "--all")

    assert token.startswith("cairn_")
    assert len(token.split()) == 1
    assert used.returncode == 5
    assert f"needs the scope organization:read, and the token of token/{name}" in (
        used.stderr
    )
    row = next(line for line in listed.stdout.splitlines() if name in line)
    assert "goals:read" in row
    assert token not in listed.stdout
    assert revoked.returncode == 0
    assert after.returncode == 5
    assert "was revoked" in after.stderr
    assert name not in {one["name"] for one in json.loads(left.stdout)}
    assert name in everything.stdout


async def test_a_token_may_expire_and_act_as_a_user(api: Api) -> None:
    """Both are options."""
    ada = await api.user("ada")
    words = ("--scope", "goals:read", "--scope", "goals:write", "--expires", "30")

    made = await typed(
        api, "token", "create", api.id("x"), *words, "--user", ada, "--json"
    )

    told = json.loads(made.stdout)
    assert told["user_id"] == ada
    assert told["scopes"] == ["goals:read", "goals:write"]
    assert told["expires_at"] is not None


async def test_what_is_refused_is_told(api: Api) -> None:
    """In the words of the service, which name the scopes."""
    unknown = await typed(api, "token", "create", "x", "--scope", "everything")
    missing = await typed(api, "token", "revoke", api.id("nobody"))

    assert unknown.returncode == 1
    assert "records:write" in unknown.stderr
    assert missing.returncode == 1
    assert "cairn token list" in missing.stderr


async def test_a_page_link_may_be_for_a_user(api: Api) -> None:
    """What is printed can be opened."""
    ada = await api.user("ada")

    made = await typed(api, "page-link", "--user", ada, "--json")

    assert json.loads(made.stdout)["user_id"] == ada
