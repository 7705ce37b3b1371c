"""A store restored from yesterday's copy knows nothing of what was written since: it is no person's edit (D20)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from benchmarks.proof.world import FREE, World, world
from benchmarks.rows import key
from benchmarks.scene import BOTH
from sandbox.hubspot.records import APP_ID

ACCOUNTS = 30
EDITED = 7  # the account whose motion a person changes
THEIRS = "hybrid_escalation"
MOTION = {"salesforce": "PLS_Motion__c", "hubspot": "pls_motion"}
OURS = {**FREE, "hubspot": {"app_id": str(APP_ID)}}


@contextmanager
def yesterday(folder: Path, crm: str) -> Iterator[tuple[World, Path]]:
    """A company as it was when its store was copied, and the copy. Motions are the CRM's where a person edited them."""
    with world(folder, ACCOUNTS // 2, crms=(crm,), settings=OURS) as made:
        made.in_step()
        made.add(range(1, ACCOUNTS + 1), 0)
        made.sync()
        copy(made.store, folder / "yesterday.db")
        yield made, folder / "yesterday.db"


def copy(source: Path, target: Path) -> None:
    """One store's contents in the place of another's, as a backup tool does it."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


def edit(made: World, crm: str) -> None:
    """A person changes one account's motion."""
    (record,) = made.held(crm)[key(EDITED)]
    if crm == "salesforce":
        made.org.edit("Account", record["id"], {MOTION[crm]: THEIRS}, "AE 1")
    else:
        made.portal.edit("companies", record["id"], {MOTION[crm]: THEIRS}, "ae-1@workspace.example")


@pytest.mark.parametrize("crm", BOTH)
def test_nothing_of_ours_is_held_after_a_restore(crm: str, tmp_path: Path) -> None:
    """Values written after the copy was made are adopted as ours, and the warehouse's are written over them."""
    with yesterday(tmp_path, crm) as (made, saved):
        made.rescore(range(1, ACCOUNTS + 1), 1)
        made.add([ACCOUNTS + 1], 1)  # a record the copy knows nothing of
        made.sync()
        copy(saved, made.store)
        made.rescore(range(1, ACCOUNTS + 2), 2)

        assert made.sync().error == ""
        assert made.kept_back() == []
        assert made.rejects() == []
        assert made.lost(crm, made.wanted()) == []
        assert made.doubled(crm, seeded=0) == []
        made.forget()
        assert made.sync().said["planned"] == 0
        assert made.calls() == 0


@pytest.mark.parametrize("crm", BOTH)
def test_a_persons_edit_outlives_a_restore(crm: str, tmp_path: Path) -> None:
    """What a person typed since the copy stays theirs and is listed; everything around it is as the warehouse wants."""
    with yesterday(tmp_path, crm) as (made, saved):
        made.rescore(range(1, ACCOUNTS + 1), 1)
        made.sync()
        made.ahead += 3_600.0
        edit(made, crm)
        copy(saved, made.store)
        made.rescore(range(1, ACCOUNTS + 1), 2)

        assert made.sync().error == ""
        assert [(each.account, each.code) for each in made.kept_back()] == [(key(EDITED), "EDITED")]
        assert made.held(crm)[key(EDITED)][0][MOTION[crm]] == THEIRS
        assert made.lost(crm, made.wanted()) == [key(EDITED)]
