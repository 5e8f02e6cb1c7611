"""Keeps programs running: starts them again when they end, stops them in order.

Everything happens in one thread that looks at its children ten times a second. That
is soon enough for people, cheap, and leaves no two things to happen at once.
"""

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from local.errors import LocalError
from local.processes import Child
from local.report import Report

POLL_SECONDS = 0.1

RESTARTS_MAX = 5
RESTARTS_WITHIN_SECONDS = 60.0
PAUSE_SECONDS_MIN = 0.5
PAUSE_SECONDS_MAX = 4.0

SAME_SIGNAL_SECONDS = 0.5

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequestedError(Exception):
    """A person asked us to stop while we were waiting for something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program to keep running."""

    name: str
    # Programs of one group are shown together: all copies of rollup.
    group: str
    start: Callable[[], Child]
    answers: Callable[[], bool] = lambda: True
    # Why it does not answer yet, if it says so.
    why_not: Callable[[], str] = lambda: ""
    # Where it is reached, for people.
    place: str = ""
    # Cairn goes on without a program that is not essential.
    is_essential: bool = True


@dataclass(slots=True)
class Kept:
    """A program with its newest child and its recent restarts."""

    program: Program
    child: Child
    answers: bool = False
    ended_at: float | None = None
    restart_at: float | None = None
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_MAX))

    @property
    def is_running(self) -> bool:
        """Tell whether the newest child has not been seen to end."""
        return self.ended_at is None


class Supervisor:
    """The programs that run now, in the order in which they were started."""

    def __init__(
        self, report: Report, *, when_children_change: Callable[[], None]
    ) -> None:
        self.kept: list[Kept] = []
        self._report = report
        self._when_children_change = when_children_change
        self._stop_requested_at: float | None = None
        self._hurries = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C and its kin as requests to stop, for as long as this lasts."""
        before = {number: signal.getsignal(number) for number in _HANDLED}
        for number, handler in before.items():
            # Whoever ignores hang-ups for us, like nohup, wants us to survive them.
            # Shells ignore Ctrl-C for what they start with `&`; that is not a wish.
            if number != signal.SIGHUP or handler is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                # Once asked to stop we end soon; Ctrl-C until then changes nothing.
                signal.signal(number, signal.SIG_IGN if self.is_stopping else handler)

    @property
    def is_stopping(self) -> bool:
        """Tell whether a person asked us to stop."""
        return self._stop_requested_at is not None

    def start(self, program: Program) -> Kept:
        """Start a program and keep it running from now on."""
        kept = Kept(program=program, child=program.start())
        self.kept.append(kept)
        self._when_children_change()
        return kept

    def wait_for(self, condition: Callable[[], bool], *, within_seconds: float) -> bool:
        """Wait for `condition` while starting up; tell whether it came true.

        A child that ends meanwhile is an error: nothing has worked yet, so trying
        again would only hide the reason.
        """
        deadline = time.monotonic() + within_seconds
        while not condition():
            self.require_all_well()
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS / 4)
        return True

    def require_all_well(self) -> None:
        """Raise if a child has ended or a person asked us to stop."""
        if self.is_stopping:
            raise StopRequestedError
        for kept in self.kept:
            if not kept.child.is_running():
                raise LocalError(
                    f"{kept.program.name} (pid {kept.child.pid}) "
                    f"{kept.child.how_it_ended()}\n"
                    f"see {kept.child.command.log_file}"
                )

    def keep_running(self, *, now_and_then: Callable[[], None]) -> None:
        """Start again whatever ends, until a person asks us to stop."""
        while not self.is_stopping:
            for kept in self.kept:
                self._look_after(kept)
            now_and_then()
            time.sleep(POLL_SECONDS)

    def stop(self, stages: Sequence[Sequence[str]]) -> list[str]:
        """Stop all programs in the order of `stages`; return their names."""
        stopped: list[str] = []
        self._hurries = False
        for groups in stages:
            children = [
                kept.child
                for kept in self.kept
                if kept.program.group in groups and kept.child.is_running()
            ]
            stopped += [child.name for child in children]
            for child in children:
                child.ask_to_stop()
            for child in children:
                self._see_stop(child)
        self.kept.clear()
        self._when_children_change()
        return stopped

    def _see_stop(self, child: Child) -> None:
        """Wait for a child that was asked to stop; kill it if it takes too long."""
        grace = child.command.grace_seconds
        deadline = time.monotonic() + grace
        while child.is_running():
            self._report.hint(f"stopping {child.name}")
            if self._hurries:
                self._report.warn(f"{child.name} (pid {child.pid}) was killed")
                child.kill()
            elif time.monotonic() > deadline:
                self._report.warn(
                    f"{child.name} (pid {child.pid}) did not stop within {grace:.0f} s "
                    "and was killed"
                )
                child.kill()
            else:
                time.sleep(POLL_SECONDS / 4)

    def _look_after(self, kept: Kept) -> None:
        now = time.monotonic()
        if kept.is_running and not kept.child.is_running():
            kept.answers, kept.ended_at = False, now
            self._plan_restart(kept, now)
        elif kept.restart_at is not None and now >= kept.restart_at:
            kept.restart_at = None
            self._restart(kept)
        elif kept.is_running and not kept.answers and kept.program.answers():
            kept.answers = True
            self._report.done(
                kept.program.name,
                f"is back as pid {kept.child.pid}",
                now - kept.child.started_at,
            )

    def _plan_restart(self, kept: Kept, now: float) -> None:
        """Say how a child ended, and when it is started again."""
        words = (
            f"{kept.program.name} (pid {kept.child.pid}) {kept.child.how_it_ended()}"
        )
        recent = [at for at in kept.restarts if now - at < RESTARTS_WITHIN_SECONDS]
        if len(recent) == RESTARTS_MAX:
            self._give_up(kept, words)
            return
        pause = min(PAUSE_SECONDS_MIN * 2 ** len(recent), PAUSE_SECONDS_MAX)
        kept.restart_at = now + pause
        self._report.warn(
            f"{words}\n   it is started again in {pause} s; its log is "
            f"{kept.child.command.log_file}"
        )

    def _give_up(self, kept: Kept, words: str) -> None:
        problem = (
            f"{words}\nit was started {RESTARTS_MAX} times within "
            f"{RESTARTS_WITHIN_SECONDS:.0f} s, and that did not help; read "
            f"{kept.child.command.log_file}, and when its reason is gone, start again"
        )
        if kept.program.is_essential:
            raise LocalError(problem)
        self._report.warn(problem)

    def _restart(self, kept: Kept) -> None:
        kept.restarts.append(time.monotonic())
        kept.child = kept.program.start()
        kept.ended_at = None
        self._when_children_change()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._stop_requested_at is None:
            self._stop_requested_at = now
        # A second Ctrl-C is impatience. One that follows at once is the same one,
        # and a second SIGTERM is make's copy of the one that its group was sent.
        elif (
            number == signal.SIGINT
            and now - self._stop_requested_at > SAME_SIGNAL_SECONDS
        ):
            self._hurries = True
