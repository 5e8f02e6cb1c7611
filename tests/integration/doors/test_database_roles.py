"""Each service may do in the database what it needs, and nothing else."""

import asyncio
import secrets
from urllib.parse import urlsplit

import asyncpg
import pytest

from cli.serving import migration_folders
from local.servers import Servers
from shared.plumbing.database_roles import RoleError, make_login, make_roles
from shared.plumbing.migrations import MigrationError, migrate, migrations_of
from tests.integration.doors.conftest import migrate_all, named, stranger, working_as

REFUSED = asyncpg.InsufficientPrivilegeError

# What a service must not, for each of them, and on whose account.
FORBIDDEN = [
    ("goals", "INSERT INTO rollup.copy VALUES (gen_random_uuid(), now())"),
    ("goals", "UPDATE rollup.total SET own_actual = 1"),
    ("goals", "DELETE FROM rollup.record"),
    ("goals", "SELECT attributes FROM rollup.record"),
    ("goals", "SELECT nextval('rollup.revision')"),
    ("goals", "SELECT rollup.begin_batch('any', '{}', '{}')"),
    ("goals", "UPDATE rollup_published.clock SET now = now()"),
    ("goals", "CREATE TABLE goals.more (id integer)"),
    ("goals", "CREATE TABLE public.more (id integer)"),
    ("goals", "CREATE TEMPORARY TABLE more (id integer)"),
    ("goals", "CREATE SCHEMA more"),
    ("goals", "ALTER TABLE goals.goal ADD COLUMN more integer"),
    ("goals", "DROP VIEW rollup_published.goal"),
    ("goals", "TRUNCATE goals.outbox"),
    ("goals", "DELETE FROM goals.organization"),
    ("goals", "DELETE FROM goals.page_link_key"),
    ("goals", "UPDATE goals.page_link_key SET made_at = now()"),
    ("goals", "SELECT setval('goals.version', 1)"),
    ("goals", "DELETE FROM public.cairn_migration"),
    ("goals", "COPY goals.goal TO PROGRAM 'true'"),
    ("rollup", "INSERT INTO goals.entity (id, attributes) VALUES ('a', '{}')"),
    ("rollup", "UPDATE goals.directory_user SET disabled = true"),
    ("rollup", "SELECT token_hash FROM goals.page_session"),
    ("rollup", "SELECT secret FROM goals.page_link_key"),
    ("rollup", "SELECT nextval('goals.version')"),
    ("rollup", "CREATE TABLE rollup.more (id integer)"),
    ("rollup", "DROP TABLE rollup.record"),
    ("rollup", "TRUNCATE rollup.record"),
    ("rollup", "DELETE FROM rollup.definitions"),
    ("rollup", "INSERT INTO rollup.history_thinning DEFAULT VALUES"),
    ("rollup", "CREATE FUNCTION rollup.more() RETURNS int RETURN 1"),
    ("rollup", "SELECT token_hash FROM goals_published.api_token"),
    ("rollup", "SELECT goals_published.api_token_used('any')"),
    ("rollup", "SELECT id FROM goals.verification"),
    ("ingest", "SELECT goals_published.note_verification(1, 1, 0, 1, 0, '[]')"),
    ("goals", "SELECT goals_published.note_verification(1, 1, 0, 1, 0, '[]')"),
    ("goals", "UPDATE rollup.pulse SET seen_at = now()"),
    ("ingest", "SELECT id FROM goals.goal"),
    ("ingest", "SELECT token_hash FROM goals.api_token"),
    ("ingest", "SELECT secret FROM goals.page_link_key"),
    ("ingest", "UPDATE goals.api_token SET revoked_at = NULL"),
    ("ingest", "DELETE FROM goals_published.person"),
    ("ingest", "SELECT key FROM rollup_published.record"),
    ("ingest", "SELECT key FROM rollup.record"),
    ("ingest", "CREATE TEMPORARY TABLE more (id integer)"),
]

