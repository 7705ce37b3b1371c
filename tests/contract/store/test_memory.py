"""Three memories per record (D19), kept as they were given."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from connector.model import Canonical, Intent, Memory, Outcome, OutcomeKind, Settled
from connector.store import Store, memory, shapes, tables
from tests.contract.store_fixture import NOW

MAPPING = "salesforce.Account"
RUN = "r-000001"
EVERY_KIND: Mapping[str, Canonical] = {
    "text": "naïve \U0001f600 \u202e 'quoted'; --",
    "control": "a\0b\tc",
    "empty": "",
    "number": 12.5,
    "whole": 12,
    "yes": True,
    "one": 1,
    "nothing": None,
}


def settled(
    key: str,
    fields: Mapping[str, Canonical],
    kind: OutcomeKind = OutcomeKind.UPDATED,
    fingerprint: str = "fp-1",
    record_id: str | None = "001A",
) -> Settled:
    """A record that wanted and wrote the same fields."""
    return Settled(Outcome(key, kind, record_id), fingerprint, fields, fields, "key")


def one(conn: Connection, key: str) -> Memory:
    """The memory of one key."""
    return memory.load(conn, MAPPING, [key])[key]


def test_every_canonical_value_comes_back_as_it_was(conn: Connection) -> None:
    """Texts, numbers, truths and null keep value and type; null is not absence."""
    memory.settle(conn, MAPPING, RUN, NOW, [settled("acme", EVERY_KIND)])

    stored = one(conn, "acme")

    assert stored.written == stored.wanted == EVERY_KIND
    assert {name: type(value) for name, value in stored.written.items()} == {
        name: type(value) for name, value in EVERY_KIND.items()
    }
    assert "absent" not in stored.written


def test_wanted_and_written_may_differ(conn: Connection) -> None:
    """What a policy kept back is wanted but not written, other fields included."""
    row = Settled(Outcome("acme", OutcomeKind.UPDATED, "001A"), "fp", {"a": 1, "b": None}, {"a": 2}, "domain")
    memory.settle(conn, MAPPING, RUN, NOW, [row])

    assert one(conn, "acme") == Memory(
        "acme",
        "001A",
        "domain",
        "fp",
        wanted={"a": 1, "b": None},
        written={"a": 2},
        outcome="updated",
        settled_at=NOW,
    )


def test_equal_memories_are_stored_once(conn: Connection) -> None:
    """`wanted` takes no room where it equals `written` (P14), but one, one point nothing and true are not equal."""
    rows = [
        Settled(Outcome(f"acme-{number}", OutcomeKind.UPDATED), "fp", {"a": wanted}, {"a": 1}, None)
        for number, wanted in enumerate((1, 1.0, True))
    ]
    memory.settle(conn, MAPPING, RUN, NOW, rows)

    stored = conn.execute(select(tables.memory.c.wanted).order_by(tables.memory.c.account_key)).scalars().all()
    assert [wanted is None for wanted in stored] == [True, False, False]
    assert [type(one(conn, f"acme-{number}").wanted["a"]) for number in range(3)] == [int, float, bool]


def test_what_is_wanted_beside_takes_the_room_of_the_difference(conn: Connection) -> None:
    """One field kept back does not store the others twice (P14); one that is no longer wanted is not brought back."""
    written: dict[str, Canonical] = {f"field {number}": "x" * 50 for number in range(20)}
    wants: dict[str, Mapping[str, Canonical]] = {
        "beside": {**written, "kept back": None},
        "other": {**written, "field 1": "y"},
        "fewer": {name: value for name, value in written.items() if name != "field 1"},
        "fewer and other": {"field 0": "y"},
        "nothing": {},
    }
    rows = [Settled(Outcome(key, OutcomeKind.UPDATED), "fp", wanted, written) for key, wanted in wants.items()]
    memory.settle(conn, MAPPING, RUN, NOW, rows)

    assert {key: one(conn, key).wanted for key in wants} == wants
    sizes = {
        row[0]: row[1] for row in conn.execute(select(tables.memory.c.account_key, func.length(tables.memory.c.wanted)))
    }
    assert max(sizes["beside"], sizes["other"]) < 20


def test_a_crash_between_intend_and_settle_is_visible(store: Store) -> None:
    """What was about to be sent is there after a crash, beside what was settled before (D19)."""
    with store.write() as conn:
        memory.settle(conn, MAPPING, RUN, NOW, [settled("known", {"a": 1})])
        memory.intend(
            conn,
            MAPPING,
            [Intent("known", None, None, {"a": 2}, {"a": 1}), Intent("new", "001B", "domain", {"a": None}, {})],
        )
    # The process dies here: nothing settles.
    with store.read() as conn:
        loaded = memory.load(conn, MAPPING, ["known", "new"])

    assert loaded["known"].intended == {"a": 2}
    assert loaded["known"].written == {"a": 1}
    assert loaded["known"].record_id == "001A"
    assert loaded["new"] == Memory("new", "001B", "domain", intended={"a": None})


def test_an_intent_again_replaces_the_one_before(conn: Connection) -> None:
    """The newest intent counts: it is what the CRM may hold now."""
    memory.intend(conn, MAPPING, [Intent("acme", "001A", "key", {"a": 1, "b": 2}, {})])
    memory.intend(conn, MAPPING, [Intent("acme", None, None, {"a": 3}, {})])

    assert one(conn, "acme") == Memory("acme", "001A", "key", intended={"a": 3})


def test_settling_clears_what_was_intended(conn: Connection) -> None:
    """An outcome ends the intent of its own record in its own mapping, and no other."""
    for mapping in (MAPPING, "hubspot.companies"):
        memory.intend(conn, mapping, [Intent(key, "001A", "key", {"a": 1}, {}) for key in ("acme", "other")])
    memory.settle(conn, MAPPING, RUN, NOW, [settled("acme", {"a": 1})])

    assert one(conn, "acme").intended is None
    assert one(conn, "other").intended == {"a": 1}
    assert memory.load(conn, "hubspot.companies", ["acme"])["acme"].intended == {"a": 1}


def test_a_known_record_outlives_an_outcome_that_does_not_name_it(conn: Connection) -> None:
    """Record id and match stay when a later outcome carries none, whether they came from an intent or an outcome."""
    memory.intend(conn, MAPPING, [Intent("intended", "001B", "domain", {"a": 1}, {})])
    memory.settle(conn, MAPPING, RUN, NOW, [settled("acme", {"a": 1})])
    for key in ("acme", "intended"):
        refused = Outcome(key, OutcomeKind.REJECTED, None, "ROW_LOCK", "locked")
        memory.settle(conn, MAPPING, RUN, NOW, [Settled(refused, "", {"a": 2}, {"a": 1}, None)])

    assert (one(conn, "acme").record_id, one(conn, "acme").matched_by) == ("001A", "key")
    assert (one(conn, "intended").record_id, one(conn, "intended").matched_by) == ("001B", "domain")


def test_a_deferred_record_keeps_what_was_intended(conn: Connection) -> None:
    """The CRM may have accepted it without our hearing so: its value must still be known for ours (D19)."""
    memory.intend(conn, MAPPING, [Intent("acme", "001A", "key", {"a": 2}, {"a": 1})])
    memory.settle(conn, MAPPING, RUN, NOW, [settled("acme", {"a": 1}, OutcomeKind.DEFERRED, fingerprint="")])

    assert one(conn, "acme").intended == {"a": 2}


def test_many_rows_in_one_transaction(conn: Connection) -> None:
    """Two thousand records are intended, settled and loaded at once, in whatever order they come."""
    keys = [f"acct-{(number * 7919) % 2000:04d}" for number in range(2000)]
    memory.intend(conn, MAPPING, [Intent(key, None, None, {"a": key}, {}) for key in keys])
    memory.settle(conn, MAPPING, RUN, NOW, [settled(key, {"a": key}) for key in keys])

    loaded = memory.load(conn, MAPPING, keys)

    assert {key: row.written["a"] for key, row in loaded.items()} == {key: key for key in keys}
    assert {row.intended for row in loaded.values()} == {None}
    assert conn.execute(select(func.count()).select_from(tables.intents)).scalar_one() == 0


def test_no_rows_are_no_statement(conn: Connection) -> None:
    """Nothing to intend, settle or look up is not an error."""
    memory.intend(conn, MAPPING, [])
    memory.settle(conn, MAPPING, RUN, NOW, [])

    assert memory.load(conn, MAPPING, []) == {}


def test_field_names_are_stored_once(conn: Connection) -> None:
    """A thousand records of one mapping name their fields in one row (P14)."""
    memory.settle(conn, MAPPING, RUN, NOW, [settled(f"a-{n}", {"PLS_Score__c": n}) for n in range(1000)])

    assert conn.execute(select(func.count()).select_from(tables.shapes)).scalar_one() == 1
    assert not any(b"PLS_Score__c" in row for row in conn.execute(select(tables.memory.c.written)).scalars())


def test_shapes_without_end_are_not_collected(conn: Connection) -> None:
    """Beyond a thousand different sets of fields the names stay with the values, and nothing is lost."""
    keys = [f"a-{number}" for number in range(shapes.MOST + 5)]
    memory.settle(conn, MAPPING, RUN, NOW, [settled(key, {f"field {key}": key}) for key in keys])

    loaded = memory.load(conn, MAPPING, keys)

    assert all(row.written == {f"field {key}": key} for key, row in loaded.items())
    assert conn.execute(select(func.count()).select_from(tables.shapes)).scalar_one() == shapes.MOST


def test_an_account_whose_fields_wait_is_unsettled(conn: Connection) -> None:
    """In flight, deferred or refused in any mapping counts; delivered or never planned does not (D27)."""
    memory.settle(conn, MAPPING, RUN, NOW, [settled("done", {"a": 1}), settled("no", {"a": 1}, OutcomeKind.REJECTED)])
    memory.settle(conn, "hubspot.companies", RUN, NOW, [settled("later", {"a": 1}, OutcomeKind.DEFERRED)])
    memory.intend(conn, MAPPING, [Intent("flying", "001A", "key", {"a": 1}, {})])

    found = {key: memory.unsettled(conn, key) for key in ("done", "no", "later", "flying", "unknown")}

    assert found == {"done": False, "no": True, "later": True, "flying": True, "unknown": False}


def test_an_accounts_records_by_mapping(conn: Connection) -> None:
    """Every mapping that has one; nothing for an account without."""
    memory.settle(conn, MAPPING, RUN, NOW, [settled("acme", {"a": 1}), settled("other", {"a": 1}, record_id="001B")])
    memory.settle(conn, "hubspot.companies", RUN, NOW, [settled("acme", {"a": 1}, record_id="9001")])
    memory.settle(conn, "salesforce.Contact", RUN, NOW, [settled("acme", {"a": 1}, record_id=None)])

    assert memory.records_of(conn, "acme") == {MAPPING: "001A", "hubspot.companies": "9001"}
    assert memory.records_of(conn, "unknown") == {}
