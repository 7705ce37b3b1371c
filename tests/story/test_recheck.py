"""The recheck lane: what people change in the CRMs is decided anew without a change in the warehouse (D30)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.destinations.memory import Refusal
from connector.errors import TransientError
from connector.model import AlertKind, FactKind, Route
from connector.recheck import OVERLAP, Span, span
from connector.store import alerts, facts
from tests.story.house import FIELDS, HUBSPOT, OBJECTS, SALESFORCE, Town, mapping

NOON = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture
def calm(town: Town) -> Town:
    """Ten Warm accounts delivered, then acme turned Hot and was alerted of; ten minutes ago."""
    town.accounts("acme", *(f"b-{number}" for number in range(9)))
    town.settled()
    town.product("acme", score=92, employees=200)
    town.sync()
    town.later(minutes=10)
    town.forget_calls()
    return town


def decided(town: Town, key: str) -> Route:
    return town.ledger.decisions([key])[key].route


def test_an_opportunity_that_comes_after_the_alert_supersedes_it(calm: Town) -> None:
    """Its owner is told, the field follows, and no other account is read, decided or written."""
    calm.tell("acme", FactKind.OPEN_OPPORTUNITY, "006-1")
    calm.later(seconds=1)

    assert calm.recheck() == ["acme"]
    assert decided(calm, "acme") is Route.FYI_OWNER
    assert calm.alerts() == [("acme", AlertKind.HOT_PQL), ("acme", AlertKind.FYI)]
    assert calm.sent() == calm.sent(HUBSPOT) == ["acme"]
    assert calm.holds("acme", "reason") == "open_opportunity owned by SDR 1 since 2026-03-18"


def test_nothing_changed_is_nothing_done(calm: Town) -> None:
    """A look over quiet CRMs reads no record and writes none: only what changed is asked for."""
    assert calm.recheck() == []
    assert {name for crm in calm.crms.values() for name in crm.calls} == {"changed"}


def test_our_own_writes_stir_nobody(calm: Town) -> None:
    """After a sync of every account the lane has nothing to do."""
    for number in range(9):
        calm.product(f"b-{number}", score=61)
    calm.sync()
    calm.forget_calls()
    calm.later(seconds=1)

    assert calm.recheck() == []
    assert {name for crm in calm.crms.values() for name in crm.calls} == {"changed"}


def test_a_sync_of_all_others_hides_nothing(calm: Town) -> None:
    """An opportunity made before a sync of unrelated accounts is seen by the look after it."""
    calm.tell("acme", FactKind.OPEN_OPPORTUNITY, "006-1")
    for number in range(9):
        calm.product(f"b-{number}", score=61)
    calm.sync()
    calm.later(seconds=1)

    assert calm.recheck() == ["acme"]
    assert decided(calm, "acme") is Route.FYI_OWNER


def test_what_somebody_overwrote_is_restored(calm: Town) -> None:
    """A `warehouse_wins` field that a person changed is put right, the one they may edit is theirs (D20)."""
    calm.edit("acme", score=1, motion="ours")
    calm.later(seconds=1)

    assert calm.recheck() == ["acme"]
    assert (calm.holds("acme", "score"), calm.holds("acme", "motion")) == (92, "ours")


def test_a_new_record_is_found_for_an_account_without_one(calm: Town) -> None:
    """Somebody makes the company in the CRM: the account is matched by its domain and delivered."""
    calm.product("nova", score=92, employees=200)
    calm.sync()
    assert calm.memory("nova").outcome == "held"

    calm.later(minutes=10)
    calm.record("nova", SALESFORCE, keyed=False)
    calm.later(seconds=1)

    assert calm.recheck() == ["nova"]
    assert calm.memory("nova").record_id == "salesforce-nova"
    assert calm.holds("nova", "score") == 92


def test_a_record_that_moves_to_another_domain_is_found(calm: Town) -> None:
    """Ambiguous because two records share its domain, an account is matched once one of them moves away."""
    calm.product("nova", score=92, employees=200)
    calm.record("nova", SALESFORCE, keyed=False)
    calm.crms[SALESFORCE].put(OBJECTS[SALESFORCE], "salesforce-twin", {"Website": "nova.example"}, by="AE 1")
    calm.sync()
    assert calm.memory("nova").code == "AMBIGUOUS"

    calm.later(minutes=10)
    calm.crms[SALESFORCE].put(OBJECTS[SALESFORCE], "salesforce-twin", {"Website": "elsewhere.example"}, by="AE 1")
    calm.later(seconds=1)

    assert calm.recheck() == ["nova"]
    assert calm.memory("nova").record_id == "salesforce-nova"


def test_more_changes_than_one_answer_holds_are_all_seen(calm: Town) -> None:
    """A CRM tells a few at a time, ordered by record: none is left out, however many share a moment."""
    for number in range(9):
        calm.tell(f"b-{number}", FactKind.OPEN_OPPORTUNITY, f"006-{number}")
    calm.later(seconds=1)

    assert calm.recheck() == sorted(f"b-{number}" for number in range(9))


def test_a_record_of_an_account_nobody_knows_stirs_nobody(calm: Town) -> None:
    """Keys, ids and domains that no account of the warehouse has are nobody's."""
    calm.crms[SALESFORCE].put("Opportunity", "006-9", {"account_id": "salesforce-unknown"})
    calm.record("stranger", SALESFORCE)
    calm.later(seconds=1)

    assert calm.recheck() == []


