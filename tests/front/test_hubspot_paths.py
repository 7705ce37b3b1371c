"""`hubspot.api`: under which paths HubSpot is spoken to."""

from __future__ import annotations

import json

import pytest

from plsync import exits
from tests.front.door import Door, refused


@pytest.mark.parametrize(
    ("version", "place"), [("v3", "/crm/v3/objects/companies"), ("2026-09", "/crm/objects/2026-09/companies")]
)
def test_a_sync_uses_the_paths_of_its_version(door: Door, version: str, place: str) -> None:
    """Described, read and written under that version's paths and no other; every record arrives."""
    ran = door.migrated().run("sync", "--json", changes={'api = "v3"': f'api = "{version}"'})
    assert ran.code == exits.DONE
    assert json.loads(ran.out)["crms"]["hubspot"]["delivered"] == 35
    seen = [(one.kind, one.path) for one in door.sandbox.controls["hubspot"].seen]
    assert {kind for kind, path in seen if path.startswith(place)} >= {"read", "write"}
    ours = [path for kind, path in seen if kind in ("read", "write", "search", "schema") and "companies" in path]
    assert all(("v3" in path) == (version == "v3") for path in ours), ours


def test_a_version_of_another_shape_is_named(door: Door) -> None:
    """What is no version is refused before anything is called."""
    changes = {'api = "v3"': 'api = "september"'}
    refused(door.migrated().run("sync", changes=changes), exits.CONFIGURATION, "hubspot.api", "v3", "2026-09")
    assert door.calls() == 0
