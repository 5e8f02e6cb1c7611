"""Ports: free ones are found, and those in use are explained."""

import os
import socket
import subprocess
import sys

import pytest

from local import ports
from local.errors import LocalError
from local.ports import PortUse, accepts, is_free, pick_free, require_free


def test_a_port_in_use_is_told_with_its_holder_and_the_way_out() -> None:
    """The message names port, service, process, and the setting that helps."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        use = PortUse(port=port, service="goals", setting="CAIRN_GOALS_PORT")

        with pytest.raises(LocalError) as caught:
            require_free([use])

    message = str(caught.value)
    assert message.startswith(f"port {port} (goals) is in use by pid {os.getpid()} ")
    assert "stop that, or choose another with CAIRN_GOALS_PORT=" in message


def test_all_ports_in_use_are_told_at_once() -> None:
    """Nobody likes to learn of one obstacle after the other."""
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        uses = [
            PortUse(port=server.getsockname()[1], service=name, setting="CAIRN_X_PORT")
            for name, server in (("ingest", one), ("kafka", other))
        ]

        with pytest.raises(LocalError, match=r"(?s)\(ingest\).*\(kafka\)"):
            require_free(uses)


def test_picked_ports_are_free_and_differ() -> None:
    """Several servers can be given theirs at once."""
    picked = pick_free(5)

    assert len(set(picked)) == 5
    assert all(is_free(port) for port in picked)


def test_nobody_else_picks_what_was_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also before a server listens there, and in another process."""
    [port] = pick_free(1)
    monkeypatch.setattr(ports, "_PICK_FROM", range(port, port + 1))
    code = f"from local import ports; ports._PICK_FROM = range({port}, {port + 1})\n"

    with pytest.raises(LocalError, match="fewer than 1 ports"):
        pick_free(1)
    other = subprocess.run(
        [sys.executable, "-c", f"{code}ports.pick_free(1)"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "fewer than 1 ports" in other.stderr
    assert not accepts(port)
    with socket.create_server(("127.0.0.1", port)):
        assert accepts(port)
        assert not is_free(port)
    assert is_free(port)


def test_a_port_accepts_once_somebody_listens() -> None:
    """This is how a server's start is seen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert accepts(port)

    assert not accepts(port)
