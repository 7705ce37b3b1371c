"""What every CRM's fact reader promises, proved against each (D2, D3)."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connector.model import AccountRef, By, FactKind
from tests.contract.benches.bench import OWNER_EMAIL, Bench


def _refs(bench: Bench) -> list[AccountRef]:
    """Accounts as the story hands them over: matched ones with their live values, and one without a record."""
    fields = bench.facts.account_fields()
    live = {each.record_id: each for each in bench.destination.fetch(bench.object, By.ID, "", _matched(bench), fields)}
    return [
        AccountRef("a-1", bench.first, "hot-open-sql.example", live[bench.first].values),
        AccountRef("a-2", bench.second, "quiet.example", live[bench.second].values),
        AccountRef("a-3", None, None),
    ]


def _matched(bench: Bench) -> list[str]:
    return [bench.first, bench.second]


def test_facts_answer_for_every_account(bench: Bench) -> None:
    """Each account asked about is in the answer; without facts it has none."""
    state = bench.facts.state(_refs(bench))

    assert {key: sorted(fact.kind for fact in facts) for key, facts in state.items()} == {
        "a-1": ["open_opportunity", "owner"],
        "a-2": ["owner"],
        "a-3": [],
    }


def test_a_fact_names_its_date_and_its_owner(bench: Bench) -> None:
    """The open opportunity tells when it began, when it is due and whose it is; the renewal is not one (D3)."""
    facts = bench.facts.state(_refs(bench))["a-1"]

    (opportunity,) = [fact for fact in facts if fact.kind is FactKind.OPEN_OPPORTUNITY]
    assert opportunity.at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert opportunity.due == date(2026, 12, 31)
    assert (opportunity.owner_email, opportunity.owner_name) == (OWNER_EMAIL, "Enterprise AE 1")
    assert opportunity.owner_active
    assert opportunity.label == "Opportunity"


def test_facts_of_nobody_are_empty(bench: Bench) -> None:
    """No accounts, no facts."""
    assert bench.facts.state([]) == {}
