"""docker-compose.yml holds what its checks ask of it, and the checks can say no."""

from collections.abc import Iterator

import pytest

from deploy import check
from deploy.compose import Compose, ComposeError, Service, fill_in, read_compose

VARIABLES = {
    "POSTGRES_PASSWORD": "secret",
    "POSTGRES_GOALS_PASSWORD": "of-goals",
    "POSTGRES_ROLLUP_PASSWORD": "of-rollup",
    "POSTGRES_INGEST_PASSWORD": "of-ingest",
    "CAIRN_ADMIN_TOKEN": "a" * 24,
}
WHO_MIGRATES = ("GOALS", "INGEST", "MIGRATE", "ROLLUP")


@pytest.fixture(scope="module")
def compose() -> Compose:
    """Return the file as an operator would have it filled in."""
    return read_compose(VARIABLES)


def test_nothing_is_to_be_complained_of() -> None:
    """The whole deployment passes its own checks, linters and schema included."""
    assert list(check.complaints()) == []


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("$A-${B}", "1-2"),
        ("$$A", "$A"),
        ("${C:-x${B}y}", "x2y"),
        ("${C:-${D:-deep}}/${A}", "deep/1"),
        ("${A:?must be there}", "1"),
    ],
)
def test_variables_are_filled_in_as_compose_does_it(text: str, filled: str) -> None:
    """Values, defaults that nest, and dollars that are meant."""
    assert fill_in(text, {"A": "1", "B": "2"}) == filled


@pytest.mark.parametrize("text", ["${A:?set it}", "${A", "${A:+b}", "cost: $ 5"])
def test_what_compose_would_refuse_is_refused(text: str) -> None:
    """A missing variable or a form that nobody knows does not pass unseen."""
    with pytest.raises(ComposeError):
        fill_in(text, {})


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_secret_has_no_default(name: str) -> None:
    """Without it nothing starts, and the message names it."""
    others = {key: value for key, value in VARIABLES.items() if key != name}

    with pytest.raises(ComposeError, match=name):
        read_compose(others)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"container_name": "one"}, "container_name"),
        ({"ports": ["8081:8081"]}, "ports"),
        ({"image": "python:latest"}, "not pinned"),
        ({"healthcheck": None}, "no health check"),
        ({"stop_grace_period": "10s"}, "killed after 10 s"),
        ({"cap_drop": []}, "capabilities"),
        ({"security_opt": []}, "privileges"),
        ({"read_only": False}, "file system"),
        ({"volumes": ["./nowhere:/etc/x:ro"]}, "no file"),
    ],
)
def test_the_checks_can_say_no(
    compose: Compose, change: dict[str, object], words: str
) -> None:
    """Each rule, broken, is complained of."""
    good = compose.services["ingest"].model_dump() | {"stop_grace_period": "20s"}
    broken = Service.model_validate(good | {"build": None} | change)

    assert any(words in said for said in _said(broken))


def test_a_setting_that_a_service_does_not_know_is_found(compose: Compose) -> None:
    """A misspelt variable does not sit in the file unread."""
    service = compose.services["goals"].model_copy(
        update={"environment": {"CAIRN_GOALS_PROT": "8080"}}
    )

    said = list(check._settings(service, check.OURS["goals"]))

    assert any("CAIRN_GOALS_PROT is no setting" in one for one in said)
    assert any("CAIRN_KAFKA_SERVERS is not given" in one for one in said)


def test_a_service_that_is_told_the_owners_secret_is_found(compose: Compose) -> None:
    """Each works as its own user; only `migrate` knows them all."""
    service = compose.services["goals"].model_copy(
        update={"environment": {"CAIRN_DATABASE_URL": "postgresql://cairn:s@db/cairn"}}
    )

    assert list(check._secrets("goals", service))
    assert not list(check._secrets("goals", compose.services["goals"]))
    assert sorted(
        name
        for name in compose.services["migrate"].environment
        if name.endswith("DATABASE_URL")
    ) == [f"CAIRN_{who}_DATABASE_URL" for who in WHO_MIGRATES]


def test_a_command_that_is_none_is_found() -> None:
    """The command line itself is asked."""
    said = list(check._command(["serve", "nothing"]))

    assert len(said) == 1


def _said(service: Service) -> Iterator[str]:
    yield from check._service("ingest", service)