ALLOWED = [
    ("goals", "INSERT INTO goals.entity (id, attributes) VALUES ('a', '{}')"),
    ("goals", "DELETE FROM goals.outbox"),
    ("goals", "SELECT id FROM rollup_published.record"),
    ("goals", """SELECT rollup.moment_in('"2026-11-21"', 'Europe/Berlin')"""),
    ("goals", "SELECT rollup_published.end_of('day', now(), 'UTC')"),
    ("goals", "SELECT name FROM public.cairn_migration"),
    ("rollup", "INSERT INTO rollup.copy VALUES (gen_random_uuid(), now())"),
    ("rollup", "SELECT nextval('rollup.revision')"),
    ("rollup", "SELECT rollup.begin_batch('any', '{}', '{}')"),
    ("rollup", "UPDATE rollup.definitions SET revision = revision + 1"),
    ("rollup", "CREATE TEMPORARY TABLE asked (id integer)"),
    ("rollup", "SELECT goals_published.note_verification(1, 1, 0, 1, 0, '[]')"),
    ("goals", "SELECT seen_at FROM rollup_published.process"),
    ("ingest", "SELECT name FROM public.cairn_migration"),
    ("ingest", "SELECT token_hash FROM goals_published.api_token"),
    ("ingest", "SELECT is_disabled FROM goals_published.person"),
    ("ingest", "SELECT goals_published.api_token_used('any')"),
    ("goals", "SELECT goals_published.api_token_used('any')"),
]


async def test_what_a_service_need_not_it_may_not(migrated: str) -> None:
    """Neither write to another's tables, nor read them, nor make any."""
    passed = []
    for service, statement in FORBIDDEN:
        async with working_as(service, migrated) as connection:
            try:
                await connection.execute(statement)
            except REFUSED:
                continue
            passed.append((service, statement))

    assert passed == []


async def test_what_a_service_needs_it_may(migrated: str) -> None:
    """Its own tables, and what others have published."""
    for service, statement in ALLOWED:
        async with working_as(service, migrated) as connection:
            await connection.execute(statement)


async def test_a_function_of_ones_own_takes_nobodys_place(migrated: str) -> None:
    """Where names are looked up is fixed for each connection of ours."""
    async with working_as("goals", migrated) as connection:
        path = await connection.fetchval("SHOW search_path")

    assert path == "pg_catalog, pg_temp"


async def test_strangers_see_no_table(migrated: str, servers: Servers) -> None:
    """Whoever may connect to the database has no right in our schemas by that."""
    async with stranger(servers, migrated) as url:
        connection = await asyncpg.connect(url)
        with pytest.raises(REFUSED, match="schema goals"):
            await connection.fetch("SELECT * FROM goals.goal")
        with pytest.raises(REFUSED, match="schema rollup_published"):
            await connection.fetch("SELECT * FROM rollup_published.goal")
        await connection.close()


async def test_what_is_made_later_can_be_used_at_once(migrated: str) -> None:
    """Tables and views of later migrations have the rights of the others."""
    owner = await asyncpg.connect(migrated)
    await owner.execute(
        "CREATE TABLE goals.later (id integer);"
        "CREATE VIEW rollup_published.later AS SELECT 1 AS one"
    )

    async with working_as("goals", migrated) as goals:
        await goals.execute("INSERT INTO goals.later VALUES (1)")
        assert await goals.fetchval("SELECT one FROM rollup_published.later") == 1
    await owner.close()


async def test_ingest_reads_what_goals_publishes(migrated: str) -> None:
    """Once the schema is there; what is published later, too."""
    owner = await asyncpg.connect(migrated)
    await owner.execute(
        "CREATE SCHEMA IF NOT EXISTS goals_published;"
        "CREATE VIEW goals_published.one AS SELECT 1 AS one"
    )
    await migrate_all(migrated)
    await owner.execute("CREATE VIEW goals_published.other AS SELECT 2 AS two")

    async with working_as("ingest", migrated) as ingest:
        assert await ingest.fetchval("SELECT one FROM goals_published.one") == 1
        assert await ingest.fetchval("SELECT two FROM goals_published.other") == 2
    await owner.close()


async def test_an_audit_trail_is_only_added_to(migrated: str) -> None:
    """Goals writes and reads it, and changes nothing that stands there."""
    owner = await asyncpg.connect(migrated)
    await owner.execute("CREATE TABLE IF NOT EXISTS goals.audit (id integer)")
    await migrate_all(migrated)

    async with working_as("goals", migrated) as goals:
        for kind, expected in (
            *(("SELECT", True), ("INSERT", True), ("UPDATE", False)),
            *(("DELETE", False), ("TRUNCATE", False), ("TRIGGER", False)),
        ):
            asked = "SELECT has_table_privilege('goals.audit', $1)"
            assert await goals.fetchval(asked, kind) is expected, kind
    await owner.close()


