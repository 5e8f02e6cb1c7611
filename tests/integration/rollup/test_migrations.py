"""Migrations: forward only, once, whoever starts them and however often."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.plumbing.migrations import MigrationError, migrate, migrations_of
from tests.integration.rollup.copies import MIGRATIONS


def write(folder: Path, **files: str) -> Path:
    """Write migrations and return their folder."""
    for name, sql in files.items():
        (folder / f"{name}.sql").write_text(sql)
    return folder


async def run(url: str, folder: Path, service: str = "some") -> list[str]:
    """Migrate and return the names of what ran."""
    connection = await asyncpg.connect(url)
    try:
        ran = await migrate(connection, migrations_of(service, folder))
    finally:
        await connection.close()
    return [one.name for one in ran]


async def test_what_has_run_does_not_run_again(database: str, tmp_path: Path) -> None:
    """The second time only what is new runs, in the order of numbers."""
    folder = write(
        tmp_path,
        **{"0002_after": "INSERT INTO one VALUES (2)"},
        **{"0001_before": "CREATE TABLE one (id integer)"},
    )
    first = await run(database, folder)
    write(tmp_path, **{"0010_later": "INSERT INTO one VALUES (10)"})

    second = await run(database, folder)
    third = await run(database, folder)

    assert first == ["0001_before", "0002_after"]
    assert second == ["0010_later"]
    assert third == []


async def test_two_processes_at_once_run_each_file_once(
    database: str, tmp_path: Path
) -> None:
    """Whoever comes second waits, and finds that all has run."""
    folder = write(
        tmp_path,
        **{f"{n:04}_table": f"CREATE TABLE one{n} (id integer)" for n in range(1, 6)},
    )

    ran = await asyncio.gather(*(run(database, folder) for _ in range(4)))

    assert sorted(map(len, ran)) == [0, 0, 0, 5]


async def test_services_keep_numbers_of_their_own(
    database: str, tmp_path: Path
) -> None:
    """Two services may both have a first migration."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = write(tmp_path / "a", **{"0001_first": "CREATE TABLE one (id integer)"})
    two = write(tmp_path / "b", **{"0001_first": "CREATE TABLE two (id integer)"})

    assert await run(database, one, "a") == ["0001_first"]
    assert await run(database, two, "b") == ["0001_first"]


async def test_a_file_that_was_changed_after_it_ran_is_refused(
    database: str, tmp_path: Path
) -> None:
    """The database has what it said then; a change needs a file of its own."""
    folder = write(tmp_path, **{"0001_one": "CREATE TABLE one (id integer)"})
    await run(database, folder)
    write(tmp_path, **{"0001_one": "CREATE TABLE one (id bigint)"})

    with pytest.raises(MigrationError, match=r"some/0001_one was changed after"):
        await run(database, folder)


async def test_a_file_that_fails_leaves_nothing(database: str, tmp_path: Path) -> None:
    """File and ledger are one transaction; what ran before it stays."""
    folder = write(
        tmp_path,
        **{"0001_one": "CREATE TABLE one (id integer)"},
        **{"0002_two": "CREATE TABLE two (id integer); SELECT 1 / 0"},
    )
    with pytest.raises(asyncpg.DivisionByZeroError):
        await run(database, folder)
    write(tmp_path, **{"0002_two": "CREATE TABLE two (id integer)"})

    assert await run(database, folder) == ["0002_two"]


@pytest.mark.parametrize("name", ["1_one", "0001-one", "0001_One", "one", "00001_one"])
def test_a_file_with_another_name_is_refused(tmp_path: Path, name: str) -> None:
    """A typing error must not leave a migration out."""
    folder = write(tmp_path, **{name: "SELECT 1"})

    with pytest.raises(MigrationError, match="call it 0001_what_it_does"):
        migrations_of("some", folder)


def test_numbers_are_compared_as_numbers(tmp_path: Path) -> None:
    """Files come in the order of their numbers, not of the folder."""
    folder = write(tmp_path, **{"0010_ten": "", "0009_nine": "", "0001_one": ""})

    names = [one.name for one in migrations_of("some", folder)]

    assert names == ["0001_one", "0009_nine", "0010_ten"]


async def test_rollups_own_migrations_run_on_a_fresh_database(database: str) -> None:
    """And leave the views that others may read."""
    await run(database, MIGRATIONS, "rollup")

    connection = await asyncpg.connect(database)
    try:
        rows = await connection.fetch("SELECT * FROM rollup_published.status")
        assert not await connection.fetch("SELECT * FROM rollup_published.goal")
        assert not await connection.fetch("SELECT * FROM rollup_published.progress")
    finally:
        await connection.close()
    assert [dict(row) for row in rows] == [
        {
            "waiting_deltas": 0,
            "computing_goals": 0,
            "waiting_announcements": 0,
            "definitions_revision": 1,
            "incarnation": 1,
        }
    ]
