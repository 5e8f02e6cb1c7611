"""The Dockerfile is read as Docker reads it, as far as our own goes."""

from pathlib import Path

import pytest

from deploy.build_without_docker import (
    DOCKERFILE,
    BuildError,
    Stage,
    _follow,
    instructions,
)


def test_lines_are_joined_and_comments_left_out() -> None:
    """An instruction is one, however many lines it takes."""
    text = "# a comment\nFROM a AS b\nRUN one \\\n    && two\n\nUSER 1:1\n"

    assert list(instructions(text)) == [
        ("FROM", "a AS b"),
        ("RUN", "one && two"),
        ("USER", "1:1"),
    ]


def test_only_the_paths_of_the_image_are_moved(tmp_path: Path) -> None:
    """The machine's own programs stay where they are."""
    stage = Stage(tmp_path)

    moved = stage.moved("/opt/venv/bin/pip install -r /app/x; /usr/bin/env x/app")

    assert moved == (
        f"{tmp_path}/opt/venv/bin/pip install -r {tmp_path}/app/x; /usr/bin/env x/app"
    )


def test_every_instruction_of_ours_is_known(tmp_path: Path) -> None:
    """None of the Dockerfile's steps would be passed over or stop the dry run."""
    known = {"FROM", "WORKDIR", "ENV", "COPY", "RUN", "ENTRYPOINT"}
    silent = {"LABEL", "USER", "EXPOSE", "STOPSIGNAL", "CMD"}
    used = {name for name, _ in instructions(DOCKERFILE.read_text(encoding="utf-8"))}

    assert used <= known | silent
    with pytest.raises(BuildError, match="ONBUILD"):
        _follow(Stage(tmp_path), "ONBUILD", "RUN x", {})


def test_every_source_that_is_copied_is_let_through_and_there() -> None:
    """What the Dockerfile copies exists and is named in .dockerignore."""
    ignore = DOCKERFILE.with_name(".dockerignore").read_text(encoding="utf-8")
    let_through = tuple(line[1:] for line in ignore.splitlines() if line[:1] == "!")
    copied = [
        words.split()[0]
        for name, words in instructions(DOCKERFILE.read_text(encoding="utf-8"))
        if name == "COPY" and not words.startswith("--from")
    ]

    assert all((DOCKERFILE.parent / source).exists() for source in copied)
    assert all(source.startswith(let_through) for source in copied)


def test_the_image_does_not_run_as_root() -> None:
    """The last USER is a number that is not root's."""
    users = [
        words
        for name, words in instructions(DOCKERFILE.read_text(encoding="utf-8"))
        if name == "USER"
    ]

    assert users[-1].split(":")[0].isdecimal()
    assert int(users[-1].split(":")[0]) > 0
