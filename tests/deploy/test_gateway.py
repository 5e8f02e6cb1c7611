"""The gateway's settings, as far as they can be read without running it."""

import re

from deploy.compose import ROOT
from services.ingest.http import BODY_BYTES_MAX

CONF = (ROOT / "deploy" / "gateway" / "nginx.conf").read_text(encoding="utf-8")
LOCATION = re.compile(r"location (?P<where>[^{]+) \{(?P<body>[^}]*)\}")


def _bodies() -> dict[str, str]:
    return {match["where"]: match["body"] for match in LOCATION.finditer(CONF)}


def test_each_path_goes_to_the_service_that_answers_it() -> None:
    """Records and webhooks go to ingest, everything else to goals."""
    goes_to = {
        where: match[1]
        for where, body in _bodies().items()
        if (match := re.search(r"proxy_pass \$(\w+);", body))
    }

    assert goes_to == {
        "= /v1/records": "ingest",
        "/v1/webhooks/": "ingest",
        "= /v1/stream": "goals",
        "/": "goals",
    }


def test_the_live_stream_is_not_held_back() -> None:
    """Events pass one by one, and a quiet stream is not cut within the hour."""
    stream = _bodies()["= /v1/stream"]

    assert "proxy_buffering off;" in stream
    assert "proxy_read_timeout 1h;" in stream


def test_what_ingest_accepts_passes() -> None:
    """A body that ingest takes is not refused before it gets there."""
    match = re.search(r"client_max_body_size (\d+)m;", CONF)

    assert match
    assert int(match[1]) * 1024 * 1024 > BODY_BYTES_MAX


def test_addresses_are_asked_for_again() -> None:
    """Copies that come and go are found: each upstream is a variable."""
    assert "resolver 127.0.0.11 valid=5s" in CONF
    assert re.findall(r"proxy_pass (?!\$)", CONF) == []
