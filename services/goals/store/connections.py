"""What every group of statements stands on."""

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Connection = asyncpg.Connection | PoolConnectionProxy


class Statements:
    """A group of statements on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
