"""Files that commands send: opened, and seen from their beginning for what they are."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from cli.exits import CommandError, ExitCode

NDJSON: Final = "application/x-ndjson"
CSV: Final = "text/csv"
BLANK: Final = b" \t\r\n"

_STANDARD_INPUT: Final = "-"


@contextmanager
def opened(file: str, *, of: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input; `of` tells what it may hold."""
    try:
        with _stream(file) as stream:
            yield stream
    except OSError as fault:
        raise CommandError(
            f"{file} cannot be read: {fault.strerror}; name a file of {of}, or - for "
            "standard input",
            ExitCode.USAGE,
        ) from None


def is_json(data: bytes) -> bool:
    """Tell whether something is one whole value of JSON."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def is_named_as_table(file: str) -> bool:
    """Tell whether a file's name says that it is a table."""
    return file.lower().endswith(".csv")


def _stream(file: str) -> AbstractContextManager[BinaryIO]:
    if file == _STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    return Path(file).open("rb")
