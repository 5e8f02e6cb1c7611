"""The Makefile says what it can do."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_make_alone_lists_every_target() -> None:
    """Each target has one line of help, so plain `make` names them all."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = makefile.partition(".PHONY: ")[2].partition("\n")[0].split()

    listed = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    names = [line.split()[0] for line in listed.stdout.splitlines()[1:]]
    assert sorted(names) == sorted(phony)
