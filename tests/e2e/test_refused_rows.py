"""Rows a CRM refuses are kept: named, not sent blindly again, and delivered once their trouble is over.

The failure this guards against: ten rows error, the run is marked a success, and every later run skips them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.proof.faults import REFUSALS, Stage
from benchmarks.proof.world import World, world
from benchmarks.rows import key
from benchmarks.scene import BOTH
from plsync import exits
from sandbox.hubspot.kinds import COMPANIES
from sandbox.salesforce.objects import OBJECTS
from sandbox.salesforce.schema import Field, SObject
from tests.e2e.commanding import told

ACCOUNTS, REFUSED = 30, range(1, 11)
NAMES = [key(number) for number in REFUSED]
NEW_WORD = "partner"  # an option of the motion that neither CRM has


@contextmanager
def delivered(folder: Path, crm: str) -> Iterator[World]:
    """Thirty accounts that one CRM knows, as the first sync leaves them."""
    with world(folder, ACCOUNTS, crms=(crm,), mode="update_only") as made:
        made.add(range(1, ACCOUNTS + 1), 0)
        assert told(made, "sync")[0] == exits.DONE
        yield made


def refuse_ten(made: World, crm: str, generation: int = 1) -> None:
    """All are scored anew, and the CRM refuses ten of them."""
    scene = Stage(made, crm, ACCOUNTS, made.sync)
    for number in REFUSED:
        scene.refuse(REFUSALS[crm][0], number)
    made.rescore(range(1, ACCOUNTS + 1), generation)


def accept_all(made: World) -> None:
    """The CRM is repaired."""
    made.org.rejections.clear()
    made.portal.rejections.clear()


@pytest.mark.parametrize("crm", BOTH)
def test_ten_refused_rows_are_named_kept_and_delivered_by_retry(crm: str, tmp_path: Path) -> None:
    """The run ends with 1 and names them; the next one leaves them alone; after `retry --all` nothing is missing."""
    with delivered(tmp_path, crm) as made:
        refuse_ten(made, crm)
        code, run = told(made, "sync")
        assert code == exits.REJECTS
        assert str(len(REFUSED)) in str(run)
        assert any(name in str(run) for name in NAMES)
        assert made.lost(crm, made.wanted()) == NAMES

        _, listed = told(made, "rejects")
        refusal = REFUSALS[crm][0]
        assert [(one["account"], one["code"]) for one in listed["rejects"]] == [(name, refusal.code) for name in NAMES]
        assert all(refusal.words in one["message"] and one["advice"] for one in listed["rejects"])

        made.forget()
        assert told(made, "sync")[1]["planned"] == 0
        assert made.counts(crm)["write"] == 0

        accept_all(made)
        assert told(made, "retry", "--all") == (exits.DONE, {"due": 10})
        assert told(made, "sync")[0] == exits.DONE
        assert made.lost(crm, made.wanted()) == []
        assert told(made, "rejects")[1]["rejects"] == []


@pytest.mark.parametrize("crm", BOTH)
def test_a_new_value_delivers_refused_rows_without_retry(crm: str, tmp_path: Path) -> None:
    """Once the CRM takes them again, the next score brings all ten home."""
    with delivered(tmp_path, crm) as made:
        refuse_ten(made, crm)
        assert told(made, "sync")[0] == exits.REJECTS

        accept_all(made)
        made.rescore(REFUSED, 2)
        assert told(made, "sync")[0] == exits.DONE
        assert made.lost(crm, made.wanted()) == []


@pytest.mark.parametrize("crm", BOTH)
def test_a_changed_schema_delivers_refused_rows_without_retry(
    crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten rows say a word the CRM's list lacks; a day after somebody adds it, a sync brings all ten home."""
    picklist = OBJECTS["account"].field("PLS_Motion__c")
    assert picklist is not None
    redefine(replace(picklist, restricted=True), monkeypatch)
    with delivered(tmp_path, crm) as made:
        made.rescore(range(1, ACCOUNTS + 1), 1)
        made.execute(f"UPDATE accounts SET motion = '{NEW_WORD}' WHERE key <= '{NAMES[-1]}'")
        assert told(made, "sync")[0] == exits.REJECTS
        assert made.lost(crm, made.wanted()) == NAMES

        made.portal.shelf(COMPANIES).catalog.widen("pls_motion", {NEW_WORD})
        longer = replace(picklist, restricted=True, choices=(*picklist.choices, NEW_WORD))
        made.org.tables.of("Account").sobject = redefine(longer, monkeypatch)
        made.ahead = 25 * 3_600.0
        assert made.sync().said["rejects"] == 0
        assert made.lost(crm, made.wanted()) == []


def redefine(field: Field, monkeypatch: pytest.MonkeyPatch) -> SObject:
    """Salesforce's Account with this field in the place of the one of its name."""
    before = OBJECTS["account"]
    after = replace(before, fields=tuple(field if each.name == field.name else each for each in before.fields))
    monkeypatch.setitem(OBJECTS, "account", after)
    return after
