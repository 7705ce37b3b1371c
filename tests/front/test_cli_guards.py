"""A plan beyond its guards at the front door: refused with advice, applied with its HASH (D25, D26)."""

from __future__ import annotations

import json

from plsync import exits
from tests.front.door import Door, refused

CREATES = {'mode = "update_only"': 'mode = "upsert"'}
NO_CREATES = {"creates = 50": "creates = 0"}


def test_an_absurd_plan_waits_for_its_hash(door: Door) -> None:
    """Exit 3 and the way out, nothing sent; another HASH is refused too; with its own the plan is applied."""
    door.migrated().mapping("salesforce_account.toml", CREATES)
    told = json.loads(door.run("plan", "--json", changes=NO_CREATES).out)
    ran = door.run("sync", changes=NO_CREATES)

    refused(ran, exits.REFUSED, "salesforce_account", "would be created, more than 0")
    refused(ran, exits.REFUSED, f"plsync sync --plan {told['hash']}")
    assert any("would be created" in line for line in told["refused"])
    assert door.stored("SELECT state FROM runs") == [("refused",)]
    refused(door.run("sync", "--plan", "0123", changes=NO_CREATES), exits.REFUSED, "the plan has moved", "not 0123")
    assert door.writes() == 0

    assert door.run("sync", "--plan", told["hash"], changes=NO_CREATES).code != exits.REFUSED
    assert door.stored("SELECT state FROM runs ORDER BY id DESC LIMIT 1") == [("done",)]
    assert door.writes() > 0
