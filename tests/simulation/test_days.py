"""Whole days in the life of the totals: whatever happens, they are the oracle's.

Each seed is a day of records, changed definitions, crashes, rebalances and zombies, on
two processes and a real PostgreSQL. After every few steps the invariants hold in one
snapshot; when all is quiet the totals are what the oracle adds up from nothing, and the
last announcement of every goal says the same.

More days: CAIRN_SIMULATION_SEEDS=100; others: CAIRN_SIMULATION_FIRST=4711.
"""

import os
from itertools import pairwise

import pytest

from services.rollup import linked, recalculate, rederive
from tests.integration.rollup.copies import World, prepare
from tests.integration.rollup.judging import judge, numbers
from tests.simulation.company import Company

SEEDS = int(os.environ.get("CAIRN_SIMULATION_SEEDS", "4"))
FIRST = int(os.environ.get("CAIRN_SIMULATION_FIRST", "1"))
STEPS = int(os.environ.get("CAIRN_SIMULATION_STEPS", "200"))
# A day goes on until something went wrong in it.
STEPS_MAX = 10 * STEPS


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a re-derivation take several transactions."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 9)
    monkeypatch.setattr(recalculate, "PAGE_RECORDS", 9)
    # And the dependants of some records a job.
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 2)


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("seed", range(FIRST, FIRST + SEEDS))
async def test_a_day_of_everything_ends_with_the_right_totals(
    seed: int, database: str
) -> None:
    """Incremental is what starting over would give, whatever happened in between."""
    print(  # noqa: T201 - shown if the day fails
        f"repeat: CAIRN_SIMULATION_FIRST={seed} CAIRN_SIMULATION_SEEDS=1 "
        f"CAIRN_SIMULATION_STEPS={STEPS} make test ARGS=tests/simulation"
    )
    await prepare(database)
    world = World(partitions=3)

    async with Company(seed, world, database).open() as company:
        for step in range(STEPS_MAX):
            if step >= STEPS and company.faults_met:
                break
            await company.step()
            if step % 10 == 0:
                await judge(database)
        await company.settle()

    await judge(database)
    assert await numbers(database) == company.days.model.expected()
    assert company.faults_met > 0
    assert set(await company.recalculations()) <= {("done", 0)}
    last = world.outgoing.last()
    assert company.shown(last) == await company.stored()
    for goal_id, revisions in world.outgoing.revisions().items():
        assert all(one <= two for one, two in pairwise(revisions)), goal_id
