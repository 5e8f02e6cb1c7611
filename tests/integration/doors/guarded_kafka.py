"""A Kafka that lets nobody in without a password, and then only where he may go."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from confluent_kafka.admin import (  # type: ignore[attr-defined] # its stubs forget some
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from deploy.acls import GOALS, INGEST, OPERATOR, RIGHTS, ROLLUP
from local.jars import cache_folder, ensure_jars
from local.java import find_java
from local.kafka import Kafka, KafkaPlace
from local.ports import LOOPBACK, pick_free
from local.servers import wait_until_answers
from shared.plumbing.kafka_security import librdkafka_configuration
from shared.plumbing.settings import KafkaSettings

ADMIN: Final = "admin"
# Somebody who may do nothing but read what is announced.
READER: Final = "warehouse"
USERS: Final = (INGEST, ROLLUP, GOALS, OPERATOR, READER)
REQUEST_SECONDS_MAX: Final = 60
STORE_PASSWORD: Final = "of-the-key-store"

_KEYTOOL: Final = ("-m", "java.base/sun.security.tools.keytool.Main")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Where it is, what its certificate is from, and everybody's password."""

    address: str
    # Where a certificate counts instead of a password.
    mutual_address: str
    authority: Path
    folder: Path
    passwords: dict[str, str] = field(
        default_factory=lambda: {
            user: secrets.token_hex(12) for user in (ADMIN, *USERS)
        }
    )

    def environment(
        self, user: str, *, mechanism: str = "SCRAM-SHA-512"
    ) -> dict[str, str]:
        """Return what one of our programs is told to be this user."""
        return {
            "CAIRN_KAFKA_SERVERS": self.address,
            "CAIRN_KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "CAIRN_KAFKA_SASL_MECHANISM": mechanism,
            "CAIRN_KAFKA_SASL_USERNAME": user,
            "CAIRN_KAFKA_SASL_PASSWORD": self.passwords[user],
            "CAIRN_KAFKA_SSL_CA_FILE": str(self.authority),
        }

    def settings(self, user: str, **more: Any) -> KafkaSettings:
        """Return the same as settings."""
        told = {
            name.removeprefix("CAIRN_").lower(): value
            for name, value in self.environment(user).items()
        }
        return KafkaSettings(**(told | more))

    def admin(self) -> AdminClient:
        """Return a client of somebody who may do everything."""
        return AdminClient(
            librdkafka_configuration(self.settings(ADMIN, kafka_sasl_mechanism="PLAIN"))
        )

    def allow(self, prefix: str) -> None:
        """Let everybody do what our list says, with topics of a prefix."""
        granted = [
            _binding(right.user, right.resource, prefix + right.name, operation)
            for right in RIGHTS
            for operation in right.operations
        ]
        for resource, name in (("topic", "goal-updated"), ("group", READER)):
            granted.append(_binding(READER, resource, prefix + name, "Read"))
        # Its answers end with it.
        admin = self.admin()
        for answer in admin.create_acls(granted).values():
            answer.result(timeout=REQUEST_SECONDS_MAX)


def _binding(user: str, resource: str, name: str, operation: str) -> AclBinding:
    operations = {
        "Read": AclOperation.READ,
        "Write": AclOperation.WRITE,
        "Create": AclOperation.CREATE,
        "Describe": AclOperation.DESCRIBE,
        "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
        "Alter": AclOperation.ALTER,
    }
    return AclBinding(
        ResourceType[resource.upper()],
        name,
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        operations[operation],
        AclPermissionType.ALLOW,
    )


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[Guarded]:
    """Run one broker with its doors closed; nobody has rights yet."""
    port, mutual, controller = pick_free(3)
    authority = _certificate(folder)
    guarded = Guarded(
        address=f"{LOOPBACK}:{port}",
        mutual_address=f"{LOOPBACK}:{mutual}",
        authority=authority,
        folder=folder,
    )
    client = librdkafka_configuration(
        guarded.settings(ADMIN, kafka_sasl_mechanism="PLAIN")
    )
    kafka = Kafka(
        KafkaPlace(
            home=folder,
            log_file=folder / "kafka.log",
            port=port,
            controller_port=controller,
            durable=False,
            settings=_settings(guarded, controller=controller),
            client_settings=client,
            format_options=tuple(_scram_users(guarded)),
        ),
        ensure_jars(cache_folder()),
    )
    kafka.prepare()
    child = kafka.start()
    try:
        wait_until_answers(kafka, child)
        yield guarded
    finally:
        child.stop()


