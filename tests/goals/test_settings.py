"""What the service needs from its environment."""

import pytest

from services.goals.settings import settings_from_environment
from shared.plumbing.settings import SettingsError

NEEDED = {
    "CAIRN_DATABASE_URL": "postgresql://localhost/cairn",
    "CAIRN_KAFKA_SERVERS": "localhost:9092",
    "CAIRN_ADMIN_TOKEN": "0123456789abcdef",
}
OURS = (*NEEDED, "CAIRN_GOALS_DATABASE_URL", "CAIRN_GOALS_PORT", "CAIRN_PUBLIC_URL")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set what is needed, and nothing else."""
    for name in OURS:
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_three_settings_are_enough() -> None:
    """The others have defaults."""
    settings = settings_from_environment()

    assert settings.database == NEEDED["CAIRN_DATABASE_URL"]
    assert settings.goals_port == 8080
    assert settings.address == "http://127.0.0.1:8080"


def test_goals_may_have_a_database_of_its_own(
    environment: pytest.MonkeyPatch,
) -> None:
    """It goes before the common one."""
    environment.setenv("CAIRN_GOALS_DATABASE_URL", "postgresql://other/goals")
    environment.setenv("CAIRN_PUBLIC_URL", "https://goals.example.org")

    settings = settings_from_environment()

    assert settings.database == "postgresql://other/goals"
    assert settings.address == "https://goals.example.org"


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_what_is_missing_is_named(
    environment: pytest.MonkeyPatch, missing: str
) -> None:
    """By the name of the variable to set."""
    environment.delenv(missing)

    with pytest.raises(SettingsError, match=missing):
        settings_from_environment()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CAIRN_ADMIN_TOKEN", "short"),
        ("CAIRN_GOALS_PORT", "eighty"),
        ("CAIRN_PUBLIC_URL", "goals.example.org"),
        ("CAIRN_WATCHED_SERVICES", "http://127.0.0.1:8081"),
        ("CAIRN_WATCHED_SERVICES", "ingest=http://user:secret@127.0.0.1:8081"),
        ("CAIRN_WATCHED_SERVICES", "ingest=file:///etc"),
    ],
)
def test_what_cannot_be_right_is_named(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Before anything is started, and without telling secrets."""
    environment.setenv(name, value)

    with pytest.raises(SettingsError, match=name) as caught:
        settings_from_environment()

    assert NEEDED["CAIRN_ADMIN_TOKEN"] not in str(caught.value)


def test_watched_services_have_names_and_addresses(
    environment: pytest.MonkeyPatch,
) -> None:
    """Several, separated by commas, a slash at the end or not."""
    environment.setenv(
        "CAIRN_WATCHED_SERVICES", "ingest=http://a:1/, rollup 1=https://b.example"
    )

    neighbours = settings_from_environment().neighbours

    assert [(one.name, one.url) for one in neighbours] == [
        ("ingest", "http://a:1"),
        ("rollup 1", "https://b.example"),
    ]