def test_a_crm_that_does_not_answer_ends_the_look(calm: Town) -> None:
    """What could not be looked at is looked at again: the error reaches whoever keeps the time of the last look."""
    calm.crms[SALESFORCE].fail(*[TransientError("no answer")] * 9)

    with pytest.raises(TransientError):
        calm.recheck()


def test_a_refused_field_does_not_stop_the_alert(calm: Town) -> None:
    """The FYI is committed before the field that the CRM refuses (D27)."""
    calm.tell("acme", FactKind.OPEN_OPPORTUNITY, "006-1")
    calm.crms[SALESFORCE].refuse = lambda _: Refusal("VALIDATION", "no")
    calm.later(seconds=1)
    calm.recheck()

    assert ("acme", AlertKind.FYI) in calm.alerts()
    assert calm.memory("acme").outcome == "rejected"


@pytest.mark.parametrize(
    ("looked", "decided_since", "expected"),
    [
        pytest.param(None, None, None, id="nothing-decided-yet"),
        pytest.param(None, NOON - timedelta(hours=2), NOON - timedelta(hours=2), id="the-first-look"),
        pytest.param(
            NOON - timedelta(minutes=5), NOON - timedelta(hours=2), NOON - timedelta(minutes=5), id="the-next"
        ),
    ],
)
def test_a_look_begins_where_the_last_one_ended(
    looked: datetime | None, decided_since: datetime | None, expected: datetime | None
) -> None:
    """Less an overlap, for what a CRM's indexes show late."""
    assert span(looked, decided_since, NOON) == (Span(expected - OVERLAP, NOON) if expected else None)


@pytest.fixture
def judged(calm: Town) -> Town:
    """Salesforce is told of verdicts; acme's alert is raised and shown."""
    told = {"from": "decision.not_a_fit", "merge": "warehouse_wins", "on_null": "clear"}
    calm.mappings[SALESFORCE] = mapping(SALESFORCE, fields={**FIELDS, "reason": told})
    calm.sync()
    with calm.store.write() as conn:
        (fact,) = facts.untaken(conn, 9)
        facts.take(conn, fact.id, calm.now)
        alerts.open_alert(
            conn, account_key="acme", kind="hot_pql", episode=fact.payload["episode"], raised_at=fact.at,
            occurred_at=fact.at, owner_email=None, payload=fact.payload, state="open",
        )  # fmt: skip
    calm.later(minutes=10)
    calm.forget_calls()
    return calm


def verdict(town: Town, left: str, to: str, **told: str) -> None:
    """Somebody calls the alert no fit in Slack, or takes that back; a few minutes pass."""
    with town.store.write() as conn:
        payload = {**alerts.of_account(conn, "acme")[0].payload, "disqualified": told}
        assert alerts.transition(conn, 1, [left], to, "U1", "slack", town.now, payload=payload)
    town.later(minutes=2)


def test_not_a_fit_is_written_back(judged: Town) -> None:
    """With the next look, to that record alone; taken back, the field is empty again (D42)."""
    verdict(judged, "open", "disqualified", reason="no_budget", by="U1")
    assert judged.recheck() == ["acme"]
    assert judged.holds("acme", "reason") == "no_budget"
    assert judged.sent() == ["acme"]
    assert judged.ledger.decisions(["acme"])["acme"].not_a_fit == "no_budget"

    judged.later(minutes=10)
    verdict(judged, "disqualified", "open")
    assert judged.recheck() == ["acme"]
    assert judged.holds("acme", "reason") is None


def test_what_no_mapping_carries_stirs_nobody(judged: Town) -> None:
    """Nothing would be written, so nothing is read."""
    judged.mappings[SALESFORCE] = mapping(SALESFORCE)
    verdict(judged, "open", "disqualified", reason="no_budget", by="U1")
    assert judged.recheck() == []
