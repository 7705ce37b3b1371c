"""Calls to a CRM: patient with what passes, within the day's share, one outcome per record whatever happens (K5)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from connector.budget import Limits, allowed_calls
from connector.calling import Caller, Patience
from connector.deliver import BREAKER, deliver
from connector.destinations.memory import MemoryCrm
from connector.errors import (
    AccessError,
    BatchRejectedError,
    DestinationError,
    QuotaError,
    RateLimitedError,
    TransientError,
)
from connector.mapping.reading import build
from connector.model import Allowance, FieldKind, FieldSpec, ObjectSpec, Outcome, OutcomeKind, Window, Write
from connector.pacing import LocalPace, Turnstile
from connector.ways import usual
from tests.unit.mapping.files import COLUMNS, document

NOW = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
KEY = "PLS_Account_Key__c"
SPEC = ObjectSpec(
    "Account",
    {KEY: FieldSpec(KEY, FieldKind.TEXT, unique=True), "PLS_Score__c": FieldSpec("PLS_Score__c", FieldKind.NUMBER)},
)
MAPPING = build("account", document({"PLS_Score__c": {"from": "score", "merge": "warehouse_wins"}}), COLUMNS)


@dataclass
class FussyCrm(MemoryCrm):
    """Refuses a whole batch for the sake of one bad record, forgets to answer for some, and breaks where told to."""

    bad: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    codes: Callable[[str], str] = lambda _: "DUPLICATE"
    batches: list[int] = field(default_factory=list)

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        self.batches.append(len(writes))
        if culprits := [write.key for write in writes if write.key in self.bad]:
            self._count("send")
            raise BatchRejectedError(f"{culprits[0]} is bad", self.codes(culprits[0]))
        outcomes = super().send(object_name, match_field, writes)
        return [outcome for outcome in outcomes if outcome.key not in self.forgotten]


def fussy(records: int, bad: Sequence[int] = (), batch: int = 100, daily_limit: int | None = None) -> FussyCrm:
    """A CRM that holds `records` records, some of which it will not have changed."""
    crm = FussyCrm({"Account": SPEC}, clock=lambda: NOW, daily_limit=daily_limit, bad=frozenset(map(name, bad)))
    crm.capacity = replace(crm.capacity, send=batch)
    for number in range(records):
        crm.put("Account", f"id-{name(number)}", {KEY: name(number)})
    return crm


def name(number: int) -> str:
    return f"a-{number:03}"


def writes(records: int) -> list[Write]:
    return [Write(name(number), f"id-{name(number)}", {"PLS_Score__c": 87}) for number in range(records)]


@dataclass
class Watch:
    """A clock that goes on only when somebody sleeps, and the notes of who slept how long."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


def caller(crm: MemoryCrm, watch: Watch | None = None, share: float = 1.0, chance: float = 0.5) -> Caller:
    """A caller whose sleep only moves its watch."""
    watch = watch or Watch()
    return patient(crm, watch, Patience(watch.sleep, lambda: chance), Limits(share, daily_reserve=0))


def patient(crm: MemoryCrm, watch: Watch, patience: Patience, limits: Limits) -> Caller:
    """A caller of a certain patience, with a turnstile before the CRM."""
    crm.gate = turnstile = Turnstile(crm.name, LocalPace(), watch, watch.sleep)
    return Caller(crm, patience, limits, turnstile)


def delivered(crm: MemoryCrm, records: int, using: Caller | None = None) -> dict[str, Outcome]:
    """The outcome of every record; fails where a record has none or two."""
    outcomes = [one for some in deliver(using or caller(crm), usual(crm, MAPPING), writes(records)) for one in some]

    assert Counter(outcome.key for outcome in outcomes) == Counter(write.key for write in writes(records))
    return {outcome.key: outcome for outcome in outcomes}


def kinds(outcomes: dict[str, Outcome]) -> Counter[OutcomeKind]:
    return Counter(outcome.kind for outcome in outcomes.values())


# --- budget ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "limit", "share", "calls"),
    [(0, 1_000, 0.3, 300), (900, 1_000, 0.3, 30), (1_000, 1_000, 0.3, 0), (1_200, 1_000, 0.3, 0), (0, 3, 0.3, 0)],
)
def test_a_share_of_what_is_left_today(used: int, limit: int, share: float, calls: int) -> None:
    """A run may spend its share of the calls left, never of those already gone (invariant 13)."""
    assert allowed_calls(Allowance(used, limit), Limits(share, daily_reserve=0)) == calls


