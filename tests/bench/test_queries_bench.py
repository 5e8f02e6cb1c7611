"""The benchmark of queries as a whole, on a tiny workload against real servers."""

import json
from pathlib import Path

import pytest

from bench.queries.__main__ import _cases, options_from
from bench.queries.company import Equality
from local.servers import Servers
from tests.bench.commands import ended, left_behind, measured


async def test_it_measures_checks_and_leaves_nothing_behind(
    servers: Servers, tmp_path: Path
) -> None:
    """All workloads run, are written down, and drop their database and topics."""
    file = tmp_path / "figures.json"

    code, output, errors = await measured(
        "bench.queries",
        servers,
        *("--goals", "40", "--records", "1000", "--rounds", "1"),
        *("--results", str(file)),
    )

    assert code == 0, errors
    assert "every total and every last goal-updated checked" in output
    figures = json.loads(file.read_text(encoding="utf-8"))["figures"]
    assert [(one["equality"], one["goals"]) for one in figures] == [
        ("territory of the record", 40),
        ("postal code of its account", 40),
        ("manager who may read it", 40),
    ]
    assert await left_behind(servers) == []


def test_few_and_many_goals_take_turns() -> None:
    """Round by round, and within a round one workload after the other."""
    options = options_from(["--goals", "100,10000", "--rounds", "2"])

    cases = [(one.round, one.equality, one.goals) for one in _cases(options)]

    assert cases == [
        (number, equality, goals)
        for number in (1, 2)
        for equality in Equality
        for goals in (100, 10_000)
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        pytest.param(["--goals", "100,0"], "100,0 is not a list", id="no goal"),
        pytest.param(["--goals", "100,many"], "100,many is not a list", id="no number"),
        pytest.param(["--goals", "5,5"], "names a number twice", id="twice"),
        pytest.param(["--records", "999"], "999 is too few; give 1000", id="few"),
        pytest.param(["--rounds", "0"], "0 measures nothing", id="no round"),
        pytest.param(["--processes", "13"], "invalid choice: 13", id="processes"),
        pytest.param(["--kafka-servers", "somewhere:9092"], "or neither", id="half"),
    ],
)
async def test_it_refuses_what_it_cannot_measure(
    arguments: list[str], reason: str
) -> None:
    """Options that make no sense end it at once, with the reason."""
    code, _, errors = await ended("bench.queries", *arguments)

    assert code == 2
    assert reason in errors
