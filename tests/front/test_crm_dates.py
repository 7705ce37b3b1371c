"""Dates of the CRM as the front door reads them: from a declared warehouse, as people left them there (D41)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.crm_source import CrmSource
from bot.sla.crm_attainment import DATES, REJECT_REASON, STARTS, Milestones
from connector.errors import PlsyncError
from connector.funnel.metrics import EVERYBODY, Scope
from connector.plan import recipes
from plsync.config import load
from plsync.crm_dates import crm_source
from plsync.wiring import opened
from tests.front.door import Door

JANUARY, FEBRUARY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
OURS = ("mql_reviewed_at", "mql_accepted_at", "mql_rejected_at", "discovery_at")
DECLARED = {
    f"# {line} = ": f"{line} = " for line in (*OURS, REJECT_REASON)
}  # as config.example.toml says: without the comment


@pytest.fixture
def dated(door: Door) -> Door:
    """A warehouse of four accounts whose dates are as odd as a CRM's."""
    columns = ("account_key", "name", "domain", "employees", "owner_email", "mql_at", "sql_at", *OURS, REJECT_REASON)
    rows = (
        "('a', 'Acme', 'a.example', 20, 'AE@workspace.example', '2026-01-05T10:00:00Z', NULL, "
        "'2026-01-05', NULL, NULL, NULL, NULL)",
        "('b', NULL, 'b.example', 200, NULL, NULL, '2026-01-06', NULL, NULL, NULL, '2027-01-01T00:00:00Z', NULL)",
        "('c', 'Brass', 'c.example', NULL, ' ', '2025-12-30', NULL, NULL, NULL, '2026-01-07', NULL, ' ')",
        "('d', 'Never', 'd.example', 20, NULL, NULL, NULL, '2026-01-05', NULL, NULL, NULL, 'no_budget')",
    )
    door.sql("DELETE FROM signals", "DELETE FROM people", "CREATE TABLE one AS SELECT * FROM accounts WHERE 0")
    door.sql("DROP TABLE accounts", "ALTER TABLE one RENAME TO accounts")  # without its constraints
    door.sql(*(f"ALTER TABLE accounts ADD COLUMN {name} TEXT" for name in (*OURS, REJECT_REASON)))
    door.sql(f"INSERT INTO accounts ({', '.join(columns)}) VALUES {', '.join(rows)}")
    return door


@pytest.fixture
def source(dated: Door) -> Iterator[CrmSource]:
    """What a bot over this warehouse is given."""
    with opened(load(dated.configured(DECLARED))) as plsync:
        yield crm_source(plsync)


def read(source: CrmSource, scope: Scope = EVERYBODY) -> Mapping[str, Milestones] | None:
    with source.read(JANUARY, FEBRUARY, scope) as rows:
        return None if rows is None else {one.key: one for one in rows}


def test_the_example_declares_none_of_it_until_somebody_does(dated: Door) -> None:
    """Without its lines a column is unknown, though the table may have it."""
    with opened(load(dated.configured())) as plsync:
        assert set(crm_source(plsync).columns) == {"mql_at", "sql_at"}


def test_declared_columns_are_no_reason_to_decide_anew(dated: Door) -> None:
    """What decisions depend on is what it was, and so are the fingerprints of rows; unless a rule names a column."""
    before, after = facts_of(dated, {}), facts_of(dated, DECLARED)
    assert before == after
    rule = 'when = "discovery_at == null and crm.sql_active"'
    rules = (dated.folder / "mappings" / "rules.toml").read_text(encoding="utf-8")
    dated.mapping("rules.toml", {next(line for line in rules.splitlines() if line.startswith("when = ")): rule})
    named = facts_of(dated, DECLARED)
    assert "discovery_at" in named[0]
    assert named[1:] != facts_of(dated, {})[1:]


def facts_of(door: Door, changes: Mapping[str, str]) -> tuple[frozenset[str], object, object]:
    """The columns decisions read, their version, and every account's fingerprints."""
    with opened(load(door.configured(changes))) as plsync:
        basis = plsync.basis
        with plsync.warehouse.reading() as reading:
            found = reading.fingerprints(recipes(basis))
            assert found is not None
            return frozenset(basis.decide_columns), basis.decide_version, list(found)


def test_rows_that_began_in_the_time_come_as_they_are(source: CrmSource) -> None:
    """By MQL, SQL or reject; a day is its first moment, a nameless account has its key, a blank owner is nobody."""
    assert set(source.columns) == {*DATES, REJECT_REASON}
    told = read(source)
    assert told is not None
    assert set(told) == {"a", "b", "c"}
    assert (told["a"].name, told["a"].owner) == ("Acme", "AE@workspace.example")
    assert told["a"].dates == {
        "mql_at": datetime(2026, 1, 5, 10, tzinfo=UTC),
        "mql_reviewed_at": datetime(2026, 1, 5, tzinfo=UTC),
    }
    assert (told["b"].name, told["b"].owner) == ("b", None)
    assert (told["c"].owner, told["c"].reject_reason) == (None, None)
    assert told["c"].dates["mql_at"] == JANUARY - timedelta(days=2)


def test_a_segment_and_an_owner_narrow_them(source: CrmSource) -> None:
    """As they narrow funnels: sizes, unknown ones too, and e-mails whatever the case."""
    assert set(read(source, Scope(None, "ae@workspace.example")) or ()) == {"a"}
    assert set(read(source, Scope("mid_market")) or ()) == {"b"}
    assert set(read(source, Scope("unknown_size")) or ()) == {"c"}


def test_whose_accounts_they_are_may_not_be_declared(dated: Door) -> None:
    """Unknown is not nobody (D45)."""
    changes = {**DECLARED, 'owner_email = "text"\n': ""}
    with opened(load(dated.configured(changes))) as plsync:
        assert read(crm_source(plsync), Scope(None, "ae@workspace.example")) is None
        told = read(crm_source(plsync))
        assert told is not None
        assert told["a"].owner is None


def test_without_a_date_that_begins_anything_nothing_is_read(dated: Door) -> None:
    """Nothing began that could be counted."""
    changes = {f'{name} = "datetime"\n': "" for name in STARTS if name != "mql_rejected_at"}
    with opened(load(dated.configured(changes))) as plsync:
        assert read(crm_source(plsync)) == {}


def test_a_column_that_is_no_date_is_not_declared(dated: Door) -> None:
    """Whoever declares it as text gets no clock, and no error."""
    changes = {**DECLARED, '# mql_reviewed_at = "datetime"': 'mql_reviewed_at = "text"'}
    del changes["# mql_reviewed_at = "]
    with opened(load(dated.configured(changes))) as plsync:
        assert "mql_reviewed_at" not in crm_source(plsync).columns


def test_a_value_that_is_no_date_is_said(dated: Door, source: CrmSource) -> None:
    """As an error of ours, which `/funnel sla` and the look for managers take."""
    dated.sql("UPDATE accounts SET discovery_at = 'tomorrow' WHERE account_key = 'a'")
    with pytest.raises(PlsyncError, match="discovery_at"):
        read(source)
