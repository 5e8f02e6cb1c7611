"""What a person at the terminal sees: data on stdout, everything else on stderr."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_NAME_WIDTH: Final = 10
_DETAIL_WIDTH: Final = 58
_PLAIN: Final = "\x1b[0m"


class Mark(StrEnum):
    """How a line went."""

    OK = "✓"
    WARN = "!"
    FAIL = "✗"


_COLORS: Final = {
    Mark.OK: "\x1b[32m",
    Mark.WARN: "\x1b[33m",
    Mark.FAIL: "\x1b[31m",
}


def print_data(text: str) -> None:
    """Print what was asked for."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def print_json(value: object) -> None:
    """Print what was asked for, for programs."""
    print_data(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns; headings that begin with > stand to the right."""
    names = [heading.removeprefix(">") for heading in headings]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    for row in (names, *rows) if any(names) else rows:
        cells = [
            cell.rjust(width) if heading.startswith(">") else cell.ljust(width)
            for heading, cell, width in zip(headings, row, widths, strict=True)
        ]
        print_data("  ".join(cells).rstrip())


def say(text: str) -> None:
    """Print a line about the progress."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def marked(mark: Mark, text: str) -> str:
    """Return a line that begins with a mark, coloured where that is welcome."""
    if "NO_COLOR" in os.environ or not sys.stderr.isatty():
        return f" {mark} {text}"
    return f" {_COLORS[mark]}{mark}{_PLAIN} {text}"


@dataclass(slots=True)
class Phase:
    """A phase under way; what is put in `detail` stands in its line."""

    detail: str = ""


@contextmanager
def phase(name: str) -> Iterator[Phase]:
    """Print a line with the time that the block took, if it came to its end."""
    under_way, began = Phase(), time.monotonic()
    hint(name)
    yield under_way
    took = f"{time.monotonic() - began:5.1f} s"
    clear_hint()
    detail = under_way.detail
    say(marked(Mark.OK, f"{name:<{_NAME_WIDTH}} {detail:<{_DETAIL_WIDTH}} {took}"))


def hint(text: str) -> None:
    """Show what is under way, on a terminal only: it is written over."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K   {text} …")
        sys.stderr.flush()


def clear_hint() -> None:
    """Take the hint away."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
