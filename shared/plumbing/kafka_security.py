"""How we come in at Kafka's door: passwords, certificates, and why we may be refused.

There are two clients, the pure-Python one of FastStream and librdkafka; both are told
the same, so that what opens the door for one opens it for the other.
"""

import asyncio
import ssl
import time
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from faststream.security import (
    BaseSecurity,
    SASLPlaintext,
    SASLScram256,
    SASLScram512,
)

from shared.plumbing.settings import KafkaSettings

REQUEST_SECONDS_MAX: Final = 15
_SASL: Final = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}
# How long we wait before we look whether somebody has said no.
_LOOK_SECONDS: Final = 1.0


class TopicError(Exception):
    """A topic is not as the catalogue has it, and must not be changed silently."""


class KafkaRefusedError(TopicError):
    """A broker answers and does not let us in; time mends nothing."""


class KafkaAwayError(TopicError):
    """No broker answers; time may mend it."""


def security_of(settings: KafkaSettings) -> BaseSecurity | None:
    """Return what FastStream's client is to know; `None`: the door is open."""
    protocol = settings.kafka_security_protocol
    if protocol == "PLAINTEXT":
        return None
    context = _ssl_context_of(settings) if protocol.endswith("SSL") else None
    if protocol == "SSL":
        return BaseSecurity(ssl_context=context, use_ssl=True)
    return _SASL[settings.kafka_sasl_mechanism](
        username=settings.kafka_sasl_username or "",
        password=_said(settings.kafka_sasl_password),
        ssl_context=context,
        use_ssl=context is not None,
    )


def _ssl_context_of(settings: KafkaSettings) -> ssl.SSLContext:
    ca_file = settings.kafka_ssl_ca_file
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if settings.kafka_ssl_certificate_file:
        context.load_cert_chain(
            settings.kafka_ssl_certificate_file,
            settings.kafka_ssl_key_file,
            # Asked for if there is none, a person at a terminal would have to answer.
            password=_said(settings.kafka_ssl_key_password),
        )
    return context


def _said(secret: Any) -> str:
    return str(secret.get_secret_value()) if secret else ""


def librdkafka_configuration(settings: KafkaSettings) -> dict[str, Any]:
    """Return how a librdkafka client reaches Kafka."""
    configuration: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_servers,
        "security.protocol": settings.kafka_security_protocol,
        # Our own words say what matters; the library's go to nobody.
        "log_level": 0,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        configuration["sasl.mechanism"] = settings.kafka_sasl_mechanism
        configuration["sasl.username"] = settings.kafka_sasl_username
        configuration["sasl.password"] = _said(settings.kafka_sasl_password)
    for name, path in (
        ("ssl.ca.location", settings.kafka_ssl_ca_file),
        ("ssl.certificate.location", settings.kafka_ssl_certificate_file),
        ("ssl.key.location", settings.kafka_ssl_key_file),
    ):
        if path:
            configuration[name] = str(path)
    if settings.kafka_ssl_key_password:
        configuration["ssl.key.password"] = _said(settings.kafka_ssl_key_password)
    return configuration


def knock(
    settings: KafkaSettings, *, within_seconds: float = REQUEST_SECONDS_MAX
) -> Any:
    """Return what a broker tells of itself and its topics, or say why it does not.

    The library goes on trying whatever it was told, and ends with *no answer*: so it is
    asked for a moment at a time, and what it was told meanwhile is looked at.
    """
    complaints: list[KafkaError] = []
    configuration = librdkafka_configuration(settings)
    configuration["error_cb"] = complaints.append
    admin = AdminClient(configuration)
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            return admin.list_topics(timeout=_LOOK_SECONDS)
        except KafkaException as fault:
            admin.poll(0)
            for complaint in complaints:
                _raise_if_refused(settings, complaint)
            if time.monotonic() > deadline:
                raise KafkaAwayError(_away(settings, fault)) from None


def _raise_if_refused(settings: KafkaSettings, complaint: KafkaError) -> None:
    if complaint.name() == "_AUTHENTICATION":
        raise KafkaRefusedError(
            f"kafka refuses user {settings.kafka_sasl_username} by "
            f"{settings.kafka_sasl_mechanism}: {_reason(complaint)}; check "
            "CAIRN_KAFKA_SASL_USERNAME, CAIRN_KAFKA_SASL_PASSWORD and "
            "CAIRN_KAFKA_SASL_MECHANISM"
        )
    if complaint.name() == "_SSL" and "certificate verify failed" in complaint.str():
        raise KafkaRefusedError(
            f"the certificate of kafka at {settings.kafka_servers} is of no authority "
            "that we trust, or of another host; check CAIRN_KAFKA_SSL_CA_FILE and the "
            "names in CAIRN_KAFKA_SERVERS"
        )
    if "SSL alert" in complaint.str():
        raise KafkaRefusedError(
            f"kafka at {settings.kafka_servers} asks for a certificate that it trusts: "
            f"{_reason(complaint)}; check CAIRN_KAFKA_SSL_CERTIFICATE_FILE and "
            "CAIRN_KAFKA_SSL_KEY_FILE"
        )


def _reason(complaint: KafkaError) -> str:
    """Return the library's words without its address and timing."""
    words = complaint.str().split(": ", 1)[-1]
    return words.partition(" (after ")[0]


def _away(settings: KafkaSettings, fault: KafkaException) -> str:
    return (
        f"kafka does not answer at {settings.kafka_servers}: {fault.args[0].str()}; "
        "check CAIRN_KAFKA_SERVERS, CAIRN_KAFKA_SECURITY_PROTOCOL, and that the broker "
        "is up"
    )


async def why_not(settings: KafkaSettings, *, within_seconds: float) -> str | None:
    """Return why we do not come in, if so."""
    try:
        await asyncio.to_thread(knock, settings, within_seconds=within_seconds)
    except TopicError as fault:
        return str(fault)
    return None
