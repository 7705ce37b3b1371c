"""What opens an alert, what is told under one that is open, and what the first run does: rows in, facts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from connector.errors import AccessError
from connector.model import BASELINE, FactKind, Signal
from connector.store import alerts, facts
from tests.story.house import SALESFORCE, Town
from tests.unit.rules.shipped import shipped

HOT: dict[str, Any] = {"score": 92, "employees": 400}
WARM: dict[str, Any] = {"score": 60, "employees": 400}
KINDS = [("limit_hit", "usage_limit"), ("gated_attempt", "intent"), ("external_domain_invite", "intent")]


def happened(town: Town, kind: str, times: int = 1) -> list[Signal]:
    """Signals of the last minutes."""
    return [Signal(kind, town.now - timedelta(minutes=minute)) for minute in range(1, times + 1)]


def moved(town: Town, values: dict[str, Any], signals: Sequence[Signal] = ()) -> None:
    """The warehouse says this of acme, half an hour later, and a sync follows."""
    town.later(minutes=30)
    town.product("acme", signals=signals, scored_at=town.now, **values)
    town.sync()


def opened(town: Town) -> list[tuple[object, object]]:
    """Trigger and episode of every alert wanted so far."""
    told = [fact.payload for fact in town.facts() if fact.kind == "alert_wanted"]
    return [(each["trigger"], each["episode"]) for each in told]


def threaded(town: Town) -> list[tuple[object, object]]:
    """Trigger and words of everything told under an alert so far."""
    told = [fact.payload for fact in town.facts() if fact.kind == "signal_seen"]
    return [(each["trigger"], each["signal"]["text"]) for each in told]


def dies(town: Town) -> None:
    """A sync that ends with its first write: what was decided is stored, and nothing is delivered."""

    def refuse(*_arguments: object) -> NoReturn:
        raise AccessError("the session has ended")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(town.crms[SALESFORCE], "send", refuse)
        with pytest.raises(AccessError):
            town.sync()


@pytest.fixture
def quiet(town: Town) -> Town:
    """A Warm account, known and delivered, that nobody was alerted of."""
    town.product("acme", **WARM)
    town.record("acme")
    return town.settled()


@pytest.fixture
def alerted(quiet: Town) -> Town:
    """The account turned Hot: its alert is open."""
    moved(quiet, HOT)
    assert [trigger for trigger, _ in opened(quiet)] == ["hot"]
    return quiet


# --------------------------------------------------------------------------------------------- opens once, threads once


@pytest.mark.parametrize(("kind", "trigger"), KINDS)
@pytest.mark.parametrize("values", [WARM, HOT], ids=["warm", "hot"])
def test_a_limit_or_a_moment_of_intent_opens_once(town: Town, kind: str, trigger: str, values: dict[str, Any]) -> None:
    """Of a Warm or an already Hot account outside an episode; once, however often it is synced (D17)."""
    town.product("acme", **values)
    town.record("acme")
    town.settled()
    before = len(opened(town))
    signals = happened(town, kind)
    for score in (0, 1, 2):
        moved(town, {**values, "score": values["score"] + score}, [*signals])

    assert [told for told, _ in opened(town)[before:]] == [trigger]
    assert threaded(town) == []


@pytest.mark.parametrize(("kind", "trigger"), [*KINDS, ("hand_raise", "intent")])
def test_inside_an_episode_it_threads_once(alerted: Town, kind: str, trigger: str) -> None:
    """No second alert; one fact that names the first, with the words and the new sentence (D17)."""
    signals = happened(alerted, kind)
    for score in (92, 93, 94):
        moved(alerted, {**HOT, "score": score}, signals)

    assert len(opened(alerted)) == 1
    ((told, _),) = threaded(alerted)
    assert told == trigger
    (fact,) = [fact for fact in alerted.facts() if fact.kind == "signal_seen"]
    assert (fact.payload["kind"], fact.payload["episode"]) == ("hot_pql", opened(alerted)[0][1])
    assert fact.payload["signal"]["kind"] == kind
    assert [line["kind"] for line in fact.payload["signals"]] == [kind]
    assert "has 8 active users" in fact.payload["sentence"]


def test_every_kind_is_told_of_though_they_come_together(alerted: Town) -> None:
    """A limit does not hide a gated feature tried the same day, nor the other way round."""
    limit = happened(alerted, "limit_hit")
    moved(alerted, HOT, limit)
    gated = happened(alerted, "gated_attempt")
    moved(alerted, HOT, [*gated, *limit])

    assert [trigger for trigger, _ in threaded(alerted)] == ["usage_limit", "intent"]


def test_the_third_look_at_the_prices_threads_and_the_fourth_does_not(alerted: Town) -> None:
    """The third is the moment of intent (C20)."""
    looks = happened(alerted, "pricing_view", 2)
    moved(alerted, HOT, looks)
    assert threaded(alerted) == []
    for _ in range(2):
        looks = [*happened(alerted, "pricing_view"), *looks]
        moved(alerted, HOT, looks)
    assert [trigger for trigger, _ in threaded(alerted)] == ["intent"]


def test_a_warm_account_whose_alert_is_open_turns_hot_once(quiet: Town) -> None:
    """Inside its episode that is told under the alert; 79 and back to 81 is no news (D17)."""
    moved(quiet, WARM, happened(quiet, "limit_hit"))
    for score in (92, 79, 81):
        moved(quiet, {**HOT, "score": score})

    assert [trigger for trigger, _ in opened(quiet)] == ["usage_limit"]
    assert threaded(quiet) == [("hot", "Turned Hot at 92")]


def test_after_the_episode_a_limit_opens_again(alerted: Town) -> None:
    """Fourteen days later it is another one (D37)."""
    alerted.later(days=14)
    moved(alerted, HOT, happened(alerted, "limit_hit"))
    assert [trigger for trigger, _ in opened(alerted)] == ["hot", "usage_limit"]
    assert threaded(alerted) == []


@pytest.mark.parametrize("minutes", [-60, 20])
def test_an_account_that_buys_by_itself_ends_its_alert_once(alerted: Town, minutes: int) -> None:
    """Paid after the alert was raised: one fact that names it, however often it is synced; paid before, none (D15)."""
    paid_at = alerted.now + timedelta(minutes=minutes)
    for score in (92, 93):
        moved(alerted, {**HOT, "score": score, "self_serve_paid_at": paid_at})

    told = [fact.payload for fact in alerted.facts() if fact.kind == "converted"]
    ((_, episode),) = opened(alerted)
    wanted = {"kind": "hot_pql", "episode": episode, "paid_at": paid_at.isoformat()}
    assert told == ([wanted] if minutes > 0 else [])


def test_an_episode_that_is_over_hears_nothing(alerted: Town) -> None:
    """An SQL ended it: the owner of that has an FYI, and what comes then is told under the FYI."""
    alerted.tell("acme", FactKind.SQL, "00Q-1")
    moved(alerted, {**HOT, "score": 93})
    moved(alerted, {**HOT, "score": 94}, happened(alerted, "limit_hit"))
    told = [fact.payload["kind"] for fact in alerted.facts() if fact.kind in ("alert_wanted", "signal_seen")]
    assert told == ["hot_pql", "fyi", "fyi"]


def test_a_run_that_dies_and_its_heir_thread_once(alerted: Town) -> None:
    """The CRM stops answering after the facts are stored; the alerts lane looks too."""
    signals = happened(alerted, "limit_hit")
    alerted.later(minutes=30)
    alerted.product("acme", signals=signals, scored_at=alerted.now, **{**HOT, "score": 93})
    dies(alerted)
    alerted.urgent()
    alerted.later(minutes=5)
    alerted.urgent()
    alerted.sync()
    assert len(threaded(alerted)) == 1


# ------------------------------------------------------------------------------------------------------------ first run


@pytest.fixture
def crowd(town: Town) -> Town:
    """Three Hot accounts, a Warm one, and a Hot one with an SQL; nothing synced yet."""
    for key in ("one", "two", "three"):
        town.product(key, **HOT)
        town.record(key)
    town.product("warm", **WARM)
    town.product("sold", **HOT)
    town.record("sold")
    town.tell("sold", FactKind.SQL, "00Q-1")
    return town


def policy(town: Town, baseline: str) -> None:
    usual = shipped()
    town.definitions = replace(usual, alerts=replace(usual.alerts, baseline=baseline))


def queued(town: Town) -> Counter[str]:
    told = [fact for fact in town.facts() if fact.kind == "alert_wanted"]
    assert {fact.payload["episode"] for fact in told} <= {BASELINE}
    return Counter(fact.account_key for fact in told)


def test_the_first_run_puts_the_hot_ones_into_their_queues(crowd: Town) -> None:
    """Each once, with whose it is; nobody who is Warm, or somebody's already (D18)."""
    crowd.sync()
    assert queued(crowd) == Counter(["one", "two", "three"])
    assert all(fact.payload["routed_to"] for fact in crowd.facts())


