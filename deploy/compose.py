"""docker-compose.yml as far as the checks look at it: read, filled in, typed.

It follows the compose specification's interpolation as far as our file uses it:
`$NAME`, `${NAME}`, `${NAME:-default}` (which may nest), `${NAME:?what to do}`, `$$`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

ROOT: Final = Path(__file__).resolve().parent.parent
COMPOSE_FILE: Final = ROOT / "docker-compose.yml"
EXAMPLE_FILE: Final = ROOT / ".env.example"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SETTING = re.compile(r"(?P<comment>#?)(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


class ComposeError(Exception):
    """The file cannot be read, or a variable that it needs is not set."""


class Limits(BaseModel):
    """What one container may use at most."""

    cpus: str | None = None
    memory: str | None = None


class Resources(BaseModel):
    """The part of `deploy.resources` that Docker keeps to."""

    limits: Limits = Limits()


class Deploy(BaseModel):
    """How copies are run."""

    resources: Resources = Resources()


class Dependency(BaseModel):
    """What must be true of another service first."""

    condition: str


class Service(BaseModel):
    """One service of the file."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    image: str
    build: str | None = None
    command: list[str] = Field(default_factory=list)
    user: str | None = None
    container_name: str | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    ports: list[str] = Field(default_factory=list)
    volumes: list[str] = Field(default_factory=list)
    healthcheck: dict[str, object] | None = None
    depends_on: dict[str, Dependency] = Field(default_factory=dict)
    read_only: bool = False
    cap_drop: list[str] = Field(default_factory=list)
    security_opt: list[str] = Field(default_factory=list)
    restart: str = "no"
    stop_grace_period: int = 10
    deploy: Deploy = Deploy()

    @field_validator("stop_grace_period", mode="before")
    @classmethod
    def _seconds(cls, text: str) -> int:
        return int(text[:-1]) * _SECONDS[text[-1]]

    @property
    def is_lasting(self) -> bool:
        """Whether it is meant to run on and on."""
        return self.restart == "unless-stopped"


class Compose(BaseModel):
    """The whole file."""

    services: dict[str, Service]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One line of `.env.example`."""

    name: str
    value: str
    # Those that stand in a comment have a default.
    must_be_set: bool


def read_compose(variables: Mapping[str, str]) -> Compose:
    """Return the file, filled in with `variables`."""
    tree = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return Compose.model_validate(_filled(tree, variables))


def used_variables() -> frozenset[str]:
    """Return the names of all variables that the file asks for."""
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    return frozenset(re.findall(r"\$\{([A-Z][A-Z0-9_]*)", text))


def example_variables() -> Iterator[Variable]:
    """Return what `.env.example` offers."""
    for line in EXAMPLE_FILE.read_text(encoding="utf-8").splitlines():
        match = _SETTING.fullmatch(line)
        if match:
            yield Variable(
                name=match["name"],
                value=match["value"],
                must_be_set=not match["comment"],
            )


def _filled(tree: object, variables: Mapping[str, str]) -> object:
    if isinstance(tree, str):
        return fill_in(tree, variables)
    if isinstance(tree, list):
        return [_filled(one, variables) for one in tree]
    if isinstance(tree, dict):
        return {key: _filled(value, variables) for key, value in tree.items()}
    return tree


def fill_in(text: str, variables: Mapping[str, str]) -> str:
    """Return the text with its variables' values in their places."""
    filled, _, rest = text.partition("$")
    if not rest:
        return text
    if rest.startswith("$"):
        return f"{filled}${fill_in(rest[1:], variables)}"
    if rest.startswith("{"):
        inside, after = _until_closed(rest[1:], text)
        return filled + _value(inside, variables) + fill_in(after, variables)
    match = _NAME.match(rest)
    if match is None:
        raise ComposeError(f"a $ stands alone in {text!r}; write $$ for the character")
    after = rest[match.end() :]
    return filled + variables.get(match[0], "") + fill_in(after, variables)


def _until_closed(text: str, whole: str) -> tuple[str, str]:
    depth = 1
    for place, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[:place], text[place + 1 :]
    raise ComposeError(f"a brace is not closed in {whole!r}; close it")


def _value(expression: str, variables: Mapping[str, str]) -> str:
    match = _NAME.match(expression)
    if match is None:
        raise ComposeError(f"${{{expression}}} names no variable; name one")
    name, rest = match[0], expression[match.end() :]
    found = variables.get(name, "")
    if found or not rest:
        return found
    if rest.startswith(":-"):
        return fill_in(rest[2:], variables)
    if rest.startswith(":?"):
        raise ComposeError(f"{name} is not set; {rest[2:]}")
    raise ComposeError(f"${{{expression}}} is no form that is known here")
