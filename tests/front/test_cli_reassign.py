"""`plsync reassign`: who may give, who may take, and what the next sync makes of it (D43)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.store import Store, decisions
from plsync import exits
from tests.front.door import Door, refused

LEAVER, HEIR = "enterprise-ae-1@workspace.example", "enterprise-ae-2@workspace.example"
FROM_TO = ["reassign", "--from", LEAVER, "--to", HEIR]


@pytest.fixture
def synced(door: Door) -> Door:
    """A door after its baseline."""
    assert door.migrated().run("sync").code == exits.DONE
    return door


def said_of(door: Door, email: str, line: str) -> None:
    """A line more about somebody in people.toml."""
    door.mapping("people.toml", {f'[people."{email}"]': f'[people."{email}"]\n{line}'})


def owned_by(door: Door, email: str) -> set[str]:
    """The accounts whose decision in force goes to somebody."""
    store = Store.open(f"sqlite:///{door.store}")
    keys = [str(key) for (key,) in door.stored("SELECT account_key FROM decisions")]
    with store.read() as conn:
        found = decisions.latest(conn, keys)
    store.close()
    return {key for key, one in found.items() if one.routed_to == email}


def told(door: Door, *words: str) -> Any:
    ran = door.run(*words, "--json")
    assert (ran.code, ran.err) == (exits.DONE, ""), ran
    return json.loads(ran.out)


@pytest.mark.parametrize("line", ["active = false", "away_until = 2999-12-31"])
def test_what_a_leaver_had_is_the_heirs(synced: Door, line: str) -> None:
    """All of it at once, whoever's turn it would be; no CRM is called until the next sync, which keeps it so.

    What the leaver owns in a CRM is among it: the heir is their delegate.
    """
    theirs = owned_by(synced, LEAVER)
    assert theirs
    said_of(synced, LEAVER, f'{line}\ndelegate = "{HEIR}"')
    synced.sandbox.forget_requests()

    done = told(synced, *FROM_TO)
    assert (done["from"], done["to"], done["accounts"], done["alerts"]) == (LEAVER, HEIR, len(theirs), 0)
    assert synced.calls() == 0
    assert theirs <= owned_by(synced, HEIR)
    assert (owned_by(synced, LEAVER), told(synced, "runs")["runs"][0]["lane"]) == (set(), "reassign")
    assert f"accounts {len(theirs)}" in synced.run("runs").out

    told(synced, "sync")
    assert theirs <= owned_by(synced, HEIR)


def test_people_are_told_what_happens_next(synced: Door) -> None:
    """How much goes to whom, that a sync writes it, and how to have the CRM's own accounts follow."""
    said_of(synced, LEAVER, "active = false")
    ran = synced.run(*FROM_TO)

    assert ran.code == exits.DONE
    assert all(part in ran.out for part in (f"go from {LEAVER} to {HEIR}", "plsync sync", f'delegate = "{HEIR}"'))


@pytest.mark.parametrize(
    ("leaver", "heir", "parts"),
    [
        (LEAVER, HEIR, [LEAVER, "is active and not away", "active = false or away_until", "people.toml"]),
        ("gone@workspace.example", "enterprise-ae-3@workspace.example", ["--to", f'did you mean "{HEIR}"']),
        ("gone@workspace.example", "gone@workspace.example", ["--to", "nobody in", "people.toml"]),
        ("gone@workspace.example", HEIR, ["--from", 'no account and no open alert is "gone@workspace.example"']),
        (LEAVER.upper(), HEIR, [LEAVER, "is active and not away"]),
    ],
)
def test_what_cannot_be_meant_is_refused(synced: Door, leaver: str, heir: str, parts: list[str]) -> None:
    """With advice, and nothing changes hands."""
    before = (owned_by(synced, LEAVER), synced.stored("SELECT id FROM runs"))
    refused(synced.run("reassign", "--from", leaver, "--to", heir), exits.CONFIGURATION, *parts)
    assert (owned_by(synced, LEAVER), synced.stored("SELECT id FROM runs")) == before


def test_an_heir_must_be_there(synced: Door) -> None:
    """Neither somebody away nor the leaver takes over."""
    said_of(synced, LEAVER, "active = false")
    refused(synced.run("reassign", "--from", LEAVER, "--to", LEAVER), exits.CONFIGURATION, "--to", "the same person")
    said_of(synced, HEIR, "away_until = 2999-12-31")
    refused(synced.run(*FROM_TO), exits.CONFIGURATION, "--to", HEIR, "is away")
