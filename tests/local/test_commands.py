"""What each program of a run is told, and what it is not told."""

from pathlib import Path

from local.commands import Surroundings
from local.postgres import LOGINS
from local.settings import settings_from
from shared.plumbing.database_roles import ROLES

OWNER = "postgresql://cairn:owners@127.0.0.1:15432/cairn"


def surroundings(home: Path, databases: dict[str, str]) -> Surroundings:
    """Return what a run with its own PostgreSQL knows."""
    return Surroundings(
        settings=settings_from({"CAIRN_HOME": str(home)}),
        database_url=OWNER,
        kafka_servers="127.0.0.1:19092",
        admin_token="a-token-of-the-tests",
        databases=databases,
    )


def own(name: str) -> str:
    """Return the address of the database for one service."""
    return f"postgresql://{name}:its-own@127.0.0.1:15432/cairn"


def test_every_service_has_a_user_of_its_own() -> None:
    """Whoever has a role of the database has a login in ours."""
    assert sorted(LOGINS) == sorted(ROLES)


def test_only_who_migrates_is_told_the_owners_password(tmp_path: Path) -> None:
    """It makes the others' users; everybody else knows at most his own."""
    around = surroundings(tmp_path, {name: own(name) for name in LOGINS})

    told = {
        program.group: around.service_command(program.group).environment
        for program in around.services()
    }
    migration = around.migration()

    for name, environment in told.items():
        addresses = {
            key: value for key, value in environment.items() if "DATABASE" in key
        }
        assert addresses == {
            "CAIRN_DATABASE_URL": "",
            f"CAIRN_{name.upper()}_DATABASE_URL": own(name),
        }
    assert migration.environment["CAIRN_MIGRATE_DATABASE_URL"] == OWNER
    assert migration.arguments[-2:] == ("migrate", "--logins")
    assert "owners" not in str(around.command("seed", "seed").environment)


def test_somebodys_own_server_is_used_as_it_is(tmp_path: Path) -> None:
    """We know one address, and make nobody there."""
    around = surroundings(tmp_path, {})

    assert around.migration().arguments[-1] == "migrate"
    assert around.service_command("goals").environment["CAIRN_DATABASE_URL"] == OWNER
