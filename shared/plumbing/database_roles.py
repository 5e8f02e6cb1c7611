"""Who may do what in PostgreSQL: a role for each service, and the logins that have it.

A role is a group: nobody signs in as it. Logins belong to it, and what it may do in a
database stands in `rights.sql` beside each service's migrations. Roles are of the whole
cluster: several Cairns in one share them, and which database a login reaches is
PostgreSQL's right CONNECT.
"""

from typing import Final
from urllib.parse import unquote, urlsplit

import asyncpg

from shared.plumbing.postgres import Connection

ROLES: Final = {
    "goals": "cairn_goals",
    "ingest": "cairn_ingest",
    "rollup": "cairn_rollup",
}

_MISSING = """
SELECT name
FROM unnest($1::text[]) AS name
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name)
ORDER BY name
"""

# As parameters of a question they stand in no log of statements.
_NAME_LOGIN = """
SELECT set_config('cairn.login', $1, true),
       set_config('cairn.password', $2, true),
       set_config('cairn.role', $3, true)
"""
_MAKE_LOGIN = """
DO $$
DECLARE
    login text := current_setting('cairn.login');
    rights text := 'LOGIN PASSWORD %L NOCREATEDB NOCREATEROLE';
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
        rights := 'ALTER ROLE %I ' || rights;
    ELSE
        rights := 'CREATE ROLE %I ' || rights;
    END IF;
    EXECUTE format(rights, login, current_setting('cairn.password'));
    EXECUTE format('GRANT %I TO %I', current_setting('cairn.role'), login);
END
$$
"""
_IS_MIGHTY = """
SELECT rolsuper OR rolname = current_user
FROM pg_catalog.pg_roles
WHERE rolname = $1
"""


class RoleError(Exception):
    """A role or a login is not there and cannot be made here."""


async def make_roles(connection: Connection) -> None:
    """Make what roles are missing; other databases may do so at the same moment."""
    missing = await connection.fetch(_MISSING, list(ROLES.values()))
    for role in (row["name"] for row in missing):
        try:
            await connection.execute(f"CREATE ROLE {role} NOLOGIN")
        except (asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
            # Whoever was quicker made just this one.
            continue
        except asyncpg.InsufficientPrivilegeError:
            raise await _nobody_made(connection) from None


async def _nobody_made(connection: Connection) -> RoleError:
    missing = await connection.fetch(_MISSING, list(ROLES.values()))
    user = await connection.fetchval("SELECT current_user")
    by_hand = " ".join(f"CREATE ROLE {row['name']} NOLOGIN;" for row in missing)
    return RoleError(
        f"a role of a service is not there, and {user} may not make it; give {user} "
        f"the right CREATEROLE, or have an administrator run `{by_hand}`, then migrate "
        "again"
    )


def login_in(url: str) -> tuple[str, str]:
    """Return the user and the password that an address names."""
    parts = urlsplit(url)
    if not parts.username or not parts.password:
        raise RoleError(
            "its address names no user with a password; write it as "
            "postgresql://user:password@host:5432/database"
        )
    return unquote(parts.username), unquote(parts.password)


async def make_login(connection: Connection, service: str, url: str) -> str:
    """Make the login that `url` names, or give it that password; return its name."""
    login, password = login_in(url)
    if await connection.fetchval(_IS_MIGHTY, login):
        raise RoleError(
            f"{login} is a superuser, or owns the tables; name another user, who will "
            "be made"
        )
    role = ROLES[service]
    try:
        async with connection.transaction():
            await connection.execute(_NAME_LOGIN, login, password, role)
            await connection.execute(_MAKE_LOGIN)
    except asyncpg.InsufficientPrivilegeError as fault:
        user = await connection.fetchval("SELECT current_user")
        raise RoleError(
            f"{user} may not make the login {login}: {fault}; have an administrator "
            f"run `CREATE ROLE {login} LOGIN PASSWORD '…' IN ROLE {role};`"
        ) from None
    return login
