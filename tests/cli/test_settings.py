"""`cairn settings` knows every setting of every service."""

import json

from cli.serving import Service, settings_class_of
from tests.cli.running import cairn


def test_every_setting_is_listed_with_its_meaning() -> None:
    """Nothing can be set that is not told of."""
    shown = json.loads(cairn("settings", "--json").stdout)

    by_name = {one["name"]: one for one in shown}
    for service in Service:
        for name in settings_class_of(service).model_fields:
            assert by_name[f"CAIRN_{name.upper()}"]["meaning"]
    assert by_name["CAIRN_KAFKA_SERVERS"]["required"]
    assert by_name["CAIRN_KAFKA_SERVERS"]["services"] == ["all"]
    assert by_name["CAIRN_INGEST_PORT"]["default"] == "8081"
    assert by_name["CAIRN_INGEST_PORT"]["services"] == ["ingest"]
    assert len(by_name) == len(shown)


def test_a_person_gets_a_table() -> None:
    """One line for each setting, needed ones marked."""
    shown = cairn("settings")

    assert shown.returncode == 0
    assert "CAIRN_ADMIN_TOKEN" in shown.stdout
    assert "required" in shown.stdout
