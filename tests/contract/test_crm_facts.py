"""What every CRM's fact reader promises, proved against each (D2, D3)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from connector.model import AccountFields, AccountRef, By, FactKind, Touched
from tests.contract.benches.bench import NOW, OWNER_EMAIL, Bench

MOMENT = timedelta(seconds=1)


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


def _changed(bench: Bench, since: datetime = NOW, after: str = "") -> list[Touched]:
    named = AccountFields(bench.name("key"), bench.name("domain"))
    return bench.facts.changed(bench.object, since, since + MOMENT, after, named)


def test_a_changed_account_is_told_with_its_names(bench: Bench) -> None:
    """An account's own record comes with its id, our key and its domain, however that is spelled (D30)."""
    changed = {one.record_id: one for one in _changed(bench)}

    assert len(changed) == 5
    first = changed[bench.first]
    assert (first.ids, first.keys, first.hosts, first.own) == (
        (bench.first,),
        ("a-1",),
        ("hot-open-sql.example",),
        True,
    )
    assert sorted(one.hosts for one in changed.values() if not one.keys)[-1] == ("twice.example",)
    assert first.at == NOW


def test_changes_before_and_after_the_span_are_not_told(bench: Bench) -> None:
    """The span holds its beginning and not its end."""
    assert _changed(bench, NOW - MOMENT) == []
    assert _changed(bench, NOW + MOMENT) == []


def test_changes_come_by_id_after_the_last_one(bench: Bench) -> None:
    """However many records share a moment, each is told once: an answer goes on after an id."""
    every = [one.record_id for one in _changed(bench)]

    assert every == sorted(every)
    assert [one.record_id for one in _changed(bench, after=every[2])] == every[3:]


def test_a_changed_record_names_the_account_it_hangs_on(bench: Bench) -> None:
    """An opportunity that nobody linked by key is its account's by the CRM's own link (D30)."""
    (linked,) = (name for name in bench.facts.polled() if name != bench.object)
    changed = bench.facts.changed(linked, NOW - timedelta(days=30), NOW + MOMENT, "", None)

    assert {(one.ids, one.own) for one in changed} == {((bench.first,), False)}
