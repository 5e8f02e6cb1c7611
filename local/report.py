"""What the person at the terminal sees: one line a phase, on standard error."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

_GREEN, _YELLOW, _RED, _PLAIN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
_CLEAR_LINE = "\r\x1b[K"

_NAME_WIDTH = 10
_DETAIL_WIDTH = 58


@dataclass(slots=True)
class Phase:
    """A phase under way; what is put in `detail` stands in its line."""

    detail: str = ""


class Report:
    """Lines on a terminal or in a file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_terminal = self._stream.isatty()
        self._has_color = self._is_terminal and "NO_COLOR" not in os.environ
        # Two phases may run at once, each in its own thread.
        self._lock = threading.Lock()
        self._hint = ""

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Print a line with the time that the block took, if it came to its end."""
        phase, started = Phase(), time.monotonic()
        self.hint(name)
        yield phase
        self.done(name, phase.detail, time.monotonic() - started)

    def done(self, name: str, detail: str, seconds: float) -> None:
        """Print the line of a phase that came to its end."""
        mark = self._colored("✓", _GREEN)
        took = f"{seconds:5.1f} s"
        self._line(f" {mark} {name:<{_NAME_WIDTH}} {detail:<{_DETAIL_WIDTH}} {took}")

    def warn(self, text: str) -> None:
        """Print something that needs attention but stops nothing."""
        self._line(f" {self._colored('!', _YELLOW)} {text}")

    def note(self, text: str) -> None:
        """Print something good to know."""
        self._line(f" · {text}")

    def fail(self, text: str) -> None:
        """Print why we stop."""
        lines = text.replace("\n", "\n   ")
        self._line(f" {self._colored('✗', _RED)} {lines}")

    def hint(self, text: str) -> None:
        """Show what is under way, on a terminal only; the next line replaces it."""
        with self._lock:
            if self._is_terminal and text != self._hint:
                self._hint = text
                self._stream.write(f"{_CLEAR_LINE}   {text} …")
                self._stream.flush()

    def _line(self, text: str) -> None:
        with self._lock:
            self._hint = ""
            start = _CLEAR_LINE if self._is_terminal else ""
            self._stream.write(f"{start}{text}\n")
            self._stream.flush()

    def _colored(self, text: str, color: str) -> str:
        return f"{color}{text}{_PLAIN}" if self._has_color else text
