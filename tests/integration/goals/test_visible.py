"""Who reads which goals, said in SQL as `Rights.on` says it of each goal."""

from dataclasses import replace
from random import Random

import pytest

from services.goals.domain.callers import ADMIN, ALL_SCOPES, Caller
from services.goals.domain.rights import Rights
from services.goals.store.database import Changes
from shared.domain.goals import (
    Goal,
    GoalId,
    GoalRight,
    MetricId,
    Principal,
    PrincipalType,
    Share,
)
from shared.messages.people import people_news
from shared.rights.people import People
from tests.goals.made import applied
from tests.integration.goals.conftest import Installation
from tests.rights import directories

pytestmark = pytest.mark.asyncio(loop_scope="package")

COMPANIES = 12
GOALS = 30
METRIC = """
INSERT INTO goals.metric (
    id, name, kind, stretch_tracked, rollup_fields
)
VALUES ('calls', 'calls', 'count', false, '{}')
"""
USERS = """
INSERT INTO goals.directory_user (id, name, disabled)
SELECT unnest($1::text[]), '', false
"""


def principal(random: Random, people: People) -> Principal:
    """Return a user or a team."""
    if random.random() < 0.5:
        return Principal(PrincipalType.USER, random.choice(sorted(people.users)))
    return Principal(PrincipalType.TEAM, random.choice(sorted(people.teams)))


def shares(random: Random, people: People) -> tuple[Share, ...]:
    """Return shares with a few users and teams, of a few rights."""
    named = {principal(random, people) for _ in range(random.choice((0, 0, 1, 2)))}
    return tuple(
        Share(
            type=one.type,
            id=one.id,
            rights=tuple(random.sample(list(GoalRight), random.randint(1, 3))),
        )
        for one in sorted(named)
    )


def goals_of(random: Random, people: People) -> list[Goal]:
    """Return goals below one another, of owners and managers at random."""
    made: list[Goal] = []
    for number in range(GOALS):
        parent = random.choice([None, *made])
        made.append(
            replace(
                applied(f"g{number}").goal,
                metric_id=MetricId("calls"),
                owner=principal(random, people),
                manager_id=random.choice(sorted(people.users)),
                parent_id=None if parent is None else GoalId(parent.id),
                shared_with=shares(random, people),
            )
        )
    return made


async def test_sql_says_what_the_rule_says(installation: Installation) -> None:
    """Of every goal and every user, in companies made at random."""
    connection = await installation.connect()
    visible, hidden = 0, 0
    for seed in range(COMPANIES):
        random, people = Random(seed), People()
        people.take(
            people_news(directories.definitions_of(directories.directory(random)))
        )
        turn = connection.transaction()
        await turn.start()
        await connection.execute(METRIC)
        await connection.execute(USERS, sorted(people.users))
        reading = Changes(connection, caller=ADMIN, traceparent=None)
        goals = goals_of(random, people)
        await reading.goals.insert(goals)
        managers: dict[GoalId | None, str | None] = {None: None}
        managers |= {goal.id: goal.manager_id for goal in goals}
        for user in people.users:
            caller = Caller(name=f"user/{user}", user_id=user, scopes=ALL_SCOPES)
            rights = Rights(caller=caller, people=people)
            found = await reading.visible.of(rights, [goal.id for goal in goals])
            wanted = {
                goal.id
                for goal in goals
                if GoalRight.READ in rights.on(goal, managers[goal.parent_id])
            }
            assert found == wanted, (seed, user)
            every = await reading.visible.all(rights)
            assert every is None or every == wanted
            visible, hidden = visible + len(wanted), hidden + GOALS - len(wanted)
        await turn.rollback()
    await connection.close()

    assert visible > GOALS
    assert hidden > GOALS