# --- calling ---------------------------------------------------------------------------------------


def test_transient_failures_are_retried() -> None:
    """What passes is waited out, longer each time, and the answer comes back."""
    crm, watch = fussy(0), Watch()
    crm.fail(TransientError("reset"), TransientError("reset"))
    spec = caller(crm, watch)(lambda: crm.describe("Account"))

    assert spec == SPEC
    assert watch.slept == [0.5, 1.0]


def test_attempts_are_capped() -> None:
    """Five attempts and no more; then the error itself comes out."""
    crm, watch = fussy(0), Watch()
    crm.fail(*(TransientError(f"reset {number}") for number in range(9)))

    with pytest.raises(TransientError, match="reset 4"):
        caller(crm, watch)(lambda: crm.describe("Account"))
    assert crm.calls["describe"] == 5
    assert watch.slept == [0.5, 1.0, 2.0, 4.0]


def test_waits_never_grow_beyond_half_a_minute() -> None:
    """Backing off has an end."""
    crm, watch = fussy(0), Watch()
    crm.fail(*(TransientError("reset") for _ in range(8)))
    patience = Patience(watch.sleep, lambda: 1.0, attempts=8, total_seconds=10_000)

    with pytest.raises(TransientError):
        patient(crm, watch, patience, Limits())(lambda: crm.describe("Account"))
    assert watch.slept == [1, 2, 4, 8, 16, 30, 30]


def test_retry_after_is_honoured() -> None:
    """A CRM that says when to come back is asked again then, without jitter."""
    crm, watch = fussy(0), Watch()
    crm.fail(RateLimitedError("too many", 11.0))
    caller(crm, watch, chance=0.0)(lambda: crm.describe("Account"))

    assert watch.slept == [11.0]


def test_total_time_is_capped() -> None:
    """A wait that would outlast our patience is not begun: the record is due again next run."""
    crm, watch = fussy(0), Watch()
    crm.fail(RateLimitedError("come back in an hour", 3_600.0))

    with pytest.raises(RateLimitedError):
        caller(crm, watch)(lambda: crm.describe("Account"))
    assert watch.slept == []


def test_waits_add_up_to_the_cap() -> None:
    """Several waits together stay within the total, however few attempts they are."""
    crm, watch = fussy(0), Watch()
    crm.fail(*(RateLimitedError("too many", 50.0) for _ in range(4)))

    with pytest.raises(RateLimitedError):
        caller(crm, watch)(lambda: crm.describe("Account"))
    assert watch.slept == [50.0, 50.0]


@pytest.mark.parametrize(
    "error", [AccessError("who are you"), QuotaError("all gone"), DestinationError("odd"), KeyError("a bug")]
)
def test_everything_else_is_not_retried(error: Exception) -> None:
    """Only what is known to pass is tried again; the unknown stops the run."""
    crm, watch = fussy(0), Watch()
    crm.fail(error)

    with pytest.raises(type(error)):
        caller(crm, watch)(lambda: crm.describe("Account"))
    assert (crm.calls["describe"], watch.slept) == (1, [])


def test_calls_stay_within_the_share() -> None:
    """The first answer says what is left of the day; then a run makes its share of calls and not one more."""
    crm = fussy(0, daily_limit=100)
    crm.calls["others"] = 59
    ask = caller(crm, share=0.1)

    for _ in range(5):
        ask(lambda: crm.describe("Account"))
    with pytest.raises(QuotaError, match=r"this run has used its share of today's calls \(5\)"):
        ask(lambda: crm.describe("Account"))
    assert crm.calls["describe"] == 5


def test_retries_spend_the_budget_too() -> None:
    """A failed attempt was a call all the same."""
    crm, watch = fussy(0, daily_limit=10), Watch()
    crm.fail(*(TransientError("reset") for _ in range(9)))

    with pytest.raises(QuotaError):
        caller(crm, watch, share=0.3)(lambda: crm.describe("Account"))
    assert crm.calls["describe"] == 3


# --- deliver ---------------------------------------------------------------------------------------


def test_every_record_has_one_outcome() -> None:
    """Batches go out at the CRM's size and each record comes back once."""
    crm = fussy(250)

    assert kinds(delivered(crm, 250)) == {OutcomeKind.UPDATED: 250}
    assert crm.batches == [100, 100, 50]


