"""One running system whose APIs are fuzzed."""

from collections.abc import Iterator

import pytest

from local.servers import Servers
from tests.fuzz.company import found
from tests.running import Running, running_cairn


@pytest.fixture(scope="module")
def cairn(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Return a running system with something of each kind, so that much is found."""
    with running_cairn(servers, tmp_path_factory.mktemp("fuzzed")) as running:
        found(running)
        yield running
