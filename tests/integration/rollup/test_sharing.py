"""Sharing the definitions: the revision is that of the moment the lock is ours."""

import asyncio

import asyncpg

from services.rollup.store import definitions
from tests.integration.rollup.copies import prepare
from tests.waiting import eventually


async def test_who_waited_for_a_change_sees_it(database: str) -> None:
    """A snapshot from before the wait would show definitions that are gone."""
    await prepare(database)
    changing = await asyncpg.connect(database)
    sharing = await asyncpg.connect(database)
    watching = await asyncpg.connect(database)

    async def share() -> int:
        async with sharing.transaction():
            return await definitions.share(sharing)

    async with changing.transaction():
        before = await definitions.seize(changing)
        answer = asyncio.create_task(share())
        await eventually(
            lambda: watching.fetchval(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
            ),
            what="the other to wait for the lock",
        )
        await definitions.set_revision(changing, before + 1)

    assert await answer == before + 1
    for connection in (changing, sharing, watching):
        await connection.close()
