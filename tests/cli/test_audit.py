"""`cairn audit` and `cairn audit-forget` as a person and a program see them."""

import asyncio
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio

import services
from cli import auditing
from cli.exits import ExitCode
from shared.plumbing.migrations import migrate, migrations_of
from tests.cli.running import Item, cairn, cardboard_goals


def line(number: int, **columns: Any) -> Item:
    """Return a line of the trail as the API answers it."""
    return {
        "number": number,
        "at": "2026-11-21T09:30:00Z",
        "caller": "user/ada",
        "kind": "goal",
        "id": "north",
        "action": "changed",
        "before": {"target": "40.0000", "owner": {"type": "user", "id": "bob"}},
        "after": {"target": None},
        "change_set_id": "s",
        "traceparent": None,
        **columns,
    }


LINES = [
    line(2),
    line(1, action="created", before=None, after={"title": "x" * 80}),
]


def test_it_prints_who_changed_what() -> None:
    """A line for each change; what is long is cut."""
    with cardboard_goals(items={"/v1/audit": LINES}) as goals:
        ended = cairn("audit", environment={"CAIRN_GOALS_URL": goals.url})

    assert ended.returncode == ExitCode.OK, ended.stderr
    changed, created = ended.stdout.splitlines()[-2:]
    assert changed.split()[:5] == [
        "2026-11-21T09:30:00Z",
        "user/ada",
        "changed",
        "goal",
        "north",
    ]
    assert 'target 40.0000, owner {"type": "user", "id": "bob"}' in changed
    assert changed.rstrip().endswith("target -")
    assert created.rstrip().endswith("x…")


def test_programs_get_all_of_it() -> None:
    """As JSON, page by page, and not more than is asked for."""
    with cardboard_goals(items={"/v1/audit": LINES}, page_size=1) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        whole = cairn("audit", "--json", environment=environment)
        one = cairn("audit", "--json", "--limit", "1", environment=environment)

    assert json.loads(whole.stdout) == LINES
    assert json.loads(one.stdout) == LINES[:1]
    assert "the newest 1 changes are shown; see --limit" in one.stderr


def test_each_filter_is_asked_for() -> None:
    """As the API has it; what is left out is not asked for."""
    with cardboard_goals(items={"/v1/audit": LINES}) as goals:
        cairn(
            *("audit", "--kind", "goal", "--id", "north", "--caller", "user/ada"),
            *("--action", "changed", "--from", "2026-11-01T00:00:00Z"),
            environment={"CAIRN_GOALS_URL": goals.url},
        )

    [(_, asked)] = goals.asked
    assert asked == {
        "kind": ["goal"],
        "id": ["north"],
        "caller": ["user/ada"],
        "action": ["changed"],
        "from": ["2026-11-01T00:00:00Z"],
        "limit": ["1000"],
    }


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("last year", "last year is no day; write it as 2026-11-21"),
        ("2999-01-01", "2999-01-01 is still to come"),
    ],
)
def test_a_day_that_is_none_is_refused(before: str, words: str) -> None:
    """Before anything is deleted."""
    ended = cairn("audit-forget", "--before", before)

    assert ended.returncode == ExitCode.USAGE
    assert words in ended.stderr


@pytest_asyncio.fixture
async def trail(database: str) -> str:
    """Return a database with lines of 2024, 2025 and 2026."""
    connection = await asyncpg.connect(database)
    for service in ("rollup", "goals"):
        folder = Path(services.__path__[0]) / service / "migrations"
        await migrate(connection, migrations_of(service, folder))
    await connection.execute("""
        INSERT INTO goals.audit (at, caller, kind, id, action, after)
        SELECT day, 'admin', 'user', 'ada', 'created', '{}'
        FROM generate_series(timestamptz '2024-01-01Z', '2026-01-01Z', '1 day') AS day
        """)
    await connection.close()
    return database


async def _asked(url: str, question: str) -> Sequence[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        rows: Sequence[asyncpg.Record] = await connection.fetch(question)
    finally:
        await connection.close()
    return rows


async def test_old_lines_are_forgotten_and_that_is_told(
    trail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From before a day, in several transactions; the trail is closed again then."""
    monkeypatch.setenv("CAIRN_DATABASE_URL", trail)
    monkeypatch.setattr(auditing, "BATCH_LINES_MAX", 200)

    for _ in range(2):
        ended = await asyncio.to_thread(auditing.forget, "2025-01-01")
        assert ended is ExitCode.OK

    [kept] = await _asked(
        trail,
        "SELECT count(*), min(at)::text AS first FROM goals.audit WHERE kind = 'user'",
    )
    assert kept["count"] == 366
    assert kept["first"].startswith("2025-01-01 00:00:00")
    told = await _asked(
        trail,
        "SELECT caller, action, before FROM goals.audit WHERE kind = 'audit' "
        "ORDER BY number",
    )
    assert [json.loads(one["before"])["lines"] for one in told] == ["200", "166"]
    assert json.loads(told[0]["before"])["first"] == "1"
    assert told[0]["caller"].startswith("database/")
    assert told[0]["action"] == "deleted"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stays as it was"):
        await _asked(trail, "DELETE FROM goals.audit")


async def test_only_the_owner_of_the_trail_may_forget(trail: str) -> None:
    """A service's login is told whom to ask."""
    login = f"login_{secrets.token_hex(6)}"
    await _asked(trail, f"CREATE ROLE {login} LOGIN PASSWORD '{login}'")
    await _asked(trail, f"GRANT USAGE ON SCHEMA goals TO {login}")
    await _asked(trail, f"GRANT ALL ON goals.audit TO {login}")
    parts = urlsplit(trail)
    place = parts.netloc.rpartition("@")[2]
    url = urlunsplit(parts._replace(netloc=f"{login}:{login}@{place}"))
    try:
        ended = await asyncio.to_thread(
            cairn,
            *("audit-forget", "--before", "2025-01-01"),
            environment={"CAIRN_DATABASE_URL": url},
        )
    finally:
        await _asked(trail, f"DROP OWNED BY {login}")
        await _asked(trail, f"DROP ROLE {login}")

    assert ended.returncode == ExitCode.NO_RIGHTS, ended.stderr
    assert f"{login} may not alter the audit trail" in ended.stderr
    assert "owner of its table" in ended.stderr
