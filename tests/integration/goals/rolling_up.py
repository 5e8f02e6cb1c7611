"""A goals service and rollup's engine on one database; no part is made up."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from services.goals import announcing
from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from shared.messages.definitions import Definition
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.rollup.copies import Copy, World, alone

_ALL: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingUp:
    """The service, the engine, and what both are told."""

    api: Api
    world: World
    copy: Copy

    def record(self, record: dict[str, Any]) -> None:
        """Send a record."""
        self.world.record(json.dumps(record).encode())

    async def settle(self) -> None:
        """Have the engine apply all definitions and records, as of the world's now."""
        self.world.say(*await self._definitions())
        await self.copy.settle()
        await self.copy.scheduling.look()
        await self.copy.settle()

    async def _definitions(self) -> list[Definition]:
        connection = await self.api.installation.connect()
        try:
            reading = Reading(connection, caller=ADMIN)
            return [
                announcing.organization_definition(await reading.organization()),
                *map(
                    announcing.business_unit_definition,
                    await reading.business_units.after("", _ALL),
                ),
                *map(announcing.role_definition, await reading.roles.after("", _ALL)),
                *map(announcing.user_definition, await reading.users.after("", _ALL)),
                *map(announcing.team_definition, await reading.teams.after("", _ALL)),
                *map(
                    announcing.entity_definition, await reading.entities.after("", _ALL)
                ),
                *map(
                    announcing.metric_definition, await reading.metrics.after("", _ALL)
                ),
                *map(
                    announcing.rollup_query_definition,
                    await reading.queries.after("", _ALL),
                ),
                *map(announcing.goal_definition, await reading.goals.after("", _ALL)),
            ]
        finally:
            await connection.close()


@asynccontextmanager
async def rolling_up(installation: Installation) -> AsyncIterator[RollingUp]:
    """Start the service and the engine; ids are as the test writes them."""
    world = World(partitions=1)
    async with (
        alone(world, installation.database) as copy,
        running(installation) as api,
    ):
        plain = Api(client=api.client, installation=installation, prefix="")
        yield RollingUp(api=plain, world=world, copy=copy)
