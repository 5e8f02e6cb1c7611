"""`cairn settings`: every setting of every service, its default and its meaning."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from pydantic_core import PydanticUndefined

from cli import output
from cli.exits import ExitCode
from cli.serving import Service, settings_class_of

_ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One variable of the environment."""

    name: str
    default: str | None
    required: bool
    services: tuple[str, ...]
    meaning: str


# What clients and `cairn run` read; services know nothing of these.
_OF_COMMANDS: Final = (
    ("CAIRN_HOME", ".cairn", "run", "folder of `cairn run`'s data and run.json"),
    ("CAIRN_DEMO", "1", "run", "0: start with an empty organisation"),
    ("CAIRN_ROLLUP_COPIES", "1", "run", "rollup processes of `cairn run`"),
    ("CAIRN_POSTGRES_PORT", "15432", "run", "port of the embedded PostgreSQL"),
    ("CAIRN_KAFKA_PORT", "19092", "run", "port of the embedded Kafka"),
    (
        "CAIRN_TOKEN",
        None,
        "commands",
        "an API token, of `cairn token create`; else CAIRN_ADMIN_TOKEN, else run.json",
    ),
    (
        "CAIRN_MIGRATE_DATABASE_URL",
        None,
        "migrate",
        "PostgreSQL as the owner of all tables; else as the services reach it",
    ),
    ("CAIRN_GOALS_URL", None, "commands", "where goals answers; else run.json"),
    ("CAIRN_INGEST_URL", None, "commands", "where ingest answers; else run.json"),
    (
        "CAIRN_ROLLUP_URL",
        None,
        "commands",
        "where rollup's copies answer, comma-separated; else run.json",
    ),
)


def show(*, as_json: bool) -> ExitCode:
    """Print all settings."""
    found = sorted(all_settings(), key=lambda setting: setting.name)
    if as_json:
        output.print_json([asdict(setting) for setting in found])
        return ExitCode.OK
    output.print_table(
        ("setting", "default", "used by", "meaning"),
        [
            (
                setting.name,
                "required" if setting.required else setting.default or "-",
                ", ".join(setting.services),
                setting.meaning,
            )
            for setting in found
        ],
    )
    return ExitCode.OK


def all_settings() -> Iterator[Setting]:
    """Yield every setting of services and commands, each once."""
    fields: dict[str, Any] = {}
    users: dict[str, list[str]] = {}
    for service in Service:
        for name, field in settings_class_of(service).model_fields.items():
            fields.setdefault(name, field)
            users.setdefault(name, []).append(service)
    for name, field in fields.items():
        everywhere = len(users[name]) == len(Service)
        yield Setting(
            name=f"CAIRN_{name.upper()}",
            default=_default_of(field),
            required=field.is_required(),
            services=(_ALL,) if everywhere else tuple(users[name]),
            meaning=field.description or "",
        )
    for variable, default, user, meaning in _OF_COMMANDS:
        yield Setting(
            name=variable,
            default=default,
            required=False,
            services=(user,),
            meaning=meaning,
        )


def _default_of(field: Any) -> str | None:
    default = field.default
    if default is PydanticUndefined or default is None or default == "":
        return None
    return str(default)
