"""Calls to a CRM: patient with what passes, within the day's share, one outcome per record whatever happens (K5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

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
from connector.model import Allowance, FieldKind, FieldSpec, ObjectSpec, Outcome, OutcomeKind, Write
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
        self._count("send")
        if culprits := [write.key for write in writes if write.key in self.bad]:
            raise BatchRejectedError(f"{culprits[0]} is bad", self.codes(culprits[0]))
        self.calls["send"] -= 1
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


def waits() -> list[float]:
    """Where the seconds are noted that would have been slept."""
    return []


def caller(crm: MemoryCrm, slept: list[float] | None = None, share: float = 1.0, chance: float = 0.5) -> Caller:
    """A caller that notes how long it would have slept."""
    notes = waits() if slept is None else slept
    return Caller(crm, Patience(notes.append, lambda: chance), Limits(share))


def delivered(crm: MemoryCrm, records: int, using: Caller | None = None) -> dict[str, Outcome]:
    """The outcome of every record; fails where a record has none or two."""
    outcomes = [one for some in deliver(using or caller(crm), MAPPING, writes(records)) for one in some]

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
    assert allowed_calls(Allowance(used, limit), Limits(share)) == calls


# --- calling ---------------------------------------------------------------------------------------


def test_transient_failures_are_retried() -> None:
    """What passes is waited out, longer each time, and the answer comes back."""
    crm, slept = fussy(0), waits()
    crm.fail(TransientError("reset"), TransientError("reset"))
    spec = caller(crm, slept)(lambda: crm.describe("Account"))

    assert spec == SPEC
    assert slept == [0.5, 1.0]


def test_attempts_are_capped() -> None:
    """Five attempts and no more; then the error itself comes out."""
    crm, slept = fussy(0), waits()
    crm.fail(*(TransientError(f"reset {number}") for number in range(9)))

    with pytest.raises(TransientError, match="reset 4"):
        caller(crm, slept)(lambda: crm.describe("Account"))
    assert crm.calls["describe"] == 5
    assert slept == [0.5, 1.0, 2.0, 4.0]


def test_waits_never_grow_beyond_half_a_minute() -> None:
    """Backing off has an end."""
    crm, slept = fussy(0), waits()
    crm.fail(*(TransientError("reset") for _ in range(8)))
    patience = Patience(slept.append, lambda: 1.0, attempts=8, total_seconds=10_000)

    with pytest.raises(TransientError):
        Caller(crm, patience, Limits())(lambda: crm.describe("Account"))
    assert slept == [1, 2, 4, 8, 16, 30, 30]


def test_retry_after_is_honoured() -> None:
    """A CRM that says when to come back is asked again then, without jitter."""
    crm, slept = fussy(0), waits()
    crm.fail(RateLimitedError("too many", 11.0))
    caller(crm, slept, chance=0.0)(lambda: crm.describe("Account"))

    assert slept == [11.0]


def test_total_time_is_capped() -> None:
    """A wait that would outlast our patience is not begun: the record is due again next run."""
    crm, slept = fussy(0), waits()
    crm.fail(RateLimitedError("come back in an hour", 3_600.0))

    with pytest.raises(RateLimitedError):
        caller(crm, slept)(lambda: crm.describe("Account"))
    assert slept == []


def test_waits_add_up_to_the_cap() -> None:
    """Several waits together stay within the total, however few attempts they are."""
    crm, slept = fussy(0), waits()
    crm.fail(*(RateLimitedError("too many", 50.0) for _ in range(4)))

    with pytest.raises(RateLimitedError):
        caller(crm, slept)(lambda: crm.describe("Account"))
    assert slept == [50.0, 50.0]


@pytest.mark.parametrize(
    "error", [AccessError("who are you"), QuotaError("all gone"), DestinationError("odd"), KeyError("a bug")]
)
def test_everything_else_is_not_retried(error: Exception) -> None:
    """Only what is known to pass is tried again; the unknown stops the run."""
    crm, slept = fussy(0), waits()
    crm.fail(error)

    with pytest.raises(type(error)):
        caller(crm, slept)(lambda: crm.describe("Account"))
    assert (crm.calls["describe"], slept) == (1, [])


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
    crm, slept = fussy(0, daily_limit=10), waits()
    crm.fail(*(TransientError("reset") for _ in range(9)))

    with pytest.raises(QuotaError):
        caller(crm, slept, share=0.3)(lambda: crm.describe("Account"))
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
