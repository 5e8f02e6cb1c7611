"""At which addresses processes listen, as Linux tells it."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_LISTENING = "0A"
_WORD_BYTES = 4


def listening_at(pids: Collection[int]) -> list[IPv4Address | IPv6Address]:
    """Return the addresses at which processes accept connections."""
    sockets = {one for pid in pids for one in _sockets_of(pid)}
    return [
        address
        for table in ("tcp", "tcp6")
        for address, inode in _listening(Path("/proc/net") / table)
        if inode in sockets
    ]


def _sockets_of(pid: int) -> Iterator[str]:
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            name = str(handle.readlink())
            if name.startswith("socket:["):
                yield name.removeprefix("socket:[").removesuffix("]")


def _listening(table: Path) -> Iterator[tuple[IPv4Address | IPv6Address, str]]:
    for line in table.read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENING:
            yield _address_of(fields[1].partition(":")[0]), fields[9]


def _address_of(text: str) -> IPv4Address | IPv6Address:
    """Read an address as it lies in memory, in words of four bytes."""
    words = bytes.fromhex(text)
    turned = b"".join(
        words[start : start + _WORD_BYTES][::-1]
        for start in range(0, len(words), _WORD_BYTES)
    )
    address = ip_address(turned)
    # ::ffff:127.0.0.1 is an address of IPv4 in the clothes of IPv6.
    return getattr(address, "ipv4_mapped", None) or address
