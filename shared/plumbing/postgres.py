"""PostgreSQL: pools and connections that neither wait nor hold locks for ever."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

# A connection of our own or one lent by a pool.
Connection = asyncpg.Connection | PoolConnectionProxy

COMMAND_SECONDS_MAX: Final = 60.0
CONNECT_SECONDS_MAX: Final = 10.0

# A stalled process must not keep others' rows: the server takes its locks away.
_SERVER_SETTINGS: Final = {
    "idle_in_transaction_session_timeout": "15000",
    "lock_timeout": "20000",
    "statement_timeout": "60000",
    "tcp_user_timeout": "10000",
    "timezone": "UTC",
    # Our statements name their schemas; nobody can put a table or function of his own
    # in the place of another.
    "search_path": "pg_catalog, pg_temp",
    # Our plans are of few rows each; compiling them would take longer than running.
    "jit": "off",
}

# Time mends these: the database is away, restarting, or chose another's side.
TRANSIENT_ERRORS: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # The driver lost track of a connection that ended under a question.
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
    asyncpg.exceptions.TransactionRollbackError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.QueryCanceledError,
    asyncpg.exceptions.IdleInTransactionSessionTimeoutError,
    asyncpg.exceptions.UniqueViolationError,
    OSError,
    TimeoutError,
)


@asynccontextmanager
async def open_pool(
    url: str, *, size_max: int, application: str, size_min: int = 1
) -> AsyncIterator[asyncpg.Pool]:
    """Open a pool whose commands all have a limit; terminate it at the end.

    With a `size_min` of 0 the database need not be there yet.
    """
    pool = await asyncpg.create_pool(
        url,
        min_size=size_min,
        max_size=size_max,
        command_timeout=COMMAND_SECONDS_MAX,
        timeout=CONNECT_SECONDS_MAX,
        reset=_leave_as_it_is,
        server_settings={**_SERVER_SETTINGS, "application_name": application},
    )
    try:
        yield pool
    finally:
        # Closing politely can hang on a dead network; nothing waits for it here.
        pool.terminate()


async def _leave_as_it_is(_connection: Connection) -> None:
    """Spare the question that would undo session settings: we make none.

    What a transaction sets or locks ends with it; sessions of their own, which listen
    or hold locks, are opened by `connect`.
    """


async def connect(
    url: str, *, application: str, **server_settings: str
) -> asyncpg.Connection:
    """Open one connection outside any pool, for what must stay on one session."""
    return await asyncpg.connect(
        url,
        command_timeout=COMMAND_SECONDS_MAX,
        timeout=CONNECT_SECONDS_MAX,
        server_settings={
            **_SERVER_SETTINGS,
            "application_name": application,
            **server_settings,
        },
    )
