"""The live stream of the example company."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from cli.example.history import Turn, records_as_of
from cli.example.stream import Pool, Stream
from shared.messages.records import decode_record

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@cache
def past() -> Sequence[Turn]:
    """Return the company's records as they stand now."""
    return list(records_as_of(NOW))


def stream_of(seed: int, *, continued: bool = True) -> Stream:
    """Return a stream, with the company's past or without any."""
    stream = Stream(chance=chance_of(seed), began=NOW)
    if continued:
        stream.continue_from(past())
    return stream


def chance_of(seed: int) -> random.Random:
    """Return choices that can be repeated."""
    return random.Random(seed)


def drawn(stream: Stream, count: int, *, rate: int = 3) -> list[dict[str, Any]]:
    """Return so many records, so many a second."""
    return [
        stream.next(NOW + timedelta(seconds=number / rate)) for number in range(count)
    ]


def test_the_same_seed_tells_the_same_story() -> None:
    """A run can be repeated."""
    assert drawn(stream_of(7), 500) == drawn(stream_of(7), 500)


@pytest.mark.parametrize("continued", [True, False])
def test_everything_happens_now_and_then(*, continued: bool) -> None:
    """New, advanced, won, lost, reopened, deleted; repeated and overtaken versions."""
    newest: dict[str, dict[str, Any]] = {}
    happened: Counter[str] = Counter()
    for body in drawn(stream_of(7, continued=continued), 4_000):
        decode_record(json.dumps(body).encode())
        known = newest.get(body["id"])
        if known is None:
            happened["first seen"] += 1
        elif body["version"] == known["version"]:
            assert body == known
            happened["repeated"] += 1
        elif body["version"] < known["version"]:
            happened["overtaken"] += 1
            continue
        elif body["deleted"]:
            happened["deleted"] += 1
        elif known["state"] == body["state"]:
            happened["changed"] += 1
        else:
            happened[f"{known['state']} to {body['state']}"] += 1
        newest[body["id"]] = body

    assert happened.keys() >= {
        "first seen",
        "repeated",
        "overtaken",
        "deleted",
        "changed",
        "open to won",
        "open to lost",
        "won to open",
        "lost to open",
        "open to completed",
        "active to resolved",
    }


def test_what_is_changed_was_there_before() -> None:
    """The stream continues from what exists: it advances and closes old deals too."""
    known = {turn.id: turn.version for turn in past()}

    touched = [body for body in drawn(stream_of(7), 300) if body["id"] in known]

    assert len(touched) > 50
    newer = [body for body in touched if body["version"] > known[body["id"]]]
    assert len(newer) > len(touched) / 2


def test_a_change_is_newer_than_what_it_changes() -> None:
    """Also where a clock upstream was ahead."""
    stream = stream_of(7)
    late = NOW - timedelta(days=400)

    versions: dict[str, int] = {turn.id: turn.version for turn in past()}
    for _ in range(500):
        body: dict[str, Any] = stream.next(late)
        before = versions.get(body["id"])
        if before is not None and body["version"] > before:
            assert body["version"] == before + 1
        versions[body["id"]] = max(body["version"], before or 0)


def test_a_long_demonstration_stays_believable() -> None:
    """Hours at three records a second win about what the targets ask of them."""
    stream = stream_of(7)
    newest = {turn.id: turn.body() for turn in past()}
    before = won_this_quarter(newest)

    for body in drawn(stream, 15_000):
        known = newest.get(body["id"])
        if known is None or body["version"] > known["version"]:
            newest[body["id"]] = body

    won = won_this_quarter(newest) - before
    assert won == stream.net_won
    assert 0 < won < Decimal(80_000) + 4 * Decimal(5_000)


def won_this_quarter(newest: dict[str, dict[str, Any]]) -> Decimal:
    """Return what the company's revenue goal would count."""
    return sum(
        (
            Decimal(body["attributes"]["actualvalue"])
            for body in newest.values()
            if body["state"] == "won"
            and not body["deleted"]
            and body["attributes"]["actualclosedate"] >= "2026-10-01"
        ),
        Decimal(0),
    )


def test_a_pool_forgets_its_oldest() -> None:
    """Memory has a limit."""
    first, second, third = past()[:3]
    pool = Pool(size_max=2)

    for turn in (first, second, first, third):
        pool.put(turn)

    assert list(pool.turns) == [first.id, third.id]
    assert Pool().draw(chance_of(1)) is None
