"""The statements that all tables of definitions have in common, from their columns."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import Field, dataclass, replace
from typing import ClassVar, Final, Generic, Protocol, TypeVar

import asyncpg

from services.goals.domain.audit import Trail, UnauditedError
from services.goals.domain.directory import Use
from services.goals.store.connections import Connection, Statements

# How many ids of those who use a thing are told.
NAMED_MAX: Final = 5


class Stored(Protocol):
    """What a table holds: dataclasses with an id and a version."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def version(self) -> int:
        """Its version."""


Thing = TypeVar("Thing", bound=Stored)
Id = TypeVar("Id", bound=str)


@dataclass(frozen=True, slots=True)
class Column(Generic[Thing]):
    """A column that people fill: its name, its type in SQL, what goes into it."""

    name: str
    type: str
    of: Callable[[Thing], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[Thing]):
    """A table, and how its rows become things; in statements a row is `thing`."""

    table: str
    # All but the id, which every table has, and what is generated.
    columns: Sequence[Column[Thing]]
    thing: Callable[[asyncpg.Record], Thing]
    # What the database gives a row when it is written.
    generated: Sequence[str] = ("version",)
    # What is read with a row from elsewhere, as SQL.
    derived: Sequence[str] = ()
    # What a thing does for others: a verb, the rows that tell (`$1` is the thing's
    # id), and the column that names whom it does it for.
    uses: Sequence[tuple[str, str, str]] = ()

    @property
    def kind(self) -> str:
        """What people call one: the name of the table, without where it stands."""
        return self.table.removeprefix("goals.").removeprefix("directory_")

    @property
    def select(self) -> str:
        """The beginning of every question for things."""
        own = ("id", *self.generated, *(column.name for column in self.columns))
        read = ", ".join([*(f"thing.{name}" for name in own), *self.derived])
        return f"SELECT {read} FROM {self.table} AS thing"

    @property
    def given(self) -> str:
        """Many things to be written, as rows."""
        types = ("text", *(column.type for column in self.columns))
        places = ", ".join(f"${place}::{one}[]" for place, one in enumerate(types, 1))
        return f"unnest({places}) AS given ({self.names})"

    @property
    def names(self) -> str:
        """The columns of `given`."""
        return ", ".join(("id", *(column.name for column in self.columns)))

    @property
    def returning(self) -> str:
        """What a write answers: the ids with what was generated."""
        return ", ".join(f"thing.{name}" for name in ("id", *self.generated))


class Table(Statements, Generic[Thing]):
    """What can be read and written of one kind of thing."""

    def __init__(self, connection: Connection, shape: Shape[Thing]) -> None:
        super().__init__(connection)
        self._shape = shape
        # Where each write is noted; none: this is only to look at.
        self.trail: Trail | None = None

    async def get(self, thing_id: str) -> Thing | None:
        """Return the thing with this id, if there is one."""
        return next(iter(await self.find([thing_id])), None)

    async def find(self, ids: Collection[str]) -> Sequence[Thing]:
        """Return the things that exist of these."""
        return await self._things("WHERE thing.id = ANY($1::text[])", list(ids))

    async def existing(self, ids: Collection[str]) -> frozenset[str]:
        """Return the ids that exist of these."""
        if not ids:
            return frozenset()
        rows = await self.connection.fetch(
            f"SELECT id FROM {self._shape.table} WHERE id = ANY($1::text[])", list(ids)
        )
        return frozenset(row["id"] for row in rows)

    async def after(self, after: str, limit: int) -> Sequence[Thing]:
        """Return the next things in the order of their ids."""
        return await self._things(
            "WHERE thing.id > $1 ORDER BY thing.id LIMIT $2", after, limit
        )

    async def insert(self, things: Sequence[Thing]) -> Sequence[Thing]:
        """Store new things; return them with what the database gave them."""
        shape, trail = self._shape, self._audited()
        stored = await self._write(
            f"""
            INSERT INTO {shape.table} AS thing ({shape.names})
            SELECT * FROM {shape.given}
            RETURNING {shape.returning}
            """,
            things,
        )
        for thing in stored:
            trail.created(shape.kind, thing.id, thing)
        return stored

    async def update(self, things: Sequence[Thing]) -> Sequence[Thing]:
        """Store things as they are now; return them with their new versions."""
        shape, trail = self._shape, self._audited()
        before = {one.id: one for one in await self.find([one.id for one in things])}
        changes = ", ".join(
            f"{column.name} = given.{column.name}" for column in shape.columns
        )
        stored = await self._write(
            f"""
            UPDATE {shape.table} AS thing
            SET {changes}, version = nextval('goals.version')
            FROM {shape.given}
            WHERE thing.id = given.id
            RETURNING {shape.returning}
            """,
            things,
        )
        for thing in stored:
            trail.changed(shape.kind, thing.id, before[thing.id], thing)
        return stored

    async def delete(self, thing_id: str) -> None:
        """Forget a thing."""
        trail, before = self._audited(), await self.get(thing_id)
        if before is not None:
            trail.deleted(self._shape.kind, thing_id, before)
        await self.connection.execute(
            f"DELETE FROM {self._shape.table} WHERE id = $1", thing_id
        )

    async def uses_of(self, thing_id: str) -> Sequence[Use]:
        """Return what needs the thing."""
        found = [await self._use(thing_id, *use) for use in self._shape.uses]
        return [use for use in found if use.count]

    def _audited(self) -> Trail:
        if self.trail is None:
            raise UnauditedError(
                f"{self._shape.table} is written past Database.changing, where the "
                "audit trail is; open a write there"
            )
        return self.trail

    async def _use(self, thing_id: str, verb: str, rows: str, name: str) -> Use:
        [row] = await self.connection.fetch(
            f"SELECT count(*) AS count, "
            f"(array_agg({name} ORDER BY {name}))[1:{NAMED_MAX}] AS ids "
            f"FROM {rows}",
            thing_id,
        )
        return Use(verb=verb, count=row["count"], ids=row["ids"] or ())

    async def _things(self, where: str, *values: object) -> Sequence[Thing]:
        shape = self._shape
        rows = await self.connection.fetch(f"{shape.select} {where}", *values)
        return [shape.thing(row) for row in rows]

    async def _write(self, statement: str, things: Sequence[Thing]) -> Sequence[Thing]:
        rows = await self.connection.fetch(
            statement,
            [thing.id for thing in things],
            *([column.of(thing) for thing in things] for column in self._shape.columns),
        )
        # The database answers in any order.
        generated = {row["id"]: row for row in rows}
        return [replace(thing, **generated[thing.id]) for thing in things]


class Tree(Table[Thing], Generic[Thing, Id]):
    """A table whose things name others of their kind above them."""

    def __init__(
        self, connection: Connection, shape: Shape[Thing], *, parent: str
    ) -> None:
        super().__init__(connection, shape)
        self._parent = parent

    async def above(self, ids: Collection[Id]) -> Mapping[Id, Id | None]:
        """Return what stands above each of these, above that, and so on."""
        table, parent = self._shape.table, self._parent
        rows = await self.connection.fetch(
            # UNION, not UNION ALL: it ends even if the rows went in circles.
            f"""
            WITH RECURSIVE above AS (
                SELECT id, {parent} FROM {table} WHERE id = ANY($1::text[])
                UNION
                SELECT thing.id, thing.{parent}
                FROM above JOIN {table} AS thing ON thing.id = above.{parent}
            )
            SELECT id, {parent} AS parent FROM above
            """,
            list(ids),
        )
        return {row["id"]: row["parent"] for row in rows}
