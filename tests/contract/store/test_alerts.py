"""Facts, alerts and deliveries: each once, and of two that race exactly one wins (D34, slack B9)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from connector.model import LastAlert, NewFact
from connector.store import Store, alerts, facts
from connector.store.alerts import Alert, Counts, Delivery, Transition
from connector.store.facts import FactRow
from tests.contract.store_fixture import NOW

RUN = "r-000001"
LATER = NOW + timedelta(minutes=5)


def opened(conn: Connection, key: str = "hot-mid", episode: str = "e1", raised_at: datetime = NOW) -> int:
    """A fresh Hot alert's id."""
    alert_id = alerts.open_alert(
        conn,
        account_key=key,
        kind="hot_pql",
        episode=episode,
        raised_at=raised_at,
        occurred_at=NOW,
        owner_email="ae1@workspace.example",
        payload={"score": 92},
    )
    assert alert_id is not None
    return alert_id


def planned(conn: Connection, target: str = "dm:U1") -> int:
    """The id of a fresh delivery of a fresh alert."""
    alert_id = opened(conn, key=f"account for {target}")
    assert alerts.plan_delivery(conn, alert_id, target)
    return alerts.deliveries_of(conn, alert_id)[0].id


def sending(conn: Connection) -> Delivery:
    """The next delivery, claimed."""
    delivery = alerts.claim_delivery(conn, NOW)
    assert delivery is not None
    return delivery


def winners(store: Store, attempt: Callable[[Connection], bool], racers: int = 4) -> int:
    """How many of several concurrent transactions were told that they won."""

    def race(_number: int) -> bool:
        with store.write() as conn:
            return attempt(conn)

    with ThreadPoolExecutor(racers) as threads:
        return sum(threads.map(race, range(racers)))


# --- facts -----------------------------------------------------------------------------------------


def fact(name: str, kind: str = "alert_wanted") -> NewFact:
    """A fact about an account of the same name."""
    return NewFact(kind, name, f"{kind}:{name}", NOW, {"account": {"key": name}})


def test_a_fact_is_stored_once(conn: Connection) -> None:
    """Facts known by their dedupe key are not stored again; the count is of new ones."""
    assert facts.append(conn, RUN, [fact("a"), fact("b")]) == 2
    assert facts.append(conn, RUN, [fact("b"), fact("c"), fact("c")]) == 1
    assert facts.append(conn, RUN, []) == 0

    assert [row.account_key for row in facts.untaken(conn, 10)] == ["a", "b", "c"]


def test_facts_are_taken_in_order_and_once(conn: Connection) -> None:
    """The oldest come first, as many as asked for; a taken one does not come again, nor can it be taken again."""
    facts.append(conn, RUN, [fact("a"), fact("b", "sql_seen"), fact("c")])
    first, second = facts.untaken(conn, 2)

    assert facts.take(conn, first.id, LATER)
    assert not facts.take(conn, first.id, LATER)

    assert second == FactRow(second.id, "sql_seen", "b", NOW, {"account": {"key": "b"}}, RUN)
    assert [row.account_key for row in facts.untaken(conn, 10)] == ["b", "c"]
    assert facts.append(conn, RUN, [fact("a")]) == 0


def place(name: str) -> NewFact:
    """A place in a queue."""
    return NewFact("alert_wanted", name, f"alert_wanted:{name}:hot_pql:baseline", NOW, {})


def test_news_does_not_wait_behind_a_queue(conn: Connection) -> None:
    """Of many places some come along; what comes of one account comes in its order."""
    facts.append(conn, RUN, [*(place(f"p{number}") for number in range(9)), fact("a"), fact("p7"), fact("b")])
    assert [row.id for row in facts.pressing(conn, 9, 2)] == [1, 2, 8, 10, 11, 12]
    assert [row.id for row in facts.pressing(conn, 1, 2)] == [1, 2, 10]

    for row in facts.pressing(conn, 9, 2):
        facts.take(conn, row.id, LATER)
    assert [row.id for row in facts.pressing(conn, 9, 4)] == [3, 4, 5, 6]


def test_of_racing_takers_one_wins(store: Store) -> None:
    """A fact is acted on once, however many replicas saw it."""
    with store.write() as conn:
        facts.append(conn, RUN, [fact("a")])
        seen = facts.untaken(conn, 1)[0].id

    assert winners(store, lambda conn: facts.take(conn, seen, LATER)) == 1


# --- alerts ----------------------------------------------------------------------------------------


