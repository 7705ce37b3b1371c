"""What runs did to records (D31, D35): told back exactly, however memory moved on since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from connector.model import Canonical, Outcome, OutcomeKind, Settled
from connector.store import Store, audit, runs, shapes, tables
from connector.store.audit import AuditRow
from connector.store.ledger import SqlLedger
from tests.contract.store_fixture import NOW

MAPPING = "salesforce.Account"
LATER = NOW + timedelta(minutes=5)
Fields = Mapping[str, Canonical]
Changes = Mapping[str, tuple[Canonical, Canonical]]


def wrote(key: str, changes: Changes, written: Fields | None = None) -> Settled:
    """A record that was updated; by default nothing else was ever written to it."""
    after = {name: value for name, (_, value) in changes.items()}
    return Settled(
        Outcome(key, OutcomeKind.UPDATED, "001A"), "fp", after, after if written is None else written, "key", changes
    )


def test_an_accounts_audit_is_told_newest_first(store: Store) -> None:
    """Whole rows, as many as asked for, no other account's, and none for what changed nothing."""
    ledger = SqlLedger(store)
    run_id = ledger.start_run("full", NOW)
    first: Changes = {"Score": (None, 92.5), "Tier": ("warm", "hot")}
    ledger.settle(MAPPING, run_id, NOW, [wrote("acme", first), wrote("other", first)])
    same = Settled(
        Outcome("acme", OutcomeKind.UNCHANGED, "001A"),
        "fp",
        {"Score": 92.5, "Tier": "hot"},
        {"Score": 92.5, "Tier": "hot"},
    )
    ledger.settle(MAPPING, run_id, LATER, [same])
    refused = Outcome("acme", OutcomeKind.REJECTED, "001A", "TOO_LONG", "data value too large")
    ledger.settle(MAPPING, run_id, LATER, [Settled(refused, "fp", {}, {"Score": 92.5, "Tier": "hot"})])

    newest = AuditRow(run_id, LATER, MAPPING, "acme", "001A", "rejected", "TOO_LONG", "data value too large", {})
    oldest = AuditRow(run_id, NOW, MAPPING, "acme", "001A", "updated", None, None, first)
    with store.read() as conn:
        assert audit.of_account(conn, "acme", 10) == [newest, oldest]
        assert audit.of_account(conn, "acme", 1) == [newest]
        assert audit.of_account(conn, "nobody", 1) == []


def test_a_run_is_told_as_it_was_whatever_came_after(store: Store) -> None:
    """Values a later run, a person's adopted edit, or a link to another record replaced are still known (D31)."""
    ledger = SqlLedger(store)
    first, second, third = (ledger.start_run("full", NOW) for _ in range(3))
    once: Changes = {"Score": (None, 1), "Tier": ("x", "cold"), "Stage": (None, "MQL")}
    ledger.settle(MAPPING, first, NOW, [wrote("acme", once)])
    again: Changes = {"Score": (7, 2)}  # a person had put 7 there
    ledger.settle(MAPPING, second, NOW, [wrote("acme", again, {"Score": 2, "Tier": "cold", "Stage": "MQL"})])
    adopted = Outcome("acme", OutcomeKind.UNCHANGED, "001A", "ADOPTED", "Tier: mine")
    ledger.settle(MAPPING, third, NOW, [Settled(adopted, "fp", {}, {"Score": 2, "Tier": "mine", "Stage": "MQL"})])
    linked = Outcome("acme", OutcomeKind.HELD, "001B", "LINKED", "linked by a person")
    ledger.settle(MAPPING, third, NOW, [Settled(linked, "", {}, {})])
    ledger.settle(MAPPING, third, NOW, [wrote("acme", {"Score": (None, 3)})])

    told = {
        run: {key: dict(c.fields) for c in ledger.changes(run)[MAPPING] for key in [c.key]}
        for run in (first, second, third)
    }

    assert told == {first: {"acme": once}, second: {"acme": again}, third: {"acme": {"Score": (None, 3)}}}


VALUES = st.sampled_from([None, "", 0, 1, 1.0, True, "warm", "hot"])
ENDINGS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from("abc"), st.tuples(VALUES, VALUES)),
        st.dictionaries(st.sampled_from("abcd"), VALUES),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(endings=ENDINGS)
def test_every_history_is_told_as_it_was(
    store: Store, endings: list[tuple[dict[str, tuple[Canonical, Canonical]], Fields]]
) -> None:
    """Whatever was written, remembered and found in whatever order, each run's changes come back, types included."""
    ledger = SqlLedger(store)
    mapping = f"mapping {ledger.start_run('full', NOW)}"
    told, memory = [], dict[str, Canonical]()
    for changes, moved in endings:
        run_id = ledger.start_run("full", NOW)
        memory = {**memory, **moved, **{name: after for name, (_, after) in changes.items()}}
        ledger.settle(mapping, run_id, NOW, [wrote("acme", changes, memory)])
        told.append((run_id, changes))

    for run_id, changes in told:
        found = [dict(one.fields) for one in ledger.changes(run_id).get(mapping, ())]
        assert repr(found) == repr([dict(sorted(changes.items()))] if changes else [])


def test_a_first_write_of_a_whole_record_takes_few_bytes(store: Store) -> None:
    """Blank fields that were filled are told by one number (P14)."""
    filled = {f"Field_{number}__c": (None, "x" * 40) for number in range(15)}
    SqlLedger(store).settle(MAPPING, "r-000001", NOW, [wrote("acme", filled)])

    with store.read() as conn:
        assert conn.execute(select(func.length(tables.audit.c.changes))).scalar_one() < 8
        assert audit.of_account(conn, "acme", 1)[0].changes == filled


def test_fields_without_end_are_told_too(store: Store) -> None:
    """Beyond a thousand different sets of fields the names stay in the row."""
    ledger = SqlLedger(store)
    run_id = ledger.start_run("full", NOW)
    rows = [wrote(f"a-{number}", {f"field {number}": (None, number)}) for number in range(shapes.MOST + 3)]
    ledger.settle(MAPPING, run_id, NOW, rows)

    told = {one.key: dict(one.fields) for one in ledger.changes(run_id)[MAPPING]}
    assert told == {row.outcome.key: row.changes for row in rows}


def test_a_run_that_wrote_nothing_has_no_changes(store: Store) -> None:
    """Known, and empty."""
    with store.write() as conn:
        run_id = runs.start(conn, "full", NOW)

    assert SqlLedger(store).changes(run_id) == {}
