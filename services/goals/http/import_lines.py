"""A file cut into lines: a JSON array, lines of JSON, or a table.

A line that does not read spoils no other; what leaves open where lines end is refused
as a whole. What a line asks for has the same fields as when it comes alone.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec
from pydantic import TypeAdapter, ValidationError

from services.goals.domain.errors import (
    INVALID_FIELD,
    MISSING_FIELD,
    NOT_JSON,
    TOO_MANY_ITEMS,
    RefusedError,
)
from services.goals.domain.importing import ImportLine, RejectedLine, Thing
from services.goals.http.errors import AnswerError, first_of
from services.goals.http.fields import ITEMS_MAX, Body, Id
from services.goals.http.import_table import Columns, Fields, ReadRow, rows_of_table
from services.goals.http.reading import exact_json

_BLANK: Final = b" \t\r\n"

Asked = TypeVar("Asked")
New = TypeVar("New", bound=Body)
Patch = TypeVar("Patch", bound=Body)

_split_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_id = TypeAdapter[str](Id).validate_python


class MediaType(StrEnum):
    """The content types that things are imported from."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm(Generic[Thing, Asked]):
    """How a line reads: as something new, and as a change of what exists."""

    # What people call one thing.
    word: str
    columns: Columns
    new: Callable[[Fields], Asked]
    # Without the id.
    change: Callable[[Fields, Thing], Asked]


def form_of(
    word: str,
    columns: Columns,
    *,
    new: type[New],
    as_thing: Callable[[New], Asked],
    patch: type[Patch],
    applied: Callable[[Patch, Thing], Asked],
) -> LineForm[Thing, Asked]:
    """Return the form of lines that read as the bodies of single requests do."""
    return LineForm(
        word=word,
        columns=columns,
        new=lambda fields: as_thing(read_form(new, fields)),
        change=lambda fields, thing: applied(read_form(patch, fields), thing),
    )


def media_type_of(
    content_type: str, allowed: Collection[MediaType] = tuple(MediaType)
) -> MediaType:
    """Return what a body is, or refuse what is not read here."""
    essence = content_type.partition(";")[0].strip().lower()
    if essence not in allowed:
        raise AnswerError(
            415,
            "unsupported_media_type",
            f"the content type is {essence or 'not given'}; send one of "
            f"{', '.join(allowed)}",
        )
    return MediaType(essence)


def lines_of(
    body: bytes, media_type: MediaType, form: LineForm[Thing, Asked]
) -> tuple[Sequence[ImportLine[Thing, Asked]], Sequence[RejectedLine]]:
    """Return the lines of a file, and those that do not read; or refuse the file."""
    lines: list[ImportLine[Thing, Asked]] = []
    unread: list[RejectedLine] = []
    for count, (number, found) in enumerate(_read(body, media_type, form)):
        if count == ITEMS_MAX:
            raise RefusedError(
                TOO_MANY_ITEMS,
                f"the file has more than {ITEMS_MAX} lines, {ITEMS_MAX} are allowed; "
                "send it in several requests",
            )
        try:
            lines.append(_line_of(number, found, form))
        except RefusedError as refused:
            unread.append(RejectedLine(line=number, id=_id_in(found), refused=refused))
    return lines, unread


def read_form(kind: type[New], fields: Fields) -> New:
    """Return the fields of a line as a body, or refuse them."""
    try:
        return kind.model_validate(fields)
    except ValidationError as fault:
        raise refusal_of(fault) from None


def refusal_of(fault: ValidationError, *above: str) -> RefusedError:
    """Return why a line does not fit, as it is told where it comes alone."""
    [*found] = fault.errors()
    return first_of([{**one, "loc": ("body", *above, *one["loc"])} for one in found])


def _read(
    body: bytes, media_type: MediaType, form: LineForm[Thing, Asked]
) -> Iterator[ReadRow]:
    if media_type is MediaType.CSV:
        yield from rows_of_table(body, form.columns)
    elif media_type is MediaType.NDJSON:
        for number, line in enumerate(body.splitlines(), start=1):
            if line.strip(_BLANK):
                yield number, _fields_of(line, form.word)
    else:
        try:
            items = _split_array(body)
        except (msgspec.DecodeError, RecursionError) as fault:
            raise RefusedError(
                NOT_JSON, f"the body does not read as a JSON array: {fault}"
            ) from None
        for number, item in enumerate(items, start=1):
            yield number, _fields_of(bytes(item), form.word)


def _fields_of(data: bytes, word: str) -> Fields | RefusedError:
    try:
        fields = exact_json(data, what="the line")
    except RefusedError as refused:
        return refused
    if isinstance(fields, dict):
        return fields
    return RefusedError(
        INVALID_FIELD, f"the line is no JSON object; write the {word}'s fields in {{}}"
    )


def _line_of(
    number: int, found: Fields | RefusedError, form: LineForm[Thing, Asked]
) -> ImportLine[Thing, Asked]:
    if isinstance(found, RefusedError):
        raise found
    if found.get("id") is None:
        raise RefusedError(
            MISSING_FIELD, f"the line names no {form.word}; give its id", field="id"
        )
    try:
        thing_id = _read_id(found["id"])
    except ValidationError as fault:
        raise refusal_of(fault, "id") from None
    rest = {name: value for name, value in found.items() if name != "id"}
    return ImportLine(
        line=number,
        id=thing_id,
        as_new=partial(form.new, found),
        as_change=partial(form.change, rest),
    )


def _id_in(found: Fields | RefusedError) -> str | None:
    """Return what stands where the id should be, if it is any text."""
    thing_id = None if isinstance(found, RefusedError) else found.get("id")
    return thing_id if isinstance(thing_id, str) else None
