"""PostgreSQL as a command sees it: connections, and failures in words."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import asyncpg

from cli.exits import CommandError, ExitCode
from shared.plumbing.postgres import connect

# Time may mend these; a wrong password it does not.
NOT_YET: Final = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.PostgresConnectionError,
    asyncpg.TooManyConnectionsError,
)

_NO_RIGHTS: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InsufficientPrivilegeError,
)


@asynccontextmanager
async def database(
    url: str, *, application: str, **server_settings: str
) -> AsyncIterator[asyncpg.Connection]:
    """Open a connection; what fails on it is told as a CommandError."""
    with in_words():
        connection = await connect(url, application=application, **server_settings)
        try:
            yield connection
        finally:
            # Closing politely could wait for a server that is gone.
            connection.terminate()


@contextmanager
def in_words() -> Iterator[None]:
    """Tell what the database objects to, and what to do about it."""
    try:
        yield
    except _NO_RIGHTS as fault:
        raise CommandError(
            f"the database refuses: {fault}; check the user and password in "
            "CAIRN_DATABASE_URL",
            ExitCode.NO_RIGHTS,
        ) from None
    except NOT_YET as fault:
        raise CommandError(
            f"the database does not answer: {str(fault) or 'no answer in time'}; check "
            "that it is up, and CAIRN_DATABASE_URL",
            ExitCode.NOT_READY,
        ) from None
    except asyncpg.InvalidCatalogNameError as fault:
        raise CommandError(
            f"the database is not there: {fault}; create it, or check "
            "CAIRN_DATABASE_URL",
            ExitCode.NOT_READY,
        ) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        raise CommandError(
            f"the database failed: {fault}; run `cairn doctor`"
        ) from None
