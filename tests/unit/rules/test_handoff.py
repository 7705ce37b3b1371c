"""When a decision becomes an alert, and when one is taken back (D17, D18, D37)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.model import (
    AlertKind,
    CrmFact,
    Decision,
    FactKind,
    Handoff,
    LastAlert,
    Occasion,
    Person,
    Record,
    Route,
    Tier,
)
from connector.rules.case import Case
from connector.rules.decide import in_force
from connector.rules.handoff import handoff
from connector.rules.outbox import outbox, supersedes
from connector.rules.payload import payload
from tests.unit.rules.shipped import NOW, account, ago, decided, fact, shipped, signal

SQL = FactKind.SQL


def before(record: Record, *facts: CrmFact, days: float = 5, **changes: object) -> Decision:
    """The decision taken on `record` some days ago."""
    return replace(decided(record, *facts), routed_at=ago(days), **changes)  # type: ignore[arg-type]  # field names in the tests


def last(days: float, kind: AlertKind = AlertKind.HOT_PQL, state: str = "open") -> LastAlert:
    return LastAlert(kind, "hot:2026-01-01", state, ago(days))


def opened(
    record: Record,
    previous: Decision | None,
    *facts: CrmFact,
    alert: LastAlert | None = None,
    occasion: Occasion = Occasion.USUAL,
    now: datetime = NOW,
) -> Handoff | None:
    decision = in_force(previous, decided(record, *facts))
    return handoff(Case(record, decision, previous, alert, shipped(), now), occasion)


WARM = account(score=60)


def test_crossing_to_hot_opens_an_alert() -> None:
    """Warm before, Hot now: a Hot alert named after the day of the score (D17 i)."""
    assert opened(account(), before(WARM)) == Handoff("acme", AlertKind.HOT_PQL, "hot", "hot:2026-03-18", ago(0.01))


def test_new_hot_account_opens_an_alert() -> None:
    """An account never decided before counts as a crossing."""
    assert opened(account(), None) is not None


def test_still_hot_opens_nothing() -> None:
    """Hot before and Hot now, with nothing new, is no news."""
    assert opened(account(), before(account())) is None
    assert opened(account(score=120), before(account())) is None


def test_baseline_queues_hot_accounts_alone() -> None:
    """The first run floods nobody: a Hot account has one place in a queue, however often it is decided (D18)."""
    queued = Handoff("acme", AlertKind.HOT_PQL, "baseline", "baseline", ago(0.01))
    assert opened(account(signal("limit_hit", 1)), None, occasion=Occasion.FIRST) == queued
    assert opened(account(score=93), before(account()), occasion=Occasion.FIRST) == queued
    assert opened(account(signal("limit_hit", 1), score=60), None, occasion=Occasion.FIRST) is None
    assert opened(account(), None, fact(SQL), occasion=Occasion.FIRST) is None


@pytest.mark.parametrize(("hours", "opens"), [(23, True), (25, False)])
def test_a_signal_may_come_later_than_it_happened(hours: int, opens: bool) -> None:
    """A decision between the two did not know it; a day later it is no news any more."""
    late = account(signal("limit_hit", 5 + hours / 24))
    assert (opened(late, before(account())) is not None) is opens
    assert opened(late, before(late)) is None  # that one knew


@pytest.mark.parametrize(
    "record",
    [
        account(score=45, employees=90),
        account(activated_at=None),
        account(domain="rival.example"),
        account(employees=12),
        account(score=60, employees=12),
        account(closed_won_at=ago(9), seats_purchased=20, seats_used=15),
    ],
)
def test_routes_without_a_person_open_nothing(record: Record) -> None:
    """Watching, not activated, excluded, self-serve, nurture and a quiet customer raise no alert (J31)."""
    told = replace(record, signals=(signal("limit_hit", 0.1),))

    assert opened(told, before(WARM)) is None


@pytest.mark.parametrize(
    ("kind", "trigger"),
    [
        ("limit_hit", "usage_limit"),
        ("gated_attempt", "intent"),
        ("external_domain_invite", "intent"),
        ("hand_raise", "intent"),
    ],
)
@pytest.mark.parametrize("score", [92, 60])
def test_new_limit_or_intent_opens_an_alert(score: int, kind: str, trigger: str) -> None:
    """A usage limit or an intent moment alerts on a Hot or Warm account that was already so (D17 ii, iii)."""
    record = account(signal(kind, 2), score=score)
    wanted = opened(record, before(account(score=score), days=5))

    assert wanted == Handoff("acme", AlertKind.HOT_PQL, trigger, f"{trigger}:2026-03-16", ago(2))


@pytest.mark.parametrize(("visits", "opens"), [(2, False), (3, True)])
def test_third_pricing_visit_is_an_intent_moment(visits: int, opens: bool) -> None:
    """One or two looks at the prices are not yet intent, the third is (C20)."""
    record = account(*(signal("pricing_view", day) for day in range(1, visits + 1)))

    assert (opened(record, before(account())) is not None) is opens


def test_old_signals_open_nothing() -> None:
    """What happened well before the last decision or the last alert, or long ago, is no news."""
    assert opened(account(signal("limit_hit", 6.1)), before(account(), days=5)) is None
    assert opened(account(signal("limit_hit", 20)), before(account(), days=60), alert=last(18)) is None
    assert opened(account(signal("limit_hit", 15), score=60), before(WARM, days=60)) is None


def test_a_limit_outranks_the_score() -> None:
    """An account that crosses because it hit its limit is told by the limit (C20)."""
    wanted = opened(account(signal("limit_hit", 1), signal("gated_attempt", 0.5)), before(WARM))

    assert wanted is not None
    assert (wanted.trigger, wanted.occurred_at) == ("usage_limit", ago(1))


@pytest.mark.parametrize(("days", "opens"), [(13.9, False), (14, True)])
def test_cooldown(days: float, opens: bool) -> None:
    """Fourteen days between two alerts of an account (D37)."""
    record = account(signal("limit_hit", 0.1))

    assert (opened(record, before(account()), alert=last(days)) is not None) is opens


def test_not_a_fit_rests_longer() -> None:
    """After "not a fit" it takes 90 days, or a usage limit (D37, D42)."""
    gated, limit = account(signal("gated_attempt", 0.1)), account(signal("limit_hit", 0.1))

    assert opened(gated, before(account()), alert=last(20, state="disqualified")) is None
    assert opened(gated, before(account()), alert=last(90, state="disqualified")) is not None
    assert opened(limit, before(account()), alert=last(2, state="disqualified")) is not None


def test_flapping_does_not_alert_again() -> None:
    """After an alert, 79 and back to 81 is nothing; three days below 70 arm it again (D17)."""
    dipped, low = account(score=79), account(score=69)

    assert opened(account(score=81), before(dipped, days=9), alert=last(30)) is None
    assert opened(account(score=81), before(low, days=2.9), alert=last(30)) is None
    assert opened(account(score=81), before(low, days=3), alert=last(30)) is not None
    assert opened(account(score=81), before(dipped, days=9)) is not None  # never alerted: a crossing like any other


def test_held_accounts_alert_when_released() -> None:
    """A Hot account that was held told nobody; released, it alerts, its waiting limit included."""
    held = before(account(), route=Route.HOLD)
    warm_held = before(WARM, route=Route.HOLD, days=1)

    assert opened(account(), held) is not None
    released = opened(account(signal("limit_hit", 2), score=60), warm_held)
    assert released is not None
    assert released.trigger == "usage_limit"


def test_sql_owner_is_told_as_fyi() -> None:
    """The same triggers on a superseded account go to the SQL owner as FYI, without a Hot alert (K22)."""
    wanted = opened(account(), before(WARM), fact(SQL))

    assert wanted is not None
    assert wanted.kind is AlertKind.FYI
    assert opened(account(score=45, employees=90), before(WARM), fact(SQL)) is None


def test_new_sql_tells_its_owner_inside_the_cooldown() -> None:
    """An SQL on an account with a fresh Hot alert is news to its owner; the cooldown is per kind."""
    wanted = opened(account(), before(account()), fact(SQL), alert=last(3))

    assert wanted is not None
    assert wanted.kind is AlertKind.FYI


def test_lost_sql_gives_the_account_to_sales_again() -> None:
    """When the SQL ends, the AE is alerted, in an episode of its own."""
    first = opened(account(), before(WARM))
    again = opened(account(), before(account(), fact(SQL), days=2), alert=last(2, AlertKind.FYI))

    assert first is not None
    assert again is not None
    assert again.kind is AlertKind.HOT_PQL
    assert again.episode != first.episode


def test_stale_opportunity_is_a_hot_alert() -> None:
    """The owner of a stale opportunity gets an alert with a clock (D3)."""
    wanted = opened(account(), before(WARM), fact(FactKind.OPEN_OPPORTUNITY, touched=ago(60)))

    assert wanted is not None
    assert wanted.kind is AlertKind.HOT_PQL


@pytest.mark.parametrize("signals", [(), (signal("limit_hit", 1),), (signal("teammate_invited", 2),)])
def test_episode_survives_a_crash(signals: tuple[object, ...]) -> None:
    """Decided again hours later over the same warehouse, it is the same episode."""
    record, previous = account(*signals), before(WARM)  # type: ignore[arg-type]  # Signals
    first, second = opened(record, previous), opened(record, previous, now=NOW + timedelta(hours=20))

    assert first is not None
    assert second is not None
    assert first.episode == second.episode


def test_undated_account_still_has_an_episode() -> None:
    """Without score date, signal or PQL date the episode says so."""
    wanted = opened(account(scored_at=None, pql_at=None), before(WARM))

    assert wanted is not None
    assert (wanted.episode, wanted.occurred_at) == ("hot:undated", NOW)


def test_superseding_takes_back_hot_alerts_only() -> None:
    """An FYI decision ends an open Hot alert, not an FYI; an assignment ends nothing (D3)."""
    fyi, assigned = decided(account(), fact(SQL)), decided(account())

    assert supersedes(fyi, "hot_pql")
    assert not supersedes(fyi, "fyi")
    assert not supersedes(assigned, "hot_pql")


def test_outbox_of_a_crossing() -> None:
    """A wanted alert is one fact with a key that makes appending it again harmless (D34)."""
    (row,) = outbox(Case(account(), decided(account()), before(WARM), None, shipped(), NOW))

    assert (row.kind, row.account_key, row.at) == ("alert_wanted", "acme", NOW)
    assert row.dedupe_key == "alert_wanted:acme:hot_pql:hot:2026-03-18"
    assert row.payload["routed_to"] == decided(account()).routed_to


def test_outbox_of_an_sql_under_an_open_alert() -> None:
    """An SQL under a Hot alert appends both: the alert is taken back, its new owner is told."""
    decision = decided(account(), fact(SQL))
    rows = outbox(Case(account(), decision, before(account()), last(3), shipped(), NOW))

    assert [row.kind for row in rows] == ["sql_seen", "alert_wanted"]
    assert rows[0].dedupe_key == "sql_seen:acme:hot:2026-01-01"
    assert rows[0].payload["owner"] == "sdr-1@workspace.example"
    assert rows[1].payload["kind"] == "fyi"


def test_outbox_is_empty_without_news() -> None:
    """Nothing new, nothing appended; nor in a baseline."""
    assert outbox(Case(account(), decided(account()), before(account()), None, shipped(), NOW)) == []
    told = outbox(Case(account(score=60), decided(account(score=60)), None, None, shipped(), NOW), Occasion.FIRST)
    assert told == []


@pytest.mark.parametrize(("hours", "stale"), [(24, False), (24.1, True)])
def test_old_scores_are_called_stale(hours: float, stale: bool) -> None:
    """A score older than 24 hours still alerts, and says so (A6, D37)."""
    record = account(scored_at=ago(hours / 24))
    (row,) = outbox(Case(record, decided(record), before(WARM), None, shipped(), NOW))

    assert ("stale score" in json.dumps(row.payload)) is stale


def test_payload_is_complete_json() -> None:
    """An alert carries all it shows, in JSON's own types (F5)."""
    admin = Person("acme:admin", "Workspace admin", "Head of operations", "admin@acme.example", is_admin=True)
    record = replace(
        account(signal("limit_hit", 3, person=admin.key), name="Acme", points_icp=15, points_quota=None),
        people=(admin,),
    )
    decision = decided(record, fact(SQL, at=ago(6)))
    wanted = opened(record, before(WARM), fact(SQL, at=ago(6)))
    assert wanted is not None
    told = payload(Case(record, decision, replace(decision, evidence={"score": 61}), None, shipped(), NOW), wanted)

    assert json.loads(json.dumps(told)) == told
    assert told["account"]["name"] == "Acme"
    assert told["account"]["employees"] == 400
    assert (told["score"], told["score_before"], told["components"]) == (92, 61, {"icp": 15})
    assert (told["tier"], told["route"], told["trigger"]) == (str(Tier.HOT), "fyi_owner", "usage_limit")
    assert told["signals"] == [
        {
            "kind": "limit_hit",
            "text": "Hit the usage limit 3 days ago",
            "ago": "3 days ago",
            "occurred_at": "2026-03-15T15:00:00Z",
        }
    ]
    assert told["people"][0] == {
        "key": "acme:admin",
        "name": "Workspace admin",
        "title": "Head of operations",
        "did": "hit the usage limit 3 days ago",
        "email": "admin@acme.example",
        "opt_out": False,
    }
    assert told["crm"] == {
        "known": True,
        "stage": "sql",
        "stage_at": "2026-03-12T15:00:00Z",
        "owner_email": "sdr-1@workspace.example",
        "owner_name": "sdr-1",
        "source": "salesforce Lead 00Q000000000001AAA",
    }
    assert told["counterfactual"]["rule"] == "hot-enterprise-size"
    assert (told["occurred_at"], told["raised_at"]) == ("2026-03-15T15:00:00Z", "2026-03-18T15:00:00Z")
