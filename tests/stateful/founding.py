"""A database that becomes again what it was when its organisation was founded.

A new database for each life would take longer than the life itself. So all rows and
sequences are kept aside once, whatever tables there are, and put back each time.
"""

import asyncpg

_TABLES = """
SELECT format('%I.%I', schemaname, tablename) AS name,
       format('founded.%I', schemaname || '.' || tablename) AS kept,
       (
           SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)
           FROM pg_attribute
           WHERE attrelid = format('%I.%I', schemaname, tablename)::regclass
               AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       ) AS columns
FROM pg_tables
WHERE schemaname IN ('goals', 'rollup')
ORDER BY 1
"""
_SEQUENCES = """
SELECT format('%I.%I', schemaname, sequencename) AS name, start_value, last_value
FROM pg_sequences
WHERE schemaname IN ('goals', 'rollup')
"""
# What rows refer to may come later: nothing is checked meanwhile.
_UNCHECKED = "SET LOCAL session_replication_role = 'replica'"
# What lives have left behind would make each one a little slower.
_LIVES_BETWEEN_VACUUMS = 20


class Founding:
    """How everything was, and the way back to it."""

    def __init__(self) -> None:
        self._restore = ""
        self._restored = 0

    async def remember(self, connection: asyncpg.Connection) -> None:
        """Keep all rows and sequences as they are now."""
        statements = [_UNCHECKED]
        await connection.execute("CREATE SCHEMA founded")
        for table in await connection.fetch(_TABLES):
            name, kept, columns = table["name"], table["kept"], table["columns"]
            await connection.execute(f"CREATE TABLE {kept} AS TABLE {name}")
            statements.append(f"DELETE FROM {name}")
            statements.append(
                f"INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE "
                f"SELECT {columns} FROM {kept}"
            )
        for sequence in await connection.fetch(_SEQUENCES):
            last = sequence["last_value"]
            value = sequence["start_value"] if last is None else last
            is_called = "false" if last is None else "true"
            statements.append(
                f"SELECT setval('{sequence['name']}', {value}, {is_called})"
            )
        self._restore = ";\n".join(statements)

    async def restore(self, connection: asyncpg.Connection) -> None:
        """Let everything be as it was."""
        async with connection.transaction():
            await connection.execute(self._restore)
        self._restored += 1
        if self._restored % _LIVES_BETWEEN_VACUUMS == 0:
            await connection.execute("VACUUM")