def test_an_alert_is_opened_once_per_episode(conn: Connection) -> None:
    """The same account, kind and episode gives no second alert; another episode does."""
    first = opened(conn)
    again = alerts.open_alert(
        conn,
        account_key="hot-mid",
        kind="hot_pql",
        episode="e1",
        raised_at=LATER,
        occurred_at=LATER,
        owner_email=None,
        payload={},
    )

    assert again is None
    assert opened(conn, episode="e2") != first
    assert alerts.get(conn, first) == Alert(
        id=first,
        account_key="hot-mid",
        kind="hot_pql",
        episode="e1",
        state="open",
        raised_at=NOW,
        occurred_at=NOW,
        owner_email="ae1@workspace.example",
        payload={"score": 92},
        acknowledged_by=None,
        acknowledged_by_name=None,
        acknowledged_at=None,
        superseded_at=None,
        version=1,
    )


def test_an_unknown_alert_is_none(conn: Connection) -> None:
    """An id nobody gave finds nothing."""
    assert alerts.get(conn, 404) is None


def test_the_newest_alert_of_each_account(conn: Connection) -> None:
    """For the hand-off: the last alert raised per account, in bulk; accounts without one are absent."""
    opened(conn, "a", "late", raised_at=LATER)
    opened(conn, "a", "early", raised_at=NOW)
    opened(conn, "b", "only")

    assert alerts.last_raised(conn, ["a", "b", "c"]) == {
        "a": LastAlert("hot_pql", "late", "open", LATER),
        "b": LastAlert("hot_pql", "only", "open", NOW),
    }
    assert [alert.episode for alert in alerts.of_account(conn, "a")] == ["early", "late"]


def test_a_transition_moves_the_alert_and_is_recorded(conn: Connection) -> None:
    """State, changes and version move together; who did it, through what and from where is kept."""
    alert_id = opened(conn)

    acknowledged = alerts.transition(
        conn,
        alert_id,
        ["open", "escalated"],
        "acknowledged",
        "U1",
        "slack",
        LATER,
        acknowledged_by="U1",
        acknowledged_by_name="AE 1",
        acknowledged_at=LATER,
    )

    alert = alerts.get(conn, alert_id)
    assert acknowledged
    assert alert is not None
    assert (alert.state, alert.version, alert.acknowledged_by, alert.acknowledged_at) == (
        "acknowledged",
        2,
        "U1",
        LATER,
    )
    assert alerts.transitions_of(conn, alert_id) == [Transition(alert_id, "open", "acknowledged", "U1", "slack", LATER)]


def test_a_transition_from_another_state_changes_nothing(conn: Connection) -> None:
    """Who comes too late is told so, and neither alert nor record shows it."""
    alert_id = opened(conn)
    alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", NOW, acknowledged_by="U1")

    assert not alerts.transition(conn, alert_id, ["open"], "acknowledged", "U2", "slack", LATER, acknowledged_by="U2")
    assert not alerts.transition(conn, 404, ["open"], "acknowledged", "U2", "slack", LATER)

    alert = alerts.get(conn, alert_id)
    assert alert is not None
    assert (alert.acknowledged_by, alert.version, len(alerts.transitions_of(conn, alert_id))) == ("U1", 2, 1)


def test_of_racing_clicks_one_wins(store: Store) -> None:
    """Four people click at once: one has it, once recorded."""
    with store.write() as conn:
        alert_id = opened(conn)

    won = winners(store, lambda conn: alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", LATER))

    assert won == 1
    with store.read() as conn:
        assert len(alerts.transitions_of(conn, alert_id)) == 1


# --- deliveries ------------------------------------------------------------------------------------


def test_a_delivery_is_planned_once_per_target(conn: Connection) -> None:
    """One alert goes once to each target (D38)."""
    alert_id = opened(conn)

    assert alerts.plan_delivery(conn, alert_id, "dm:U1")
    assert not alerts.plan_delivery(conn, alert_id, "dm:U1")
    assert alerts.plan_delivery(conn, alert_id, "channel:C1")
    assert [each.target for each in alerts.deliveries_of(conn, alert_id)] == ["dm:U1", "channel:C1"]


def test_deliveries_are_claimed_oldest_first_and_once(conn: Connection) -> None:
    """A claim marks the oldest delivery as sending with its attempt and start; then the next is given."""
    first, second = planned(conn, "dm:U1"), planned(conn, "dm:U2")

    claimed = alerts.claim_delivery(conn, NOW)

    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempt, claimed.started_at) == (first, "sending", 1, NOW)
    following = alerts.claim_delivery(conn, NOW)
    assert following is not None
    assert following.id == second
    assert alerts.claim_delivery(conn, NOW) is None


