"""Becomes another program that ends when its starter ends.

Run as a script in front of the program: `python -I -S launch.py OPTIONS -- PROGRAM`.
It is a program of its own because what it asks of the kernel must happen between
fork and exec, where a Python process with threads may not run Python code. It
imports only what the standard library gives quickly.
"""

import ctypes
import os
import sys
from argparse import ArgumentParser, Namespace

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522

# What shells answer for a program that cannot be started.
_CANNOT_START = 127

_libc = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    # Two elements of three words: the lower 32 capabilities, then the upper.
    _fields_ = (("words", ctypes.c_uint32 * 6),)


def _control(*arguments: int) -> None:
    words = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0)[:5]]
    if _libc.prctl(*words) != 0:
        raise OSError(ctypes.get_errno(), f"prctl{arguments} was refused")


def _become(uid: int, gid: int, *, keep_file_access: bool) -> None:
    """Give up being root; `keep_file_access` still passes closed folders."""
    if keep_file_access:
        _control(_PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if keep_file_access:
        bit = 1 << _CAP_DAC_OVERRIDE
        header = _CapabilityHeader(version=_CAPABILITY_VERSION_3, pid=0)
        sets = _CapabilitySets(words=(bit, bit, bit, 0, 0, 0))
        if _libc.capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
            raise OSError(ctypes.get_errno(), "capset was refused")
        _control(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE)


def _end_with(parent: int, signal_number: int) -> None:
    """Ask the kernel for `signal_number` when the starter ends.

    A change of user forgets this wish, so it comes last.
    """
    _control(_PR_SET_PDEATHSIG, signal_number)
    # The starter may have ended before the wish was heard.
    if os.getppid() != parent:
        sys.exit(f"the starter, pid {parent}, has ended already")


def _options(arguments: list[str]) -> Namespace:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--uid", type=int)
    parser.add_argument("--gid", type=int)
    parser.add_argument("--keep-file-access", action="store_true")
    parser.add_argument("program", nargs="+")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Become the program that `arguments` name; return only by an exit code."""
    options = _options(arguments)
    try:
        if options.uid is not None:
            _become(options.uid, options.gid, keep_file_access=options.keep_file_access)
        _end_with(options.parent, options.signal)
        # The program is started as given: there is no shell in between.
        os.execv(options.program[0], options.program)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"cannot start {options.program[0]}: {error}\n")
        sys.exit(_CANNOT_START)


if __name__ == "__main__":
    main(sys.argv[1:])
