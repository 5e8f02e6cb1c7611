"""What can be typed, and how failures are told."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.running import TOKEN, cairn, cardboard_goals

COMMANDS = {
    "run",
    "serve",
    "migrate",
    "seed",
    "simulate",
    "records",
    "goals",
    "metrics",
    "queries",
    "audit",
    "audit-forget",
    "directory",
    "status",
    "recalculate",
    "verify",
    "rejected",
    "page-link",
    "token",
    "settings",
    "doctor",
}


def test_help_names_every_command_and_exit_code() -> None:
    """One look tells what there is."""
    shown = cairn("--help")

    assert shown.returncode == 0
    assert set(re.findall(r"(?m)^  ([a-z][a-z-]+)  ", shown.stdout)) == COMMANDS
    assert "3 totals differ" in shown.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("dance",),
        ("serve", "coffee"),
        ("simulate", "--rate", "0"),
        ("goals", "show"),
        ("records", "send"),
        ("records", "send", "-", "--mode", "most"),
        ("goals", "import"),
        ("token", "create", "nightly"),
        ("token", "create", "nightly", "--scope", "goals:read", "--expires", "0"),
        ("directory", "import", "planets", "-"),
    ],
)
def test_what_is_not_understood_is_exit_code_2(words: tuple[str, ...]) -> None:
    """Usage is told apart from failure."""
    ended = cairn(*words)

    assert ended.returncode == 2
    assert "Usage" in ended.stderr


@pytest.mark.parametrize(
    ("words", "setting"),
    [
        (("goals", "tree"), "CAIRN_GOALS_URL"),
        (("status",), "CAIRN_GOALS_URL"),
        (("seed",), "CAIRN_GOALS_URL"),
        (("verify",), "CAIRN_DATABASE_URL"),
        (("migrate",), "CAIRN_DATABASE_URL"),
        (("rejected", "list"), "CAIRN_KAFKA_SERVERS"),
        (("simulate",), "CAIRN_KAFKA_SERVERS"),
    ],
)
def test_without_an_address_the_next_command_is_named(
    words: tuple[str, ...], setting: str
) -> None:
    """Exit code 4 says that something is not ready; the words say what to do."""
    ended = cairn(*words)

    assert ended.returncode == 4
    assert setting in ended.stderr
    assert "cairn run" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_a_service_that_does_not_answer_is_exit_code_4() -> None:
    """The address and the command that starts it are named."""
    nobody = "http://127.0.0.1:9"

    ended = cairn("status", environment={"CAIRN_GOALS_URL": nobody})

    assert ended.returncode == 4
    assert nobody in ended.stderr
    assert "cairn serve goals" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_wrong_token_is_exit_code_5() -> None:
    """Who has no rights learns where the token comes from."""
    with cardboard_goals() as goals:
        ended = cairn(
            "status",
            environment={"CAIRN_GOALS_URL": goals.url, "CAIRN_ADMIN_TOKEN": "wrong"},
        )

    assert ended.returncode == 5
    assert "CAIRN_ADMIN_TOKEN" in ended.stderr


@pytest.mark.parametrize(
    ("url", "code", "said"),
    [
        ("postgresql://nobody:x@127.0.0.1:9/none", 4, "does not answer"),
        ("nonsense", 1, "failed"),
    ],
)
def test_a_database_that_is_not_there_is_told_in_words(
    url: str, code: int, said: str
) -> None:
    """No trace, but the setting that is wrong."""
    ended = cairn("verify", environment={"CAIRN_DATABASE_URL": url})

    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_addresses_and_token_come_from_the_run_file(tmp_path: Path) -> None:
    """Beside a running Cairn nothing needs to be typed."""
    with cardboard_goals(answers={"/v1/status": {"settled": True}}) as goals:
        (tmp_path / "run.json").write_text(
            json.dumps(
                {
                    "addresses": {"goals": goals.url, "rollup": []},
                    "admin_token": TOKEN,
                    "pids": {},
                }
            )
        )
        ended = cairn(
            "status",
            environment={"CAIRN_HOME": str(tmp_path), "CAIRN_ADMIN_TOKEN": ""},
        )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "settled  yes\n"


def test_a_broken_run_file_is_named(tmp_path: Path) -> None:
    """The file, the reason and the way out."""
    (tmp_path / "run.json").write_text("{")

    ended = cairn("status", environment={"CAIRN_HOME": str(tmp_path)})

    assert ended.returncode == 1
    assert "run.json does not read" in ended.stderr


def test_the_environment_goes_before_the_run_file(tmp_path: Path) -> None:
    """What is set for one command counts for it."""
    (tmp_path / "run.json").write_text(
        json.dumps({"addresses": {"goals": "http://127.0.0.1:9"}, "admin_token": "x"})
    )
    with cardboard_goals(answers={"/v1/status": {"settled": True}}) as goals:
        by_url = cairn(
            "status",
            environment={"CAIRN_HOME": str(tmp_path), "CAIRN_GOALS_URL": goals.url},
        )
        by_port = cairn(
            "status",
            environment={
                "CAIRN_HOME": str(tmp_path),
                "CAIRN_GOALS_PORT": goals.url.rpartition(":")[2],
            },
        )

    assert (by_url.returncode, by_port.returncode) == (0, 0)