def test_a_postponed_delivery_waits(conn: Connection) -> None:
    """After a rate limit the delivery comes again when its time has come, as the next attempt."""
    delivery_id = planned(conn)
    assert alerts.mark_pending(conn, sending(conn), LATER)

    assert alerts.claim_delivery(conn, LATER - timedelta(seconds=1)) is None
    again = alerts.claim_delivery(conn, LATER)

    assert again is not None
    assert (again.id, again.attempt, again.not_before) == (delivery_id, 2, None)


def test_of_racing_claims_one_wins(store: Store) -> None:
    """One delivery is claimed by one sender; the others go away empty-handed."""
    with store.write() as conn:
        planned(conn)

    assert winners(store, lambda conn: alerts.claim_delivery(conn, NOW) is not None) == 1


def test_what_a_crash_left_in_the_air_is_found(conn: Connection) -> None:
    """Unknown deliveries, and those sending since before the given instant, are listed; settled ones are not."""
    stuck, unknown, sent, failed = (planned(conn, f"dm:U{number}") for number in range(4))
    in_the_air = {each.id: each for each in (sending(conn) for _ in range(4))}
    fresh = planned(conn, "dm:U9")
    alerts.claim_delivery(conn, LATER)
    alerts.mark_unknown(conn, in_the_air[unknown])
    alerts.mark_sent(conn, sent, "D1", "1700000000.000100", 1)
    alerts.mark_failed(conn, in_the_air[failed], "channel_not_found")

    assert [each.id for each in alerts.unresolved(conn, LATER)] == [stuck, unknown]
    assert fresh in [each.id for each in alerts.unresolved(conn, LATER + timedelta(seconds=1))]


def test_a_message_found_posted_is_never_posted_again(conn: Connection) -> None:
    """Once sent, a late word of failure or doubt changes nothing."""
    delivery_id = planned(conn)
    delivery = sending(conn)
    alerts.mark_unknown(conn, delivery)
    alerts.mark_sent(conn, delivery_id, "D1", "1700000000.000100", 1)

    assert not alerts.mark_pending(conn, delivery, NOW)
    assert not alerts.mark_unknown(conn, delivery)
    assert not alerts.mark_failed(conn, delivery, "channel_not_found")

    assert alerts.claim_delivery(conn, LATER) is None


def test_what_an_earlier_attempt_learns_late_changes_nothing(conn: Connection) -> None:
    """Two replicas found no message, and one of them is already posting it anew: the other does not hand it out too."""
    planned(conn)
    first = sending(conn)
    alerts.mark_unknown(conn, first)
    assert alerts.mark_pending(conn, first, NOW)
    second = sending(conn)

    assert not alerts.mark_pending(conn, first, NOW)
    assert not alerts.mark_failed(conn, first, "channel_not_found")

    assert alerts.claim_delivery(conn, LATER) is None
    assert alerts.mark_unknown(conn, second)


def test_messages_behind_their_alert_are_found(conn: Connection) -> None:
    """A posted message is stale from the alert's next version until it was rendered anew, and never goes back."""
    delivery_id = planned(conn)
    alerts.claim_delivery(conn, NOW)
    alerts.mark_sent(conn, delivery_id, "D1", "1700000000.000100", 1)
    assert alerts.stale_renderings(conn) == []

    alert_id = alerts.of_account(conn, "account for dm:U1")[0].id
    alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", LATER)
    (stale,) = alerts.stale_renderings(conn)
    assert (stale.id, stale.channel, stale.ts, stale.rendered_version) == (delivery_id, "D1", "1700000000.000100", 1)

    alerts.mark_rendered(conn, delivery_id, 2)
    alerts.mark_rendered(conn, delivery_id, 1)
    assert alerts.stale_renderings(conn) == []


@pytest.mark.parametrize("acknowledged", [0, 1])
def test_counts_by_state(conn: Connection, acknowledged: int) -> None:
    """Alerts and deliveries are counted in the states that occur."""
    assert alerts.counts(conn) == Counts({}, {})
    planned(conn, "dm:U1")
    planned(conn, "dm:U2")
    for _ in range(acknowledged):
        alert_id = alerts.of_account(conn, "account for dm:U1")[0].id
        alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", LATER)

    expected = {"open": 1, "acknowledged": 1} if acknowledged else {"open": 2}
    assert alerts.counts(conn) == Counts(expected, {"pending": 2})
