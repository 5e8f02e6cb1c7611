"""What a person can choose, and how a wrong choice is told."""

from pathlib import Path

import pytest

from local.errors import LocalError
from local.settings import settings_from


def test_nothing_need_be_chosen() -> None:
    """The defaults are those of the contract."""
    settings = settings_from({})

    assert (settings.goals_port, settings.ingest_port) == (8080, 8081)
    assert list(settings.rollup_ports) == [8082]
    assert settings.home == Path.cwd() / ".cairn"
    assert settings.demo


def test_every_rollup_copy_has_the_next_port() -> None:
    """Copy n, from 0, serves on the rollup port + n."""
    settings = settings_from({"CAIRN_ROLLUP_COPIES": "3", "CAIRN_ROLLUP_PORT": "9000"})

    assert list(settings.rollup_ports) == [9000, 9001, 9002]


@pytest.mark.parametrize("text", ["many", "0", "-1", "1.5", "70000", "²"])
def test_a_port_that_is_none_is_refused(text: str) -> None:
    """The message names the setting, what was found, and what is allowed."""
    with pytest.raises(LocalError, match=r"CAIRN_GOALS_PORT is .* whole number"):
        settings_from({"CAIRN_GOALS_PORT": text})


def test_two_services_cannot_have_one_port() -> None:
    """It is said before anything is started."""
    with pytest.raises(
        LocalError, match="port 8082 is meant for ingest and for rollup"
    ):
        settings_from({"CAIRN_INGEST_PORT": "8082"})


def test_servers_of_ones_own_need_no_ports() -> None:
    """Only what we start is looked at."""
    settings = settings_from(
        {"CAIRN_DATABASE_URL": "postgresql://db/x", "CAIRN_KAFKA_SERVERS": "kafka:9092"}
    )

    assert settings.server_ports() == []


@pytest.mark.parametrize(
    ("environment", "asked", "expected"),
    [({}, True, True), ({"CAIRN_DEMO": "0"}, True, False), ({}, False, False)],
)
def test_the_example_company_can_be_left_out(
    environment: dict[str, str], *, asked: bool, expected: bool
) -> None:
    """By the environment or by the command."""
    assert settings_from(environment, demo=asked).demo is expected
