"""Ids that we make: UUIDs of version 7, which sort by the time of their making."""

import os
import time
import uuid

_RANDOM_BYTES = 10


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562) as text."""
    milliseconds = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(_RANDOM_BYTES))
    value = (milliseconds & (2**48 - 1)) << 80 | noise
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
