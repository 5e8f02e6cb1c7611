"""How causes stand in JSON: which records made goals move, and their traces."""

from collections.abc import Mapping, Sequence

import msgspec


class Causes(msgspec.Struct):
    """What made goals move, by the goals' numbers."""

    named: dict[int, list[str]] = {}
    traces: dict[int, str] = {}


decode_causes = msgspec.json.Decoder(Causes).decode


def causes_text(named: Mapping[int, Sequence[str]], traces: Mapping[int, str]) -> str:
    """Return the JSON of the column."""
    return msgspec.json.encode({"named": named, "traces": traces}).decode()
