"""`cairn doctor` on logins: whether a service may do what it needs, and no more."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Final

from cli.database import database
from cli.findings import Finding
from cli.output import Mark
from cli.serving import Service
from cli.surroundings import Surroundings
from shared.plumbing.database_roles import ROLES

_FIX: Final = (
    "name a user of its own in CAIRN_{0}_DATABASE_URL, the owner of the tables in "
    "CAIRN_MIGRATE_DATABASE_URL, and run `cairn migrate --logins`"
)

# What the role may do is what a service needs; `beyond` is whatever the login may do on
# top of it, on tables of ours.
_ASK: Final = """
SELECT
    login.rolname AS name,
    CASE WHEN role.oid IS NOT NULL THEN pg_has_role(login.oid, role.oid, 'USAGE') END
        AS belongs,
    array_remove(
        ARRAY[
            CASE WHEN login.rolsuper THEN 'is a superuser' END,
            CASE WHEN login.rolcreaterole THEN 'makes roles' END,
            CASE WHEN login.rolcreatedb THEN 'makes databases' END,
            CASE WHEN login.rolreplication THEN 'copies the whole server' END,
            CASE WHEN login.rolbypassrls THEN 'passes over policies of rows' END,
            CASE
                WHEN has_database_privilege(login.oid, current_database(), 'CREATE')
                    THEN 'makes schemas'
            END,
            (
                SELECT 'makes tables in ' || string_agg(nspname, ', ' ORDER BY nspname)
                FROM pg_namespace
                WHERE nspname = ANY($2::text[])
                    AND has_schema_privilege(login.oid, oid, 'CREATE')
                HAVING count(*) > 0
            )
        ],
        NULL
    ) AS powers,
    CASE WHEN role.oid IS NOT NULL THEN ARRAY(
        SELECT kind || ' on ' || nspname || '.' || relname
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        CROSS JOIN unnest(ARRAY[
            'DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE'
        ]) AS kind
        WHERE nspname = ANY($2::text[])
            AND relkind IN ('r', 'p', 'v', 'm')
            AND has_table_privilege(login.oid, pg_class.oid, kind)
            AND NOT has_table_privilege(role.oid, pg_class.oid, kind)
        ORDER BY nspname, relname, kind
    ) END AS beyond
FROM pg_roles AS login
LEFT JOIN pg_roles AS role ON role.rolname = $1
WHERE login.rolname = current_user
"""
_SCHEMAS: Final = ("goals", "goals_published", "rollup", "rollup_published")


def look_at_logins(around: Surroundings) -> Iterator[Finding]:
    """Say of each service that has a database what its login may do there."""
    for service in Service:
        if service is Service.INGEST and not around.own_database_url_of(service):
            # It gets by without one.
            continue
        yield from _judge(service, asyncio.run(_ask(around, service)))


async def _ask(around: Surroundings, service: Service) -> Mapping[str, object]:
    url = around.database_url_of(service)
    async with database(url, application="cairn-doctor") as connection:
        row = await connection.fetchrow(_ASK, ROLES[service], list(_SCHEMAS))
        return dict(row or {})


def _judge(service: Service, login: Mapping[str, object]) -> Iterator[Finding]:
    name, role = login.get("name"), ROLES[service]
    if login.get("belongs") is None:
        # Nothing has migrated here yet, and that is said already.
        return
    powers, beyond = login["powers"], login["beyond"]
    more = [*_texts(powers), *_summed_up(_texts(beyond))]
    fix = _FIX.format(service.upper())
    if not login["belongs"]:
        mark, found = Mark.FAIL, f"{service} works as {name}, who is not of {role}"
        fix = f"GRANT {role} TO {name}; or {fix}"
    elif more:
        mark = Mark.WARN
        found = f"{service} works as {name}, who may do more than it needs: " + (
            ", ".join(more)
        )
    else:
        mark, found, fix = Mark.OK, f"{service} works as {name}, of {role}", ""
    yield Finding(what="login", mark=mark, found=found, fix=fix)


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _summed_up(beyond: list[str]) -> list[str]:
    """Name the first of many."""
    rest = len(beyond) - 1
    return [*beyond[:1], f"and {rest} more of that kind"] if rest > 0 else beyond
