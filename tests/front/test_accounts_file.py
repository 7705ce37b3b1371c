"""`plsync sync --accounts FILE`: only these accounts (D31)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plsync import exits
from tests.front.door import Door, refused


@pytest.fixture
def chosen(door: Door) -> Path:
    """A file that names two accounts, one of them twice, and one nobody has."""
    path = door.migrated().folder / "accounts.txt"
    path.write_text("\ufeffhot-no-sql\n\n golden-sentence \nno-such-account\nhot-no-sql\n", encoding="utf-8")
    return path


def test_only_these_accounts_are_synced(door: Door, chosen: Path) -> None:
    """Two accounts arrive, the third key is said; it is no baseline, and the rest is still due."""
    ran = door.run("sync", "--accounts", str(chosen), "--json")
    assert (ran.code, ran.err) == (exits.DONE, "")
    told = json.loads(ran.out)
    assert (told["planned"], told["unknown"]) == (2, ["no-such-account"])
    assert door.stored("SELECT lane, state FROM runs") == [("limited", "done")]
    assert door.stored("SELECT DISTINCT account_key FROM memory ORDER BY 1") == [("golden-sentence",), ("hot-no-sql",)]
    assert door.stored("SELECT * FROM missing") == []
    rest = json.loads(door.run("sync", "--json").out)
    assert rest["planned"] == rest["compared"] - 2


def test_unknown_keys_are_said_to_people(door: Door, chosen: Path) -> None:
    """A line below the outcome names them."""
    out = door.run("sync", "--accounts", str(chosen)).out
    assert out.splitlines()[-1] == "1 of the 3 keys name no account of the warehouse: no-such-account"


def test_an_account_that_left_the_warehouse_is_not_forgotten(door: Door, chosen: Path) -> None:
    """Asked for by key, a vanished account is noticed as one (D22)."""
    door.run("sync")
    door.sql("DELETE FROM accounts WHERE account_key = 'hot-no-sql'")
    assert door.run("sync", "--accounts", str(chosen)).code == exits.DONE
    assert door.stored("SELECT account_key FROM missing") == [("hot-no-sql",)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no account of it"),
        (b"no-such-account\n", "no account of it"),
        (b"caf\xe9\n", "not UTF-8 text"),
    ],
)
def test_a_file_that_names_nobody_is_refused(door: Door, content: bytes, said: str) -> None:
    """An empty file is no word for everybody, nor is one of keys nobody has: exit 2, nothing called."""
    path = door.migrated().folder / "accounts.txt"
    path.write_bytes(content)
    refused(door.run("sync", "--accounts", str(path)), exits.CONFIGURATION, "accounts.txt", said)
    assert door.calls() == 0
    assert door.stored("SELECT * FROM runs") == []


def test_a_file_that_is_not_there_is_a_usage_error(door: Door) -> None:
    """Its path is named."""
    ran = door.migrated().run("sync", "--accounts", "nowhere.txt")
    assert ran.code == exits.CONFIGURATION
    assert "nowhere.txt" in ran.err
