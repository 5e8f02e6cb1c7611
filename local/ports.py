"""TCP ports on this machine: which are free, and who holds the others."""

import errno
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.errors import LocalError

LOOPBACK = "127.0.0.1"

_CONNECT_SECONDS = 1.0

# Below the range from which Linux gives outgoing connections their ports, so no
# client takes a port between our look and the server's start.
_PICK_FROM = range(20_000, 32_000)
_claims: list[socket.socket] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class PortUse:
    """A port that we are about to need."""

    port: int
    # Who will listen there, and which setting moves it elsewhere.
    service: str
    setting: str


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether a server could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        # As servers do it: connections that are winding down do not count.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def accepts(port: int, host: str = LOOPBACK) -> bool:
    """Tell whether somebody takes connections on `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(_CONNECT_SECONDS)
        return client.connect_ex((host, port)) == 0


def require_free(uses: list[PortUse], host: str = LOOPBACK) -> None:
    """Raise an error that names every port in use, its holder and the way out."""
    taken = [use for use in uses if not is_free(use.port, host)]
    if taken:
        raise LocalError("\n".join(_complaint(use) for use in taken))


def pick_free(count: int) -> tuple[int, ...]:
    """Return `count` different ports that nobody has, and that nobody else picks.

    They stay picked until this process ends.
    """
    ports: list[int] = []
    for port in random.sample(_PICK_FROM, k=len(_PICK_FROM)):
        claim = socket.socket()
        try:
            claim.bind((LOOPBACK, port))
        except OSError:
            claim.close()
            continue
        # From now on servers may listen there, for they set this, too, and a claim does
        # not listen; whoever picks does not set it, and finds the port taken.
        claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _claims.append(claim)
        ports.append(port)
        if len(ports) == count:
            return tuple(ports)
    raise LocalError(
        f"fewer than {count} ports from {_PICK_FROM.start} to {_PICK_FROM.stop} are "
        "free; stop some of the programs that listen there"
    )


def _complaint(use: PortUse) -> str:
    return (
        f"port {use.port} ({use.service}) is in use by {_holder(use.port)}; stop that, "
        f"or choose another with {use.setting}={_suggestion(use.port)}"
    )


def _suggestion(port: int) -> int:
    candidates = range(port + 10, port + 1_000, 10)
    return next((other for other in candidates if is_free(other)), port + 10)


def _holder(port: int) -> str:
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for folder in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and those of other users are closed to us.
        with suppress(OSError):
            if any(str(link.readlink()) in sockets for link in _open_files(folder)):
                return _described(folder)
    return "a program of another user"


def _listening(port: int) -> Iterator[str]:
    """Yield the inodes of the sockets that hold `port`."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _open_files(process: Path) -> Iterator[Path]:
    return (link for link in (process / "fd").iterdir() if link.is_symlink())


def _described(process: Path) -> str:
    """Return pid and command line, not too long for a sentence."""
    words = process.joinpath("cmdline").read_bytes().decode(errors="replace")
    program, _, others = words.partition(chr(0))
    words = f"{Path(program).name} {others.replace(chr(0), ' ')}"
    shown = " ".join(["pid", process.name, *words.split()])
    limit = 72
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
