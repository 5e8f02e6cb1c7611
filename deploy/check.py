"""What can be known of the deployment without Docker: `python -m deploy.check`.

It prints a line for each complaint and exits with 1 if there is one. What a machine
with Docker would show beyond that stands in docs/operators.md.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings
from typer.exceptions import TyperException
from typer.main import get_group

from cli.main import app
from deploy.compose import (
    COMPOSE_FILE,
    ROOT,
    Compose,
    ComposeError,
    Service,
    example_variables,
    read_compose,
    used_variables,
)
from services.goals.settings import GoalsSettings
from services.ingest.settings import IngestSettings
from services.rollup.settings import RollupSettings

OURS: Final[Mapping[str, type[BaseSettings]]] = {
    "ingest": IngestSettings,
    "rollup": RollupSettings,
    "goals": GoalsSettings,
}
# The one service that a port of the machine leads to; it is not run in copies.
DOOR: Final = "gateway"
# Its image writes its settings beside its programs at every start.
WRITES_TO_ITSELF: Final = "kafka"
SERVICE_STOPS_WITHIN_SECONDS: Final = 10

_PINNED = re.compile(r".+:[0-9]+\.[0-9]+(\.[0-9]+)?(-[a-z0-9.-]+)?")
_PLACE = re.compile(r"set \$\w+ http://(?P<service>\w+):(?P<port>\d+);")
_ALL_SET: Final = {
    "CAIRN_ADMIN_TOKEN": "a-token-of-sixteen-or-more",
    "POSTGRES_PASSWORD": "secret",
    "POSTGRES_GOALS_PASSWORD": "secret-of-goals",
    "POSTGRES_ROLLUP_PASSWORD": "secret-of-rollup",
    "POSTGRES_INGEST_PASSWORD": "secret-of-ingest",
}


def complaints() -> Iterator[str]:
    """Return what is wrong, in words; nothing if all is well."""
    yield from _schema()
    yield from _dockerfile()
    yield from _example_file()
    compose = read_compose(_ALL_SET)
    for name, service in compose.services.items():
        yield from (f"{name}: {words}" for words in _service(name, service))
        yield from (f"{name}: {words}" for words in _dependencies(service, compose))
    for name, settings in OURS.items():
        service = compose.services[name]
        yield from (f"{name}: {words}" for words in _settings(service, settings))
        yield from (f"{name}: {words}" for words in _secrets(name, service))
    yield from _gateway(compose)


def _schema() -> Iterator[str]:
    """Hold the file against the compose specification's own schema."""
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec"]
    yield from _said(*command, str(COMPOSE_FILE))


def _dockerfile() -> Iterator[str]:
    yield from _said("hadolint", str(ROOT / "Dockerfile"))


def _said(program: str, *words: str) -> Iterator[str]:
    """Return what a program of the virtual environment says if it is not content."""
    command = [str(Path(sys.executable).with_name(program)), *words]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own tools, our own files
    if answer.returncode != 0:
        yield f"{program}: {(answer.stdout + answer.stderr).strip()}"


def _example_file() -> Iterator[str]:
    offered = {one.name: one for one in example_variables()}
    used = used_variables()
    for name in sorted(used - offered.keys()):
        yield f".env.example lacks {name}, which docker-compose.yml asks for"
    for name in sorted(offered.keys() - used):
        yield f".env.example offers {name}, which docker-compose.yml does not ask for"
    for one in offered.values():
        if one.must_be_set != _is_demanded(one.name):
            yield f".env.example and docker-compose.yml differ on {one.name}'s default"


def _is_demanded(name: str) -> bool:
    """Tell whether the file cannot be read while this variable is missing."""
    others = {key: value for key, value in _ALL_SET.items() if key != name}
    try:
        read_compose(others)
    except ComposeError:
        return True
    return False