@pytest.mark.parametrize("culprit", [0, 37, 63, 99])
def test_one_bad_record_costs_its_neighbours_nothing(culprit: int) -> None:
    """One bad record of a hundred: ninety-nine delivered, one rejected in the CRM's words, in fifteen calls at most."""
    crm = fussy(100, [culprit])
    outcomes = delivered(crm, 100)

    assert kinds(outcomes) == {OutcomeKind.UPDATED: 99, OutcomeKind.REJECTED: 1}
    assert outcomes[name(culprit)].code == "DUPLICATE"
    assert outcomes[name(culprit)].message == f"{name(culprit)} is bad"
    assert crm.calls["send"] <= 15


def test_a_bad_batch_trips_the_breaker() -> None:
    """A hundred bad records are a wrong mapping, not bad data: a few are named, the rest is due, and calls end."""
    crm = fussy(300, range(300))
    outcomes = delivered(crm, 300)

    assert kinds(outcomes) == {OutcomeKind.REJECTED: BREAKER, OutcomeKind.DEFERRED: 300 - BREAKER}
    assert {outcome.code for outcome in outcomes.values()} == {"DUPLICATE", "BREAKER"}
    assert crm.calls["send"] <= 20


def test_different_reasons_trip_nothing() -> None:
    """Records refused each for a reason of its own are single cases: all of them are named."""
    crm = fussy(20, range(20), batch=20)
    crm.codes = lambda key: f"REASON_{key}"

    assert kinds(delivered(crm, 20)) == {OutcomeKind.REJECTED: 20}


def test_a_delivered_record_closes_the_breaker() -> None:
    """Bad records between good ones are found one by one, however many there are."""
    crm = fussy(40, range(0, 40, 2), batch=40)

    assert kinds(delivered(crm, 40)) == {OutcomeKind.UPDATED: 20, OutcomeKind.REJECTED: 20}


def test_an_outage_defers_the_batch() -> None:
    """A batch that stays unanswered is due again; the next one is tried."""
    crm = fussy(200)
    crm.fail(*(TransientError("down") for _ in range(5)))
    outcomes = delivered(crm, 200)

    assert kinds(outcomes) == {OutcomeKind.DEFERRED: 100, OutcomeKind.UPDATED: 100}
    assert (outcomes[name(0)].code, outcomes[name(0)].message) == ("TRANSIENT", "down")


def test_the_spent_budget_defers_the_rest() -> None:
    """When the share is used up what was sent stays sent and the rest is due, unsent (invariant 13)."""
    crm = fussy(300, daily_limit=3)
    outcomes = delivered(crm, 300, caller(crm, share=0.5))

    assert kinds(outcomes) == {OutcomeKind.UPDATED: 200, OutcomeKind.DEFERRED: 100}
    assert outcomes[name(299)].code == "QUOTA"
    assert crm.calls["send"] == 2


@pytest.mark.parametrize("daily_limit", range(2, 16))
def test_a_budget_spent_while_bisecting(daily_limit: int) -> None:
    """What a bisection has already delivered or refused is not called due when the budget ends in the midst of it."""
    crm = fussy(150, [60], daily_limit=daily_limit)
    outcomes = delivered(crm, 150, caller(crm))
    sent = {write.key for write in crm.sent}

    assert {key for key, outcome in outcomes.items() if outcome.kind is OutcomeKind.UPDATED} == sent
    assert outcomes[name(60)].kind in (OutcomeKind.REJECTED, OutcomeKind.DEFERRED)
    assert crm.calls["send"] <= daily_limit


def test_forgotten_records_stay_due() -> None:
    """A record the CRM's answer does not mention is due again: silence is no confirmation (invariant 1)."""
    crm = fussy(3)
    crm.forgotten = frozenset({name(1)})
    outcomes = delivered(crm, 3)

    assert outcomes[name(1)].kind is OutcomeKind.DEFERRED
    assert outcomes[name(1)].code == "NO_ANSWER"


def test_lost_credentials_stop_the_delivery() -> None:
    """Without access no further record is tried."""
    crm = fussy(300)
    crm.fail(AccessError("expired"))

    with pytest.raises(AccessError):
        delivered(crm, 300)
    assert crm.calls["send"] == 1


# --- several at a time, as fast as the CRM can ------------------------------------------------------


