"""How Kafka is reached: settings that cannot be right are refused, by their names."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.plumbing.kafka_security import librdkafka_configuration, security_of
from shared.plumbing.settings import KafkaSettings

USER = {"kafka_sasl_username": "cairn", "kafka_sasl_password": "hush"}


def settings(**more: object) -> KafkaSettings:
    """Return settings with a server."""
    return KafkaSettings.model_validate({"kafka_servers": "kafka:9093", **more})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kafka_security_protocol": "SASL_SSL"}, "CAIRN_KAFKA_SASL_USERNAME and"),
        (USER, "does not use CAIRN_KAFKA_SASL_USERNAME; set it to SASL_SSL"),
        ({**USER, "kafka_security_protocol": "SSL"}, "CAIRN_KAFKA_SASL_USERNAME out"),
        (
            {"kafka_ssl_ca_file": Path(__file__)},
            "PLAINTEXT, which does not use CAIRN_KAFKA_SSL_CA_FILE",
        ),
        (
            {"kafka_security_protocol": "SSL", "kafka_ssl_ca_file": "/nowhere/ca.pem"},
            "/nowhere/ca.pem is not there; name a file in PEM form",
        ),
        ({"kafka_sasl_mechanism": "GSSAPI"}, "pattern"),
    ],
)
def test_what_cannot_be_right_is_refused(given: dict[str, object], words: str) -> None:
    """A secret that would not be used is a mistake: no open door is taken for it."""
    with pytest.raises(ValidationError, match=words) as refused:
        settings(**given)

    assert "hush" not in str(refused.value)


def test_an_open_door_needs_nothing() -> None:
    """As on one's own machine; the default mechanism asks for nothing by itself."""
    open_door = settings(kafka_sasl_mechanism="SCRAM-SHA-512")

    assert security_of(open_door) is None
    assert "sasl.mechanism" not in librdkafka_configuration(open_door)


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_both_clients_are_told_the_same(protocol: str, mechanism: str) -> None:
    """User, password, and whether the way there is encrypted."""
    guarded = settings(
        **USER, kafka_security_protocol=protocol, kafka_sasl_mechanism=mechanism
    )

    one, other = security_of(guarded), librdkafka_configuration(guarded)

    assert one is not None
    assert one.use_ssl == (protocol == "SASL_SSL")
    assert other["security.protocol"] == protocol
    assert other["sasl.mechanism"] == mechanism
    assert (other["sasl.username"], other["sasl.password"]) == ("cairn", "hush")
