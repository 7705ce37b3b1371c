"""`plsync demo --once --json` from another folder: one object, and every number in it as SQL expects."""

from __future__ import annotations

from tests.e2e.told import CRMS, FYI, PLANNED, POSTED, STAGES, Told

EXPLAINED = "hot-open-sql"
SUPERSEDED = {"hot-open-sql", "hot-open-opportunity", "both-crms-conflict", "sql-inactive-owner"}


def test_it_prints_one_object_with_the_promised_keys(told: Told) -> None:
    """Every key that is promised is there; what is added besides only tells calls and outcomes apart."""
    one = told.object
    assert set(one) == {"warehouse", "runs", "rerun", "one_row", "alerts", "explained", "funnel"}
    assert set(one["warehouse"]) == {"path", "accounts", "signals"}
    promised = {"phase", "destination", "planned", "updated", "held", "rejected", "calls"}
    assert all(set(run) == promised | {"calls_by_kind", "outcomes"} for run in one["runs"])
    fact_reads = {f"{crm}_fact_reads" for crm in CRMS}
    calls = {f"{crm}_calls" for crm in CRMS}
    assert set(one["rerun"]) == calls | fact_reads | {"slack_posts", "rows_compared"}
    assert set(one["one_row"]) == calls | fact_reads
    assert set(one["alerts"]) == {"baseline_posted", "baseline_digests", "posted", "fyi", "acknowledged"}
    assert {name: tuple(stages) for name, stages in one["funnel"].items()} == dict(STAGES)


def test_the_warehouse_is_the_one_that_was_synced(told: Told) -> None:
    """The printed counts are those of the printed file."""
    assert told.object["warehouse"]["accounts"] == told.number("SELECT count(*) FROM accounts")
    assert told.object["warehouse"]["signals"] == told.number("SELECT count(*) FROM signals")


def test_planned_is_what_sql_says_has_changed(told: Told) -> None:
    """The baseline plans everybody known by then, day two whom day two has touched, in both CRMs alike."""
    planned = {(run["phase"], run["destination"]): run["planned"] for run in told.object["runs"]}
    assert planned == {(phase, crm): told.number(query) for phase, query in PLANNED.items() for crm in CRMS}


def test_outcomes_sum_to_planned(told: Told) -> None:
    """Every planned record has exactly one outcome, and none was refused."""
    for run in told.object["runs"]:
        assert run["updated"] + run["held"] + run["rejected"] == run["planned"]
        assert sum(run["outcomes"].values()) == run["planned"]
        assert run["rejected"] == 0
        assert sum(run["calls_by_kind"].values()) == run["calls"]


def test_a_rerun_calls_and_posts_nothing(told: Told) -> None:
    """All accounts are compared; no CRM is called, for records or for facts, and Slack hears nothing."""
    rerun = dict(told.object["rerun"])
    assert rerun.pop("rows_compared") == told.object["warehouse"]["accounts"]
    assert set(rerun.values()) == {0}


def test_one_changed_row_costs_two_calls_in_each_crm(told: Told) -> None:
    """A read and a write (P3); the reads of facts are at most one more and named apart (P2b)."""
    one_row = told.object["one_row"]
    for crm in CRMS:
        assert one_row[f"{crm}_calls"] == 2
        assert one_row[f"{crm}_fact_reads"] <= 1


def test_alerts_are_those_that_sql_expects(told: Told) -> None:
    """At the baseline a digest per owner (D18); on day two AEs and SDRs get theirs, the owners of SQLs an FYI (D3)."""
    fyi = {key for (key,) in told.rows(FYI)}
    assert fyi == SUPERSEDED
    assert told.object["alerts"] == {
        "baseline_posted": 0,
        "baseline_digests": 6,  # both enterprise AEs, the four others: whose accounts are Hot on day one
        "posted": told.number(POSTED),
        "fyi": len(fyi),
        "acknowledged": 1,
    }


def test_a_superseded_account_explains_itself(told: Told) -> None:
    """The decision names route, rule, evidence and reading time, and what it would have been without the SQL (J31)."""
    decision = told.object["explained"]["decision"]
    assert (decision["account_key"], decision["route"], decision["rule"]) == (
        EXPLAINED,
        "fyi_owner",
        "sql-supersedes-pql",
    )
    assert decision["evidence"]["crm.sql_active"] is True
    assert decision["evidence"]["crm.source"].startswith("salesforce Lead 00Q")
    assert decision["routed_to"] == "sdr-1@workspace.example"
    assert decision["counterfactual"]["route"] == "assign_ae"
    assert decision["counterfactual"]["routed_to"].startswith("enterprise-ae-")
    assert decision["crm_read_at"].endswith("+00:00")


def test_every_field_of_a_superseded_account_is_explained(told: Told) -> None:
    """Both CRMs hold what was wanted, field by field, under a named policy and with a reason."""
    fields = told.object["explained"]["fields"]
    assert {field["destination"] for field in fields} == set(CRMS)
    for field in fields:
        assert set(field) == {"destination", "mapping", "name", "live", "wanted", "written", "policy", "reason"}
        assert field["live"] == field["wanted"] == field["written"], field["name"]
        assert field["policy"]
        assert field["reason"]


def test_the_funnels_are_those_of_the_worked_example(told: Told) -> None:
    """4,200 / 1,260 / 189 / 34 and 85 / 28 / 19 / 6 (rules j), which SQL counts as well."""
    assert told.object["funnel"] == told.counted_funnel()
    assert told.object["funnel"] == {
        "plg": {"signup": 4_200, "activated": 1_260, "pql": 189, "self_serve_paid": 34},
        "sales": {"mql": 85, "sql": 28, "opportunity": 19, "won": 6},
    }
