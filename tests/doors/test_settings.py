"""Settings of the doors: what cannot be safe is refused at the start."""

import pytest
from pydantic import ValidationError

from cli.serving import Service, settings_class_of
from shared.doors.settings import DoorSettings

TOKEN = {"CAIRN_ADMIN_TOKEN": "0123456789abcdef"}
ISSUER = {
    "CAIRN_OIDC_ISSUER": "https://login.example/realms/sales",
    "CAIRN_OIDC_AUDIENCE": "cairn",
}


def settings_of(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> DoorSettings:
    """Read settings from an environment."""
    for name, value in (TOKEN | environment).items():
        monkeypatch.setenv(name, value)
    return DoorSettings()


def test_openid_connect_is_off_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's tokens are known until an issuer is named."""
    assert settings_of(monkeypatch, {}).oidc_issuer is None


def test_an_issuer_and_an_audience_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest has values that are right nearly everywhere."""
    settings = settings_of(monkeypatch, ISSUER)

    assert settings.algorithms == ("RS256", "ES256")
    assert settings.oidc_user_claim == "sub"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"CAIRN_OIDC_ISSUER": "https://login.example"}, "belong together"),
        ({"CAIRN_OIDC_AUDIENCE": "cairn"}, "belong together"),
        (ISSUER | {"CAIRN_OIDC_ISSUER": "http://login.example"}, "https://"),
        (ISSUER | {"CAIRN_OIDC_ISSUER": "http://127.0.0.1.evil.example"}, "https://"),
        (ISSUER | {"CAIRN_OIDC_JWKS_URL": "http://login.example/keys"}, "https://"),
        (ISSUER | {"CAIRN_OIDC_ALGORITHMS": "HS256"}, "name some of RS256"),
        (ISSUER | {"CAIRN_OIDC_ALGORITHMS": "RS256,none"}, "name some of RS256"),
        (ISSUER | {"CAIRN_OIDC_ALGORITHMS": " , "}, "name some of RS256"),
        (ISSUER | {"CAIRN_OIDC_CLOCK_SKEW_SECONDS": "3600"}, "less than or equal"),
    ],
)
def test_what_could_be_forged_is_refused(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    """In words, when the service starts."""
    with pytest.raises(ValidationError, match=words):
        settings_of(monkeypatch, environment)


@pytest.mark.parametrize("service", Service)
def test_services_listen_on_this_machine_only(service: Service) -> None:
    """Until somebody says that others may reach them."""
    assert settings_class_of(service).model_fields["bind"].default == "127.0.0.1"
