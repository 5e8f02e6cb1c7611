"""What the machine must have, and how a lack is told."""

from pathlib import Path

import pytest

from local.errors import LocalError
from local.machine import free_bytes, require_disk, require_linux


def test_a_full_disk_is_told_before_the_start(tmp_path: Path) -> None:
    """The message says how much is there, how much is needed, and what helps."""
    wanted = 2 * free_bytes(tmp_path)

    with pytest.raises(LocalError, match=r"MB free, and starting needs .*CAIRN_HOME="):
        require_disk(tmp_path, wanted)


def test_a_mac_is_told_what_works_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheels have programs for one kind of machine only."""
    monkeypatch.setattr("platform.system", lambda: "Darwin")

    with pytest.raises(LocalError, match=r"is Darwin .*docker compose"):
        require_linux()