def _service(name: str, service: Service) -> Iterator[str]:
    yield from _image(service)
    yield from _copies(name, service)
    yield from _confinement(name, service)
    if service.is_lasting and service.healthcheck is None:
        yield "has no health check"
    if service.is_lasting and service.stop_grace_period <= SERVICE_STOPS_WITHIN_SECONDS:
        yield f"is killed after {service.stop_grace_period} s; give it more"
    for source in (volume.partition(":")[0] for volume in service.volumes):
        if source.startswith(".") and not (ROOT / source).is_file():
            yield f"mounts {source}, which is no file here"
    if service.build:
        yield from _command(service.command)


def _image(service: Service) -> Iterator[str]:
    if not _PINNED.fullmatch(service.image):
        yield f"image {service.image} is not pinned to a minor version"
    if service.build and not service.image.endswith(f":{_version()}"):
        yield f"image {service.image} is not of version {_version()}"


def _copies(name: str, service: Service) -> Iterator[str]:
    if service.container_name:
        yield "has a container_name, so it cannot be run in copies"
    if service.ports and name != DOOR:
        yield f"takes ports {service.ports} of the machine, so copies would clash"


def _confinement(name: str, service: Service) -> Iterator[str]:
    if service.cap_drop != ["ALL"]:
        yield "keeps capabilities of the system's administrator"
    if service.security_opt != ["no-new-privileges:true"]:
        yield "may gain privileges"
    if not service.read_only and name != WRITES_TO_ITSELF:
        yield "may write to its own file system"
    limits = service.deploy.resources.limits
    if limits.cpus is None or limits.memory is None:
        yield "has no limit of processors or of memory"


def _dependencies(service: Service, compose: Compose) -> Iterator[str]:
    for name, dependency in service.depends_on.items():
        other = compose.services.get(name)
        if other is None:
            yield f"depends on {name}, which is not there"
        elif dependency.condition == "service_healthy" and not other.healthcheck:
            yield f"waits for the health of {name}, which has no health check"
        elif (
            dependency.condition == "service_completed_successfully"
        ) == other.is_lasting:
            yield f"waits for {name} in a way that does not fit it"


def _command(words: list[str]) -> Iterator[str]:
    """Have the command line itself read these words, without doing what they say."""
    cairn = get_group(app)
    try:
        with cairn.make_context("cairn", list(words)) as around:
            name, command, rest = cairn.resolve_command(around, list(words))
            if command is not None:
                command.make_context(name, rest, parent=around).close()
    except TyperException as fault:
        yield f"`cairn {' '.join(words)}` is no command: {fault}"


def _settings(service: Service, settings: type[BaseSettings]) -> Iterator[str]:
    fields = settings.model_fields
    given = {
        name.removeprefix("CAIRN_").lower(): value
        for name, value in service.environment.items()
        if name.startswith("CAIRN_")
    }
    for name in sorted(given.keys() - fields.keys()):
        yield f"CAIRN_{name.upper()} is no setting of this service"
    for name, field in fields.items():
        if field.is_required() and name not in given:
            yield f"CAIRN_{name.upper()} is not given, and has no default"
    try:
        settings.model_validate(given)
    except ValueError as fault:
        yield f"its settings are refused: {fault}"


def _secrets(name: str, service: Service) -> Iterator[str]:
    """See that a service is told its own user of PostgreSQL, and no other."""
    for setting in service.environment:
        if setting.endswith("DATABASE_URL") and setting != (
            f"CAIRN_{name.upper()}_DATABASE_URL"
        ):
            yield f"is told {setting}, which is not its own"


def _gateway(compose: Compose) -> Iterator[str]:
    """See that the gateway looks for services where they listen."""
    text = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text(encoding="utf-8")
    places = {match["service"]: match["port"] for match in _PLACE.finditer(text)}
    if places.keys() != {"goals", "ingest"}:
        yield f"the gateway leads to {sorted(places)}, not to goals and ingest"
    for name, port in places.items():
        listens = compose.services[name].environment[f"CAIRN_{name.upper()}_PORT"]
        if port != listens:
            yield f"the gateway looks for {name} on {port}, but it is on {listens}"


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(project["project"]["version"])


def main() -> None:
    """Print the complaints; exit with 1 if there are any."""
    found = list(complaints())
    for words in found:
        sys.stderr.write(f"deploy: {words}\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