@dataclass
class SlowCrm(FussyCrm):
    """Takes so many seconds over a batch, by a watch; or waits there until enough others have come."""

    watch: Watch = field(default_factory=Watch)
    seconds: Callable[[int], float] = lambda _: 0.0
    meeting: threading.Barrier | None = None

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        if self.meeting:
            self.meeting.wait(timeout=30)
        self.watch.now += timedelta(seconds=self.seconds(len(writes)))
        return super().send(object_name, match_field, writes)


def slow(records: int, batch: int, **options: Any) -> SlowCrm:
    crm = SlowCrm({"Account": SPEC}, clock=lambda: NOW, **options)
    crm.capacity = replace(crm.capacity, send=batch)
    for number in range(records):
        crm.put("Account", f"id-{name(number)}", {KEY: name(number)})
    return crm


def test_slow_requests_halve_the_batches() -> None:
    """A request of more than ten seconds halves the next batch, down to 25 and no further."""
    crm = slow(500, 200, seconds=lambda _: 10.1)
    delivered(crm, 500, caller(crm, crm.watch))

    assert crm.batches == [200, 100, 50, 25, 25, 25, 25, 25, 25]


def test_batches_grow_back_slowly() -> None:
    """Requests that come back in time let the batches grow by a twentieth each."""
    crm = slow(600, 200, seconds=lambda size: 10.1 if size == 200 else 10.0)
    delivered(crm, 600, caller(crm, crm.watch))

    assert crm.batches == [200, 100, 110, 120, 70]


def test_waiting_for_a_turn_is_not_slowness() -> None:
    """Ten seconds before the turnstile say nothing about the CRM: the batches stay."""
    crm = slow(300, 100, rate=Window(1, 30.0))
    delivered(crm, 300, caller(crm, crm.watch))

    assert sum(crm.watch.slept) > 60
    assert crm.batches == [100, 100, 100]


def test_batches_go_out_at_once() -> None:
    """With four connections four batches are under way together, and every record still has one outcome."""
    crm = slow(400, 50, meeting=threading.Barrier(4))
    using = replace(caller(crm), connections=4)

    assert kinds(delivered(crm, 400, using)) == {OutcomeKind.UPDATED: 400}


def test_one_bad_record_among_several_connections() -> None:
    """Bisecting on several connections names the culprit and delivers the rest."""
    crm = fussy(400, [7, 250], batch=50)
    outcomes = delivered(crm, 400, replace(caller(crm), connections=4))

    assert kinds(outcomes) == {OutcomeKind.UPDATED: 398, OutcomeKind.REJECTED: 2}


def test_the_budget_holds_for_several_connections() -> None:
    """Four connections together spend no more than the share; who comes too late is deferred, and all are named."""
    crm = fussy(2_000, batch=100, daily_limit=20)
    outcomes = delivered(crm, 2_000, replace(caller(crm, share=0.5), connections=4))

    assert crm.calls["send"] <= 10
    assert kinds(outcomes) == {
        OutcomeKind.UPDATED: 100 * crm.calls["send"],
        OutcomeKind.DEFERRED: 2_000 - 100 * crm.calls["send"],
    }


def test_what_arrived_is_told_before_the_error() -> None:
    """When one connection loses its credentials, what the others delivered is still told; no more is begun."""
    crm = slow(400, 50, meeting=threading.Barrier(4))
    crm.fail(AccessError("expired"))
    told: list[str] = []

    def hear() -> None:
        for some in deliver(replace(caller(crm), connections=4), usual(crm, MAPPING), writes(400)):
            told.extend(outcome.key for outcome in some)

    with pytest.raises(AccessError):
        hear()
    assert sorted(told) == sorted(write.key for write in crm.sent)
    assert len(told) == 150


def test_answers_come_in_the_order_asked() -> None:
    """Reads on several connections are told in the order they were asked in."""
    crm = fussy(0)
    jobs = [partial(int, number) for number in range(50)]

    assert replace(caller(crm), connections=4).all(jobs) == list(range(50))


def test_no_429_while_the_window_is_kept() -> None:
    """A CRM that enforces its window has no call to refuse in a whole delivery."""
    watch = Watch()
    crm = slow(3_000, 10, watch=watch, rate=Window(20, 10.0), seconds=lambda _: 0.1)
    left: list[float] = []
    crm.refuse = lambda write: left.append(watch.now.timestamp()) if int(write.key[2:]) % 10 == 0 else None
    delivered(crm, 3_000, caller(crm, watch))

    assert len(left) == 300
    assert max(sum(start <= at < start + 10.0 for at in left) for start in left) == 20
