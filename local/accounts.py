"""Whom PostgreSQL runs as when we are root, since it refuses to run as root."""

import os
import pwd
from contextlib import suppress
from pathlib import Path

from local.errors import LocalError
from local.processes import Account, Command, run_to_end

# Exist on nearly every Linux; the first that does is taken. We make no user.
_CANDIDATES = ("postgres", "nobody")

_LOOK_SECONDS = 20.0


def account_for(program: Path, data: Path, log_file: Path) -> Account | None:
    """Return whom to run `program` as on the folder `data`; `None`: as ourselves.

    When we are root, `data` is given to that user. Checkouts often lie in folders
    closed to it, like /root. We leave those folders' permissions alone and let the
    program pass them with one capability instead.
    """
    if os.geteuid() != 0:
        return None
    entry = _unprivileged(data)
    os.chown(data, entry.pw_uid, entry.pw_gid)
    for keeps_file_access in (False, True):
        account = Account(
            name=entry.pw_name,
            uid=entry.pw_uid,
            gid=entry.pw_gid,
            keeps_file_access=keeps_file_access,
        )
        if _can_work(account, program, data, log_file):
            return account
    raise LocalError(
        f"user {entry.pw_name} cannot run {program} on {data}, and postgres refuses to "
        "run as root; run this as a normal user, or move the checkout to a folder "
        f"that every user may enter (the reason is in {log_file})"
    )


def _unprivileged(data: Path) -> pwd.struct_passwd:
    """Return the user who owns `data` already, or the first that exists."""
    owner = data.stat().st_uid
    with suppress(KeyError):
        if owner != 0:
            return pwd.getpwuid(owner)
    for candidate in _CANDIDATES:
        with suppress(KeyError):
            return pwd.getpwnam(candidate)
    raise LocalError(
        f"none of the users {', '.join(_CANDIDATES)} exists, and postgres refuses to "
        "run as root; run this as a normal user, or add one with `useradd postgres`"
    )


def _can_work(account: Account, program: Path, data: Path, log_file: Path) -> bool:
    """Try it: permissions have too many sources to be worked out."""
    look = Command(
        name="look",
        arguments=(
            "/bin/sh",
            "-c",
            '"$1" --version && cd "$2" && test -w .',
            "look",
            str(program),
            str(data),
        ),
        log_file=log_file,
        account=account,
    )
    return run_to_end(look, timeout_seconds=_LOOK_SECONDS).wait() == 0