def _scram_users(guarded: Guarded) -> Iterator[str]:
    for user in USERS:
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            password = guarded.passwords[user]
            yield f"--add-scram={mechanism}=[name={user},password={password}]"


def _settings(guarded: Guarded, *, controller: int) -> dict[str, str]:
    known = "".join(
        f' user_{name}="{password}"' for name, password in guarded.passwords.items()
    )
    plain = (
        "org.apache.kafka.common.security.plain.PlainLoginModule required "
        f'username="{ADMIN}" password="{guarded.passwords[ADMIN]}"{known};'
    )
    scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    open_to_clients = f"CLIENTS://{guarded.address},MUTUAL://{guarded.mutual_address}"
    return {
        "listeners": f"{open_to_clients},CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": open_to_clients,
        "listener.security.protocol.map": (
            "CLIENTS:SASL_SSL,MUTUAL:SSL,CONTROLLER:SASL_SSL"
        ),
        "inter.broker.listener.name": "CLIENTS",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        "listener.name.clients.sasl.enabled.mechanisms": (
            "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
        ),
        "listener.name.clients.plain.sasl.jaas.config": plain,
        "listener.name.clients.scram-sha-256.sasl.jaas.config": scram,
        "listener.name.clients.scram-sha-512.sasl.jaas.config": scram,
        "listener.name.controller.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.controller.plain.sasl.jaas.config": plain,
        "listener.name.mutual.ssl.client.auth": "required",
        # What the certificate names is the user.
        "listener.name.mutual.ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/",
        "ssl.keystore.type": "PKCS12",
        "ssl.keystore.location": str(guarded.folder / "broker.p12"),
        "ssl.keystore.password": STORE_PASSWORD,
        "ssl.key.password": STORE_PASSWORD,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(guarded.folder / "trusted.pem"),
        "authorizer.class.name": (
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        ),
        "super.users": f"User:{ADMIN}",
    }


def _certificate(folder: Path) -> Path:
    """Make the broker's key; its certificate is its own authority."""
    store = (
        *("-keystore", str(folder / "broker.p12"), "-storetype", "PKCS12"),
        *("-storepass", STORE_PASSWORD, "-alias", "broker"),
    )
    authority = folder / "authority.pem"
    _keytool(
        *("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1"),
        *("-dname", "CN=broker", "-ext", f"san=ip:{LOOPBACK}", "-validity", "2"),
        *store,
    )
    _keytool("-exportcert", "-rfc", "-file", str(authority), *store)
    trusted = [authority, _own_certificate(folder, ROLLUP)]
    _own_certificate(folder, "stranger")
    (folder / "trusted.pem").write_bytes(b"".join(one.read_bytes() for one in trusted))
    return authority


def _own_certificate(folder: Path, name: str) -> Path:
    """Make a certificate for a client, and its key, which is locked.

    Java has no tool that writes a key as our clients read it.
    """
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = folder / f"{name}.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    locked = BestAvailableEncryption(STORE_PASSWORD.encode())
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    )
    return certificate


def _keytool(*words: str) -> None:
    """Java brings it as a part of itself, also where there is no `keytool`."""
    subprocess.run(
        [str(find_java()), *_KEYTOOL, *words],
        check=True,
        capture_output=True,
        timeout=60,
    )
