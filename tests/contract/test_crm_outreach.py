"""What every CRM tells of outreach, proved against each (D40)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.destinations.hubspot.refusals import refusal
from connector.errors import AccessError, ForbiddenError
from connector.model import Outreach, OutreachKind
from tests.contract.benches.bench import NOW, OWNER_EMAIL, Bench, Logged

CALL, MEETING, EMAIL = OutreachKind.CALL, OutreachKind.MEETING, OutreachKind.EMAIL
HOUR = timedelta(hours=1)


def seen(bench: Bench, *records: str) -> list[Outreach]:
    """Outreach of the last hour, this moment included."""
    told = bench.facts.outreach(records or [bench.first], NOW - HOUR, NOW + timedelta(seconds=1))
    assert told.unreadable == {}
    return sorted(told.found, key=lambda one: (one.kind, one.id))


@pytest.mark.parametrize("kind", list(OutreachKind))
def test_outreach_is_told_with_whose_it_is_and_when(bench: Bench, kind: OutreachKind) -> None:
    """A call, a meeting and an e-mail of our own: on which record, by whom, at which moment."""
    logged = bench.log(Logged(kind, bench.first))

    assert seen(bench) == [Outreach(bench.facts.name, logged, kind, bench.first, OWNER_EMAIL, NOW)]


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        pytest.param(CALL, "inbound", id="they-called-us"),
        pytest.param(CALL, "internal", id="among-ourselves"),
        pytest.param(EMAIL, "inbound", id="they-wrote-to-us"),
        pytest.param(EMAIL, "bulk", id="to-a-list"),
        pytest.param(EMAIL, "sequence", id="by-a-sequence"),
        pytest.param(CALL, "open", id="a-call-that-was-not-made"),
        pytest.param(EMAIL, "plain", id="no-e-mail-of-ours"),
    ],
)
def test_what_is_bulk_inbound_or_undone_never_counts(bench: Bench, kind: OutreachKind, how: str) -> None:
    """Only what one of ours did towards one of theirs does (D40)."""
    bench.log(Logged(kind, bench.first, how=how))

    assert seen(bench) == []


@pytest.mark.parametrize("kind", list(OutreachKind))
def test_only_the_span_and_the_accounts_that_were_asked_for_are_told(bench: Bench, kind: OutreachKind) -> None:
    """The span holds its beginning and not its end; other accounts' calls are theirs."""
    first = bench.log(Logged(kind, bench.first, NOW - HOUR))
    for at in (NOW - HOUR - timedelta(seconds=1), NOW + timedelta(seconds=1)):
        bench.log(Logged(kind, bench.first, at))
    other = bench.log(Logged(kind, bench.second))

    assert [one.id for one in seen(bench)] == [first]
    assert {(one.id, one.record_id) for one in seen(bench, bench.first, bench.second)} == {
        (first, bench.first),
        (other, bench.second),
    }


def test_nobody_is_asked_about_nothing(bench: Bench) -> None:
    """Without an account there is no call to the CRM."""
    before = bench.used()
    bench.facts.outreach([], NOW - HOUR, NOW)

    assert bench.used() == before + 1  # that call counts itself


def test_what_is_done_on_an_opportunity_is_done_on_its_account(salesforce: Bench) -> None:
    """Salesforce gives a task of an opportunity the account's id, and one call tells of tasks and events."""
    salesforce.reset()
    logged = salesforce.log(Logged(CALL, "006000000000001AAA"))
    before = salesforce.used()

    assert [(one.id, one.record_id) for one in seen(salesforce)] == [(logged, salesforce.first)]
    assert salesforce.used() == before + 2


def test_a_missing_scope_is_no_wrong_token() -> None:
    """Without the scope a kind cannot be read; with a token that HubSpot refuses nothing can, and the run stops."""
    assert type(refusal(403, {}, {}, "POST /search")) is ForbiddenError
    assert type(refusal(401, {}, {}, "POST /search")) is AccessError


@pytest.mark.parametrize("kind", list(OutreachKind))
def test_a_kind_that_may_not_be_queried_is_told_as_such(bench: Bench, kind: OutreachKind) -> None:
    """Without a permission the CRM's own words come back, and what can be read is read all the same."""
    for each in OutreachKind:
        bench.log(Logged(each, bench.first))
    bench.hide(kind)

    told = bench.facts.outreach([bench.first], NOW - HOUR, NOW + HOUR)

    assert kind in told.unreadable
    assert all(told.unreadable.values())
    assert {one.kind for one in told.found} == set(OutreachKind) - set(told.unreadable)
