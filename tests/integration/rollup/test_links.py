"""Records that look at others: whatever changes and in whatever order, it counts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import permutations
from typing import Any

import asyncpg
import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import linked, rederive
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World, copy_of
from tests.integration.rollup.judging import judge, numbers
from tests.integration.rollup.linking import (
    MONEY,
    OF_ACCOUNT,
    WON_PRODUCT,
    counting,
    edges,
    opportunity,
    product,
    products,
    settled,
    shown,
)


@pytest.fixture
def world() -> World:
    """Return topics with one goal: won products of 2026."""
    made = World()
    made.say(products(), making.goal("G", 1))
    return made


@pytest.mark.parametrize("limit", [1, 100])
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_in_which_they_come_does_not_matter(
    copy: Copy, world: World, database: str, order: tuple[int, ...], limit: int
) -> None:
    """Parent before child, after it, or both in one batch."""
    several = [
        product("P-1", "1.00"),
        opportunity("O-1"),
        product("P-2", "10.00"),
    ]
    await copy.redefine_all()

    for index in order:
        world.record(several[index])
    await copy.apply_all(limit=limit)
    await settled(copy, database)

    assert await shown(database) == 11
    assert await edges(database) == {
        ("opportunity/O-1", "product/P-1"),
        ("opportunity/O-1", "product/P-2"),
    }


async def test_a_parent_that_never_comes_has_neither_state_nor_date(
    copy: Copy, world: World, database: str
) -> None:
    """Something stands in its place, with no version, and is no record."""
    world.record(product("P-1", "1.00"))

    await settled(copy, database)

    assert await shown(database) == 0
    row = await copy.pool.fetchrow(
        "SELECT * FROM rollup.record WHERE key = 'opportunity/O-1'"
    )
    assert row is not None
    assert (row["version"], row["entity"], row["attributes"]) == (
        -1,
        "opportunity",
        "{}",
    )


async def test_a_parent_is_followed_in_all_that_is_read_of_it(
    copy: Copy, world: World, database: str
) -> None:
    """Its state, its date, that it is deleted, and that it comes back."""
    world.record(product("P-1", "1.00"))
    said: list[dict[str, Any]] = [
        {},
        {"state": "open"},
        {},
        {"closed": "2027-01-01"},
        {"closed": "2026-01-01"},
        {"deleted": True},
        {"deleted": True},
        {},
        {"state": None},
    ]
    seen = []

    for version, changes in enumerate(said, start=1):
        world.record(opportunity(version=version, **changes))
        await settled(copy, database)
        seen.append(await shown(database))
    world.record(opportunity(version=3))
    await settled(copy, database)

    assert seen == [1, 0, 1, 0, 1, 0, 0, 1, 0]
    assert await shown(database) == 0


async def test_a_child_may_be_linked_to_another_parent(
    copy: Copy, world: World, database: str
) -> None:
    """To one that is won, or not, or to none; then its former parent is none of its."""
    world.record(opportunity("O-1"))
    world.record(opportunity("O-2", state="open"))
    seen = []

    for version, target in enumerate(["O-1", "O-2", "O-1", None, "O-1", 7, "O-3"]):
        world.record(product("P-1", "1.00", version=version, of=target))
        await settled(copy, database)
        seen.append(await shown(database))
    world.record(opportunity("O-1", version=2, state="open"))
    world.record(opportunity("O-3"))
    await settled(copy, database)

    assert seen == [1, 0, 1, 0, 1, 0, 0]
    assert await shown(database) == 1
    assert await edges(database) == {("opportunity/O-3", "product/P-1")}


async def test_a_deleted_child_depends_on_nothing(
    copy: Copy, world: World, database: str
) -> None:
    """Nor does it count any more."""
    world.record(opportunity())
    world.record(product("P-1", "1.00"))
    await settled(copy, database)
    world.record(product("P-1", "1.00", version=2, deleted=True))

    await settled(copy, database)

    assert await shown(database) == 0
    assert await edges(database) == set()


async def test_a_stale_child_follows_the_parent_of_its_batch(
    copy: Copy, world: World, database: str
) -> None:
    """What stands in the table counts, whatever the batch says of it."""
    world.record(product("P-1", "1.00", version=5))
    await settled(copy, database)
    world.record(product("P-1", "7.00", version=4, of="O-9"))
    world.record(opportunity())

    await settled(copy, database)

    assert await shown(database) == 1


async def test_what_a_parent_moved_names_the_parent(
    copy: Copy, world: World, database: str
) -> None:
    """It is what changed; the child stands as it did."""
    world.record(product("P-1", "1.00"))
    await settled(copy, database)
    trace = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    world.record(opportunity(version=3), headers=[("traceparent", trace)])

    await settled(copy, database)

    message = world.outgoing.messages[-1]
    last = world.outgoing.last()["G"]
    assert last is not None
    assert last["caused_by"] == ["opportunity/O-1@3"]
    assert ("traceparent", trace) in message.headers


async def test_state_and_date_may_come_from_different_parents(
    copy: Copy, world: World, database: str
) -> None:
    """And each of three measures may read through links of its own."""
    plain = {"source_entity": "product", "source_attribute": "amount"}
    world.say(
        products(
            version=2,
            actual=WON_PRODUCT | {"date_attribute": "signed", "date_from": OF_ACCOUNT},
            in_progress=plain
            | {"date_attribute": "signed", "date_from": OF_ACCOUNT}
            | {"source_state": "lost"},
            custom=plain
            | {"source_status": "7", "date_attribute": "due"}
            | {"state_from": OF_ACCOUNT},
        )
    )
    account: dict[str, Any] = {
        "entity": "account",
        "attributes": {"signed": "2026-03-01"},
    }
    world.record(product("P-1", "1.00", attributes={"due": "2026-04-01"}))
    seen = []

    for value in (
        opportunity("O-1"),
        making.won("A-1", "0", **account),
        making.won("A-1", "0", version=2, **account, status="7"),
        opportunity("O-1", version=2, state="open"),
        making.won("A-1", "0", version=3, **account | {"attributes": {}}, status="7"),
        opportunity("O-1", version=3),
        making.won("A-1", "0", version=4, **account),
    ):
        world.record(value)
        await settled(copy, database)
        seen.append(tuple(one // MONEY for one in (await numbers(database))["G"]))

    assert seen == [
        (0, 0, 0),
        (1, 1, 0),
        (1, 1, 1),
        (0, 1, 1),
        (0, 0, 1),
        (0, 0, 1),
        (1, 1, 0),
    ]


async def test_a_chain_of_links_is_not_followed(
    copy: Copy, world: World, database: str
) -> None:
    """One step only: what the parent's parent says is no matter of the child's."""
    of_campaign = {"link": "campaignid", "entity": "campaign"}
    field = {"source_entity": "opportunity", "date_attribute": "closed"}
    world.say(
        counting(
            "of-campaigns",
            actual=field | {"source_state": "running"} | {"state_from": of_campaign},
        ),
        making.goal("H", 2, metric_id="of-campaigns"),
    )
    inside = {"amount": "0", "closed": "2026-02-01", "campaignid": "C-1"}
    world.record(product("P-1", "1.00"))
    world.record(opportunity(attributes=inside))
    seen = []

    for version, state in enumerate(("won", "running", "won"), start=1):
        world.record(
            making.won("C-1", "0", entity="campaign", version=version, state=state)
        )
        await settled(copy, database)
        found = await numbers(database)
        seen.append((found["G"][0] // MONEY, found["H"][0]))

    assert seen == [(1, 0), (1, 1), (1, 0)]


async def test_records_of_one_entity_may_depend_on_each_other(
    copy: Copy, world: World, database: str
) -> None:
    """Even on themselves, and round in a circle."""
    of_task = {"link": "taskid", "entity": "task"}
    field = {"source_entity": "task", "date_attribute": "due", "source_state": "done"}
    world.say(
        counting("tasks", actual=field | {"state_from": of_task}),
        making.goal("H", 2, metric_id="tasks"),
    )

    def task(name: str, of: str, state: str, version: int) -> bytes:
        attributes = {"due": "2026-05-05", "taskid": of}
        return making.won(
            name,
            "0",
            entity="task",
            state=state,
            version=version,
            attributes=attributes,
        )

    seen = []
    for batch in (
        [task("a", "b", "done", 1), task("b", "a", "open", 1)],
        [task("c", "c", "done", 1)],
        [task("b", "a", "done", 2), task("a", "b", "open", 2)],
        [task("c", "c", "open", 2), task("a", "a", "done", 3)],
    ):
        for value in batch:
            world.record(value)
        await settled(copy, database)
        seen.append((await numbers(database))["H"][0])

    # b; b and c; a and c; a and b.
    assert seen == [1, 2, 2, 2]


async def test_a_closed_goal_keeps_what_it_counted(
    copy: Copy, world: World, database: str
) -> None:
    """Parents may change as they will; opened again, it catches up with them."""
    world.say(making.goal("H", 2))
    world.record(product("P-1", "1.00"))
    world.record(opportunity())
    await settled(copy, database)
    world.say(making.goal("H", 2, version=2, state="closed"))
    await settled(copy, database)

    world.record(opportunity(version=2, state="open"))
    world.record(product("P-2", "10.00"))
    await settled(copy, database)
    closed = await numbers(database)
    world.record(product("P-2", "20.00", version=2, of="O-2"))
    world.record(opportunity("O-2"))
    await settled(copy, database)
    world.say(making.goal("H", 2, version=3))
    await settled(copy, database)

    assert closed["G"][0] // MONEY == 0
    assert closed["H"][0] // MONEY == 1
    assert {one[0] // MONEY for one in (await numbers(database)).values()} == {20}


async def test_a_closed_goal_alone_reads_through_no_link(
    copy: Copy, world: World, database: str
) -> None:
    """What its records depend on by the time it is opened, its job finds out."""
    world.record(product("P-1", "1.00"))
    world.record(opportunity())
    await settled(copy, database)
    world.say(making.goal("G", 1, version=2, state="closed"))
    await settled(copy, database)
    world.record(product("P-1", "1.00", version=2, of="O-2"))
    world.record(product("P-2", "10.00", of="O-2"))
    world.record(opportunity("O-2", state="open"))
    await settled(copy, database)
    closed = await shown(database)
    world.say(making.goal("G", 1, version=3))
    await settled(copy, database)
    opened = await shown(database)
    world.record(opportunity("O-2", version=2))

    await settled(copy, database)

    assert (closed, opened, await shown(database)) == (1, 0, 11)


async def test_what_nobody_reads_of_a_parent_moves_nothing(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many depend on it: no record is read again."""
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 1)
    for number in range(3):
        world.record(product(f"P-{number}", "1.00"))
    world.record(opportunity())
    await settled(copy, database)

    world.record(
        opportunity(version=2, attributes={"name": "x", "closed": "2026-06-15"})
    )
    await copy.apply_all()

    assert await copy.pool.fetchval("SELECT count(*) FROM rollup.rederivation") == 0
    assert await shown(database) == 3