@pytest.mark.parametrize(("baseline", "triggers"), [("silent", set()), ("alert", {"hot"})])
def test_the_first_run_may_be_silent_or_like_any_other(crowd: Town, baseline: str, triggers: set[str]) -> None:
    """As [alerts] baseline says (D18)."""
    policy(crowd, baseline)
    crowd.sync()
    assert {fact.payload["trigger"] for fact in crowd.facts()} == triggers


def test_a_first_run_killed_and_run_again_queues_each_once(crowd: Town) -> None:
    """Also a day later, by two lanes, and when the bot had taken some of it meanwhile."""
    dies(crowd)
    told = queued(crowd)
    crowd.later(days=1)
    for key in ("one", "two", "three"):
        crowd.product(key, **{**HOT, "score": 93})
    crowd.urgent()
    crowd.sync()
    assert told <= queued(crowd) == Counter(["one", "two", "three"])


def test_news_of_a_queued_account_opens_an_alert(crowd: Town) -> None:
    """A place in the queue is no episode: a limit opens an alert; a score that dips and comes back does not (D17)."""
    crowd.sync()
    for score in (79, 81):
        crowd.later(hours=1)
        crowd.product("two", **{**HOT, "score": score})
        crowd.sync()
    crowd.later(hours=1)
    crowd.product("one", signals=happened(crowd, "limit_hit"), **HOT)
    crowd.sync()

    fresh = [fact for fact in crowd.facts() if fact.payload["episode"] != BASELINE]
    assert [(fact.kind, fact.account_key) for fact in fresh] == [("alert_wanted", "one")]


