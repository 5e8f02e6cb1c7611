"""One rollup process on a database of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from tests.integration.rollup.copies import Copy, World, alone

# Properties are judged by what they find, not by how long a busy machine takes.
settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")


@pytest.fixture
def world() -> World:
    """Return two topics with nothing on them."""
    return World()


@pytest_asyncio.fixture
async def copy(world: World, database: str) -> AsyncIterator[Copy]:
    """Start the only process; everything is assigned to it."""
    async with alone(world, database) as one:
        yield one
