"""Does what the Dockerfile says, in a scratch folder: `make image-dry-run`.

Not a builder of images: it reads the Dockerfile's own instructions, so it cannot
disagree with it, runs them with every absolute path moved below the folder, asks the
result for `--help` and has it import each service. It shows that what is copied and
installed is enough to run.
What it cannot show is the base image: this machine's Python 3.11 stands in for it.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.compose import ROOT

DOCKERFILE: Final = ROOT / "Dockerfile"

# The places in the image that instructions name; all else is the machine's own.
_MOVED = re.compile(r"(?<![\w./-])/(opt/venv|app)(?![\w-])")
# What is installed must be enough for each of them.
_EVERY_SERVICE: Final = (
    "import services.goals.app, services.ingest.app, services.rollup.app"
)
_SILENT: Final = {"LABEL", "USER", "EXPOSE", "STOPSIGNAL", "CMD"}


class BuildError(Exception):
    """A step failed, or is one that is not known here."""


@dataclass(slots=True)
class Stage:
    """One stage of the image: its root, and what holds from here on."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)

    def path(self, name: str) -> Path:
        """Return where a path of the image lies on this machine."""
        return self.root / os.path.normpath(Path(self.workdir, name)).lstrip("/")

    def moved(self, text: str) -> str:
        """Return the text with the image's own paths below the root."""
        return _MOVED.sub(lambda match: f"{self.root}{match[0]}", text)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Return each instruction and its words, lines joined, comments left out."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, words = line.strip().partition(" ")
        if name:
            yield name.upper(), words.strip()


def build(scratch: Path) -> Stage:
    """Follow the Dockerfile below `scratch`; return its last stage."""
    stages: dict[str, Stage] = {}
    stage = Stage(scratch)
    for name, words in instructions(DOCKERFILE.read_text(encoding="utf-8")):
        _say(f"{name} {words}")
        if name == "FROM":
            _image, _, called = words.partition(" AS ")
            stage = Stage(scratch / (called or "final"))
            stage.root.mkdir(parents=True)
            stages[called or "final"] = stage
        else:
            _follow(stage, name, words, stages)
    return stage


def _follow(stage: Stage, name: str, words: str, stages: dict[str, Stage]) -> None:
    if name == "WORKDIR":
        stage.workdir = words
        stage.path(".").mkdir(parents=True, exist_ok=True)
    elif name == "ENV":
        for pair in shlex.split(words):
            key, _, value = pair.partition("=")
            stage.environment[key] = stage.moved(value)
    elif name == "COPY":
        _copy(stage, words, stages)
    elif name == "RUN":
        _run(stage, ["/bin/sh", "-e", "-c", stage.moved(words)])
    elif name == "ENTRYPOINT":
        stage.entrypoint = shlex.split(words.strip("[]").replace(",", " "))
    elif name not in _SILENT:
        raise BuildError(f"{name} is not known here; teach deploy/build_without_docker")


def _copy(stage: Stage, words: str, stages: dict[str, Stage]) -> None:
    source_name, target_name = words.split()[-2:]
    match = re.match(r"--from=(\S+)", words)
    source = stages[match[1]].path(source_name) if match else ROOT / source_name
    target = stage.path(target_name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_file():
        shutil.copy2(source, target)
    else:
        ignored = None if match else shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            source, target, ignore=ignored, symlinks=True, dirs_exist_ok=True
        )


def _run(stage: Stage, command: list[str]) -> None:
    # Nothing of this machine's settings, so that nothing of them is needed.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAIRN_", "PYTHON", "VIRTUAL_ENV"))
    }
    answer = subprocess.run(  # noqa: S603 - the Dockerfile's own steps
        command,
        cwd=stage.path("."),
        env=environment | stage.environment,
        check=False,
    )
    if answer.returncode != 0:
        raise BuildError(f"this step ended with {answer.returncode}: {command[-1]}")


def _entrypoint(stage: Stage) -> list[str]:
    program = shutil.which(stage.entrypoint[0], path=stage.environment["PATH"])
    if program is None:
        raise BuildError(f"{stage.entrypoint[0]} is not on the image's path")
    return [program, *stage.entrypoint[1:]]


def _say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")


def main() -> None:
    """Build below a folder that is gone afterwards, and see that the result runs."""
    with tempfile.TemporaryDirectory(prefix="cairn-image-") as folder:
        try:
            stage = build(Path(folder))
            _run(stage, [*_entrypoint(stage), "--help"])
            _run(stage, ["python", "-c", _EVERY_SERVICE])
        except BuildError as fault:
            sys.exit(f"deploy: {fault}")
    _say("the Dockerfile's steps work here, and the command answers")


if __name__ == "__main__":
    main()