async def test_more_than_a_thousand_dependants_are_a_job(
    copy: Copy, world: World, database: str
) -> None:
    """No goal computes meanwhile, and nobody says that all is in the totals."""
    count = linked.DEPENDANTS_MAX + 1
    for number in range(count):
        world.record(product(f"P-{number:04}", "1.00"))
    world.record(product("P-x", "1.00", of="O-2"))
    await settled(copy, database)
    world.record(opportunity("O-2"))
    world.record(opportunity("O-1"))

    await copy.apply_all()
    await copy.climb()
    waiting = await copy.pool.fetchrow(
        "SELECT parents, computing_goals FROM rollup_published.waiting_parents, "
        "rollup_published.status"
    )
    before = await shown(database)
    await judge(database)
    verdict = verifying.judge(await read_rows(database))
    await settled(copy, database)
    after = await copy.pool.fetchval(
        "SELECT parents FROM rollup_published.waiting_parents"
    )

    # O-2 comes after it in the order of keys, so it waits with it.
    assert waiting is not None
    assert (waiting["parents"], waiting["computing_goals"], before) == (2, 0, 0)
    assert (verdict.computing, verdict.differences) == (1, [])
    assert (await shown(database), after) == (count + 1, 0)


async def test_a_job_reads_its_records_in_chunks(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them is true in itself, and what changes meanwhile counts too."""
    monkeypatch.setattr(linked, "DEPENDANTS_MAX", 1)
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 3)
    for number in range(10):
        world.record(product(f"P-{number}", "1.00"))
    await settled(copy, database)
    world.record(opportunity())
    await copy.apply_all()
    seen = []

    while await copy.rederiving.work_once():
        world.record(product("P-9", "1.00", of="O-2", version=2))
        world.record(product("P-a", "1.00"))
        await copy.apply_all()
        await copy.climb()
        await judge(database)
        seen.append(await shown(database))
    await settled(copy, database)

    assert seen == [4, 7, 10, 10]
    assert await shown(database) == 10


async def test_a_metric_that_comes_after_its_records_knows_their_parents(
    copy: Copy, world: World, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its job writes the edges; a parent that changes next to it is not missed."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", 2)
    field = WON_PRODUCT | {"state_from": None, "date_from": None}
    world.say(products(version=2, actual=field))
    for number in range(6):
        world.record(product(f"P-{number}", "1.00", of=f"O-{number}"))
    await settled(copy, database)
    nothing = await edges(database)
    world.say(products(version=3))
    await copy.redefine_all()

    for number in (5, 0, 3):
        await copy.rederiving.work_once()
        world.record(opportunity(f"O-{number}"))
        await copy.apply_all()
    await settled(copy, database)
    first = await shown(database)
    world.record(opportunity("O-1"))
    world.record(opportunity("O-3", version=2, state="open"))
    await settled(copy, database)

    assert nothing == set()
    assert first == 3
    assert await shown(database) == 3


async def test_a_process_that_does_not_know_of_links_yet_learns_in_time(
    copy: Copy, world: World, database: str
) -> None:
    """It has locked its records alone: it gives them back and begins anew."""
    world.say(products(version=2, actual=WON_PRODUCT | {"state_from": None}))
    await settled(copy, database)
    world.record(product("P-1", "1.00"))
    world.record(opportunity(), partition=1)

    async with copy_of(world, database) as other:
        await copy.assign_records(0)
        await other.assign_records(1)
        batch = await other.fetch()
        assert batch is not None
        await copy.apply_all()
        assert not other.held.now.index.links.lead_to("opportunity")
        await other.apply(batch)
        known = other.held.now.index.links.lead_to("opportunity")
    await settled(copy, database)

    assert known
    # The child's own state is not won.
    assert await shown(database) == 0
    world.say(products(version=3))
    await settled(copy, database)
    assert await shown(database) == 1


class NotingPool:
    """A pool that notes what its connections are asked."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.asked: list[str] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator["NotingConnection"]:
        """Lend a connection."""
        async with self._pool.acquire() as connection:
            yield NotingConnection(connection, self.asked)


class NotingConnection:
    """A connection that notes the statements it is given."""

    def __init__(self, connection: Any, asked: list[str]) -> None:
        self._connection = connection
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        """Do what the connection does."""
        act = getattr(self._connection, name)
        if name == "transaction":
            return act

        async def noted(statement: str, *args: Any) -> Any:
            self._asked.append(statement)
            return await act(statement, *args)

        return noted


@pytest.mark.parametrize("entity", ["phonecall", "opportunity"])
async def test_who_uses_no_links_is_asked_nothing_more(
    copy: Copy, world: World, database: str, entity: str
) -> None:
    """Two questions for a batch, while no record of it is linked or linked to."""
    world.say(making.calls(), making.goal("H", 2, metric_id="calls"))
    if entity == "opportunity":
        world.say(making.metric(version=2))
    await settled(copy, database)
    pool: Any = NotingPool(copy.pool)
    copy.applying._pool = pool
    inside = {"ended": "2026-03-03", "closed": "2026-03-03", "amount": "1.00"}
    for version in (1, 2):
        world.record(
            making.won("X-1", None, entity=entity, version=version, attributes=inside)
        )
        await copy.apply_all()

    questions = ("rollup.begin_batch", "UPDATE rollup.record")
    assert [
        next(one for one in questions if one in asked) for asked in pool.asked
    ] == 2 * list(questions)
