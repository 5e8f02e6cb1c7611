"""Migrations: plain numbered SQL, forward only.

Each service keeps `migrations/0001_name.sql`, … beside its store. A file runs in one
transaction together with the row that remembers it, under one advisory lock for the
whole database: safe to run twice and from two processes at once. A file that was
changed after it ran is refused.

Beside them stands `rights.sql`: who may do what with the service's tables. It is no
step but a state, and runs each time, after all others: so a database that was restored
without its rights has them again.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from shared.plumbing.database_roles import ROLES, RoleError, make_roles
from shared.plumbing.postgres import Connection

_LOCK: Final = 7_221_101  # any number that nothing else locks
_RIGHTS: Final = "rights"
_NAME = re.compile(r"(?P<number>[0-9]{4})_[a-z0-9_]+\.sql")

_CREATE_LEDGER = """
CREATE TABLE IF NOT EXISTS public.cairn_migration (
    service text NOT NULL,
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, number)
)
"""
# What ran is no secret from those who need it; `cairn doctor` asks as each of them.
_OPEN_LEDGER = f"GRANT SELECT ON public.cairn_migration TO {', '.join(ROLES.values())}"


class MigrationError(Exception):
    """The files and the database disagree about what has run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file."""

    service: str
    number: int
    name: str
    sql: str
    # Says what is to be so, whenever it is asked: the ledger knows nothing of it.
    every_time: bool = False

    @property
    def sha256(self) -> str:
        """What the file said when it ran."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations_of(service: str, folder: Path) -> Sequence[Migration]:
    """Return a service's migrations in the order of their numbers; rights are last."""
    return sorted(_read(service, folder), key=lambda one: (one.every_time, one.number))


def _read(service: str, folder: Path) -> Iterator[Migration]:
    for path in folder.glob("*.sql"):
        match = _NAME.fullmatch(path.name)
        is_rights = path.stem == _RIGHTS
        if match is None and not is_rights:
            raise MigrationError(
                f"{path.name} is no migration's name; call it 0001_what_it_does.sql"
            )
        yield Migration(
            service=service,
            number=int(match["number"]) if match else 0,
            name=path.stem,
            sql=path.read_text(encoding="utf-8"),
            every_time=is_rights,
        )


async def migrate(
    connection: Connection, migrations: Sequence[Migration]
) -> Sequence[Migration]:
    """Run what has not run yet, and what runs each time; return the former."""
    # Session-wide, so that it outlasts the transactions of the single files.
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        await make_roles(connection)
        await connection.execute(_CREATE_LEDGER)
        await connection.execute(_OPEN_LEDGER)
        return [one for one in migrations if await _run_once(connection, one)]
    except RoleError as fault:
        raise MigrationError(str(fault)) from None
    except asyncpg.InsufficientPrivilegeError as fault:
        user = await connection.fetchval("SELECT current_user")
        raise MigrationError(
            f"{user} may not do that: {fault}; migrate as the owner of the tables, "
            "whom CAIRN_MIGRATE_DATABASE_URL names"
        ) from None
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _run_once(connection: Connection, migration: Migration) -> bool:
    if migration.every_time:
        async with connection.transaction():
            await connection.execute(migration.sql)
        return False
    ran = await connection.fetchval(
        "SELECT sha256 FROM public.cairn_migration WHERE service = $1 AND number = $2",
        migration.service,
        migration.number,
    )
    if ran == migration.sha256:
        return False
    if ran is not None:
        raise MigrationError(
            f"{migration.service}/{migration.name} was changed after it ran here; "
            "restore the file and put the change into a new one"
        )
    async with connection.transaction():
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO public.cairn_migration (service, number, name, sha256) "
            "VALUES ($1, $2, $3, $4)",
            migration.service,
            migration.number,
            migration.name,
            migration.sha256,
        )
    return True
