"""A file of goals as lines, of whatever form it is."""

import csv
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from services.goals.domain.changing import UNCHANGED
from services.goals.domain.errors import RefusedError
from services.goals.domain.importing import ImportLine, RejectedLine
from services.goals.domain.importing_goals import AskedGoal
from services.goals.domain.periods import GivenPeriod, PeriodKind
from services.goals.http.errors import AnswerError
from services.goals.http.goal_bodies import NewGoal
from services.goals.http.import_kinds import GOALS
from services.goals.http.import_lines import MediaType, lines_of, media_type_of
from services.goals.http.import_table import COLUMNS_MAX
from shared.domain.goals import Goal, Principal, PrincipalType
from tests.goals.made import GOAL

NORTH = {
    "id": "north",
    "title": "North",
    "owner": {"type": "user", "id": "ada"},
    "parent_id": "company",
    "target": "40000.00",
    "owner_records_only": False,
}
CELLS = {
    "id": "north",
    "title": "North",
    "owner": "user/ada",
    "parent_id": "company",
    "target": "40000.00",
    "owner_records_only": "FALSE",
    "metric_id": "",
    "period.end": "",
}


def table(*rows: dict[str, str]) -> bytes:
    """Return rows with the columns of the first as CSV."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()


def one_of(body: bytes, media_type: MediaType) -> ImportLine[Goal, AskedGoal]:
    """Return the only line of a file."""
    [line], unread = lines_of(body, media_type, GOALS.form)
    assert not unread
    return line


def unread_of(body: bytes, media_type: MediaType) -> RejectedLine:
    """Return the only line of a file, which does not read."""
    lines, [unread] = lines_of(body, media_type, GOALS.form)
    assert not lines
    return unread


@pytest.mark.parametrize(
    ("body", "media_type", "line"),
    [
        (json.dumps([NORTH]).encode(), MediaType.JSON, 1),
        (b"\n\n" + json.dumps(NORTH).encode() + b"\n \n", MediaType.NDJSON, 3),
        (
            b"\n" + table(CELLS),
            MediaType.CSV,
            3,
        ),
    ],
)
def test_every_form_says_the_same(
    body: bytes, media_type: MediaType, line: int
) -> None:
    """As a goal that comes alone would."""
    found = one_of(body, media_type)

    assert (found.line, found.id) == (line, "north")
    assert found.as_new() == NewGoal.model_validate(NORTH).as_draft()
    asked = found.as_change(GOAL)
    assert asked.owner == Principal(PrincipalType.USER, "ada")
    assert (asked.target, asked.owner_records_only) == (Decimal(40000), False)
    assert asked.manager_id is asked.metric_id is asked.period is UNCHANGED


def test_numbers_keep_their_digits() -> None:
    """They never pass through binary floating point."""
    found = one_of(b'{"id":"a","target":0.12345678901234567890}', MediaType.NDJSON)

    assert found.as_change(GOAL).target == Decimal("0.12345678901234567890")


def test_an_empty_cell_is_none_where_there_may_be_none() -> None:
    """Elsewhere it says nothing."""
    row = dict.fromkeys(("title", "parent_id", "target", "stretch_target", "owner"), "")

    asked = one_of(table({"id": "a", **row}), MediaType.CSV).as_change(GOAL)

    assert asked.parent_id is asked.target is asked.stretch_target is None
    assert asked.title is asked.owner is UNCHANGED


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ({"period.start": "2026-01-01"}, PeriodKind.CUSTOM),
        ({"period.year": "2026", "period.period": "4"}, PeriodKind.FISCAL),
        ({"period.kind": "fiscal", "period.end": "2026-12-31"}, PeriodKind.FISCAL),
    ],
)
def test_the_kind_of_a_period_follows_from_its_columns(
    cells: dict[str, str], kind: PeriodKind
) -> None:
    """Unless it has a column of its own."""
    asked = one_of(table({"id": "a", **cells}), MediaType.CSV).as_change(GOAL)

    assert isinstance(asked.period, GivenPeriod)
    assert asked.period.kind is kind
    assert asked.period.year == (2026 if "period.year" in cells else None)


@pytest.mark.parametrize(
    ("line", "error", "field"),
    [
        (b"{", "not_json", None),
        (b'"north"', "invalid_field", None),
        (b'{"title":"North"}', "missing_field", "id"),
        (b'{"id":null}', "missing_field", "id"),
        (b'{"id":7}', "invalid_field", "id"),
        (b'{"id":"a\\u0000"}', "invalid_field", "id"),
        (b'{"id":"a\\ud800"}', "invalid_field", "id"),
        (b'{"id":"a","id":"b"}', "duplicate_field", "id"),
    ],
)
def test_a_line_that_does_not_read_spoils_no_other(
    line: bytes, error: str, field: str | None
) -> None:
    """It is told by its number."""
    body = b'{"id":"before"}\n' + line + b'\n{"id":"after"}'

    lines, [unread] = lines_of(body, MediaType.NDJSON, GOALS.form)

    assert [(one.line, one.id) for one in lines] == [(1, "before"), (3, "after")]
    assert unread.line == 2
    assert (unread.refused.refusal.error, unread.refused.field) == (error, field)


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"title": "A"}, "missing_field", "owner"),
        ({"target": "much"}, "invalid_field", "target"),
        ({"valued": {}}, "unknown_field", "valued"),
        ({"period": {"kind": "custom", "start": "1"}}, "invalid_field", "period.start"),
        ({"time_zone": "Mars"}, "time_zone_unknown", "time_zone"),
    ],
)
def test_what_a_line_asks_is_refused_in_the_words_of_a_single_goal(
    fields: dict[str, Any], error: str, field: str
) -> None:
    """With the name of the error and the field."""
    whole = {"id": "a", "title": "A", "owner": NORTH["owner"]}
    body = json.dumps(
        [whole | fields if "title" not in fields else {"id": "a"} | fields]
    )

    with pytest.raises(RefusedError) as refused:
        one_of(body.encode(), MediaType.JSON).as_new()

    assert (refused.value.refusal.error, refused.value.field) == (error, field)


@pytest.mark.parametrize(
    ("row", "error", "field", "words"),
    [
        (b"a,North,ada,", "invalid_field", "owner", "owner is 'ada', a user or a team"),
        (b"a,North,user/,", "invalid_field", "owner", "write user/"),
        (b"a,North,,yes", "invalid_field", "owner_records_only", "'yes', true, false"),
        (b"a,North", "csv_malformed", None, "has 2 cells and the header 4"),
        (b'a,6" pipe,,', "csv_malformed", None, "holds a quote"),
        (b",North,,", "missing_field", "id", "names no goal"),
    ],
)
def test_a_bad_row_concerns_that_row_only(
    row: bytes, error: str, field: str | None, words: str
) -> None:
    """What was found is told, and what to do."""
    header = b"id,title,owner,owner_records_only\n"

    unread = unread_of(header + row, MediaType.CSV)

    assert unread.line == 2
    assert (unread.refused.refusal.error, unread.refused.field) == (error, field)
    assert words in unread.refused.detail


@pytest.mark.parametrize(
    ("body", "media_type", "error", "words"),
    [
        (b"", MediaType.JSON, "not_json", "JSON array"),
        (b'{"id":"a"}', MediaType.JSON, "not_json", "JSON array"),
        (b'[{"id":"a"}', MediaType.JSON, "not_json", "JSON array"),
        (b"", MediaType.CSV, "csv_malformed", "the body is empty"),
        (b"id,,title\n", MediaType.CSV, "csv_malformed", "column 2 has no name"),
        (b"id,id\n", MediaType.CSV, "csv_malformed", "is there 2 times"),
        (b"id,owner,owner.id\n", MediaType.CSV, "csv_malformed", "say the same thing"),
        (b'id\n"a', MediaType.CSV, "csv_malformed", "line 2"),
        (b'i"d\n', MediaType.CSV, "csv_malformed", "line 1"),
        (b"id," * COLUMNS_MAX + b"id", MediaType.CSV, "csv_malformed", "201 columns"),
        (b"id,valued.actual\n", MediaType.CSV, "unknown_field", "'valued.actual'"),
        (b"{}\n" * 10_001, MediaType.NDJSON, "too_many_items", "10000 are allowed"),
    ],
)
def test_some_files_are_refused_as_a_whole(
    body: bytes, media_type: MediaType, error: str, words: str
) -> None:
    """Where nobody can say what their lines are, or there are too many."""
    with pytest.raises(RefusedError) as refused:
        lines_of(body, media_type, GOALS.form)

    assert refused.value.refusal.error == error
    assert words in refused.value.detail


def test_files_without_lines_ask_for_nothing() -> None:
    """A header alone, an empty array, blank lines."""
    for body, media_type in (
        (b"id,title\n", MediaType.CSV),
        (b"[]", MediaType.JSON),
        (b"\n \n", MediaType.NDJSON),
    ):
        assert lines_of(body, media_type, GOALS.form) == ([], [])


def test_three_content_types_are_read() -> None:
    """Whatever parameters they have; others are refused by name."""
    assert media_type_of("Text/CSV; charset=utf-8") is MediaType.CSV
    assert media_type_of("application/x-ndjson") is MediaType.NDJSON

    for other in ("text/plain", ""):
        with pytest.raises(AnswerError) as refused:
            media_type_of(other)
        assert refused.value.status == 415
        assert "send one of application/json," in refused.value.detail
