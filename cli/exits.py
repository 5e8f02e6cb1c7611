"""What an exit code of `cairn` says, and the error that carries one."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The documented exit codes."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    DIFFERENCE = 3
    NOT_READY = 4
    NO_RIGHTS = 5


class CommandError(Exception):
    """A command cannot go on: what was found, and what to do next."""

    def __init__(self, message: str, code: ExitCode = ExitCode.FAILURE) -> None:
        super().__init__(message)
        self.code = code
