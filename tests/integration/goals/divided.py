"""A company in which nobody may read everything, and callers of every kind."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from local.servers import Servers
from services.goals import announcing
from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from tests.integration.goals.conftest import TOKEN, installed
from tests.integration.goals.rolling_up import RollingUp, rolling_up

NOW: Final = datetime(2026, 11, 21, 9, 30, 20, tzinfo=UTC)

# What nobody may find who may not read the goal `north`, or its records.
TITLE: Final = "Marked north"
CREWS: Final = "Marked crews"
AMOUNT: Final = "777.7700"
NOTE: Final = "marked-note"
MARGIN: Final = "marked-margin"
RECORD: Final = "opportunity/marked-deal"

SCOPES: Final = [
    "records:read",
    "goals:read",
    "goals:write",
    "metrics:write",
    "directory:read",
    "directory:write",
    "organization:read",
    "organization:write",
]
_ACTIONS: Final = "create read write delete append append_to assign share"
_EVERYTHING: Final = dict.fromkeys(_ACTIONS.split(" "), "organization")
RIGHTS: Final = [
    "roll_up_goal",
    "manage_metrics",
    "manage_directory",
    "manage_organization",
]
ROLES: Final[Mapping[str, dict[str, Any]]] = {
    "seller": {"privileges": {"opportunity": {"read": "user"}}},
    "lead": {"privileges": {"opportunity": {"read": "organization"}}},
    "goals-user": {"privileges": {"goal": {"read": "user"}}},
    "goals-unit": {"privileges": {"goal": {"read": "business_unit"}}},
    "goals-all": {"privileges": {"goal": {"read": "organization"}}},
    "administrator": {
        "privileges": {"*": _EVERYTHING},
        "rights": RIGHTS,
        "secured_attributes": {"opportunity": ["margin"]},
    },
}
# Who they are to the goal `north`, and the roles that they have.
PEOPLE: Final[Mapping[str, list[str]]] = {
    "stranger": [],
    "owner": ["seller"],
    "manager": ["lead"],
    "parents": [],
    "member": [],
    "shared": [],
    "by-user": ["goals-user"],
    "by-unit": ["goals-unit"],
    "by-all": ["goals-all"],
    "administrator": ["administrator"],
    "other": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Divided:
    """The company, and a token of each of its people and of two systems."""

    rolled: RollingUp
    tokens: Mapping[str, str]
    # Shows nobody's token by itself.
    client: httpx.AsyncClient

    async def ask(
        self, who: str | None, path: str, method: str = "GET", body: Any = None
    ) -> httpx.Response:
        """Ask as somebody; None: as nobody."""
        return await self.client.request(
            method, path, json=body, headers=self.headers(who)
        )

    def headers(self, who: str | None) -> dict[str, str]:
        """Return what shows who asks."""
        return {} if who is None else {"Authorization": f"Bearer {self.tokens[who]}"}

    async def read(self, who: str, path: str) -> Any:
        """Read something as somebody who may."""
        answer = await self.ask(who, path)
        assert answer.status_code == 200, answer.text[:500]
        return answer.json()

    async def settle(self) -> None:
        """Have the engine apply all there is."""
        api, world = self.rolled.api, self.rolled.world
        connection = await api.installation.connect()
        try:
            reading = Reading(connection, caller=ADMIN)
            roles = await reading.roles.after("", 1_000)
            world.say(*map(announcing.role_definition, roles))
        finally:
            await connection.close()
        await self.rolled.settle()


@asynccontextmanager
async def divided(servers: Servers) -> AsyncIterator[Divided]:
    """Start the service and the engine, with the company in it."""
    async with installed(servers) as installation, rolling_up(installation) as rolled:
        rolled.world.now = NOW
        api = rolled.api
        for unit in ("here", "there"):
            await api.create("/v1/business-units", {"id": unit, "name": unit})
        for name, body in ROLES.items():
            await api.create("/v1/roles", {"id": name, "name": name, **body})
        for name, roles in PEOPLE.items():
            unit = "here" if name in ("manager", "by-unit") else "there"
            await api.user(name, roles=roles, business_unit_id=unit)
        await api.user("disabled", roles=["administrator"])
        await api.create(
            "/v1/teams", {"id": "crew", "name": "crew", "members": ["member"]}
        )
        await api.metric()
        await _goals(rolled)
        tokens = {"admin": TOKEN, "wrong": "cairn_wrong"}
        for name in (*PEOPLE, "disabled"):
            tokens[name] = await _token(rolled, name, SCOPES, user_id=name)
        tokens["system"] = await _token(rolled, "system", SCOPES)
        tokens["ingesting"] = await _token(rolled, "ingesting", ["records:write"])
        await api.change("/v1/users/disabled", {"disabled": True})
        rolled.record(deal("marked-deal", "777.77", owner="owner"))
        rolled.record(deal("plain-deal", "1", owner="shared"))
        async with httpx.AsyncClient(
            base_url=str(api.client.base_url), timeout=60
        ) as client:
            made = Divided(rolled=rolled, tokens=tokens, client=client)
            await made.settle()
            yield made


def deal(name: str, amount: str, /, *, owner: str, version: int = 1) -> dict[str, Any]:
    """Return a won opportunity."""
    return {
        "entity": "opportunity",
        "id": name,
        "version": version,
        "state": "won",
        "owner": {"type": "user", "id": owner},
        "attributes": {
            "actualvalue": amount,
            "actualclosedate": "2026-11-21",
            "note": NOTE,
            "margin": MARGIN,
        },
    }


async def _goals(rolled: RollingUp) -> None:
    api = rolled.api
    crew = {"type": "team", "id": "crew"}
    await api.goal(
        "company",
        title="Company",
        manager_id="parents",
        owner={"type": "user", "id": "other"},
        rollup_only_from_children=True,
    )
    await api.goal(
        "north",
        title=TITLE,
        manager_id="manager",
        owner={"type": "user", "id": "owner"},
        parent_id="company",
        shared_with=[{"type": "user", "id": "shared", "rights": ["read"]}],
    )
    await api.goal(
        "crews", title=CREWS, manager_id="other", owner=crew, parent_id="north"
    )


async def _token(rolled: RollingUp, name: str, scopes: list[str], **more: Any) -> str:
    made = await rolled.api.create(
        "/v1/tokens", {"name": f"of-{name}", "scopes": scopes, **more}
    )
    return str(made["token"])
