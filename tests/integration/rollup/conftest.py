"""One rollup process on a database of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.rollup.copies import Copy, World, alone


@pytest.fixture
def world() -> World:
    """Return two topics with nothing on them."""
    return World()


@pytest_asyncio.fixture
async def copy(world: World, database: str) -> AsyncIterator[Copy]:
    """Start the only process; everything is assigned to it."""
    async with alone(world, database) as one:
        yield one
