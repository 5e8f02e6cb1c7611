"""A file of goals, cut into lines: a JSON array, lines of JSON, or a table.

A line that does not read spoils no other; what leaves open where lines end is refused
as a whole. What a line asks for has the same fields as when it comes alone.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError

from services.goals.domain.drafts import GoalChange, GoalDraft
from services.goals.domain.errors import (
    INVALID_FIELD,
    MISSING_FIELD,
    NOT_JSON,
    TOO_MANY_ITEMS,
    RefusedError,
)
from services.goals.domain.importing import ImportLine, RejectedLine
from services.goals.http.errors import AnswerError, first_of
from services.goals.http.fields import ITEMS_MAX, Body, Id
from services.goals.http.goal_bodies import GoalPatch, NewGoal
from services.goals.http.import_table import ReadRow, goals_of_table
from services.goals.http.reading import exact_json
from shared.domain.goals import GoalId

_BLANK: Final = b" \t\r\n"

Form = TypeVar("Form", bound=Body)

_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_id = TypeAdapter[str](Id).validate_python


class MediaType(StrEnum):
    """The content types that goals are imported from."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


def media_type_of(content_type: str) -> MediaType:
    """Return what a body is, or refuse what we do not read."""
    essence = content_type.partition(";")[0].strip().lower()
    try:
        return MediaType(essence)
    except ValueError:
        raise AnswerError(
            415,
            "unsupported_media_type",
            f"the content type is {essence or 'not given'}; send one of "
            f"{', '.join(MediaType)}",
        ) from None


def lines_of(
    body: bytes, media_type: MediaType
) -> tuple[Sequence[ImportLine], Sequence[RejectedLine]]:
    """Return the lines of a file, and those that do not read; or refuse the file."""
    lines: list[ImportLine] = []
    unread: list[RejectedLine] = []
    for count, (number, found) in enumerate(_read(body, media_type)):
        if count == ITEMS_MAX:
            raise RefusedError(
                TOO_MANY_ITEMS,
                f"the file has more than {ITEMS_MAX} goals, {ITEMS_MAX} are allowed; "
                "send it in several requests",
            )
        try:
            lines.append(_line_of(number, found))
        except RefusedError as refused:
            unread.append(RejectedLine(line=number, id=_id_in(found), refused=refused))
    return lines, unread


def _read(body: bytes, media_type: MediaType) -> Iterator[ReadRow]:
    if media_type is MediaType.CSV:
        yield from goals_of_table(body)
    elif media_type is MediaType.NDJSON:
        for number, line in enumerate(body.splitlines(), start=1):
            if line.strip(_BLANK):
                yield number, _fields_of(line)
    else:
        try:
            items = _split_array(body)
        except (msgspec.DecodeError, RecursionError) as fault:
            raise RefusedError(
                NOT_JSON, f"the body does not read as a JSON array: {fault}"
            ) from None
        for number, item in enumerate(items, start=1):
            yield number, _fields_of(bytes(item))


def _fields_of(data: bytes) -> dict[str, Any] | RefusedError:
    try:
        fields = exact_json(data, what="the line")
    except RefusedError as refused:
        return refused
    if isinstance(fields, dict):
        return fields
    return RefusedError(
        INVALID_FIELD, "the line is no JSON object; write the goal's fields in {}"
    )


def _line_of(number: int, found: dict[str, Any] | RefusedError) -> ImportLine:
    if isinstance(found, RefusedError):
        raise found
    if found.get("id") is None:
        raise RefusedError(
            MISSING_FIELD,
            "the line names no goal; give its id, whether it is there or to be created",
            field="id",
        )
    try:
        goal_id = GoalId(_read_id(found["id"]))
    except ValidationError as fault:
        raise _refusal(fault, "id") from None

    def as_draft() -> GoalDraft:
        return _form(NewGoal, found).as_draft()

    def as_change() -> GoalChange:
        rest = {name: value for name, value in found.items() if name != "id"}
        return _form(GoalPatch, rest).as_change()

    return ImportLine(line=number, id=goal_id, as_draft=as_draft, as_change=as_change)


def _form(kind: type[Form], fields: dict[str, Any]) -> Form:
    try:
        return kind.model_validate(fields)
    except ValidationError as fault:
        raise _refusal(fault) from None


def _refusal(fault: ValidationError, *above: str) -> RefusedError:
    """Return why a line does not fit, as it is told where it comes alone."""
    [*found] = fault.errors()
    return first_of([{**one, "loc": ("body", *above, *one["loc"])} for one in found])


def _id_in(found: dict[str, Any] | RefusedError) -> str | None:
    """Return what stands where the id should be, if it is any text."""
    goal_id = None if isinstance(found, RefusedError) else found.get("id")
    return goal_id if isinstance(goal_id, str) else None
