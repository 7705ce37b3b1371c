"""Runs, their audit, the bindings and the remembered schemas."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from connector.errors import ConfigError, StoreError
from connector.model import FieldKind, FieldSpec, ObjectSpec
from connector.store import Store, bindings, runs
from connector.store.runs import RunRow
from tests.contract.store_fixture import NOW

LATER = NOW + timedelta(minutes=5)
MAPPING = "salesforce.Account"
ACCOUNT = ObjectSpec(
    "Account",
    {
        "Name": FieldSpec("Name", FieldKind.TEXT, length=255),
        "PLS_Score__c": FieldSpec("PLS_Score__c", FieldKind.NUMBER, length=5, scale=1),
        "PLS_Tier__c": FieldSpec("PLS_Tier__c", FieldKind.PICKLIST, options=("hot", "warm")),
        "Id": FieldSpec("Id", FieldKind.REFERENCE, unique=True, writable=False),
    },
)


def test_runs_are_numbered_one_after_another(conn: Connection) -> None:
    """Ids are r-000001, r-000002, …"""
    assert [runs.start(conn, "full", NOW) for _ in range(3)] == ["r-000001", "r-000002", "r-000003"]


def test_a_run_is_known_while_it_runs_and_after(conn: Connection) -> None:
    """A started run is running; a finished one has its end, counts and error."""
    run_id = runs.start(conn, "alerts", NOW)
    assert runs.get(conn, run_id) == RunRow(run_id, "alerts", "running", NOW, None, {}, None)

    runs.finish(conn, run_id, "failed", LATER, {"updated": 3, "by_code": {"ROW_LOCK": 1}}, "lost the connection")

    counts = {"updated": 3, "by_code": {"ROW_LOCK": 1}}
    assert runs.get(conn, run_id) == RunRow(run_id, "alerts", "failed", NOW, LATER, counts, "lost the connection")


def test_latest_runs_come_newest_first(conn: Connection) -> None:
    """Asked for two of three runs, the store gives the two newest."""
    for _ in range(3):
        runs.start(conn, "full", NOW)

    assert [run.id for run in runs.latest(conn, 2)] == ["r-000003", "r-000002"]


@pytest.mark.parametrize("run_id", ["r-000009", "9", "latest", "r-", "r-1e3", ""])
def test_an_unknown_run_is_none(conn: Connection, run_id: str) -> None:
    """Whatever a person types as a run id gives a run or nothing, never an error."""
    assert runs.get(conn, run_id) is None


def test_finishing_an_unknown_run_is_an_error(conn: Connection) -> None:
    """A run that vanished under its own process is named."""
    with pytest.raises(StoreError, match="r-000009 is not in the store"):
        runs.finish(conn, "r-000009", "done", NOW, {}, None)


def test_first_contact_binds(conn: Connection) -> None:
    """The store is bound at first contact, and the same identity is welcome ever after (D9)."""
    assert bindings.bound(conn, "salesforce") is None

    bindings.bind(conn, "salesforce", "00D000000000001", NOW)
    bindings.bind(conn, "salesforce", "00D000000000001", LATER)

    assert bindings.bound(conn, "salesforce") == "00D000000000001"
    assert bindings.bound(conn, "hubspot") is None


def test_another_identity_is_refused_with_the_way_out(conn: Connection) -> None:
    """A mismatch names both identities and what to do, and changes nothing (D9)."""
    bindings.bind(conn, "salesforce", "00D000000000001", NOW)

    with pytest.raises(ConfigError, match=r"00D000000000002.*bound to 00D000000000001.*store of its own"):
        bindings.bind(conn, "salesforce", "00D000000000002", NOW)

    assert bindings.bound(conn, "salesforce") == "00D000000000001"


def test_a_person_may_rebind(conn: Connection) -> None:
    """Rebinding on purpose takes the new identity."""
    bindings.bind(conn, "slack", "T1", NOW)
    bindings.rebind(conn, "slack", "T2", LATER)
    bindings.bind(conn, "slack", "T2", LATER)

    assert bindings.bound(conn, "slack") == "T2"


def test_a_schema_is_remembered_whole(store: Store) -> None:
    """A description comes back equal in a later transaction."""
    with store.write() as conn:
        bindings.remember_schema(conn, "salesforce", "v1", ACCOUNT, NOW)
    with store.read() as conn:
        assert bindings.schema(conn, "salesforce", "Account", "v1", NOW) == ACCOUNT


def test_a_schema_of_another_stamp_or_too_old_is_forgotten(conn: Connection) -> None:
    """Another stamp, a later `not_before`, another object or destination: describe again."""
    bindings.remember_schema(conn, "salesforce", "v1", ACCOUNT, NOW)

    assert bindings.schema(conn, "salesforce", "Account", "v2", NOW) is None
    assert bindings.schema(conn, "salesforce", "Account", "v1", NOW + timedelta(seconds=1)) is None
    assert bindings.schema(conn, "salesforce", "Lead", "v1", NOW) is None
    assert bindings.schema(conn, "hubspot", "Account", "v1", NOW) is None


def test_a_newer_schema_replaces_the_older(conn: Connection) -> None:
    """Only the newest description of an object is kept."""
    newer = ObjectSpec("Account", {"Name": ACCOUNT.fields["Name"]})
    bindings.remember_schema(conn, "salesforce", "v1", ACCOUNT, NOW)
    bindings.remember_schema(conn, "salesforce", "v2", newer, LATER)

    assert bindings.schema(conn, "salesforce", "Account", "v1", NOW) is None
    assert bindings.schema(conn, "salesforce", "Account", "v2", LATER) == newer
