"""`plsync plan` with other files (a rehearsal), and without any CRM (D26)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plsync import exits
from tests.front.door import Door, refused, replaced

TABLES = ("decisions", "decision_history", "memory", "intents", "facts", "runs", "definitions", "audit")


@pytest.fixture
def synced(door: Door) -> Door:
    """A door after its first sync."""
    assert door.migrated().run("sync").code == exits.DONE
    door.sandbox.forget_requests()
    return door


def other(door: Door, name: str, changes: dict[str, str]) -> str:
    """Another version of a mapping file, outside of the folder."""
    path = door.folder / f"new-{name}"
    path.write_text(replaced((door.folder / "mappings" / name).read_text("utf-8"), changes), "utf-8")
    return str(path)


def rehearsed(door: Door, *words: str) -> dict[str, Any]:
    ran = door.run("plan", "--json", *words)
    assert ran.code == exits.DONE, ran
    found: dict[str, Any] = json.loads(ran.out)
    return found


def stored(door: Door) -> list[list[tuple[object, ...]]]:
    return [door.stored(f"SELECT * FROM {table}") for table in TABLES]


def test_who_would_change_under_other_rules(synced: Door) -> None:
    """Accounts with route, owner and tier before and after, counts by rule; read from the CRMs, written nowhere."""
    rules = other(synced, "rules.toml", {"hot = 80": "hot = 100", "warm = 50": "warm = 40"})
    before = stored(synced)
    found = rehearsed(synced, "--rules", rules)

    assert found["changed"] == len(found["changes"]) > 0
    assert {one["before"]["tier"] for one in found["changes"]} >= {"hot", "watching"}
    assert sum(one["before"] for one in found["rules"]) == sum(one["after"] for one in found["rules"])
    assert sum(one["after"] for one in found["rules"]) == found["accounts"]
    assert synced.writes() == 0
    assert synced.calls() > 0
    assert stored(synced) == before
    text = synced.run("plan", "--rules", rules).out
    assert f"{found['changed']} of {found['accounts']} accounts would change route, owner or tier" in text
    assert "hot → warm" in text
    assert "nothing was written" in text


def test_the_rehearsal_is_what_the_sync_does(synced: Door) -> None:
    """Whoever is listed changes as listed once the file is in the folder, and nobody else does."""
    changes = {"hot = 80": "hot = 100", "warm = 50": "warm = 40"}
    found = rehearsed(synced, "--rules", other(synced, "rules.toml", changes))
    keys = "SELECT account_key FROM accounts"
    told = {key: explained(synced, key) for (key,) in synced.sql_rows(keys)}
    synced.mapping("rules.toml", changes)
    synced.run("sync")
    after = {key: explained(synced, key) for key in told}

    assert {key for key in told if told[key] != after[key]} == {one["account"] for one in found["changes"]}
    for one in found["changes"]:
        assert after[one["account"]] == tuple(one["after"][name] for name in ("route", "owner", "tier"))


def explained(door: Door, key: object) -> tuple[object, ...]:
    """Route, owner and tier in force."""
    told = json.loads(door.run("explain", str(key), "--json").out)["decision"]
    return told["route"], told["routed_to"], told["tier"]


@pytest.mark.parametrize("words", [("--rules",), ("--rules", "--segments", "--territories", "--people")])
def test_nobody_would_change(synced: Door, words: tuple[str, ...]) -> None:
    """Said plainly, for the same files."""
    files = [(word, str(synced.folder / "mappings" / f"{word[2:]}.toml")) for word in words]
    flat = [part for pair in files for part in pair]
    assert rehearsed(synced, *flat)["changes"] == []
    assert "accounts would change route, owner or tier" in (out := synced.run("plan", *flat).out)
    assert "nobody of" in out


@pytest.mark.parametrize(
    ("name", "changes", "differs"),
    [
        (
            "segments.toml",
            {"below = 50": "below = 400", "least = 50\n": "least = 400\n"},
            lambda one: one["before"]["route"] != one["after"]["route"],
        ),
        (
            "territories.toml",
            {'pool = "enterprise_ae"': 'pool = "csm"'},
            lambda one: one["before"]["owner"] != one["after"]["owner"],
        ),
        (
            "people.toml",
            {'"sdr-1@workspace.example", "sdr-2@workspace.example"': '"csm-1@workspace.example"'},
            lambda one: one["after"]["owner"] == "csm-1@workspace.example",
        ),
    ],
    ids=["segments", "territories", "people"],
)
def test_other_files_are_rehearsed_too(
    synced: Door, name: str, changes: dict[str, str], differs: Callable[[dict[str, Any]], bool]
) -> None:
    """Segments, territories and people, each by itself. Who has an account keeps it: a territory is for newcomers."""
    instead = {
        "account_key": "'newcomer'",
        "domain": "'newcomer.example'",
        "score": "92",
        "employees": "400",
        "owner_email": "NULL",
    }
    columns = [str(row[1]) for row in synced.sql_rows("PRAGMA table_info(accounts)")]
    copied = ", ".join(instead.get(name, name) for name in columns)
    synced.sql(f"INSERT INTO accounts SELECT {copied} FROM accounts WHERE account_key = 'hot-no-sql'")
    found = rehearsed(synced, f"--{name.removesuffix('.toml')}", other(synced, name, changes))
    assert any(differs(one) for one in found["changes"])


def test_a_mistake_in_the_other_file_is_named_there(synced: Door) -> None:
    """With its own path and line, not the folder's."""
    path = Path(other(synced, "rules.toml", {"crm.sql_active or crm": "crm.sql_activ or crm"}))
    ran = synced.run("plan", "--rules", str(path))
    refused(ran, exits.CONFIGURATION, f"{path}:", 'unknown name "crm.sql_activ"')
    path.write_text("[tiers]\nhot = 90\n", encoding="utf-8")
    assert synced.run("plan", "--rules", str(path)).code == exits.CONFIGURATION


@pytest.mark.parametrize(
    ("words", "said"), [(("--offline",), "leave --offline out"), (("--limit", "3"), "leave --limit out")]
)
def test_a_rehearsal_is_whole_and_live(synced: Door, words: tuple[str, ...], said: str) -> None:
    """What it cannot do is refused with what to do."""
    rules = str(synced.folder / "mappings" / "rules.toml")
    refused(synced.run("plan", "--rules", rules, *words), exits.CONFIGURATION, said)
    assert synced.calls() == 0


def test_offline_a_plan_asks_no_crm(synced: Door) -> None:
    """What is due by mapping, what may be lost, and that nothing is known of the CRM (D26)."""
    synced.sql("UPDATE accounts SET score = score + 1 WHERE account_key LIKE 'hot-%'")
    live = json.loads(synced.run("plan", "--json").out)
    synced.sandbox.forget_requests()
    told = json.loads(synced.run("plan", "--offline", "--json").out)
    assert (told["hash"], told["planned"]) == (live["hash"], live["planned"])
    due, seen = (one["destinations"]["salesforce_account"] for one in (told, live))
    assert due["records"] == sum(seen.values())
    assert "no CRM was asked" in synced.run("plan", "--offline").out
    assert synced.calls() == 0