def test_not_a_fit_holds_for_a_queued_account_too(crowd: Town) -> None:
    """Ninety days without an alert, unless it hits a limit (D37, D42)."""
    crowd.sync()
    with crowd.store.write() as conn:
        for fact in facts.untaken(conn, 9):
            facts.take(conn, fact.id, crowd.now)
        alerts.open_alert(
            conn, account_key="one", kind="hot_pql", episode=BASELINE, raised_at=crowd.now, occurred_at=crowd.now,
            owner_email=None, payload={}, state="disqualified",
        )  # fmt: skip
    crowd.later(days=20)
    crowd.product("one", signals=happened(crowd, "gated_attempt"), **HOT)
    crowd.sync()
    assert crowd.facts() == []


@pytest.fixture
def lowered(crowd: Town) -> Town:
    """Three accounts at 76 that were known as Warm, and from now on 75 is Hot."""
    for key in ("one", "two", "three"):
        crowd.product(key, **{**HOT, "score": 76})
    crowd.sync()
    assert crowd.facts() == []
    crowd.later(hours=1)
    usual = crowd.definitions
    tiers = replace(usual.tiers, hot=75)
    crowd.definitions = replace(usual, tiers=tiers, version="v2", versions={**usual.versions, "tiers": "t2"})
    return crowd


def test_other_definitions_put_who_turns_hot_into_the_queue(lowered: Town) -> None:
    """Nothing happened at these accounts: no alert, once (D13). The next one that crosses by its score is one."""
    lowered.sync()
    assert Counter(fact.payload["trigger"] for fact in lowered.facts()) == {BASELINE: 3}
    assert {fact.payload["episode"] for fact in lowered.facts()} == {f"v2:{BASELINE}"}

    lowered.later(hours=1)
    lowered.product("warm", **{**HOT, "scored_at": lowered.now})
    lowered.sync()
    assert [(fact.account_key, fact.payload["trigger"]) for fact in lowered.facts()[3:]] == [("warm", "hot")]


def test_news_alerts_whatever_the_definitions(lowered: Town) -> None:
    """A usage limit, an account nobody knew, a score that rose: the bot holds these alerts for RevOps' word (D37)."""
    lowered.product("one", signals=happened(lowered, "limit_hit"), **{**HOT, "score": 76})
    lowered.product("new", **HOT)
    lowered.product("warm", **HOT)
    lowered.sync()
    told = {fact.account_key: fact.payload["trigger"] for fact in lowered.facts()}
    assert told == {"one": "usage_limit", "new": "hot", "warm": "hot", "two": BASELINE, "three": BASELINE}


@pytest.mark.parametrize(
    ("policy", "triggers"),
    [({"on_definition_change": "alert"}, {"hot"}), ({"baseline": "alert"}, {"hot"}), ({"baseline": "silent"}, set())],
)
def test_what_other_definitions_find_may_be_told_otherwise(
    lowered: Town, policy: dict[str, str], triggers: set[str]
) -> None:
    """As [alerts] on_definition_change says, and baseline (D13)."""
    usual = lowered.definitions
    lowered.definitions = replace(usual, alerts=replace(usual.alerts, **policy))  # type: ignore[arg-type]  # all texts
    lowered.sync()
    assert {fact.payload["trigger"] for fact in lowered.facts()} == triggers


def test_definitions_killed_half_way_are_still_other_definitions(lowered: Town) -> None:
    """Until a whole run was made by them; each account has its place once."""
    dies(lowered)
    lowered.later(hours=1)
    lowered.urgent()
    lowered.sync()
    assert Counter(fact.account_key for fact in lowered.facts()) == Counter(["one", "two", "three"])
    assert {fact.payload["trigger"] for fact in lowered.facts()} == {BASELINE}
