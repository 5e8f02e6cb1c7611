"""Lists as tables, for spreadsheets and for an import that reads them back."""

import asyncio
import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request, Response

from services.goals.http.fields import ITEMS_MAX
from services.goals.http.import_lines import MediaType
from services.goals.http.listing import PageQuery, cursor_of
from services.goals.http.table_cells import cell_of
from services.goals.store.tables import Stored

# So that spreadsheets read it as UTF-8.
BYTE_ORDER_MARK: Final = "\ufeff"


def wants_table(request: Request) -> bool:
    """Tell whether a table is asked for by name, at least as much as JSON is."""
    wishes = wishes_of(request.headers.get("accept", ""))
    table = wishes.get(MediaType.CSV, 0)
    return table > 0 and table >= wishes.get(MediaType.JSON, 0)


def rows_asked(query: PageQuery) -> int:
    """Return how many rows a table has at most: if nothing is said, what is imported.

    So that a file of a large directory can be sent back as it is.
    """
    return query.limit if "limit" in query.model_fields_set else ITEMS_MAX


async def table_response(
    request: Request, things: Sequence[Stored], names: Sequence[str], *, rows: int
) -> Response:
    """Return things as a table; `Link` leads to the following one, if more is there."""
    headers = {
        "Content-Disposition": f'attachment; filename="{_file_of(request)}.csv"',
        "Vary": "Accept",
    }
    if len(things) > rows:
        following = {**request.query_params, "after": cursor_of(things[rows - 1].id)}
        headers["Link"] = f'<{request.url.path}?{urlencode(following)}>; rel="next"'
    # Off the loop: ten thousand rows take a while.
    content = await asyncio.to_thread(_table_of, things[:rows], names)
    return Response(content, media_type=MediaType.CSV, headers=headers)


def answer_of_table(example: str) -> dict[int | str, dict[str, Any]]:
    """Return what the document says of a list that can be a table."""
    schema = {"type": "string"}
    return {
        200: {
            "description": "The list; as a table, all of it up to 10,000 rows, of "
            "which each reads as a line of an import",
            "headers": {
                "Link": {
                    "description": "of a table: where the next rows are, if any",
                    "schema": schema,
                }
            },
            "content": {MediaType.CSV: {"schema": schema, "example": example}},
        }
    }


def wishes_of(accept: str) -> Mapping[str, float]:
    """Return how much each media type is wished for, from 0 to 1."""
    wishes: dict[str, float] = {}
    for part in accept.split(","):
        media_type, *parameters = (one.strip().lower() for one in part.split(";"))
        weights = [one[2:] for one in parameters if one.startswith("q=")]
        try:
            wishes[media_type] = float(weights[0]) if weights else 1.0
        except ValueError:
            wishes[media_type] = 0.0
    return wishes


def _table_of(things: Sequence[Stored], names: Sequence[str]) -> bytes:
    written = io.StringIO(newline="")
    written.write(BYTE_ORDER_MARK)
    writer = csv.writer(written)
    writer.writerow(names)
    writer.writerows([cell_of(getattr(one, name)) for name in names] for one in things)
    return written.getvalue().encode()


def _file_of(request: Request) -> str:
    return request.url.path.rpartition("/")[2]