async def test_rights_come_back_with_the_next_migration(migrated: str) -> None:
    """A database that was restored without its rights has them again."""
    owner = await asyncpg.connect(migrated)
    await owner.execute(
        "REVOKE ALL ON ALL TABLES IN SCHEMA goals FROM cairn_goals;"
        "REVOKE ALL ON SCHEMA goals FROM cairn_goals;"
        "GRANT ALL ON ALL TABLES IN SCHEMA rollup TO cairn_goals, PUBLIC"
    )

    await migrate_all(migrated)

    async with working_as("goals", migrated) as goals:
        await goals.fetch("SELECT id FROM goals.goal")
        with pytest.raises(REFUSED):
            await goals.fetch("SELECT key FROM rollup.record")
    await owner.close()


async def test_roles_are_made_once_by_many_at_once(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Databases of one cluster that migrate at the same moment do not stumble."""
    fresh = {"goals": f"cairn_fresh_{secrets.token_hex(4)}"}
    monkeypatch.setattr("shared.plumbing.database_roles.ROLES", fresh)
    many = [await asyncpg.connect(database) for _ in range(8)]
    try:
        for _ in range(20):
            await asyncio.gather(*map(make_roles, many))
            await many[0].execute(f"DROP ROLE {fresh['goals']}")
    finally:
        for one in many:
            await one.close()


async def test_who_may_not_make_roles_is_told_what_to_do(servers: Servers) -> None:
    """Roles of a name that nobody has yet: the error holds the SQL to run by hand."""
    async with stranger(servers, servers.postgres_url) as url:
        connection = await asyncpg.connect(url)
        missing = {"goals": f"cairn_absent_{secrets.token_hex(4)}"}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("shared.plumbing.database_roles.ROLES", missing)
            with pytest.raises(RoleError) as told:
                await make_roles(connection)
        await connection.close()

    assert f"`CREATE ROLE {missing['goals']} NOLOGIN;`" in str(told.value)
    assert "CREATEROLE" in str(told.value)
    assert str(urlsplit(url).username) in str(told.value)


async def test_who_owns_no_tables_is_told_to_migrate_as_their_owner(
    migrated: str,
) -> None:
    """A service's own login changes no table; the setting is named."""
    service, folder = migration_folders()[0]
    async with working_as("rollup", migrated) as connection:
        with pytest.raises(MigrationError, match="CAIRN_MIGRATE_DATABASE_URL"):
            await migrate(connection, migrations_of(service, folder))


async def test_a_login_is_made_and_has_a_new_password_when_it_is_given_one(
    migrated: str, new_login: str
) -> None:
    """The same call makes it, and changes the password; quotes are no danger."""
    owner = await asyncpg.connect(migrated)
    for password in ("first", "it%27s%20%22new%22%24%24"):
        url = named(migrated, new_login, password)
        assert await make_login(owner, "goals", url) == new_login

        as_login = await asyncpg.connect(url)
        await as_login.fetch("SELECT id FROM goals.goal")
        await as_login.close()

    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(named(migrated, new_login, "first"))
    await owner.close()


async def test_a_service_is_not_given_to_a_superuser(migrated: str) -> None:
    """The owner's own address for a service is a mistake that is said."""
    owner = await asyncpg.connect(migrated)

    with pytest.raises(RoleError, match="superuser, or owns the tables"):
        await make_login(owner, "goals", migrated)
    with pytest.raises(RoleError, match="no user with a password"):
        await make_login(owner, "goals", "postgresql://localhost/cairn")
    await owner.close()


async def test_who_may_not_make_logins_is_told_what_to_do(
    migrated: str, servers: Servers, new_login: str
) -> None:
    """The SQL to run by hand is in the error, without the password."""
    async with stranger(servers, migrated) as url:
        connection = await asyncpg.connect(url)
        with pytest.raises(RoleError) as told:
            await make_login(connection, "goals", named(url, new_login, "hush"))
        await connection.close()

    assert f"CREATE ROLE {new_login} LOGIN" in str(told.value)
    assert "IN ROLE cairn_goals" in str(told.value)
    assert "hush" not in str(told.value)
