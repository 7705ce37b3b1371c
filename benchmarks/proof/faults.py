"""R2: everything a CRM and the network between do to a sync, one by one or at random: what is lost, what is doubled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.proof.client import Life
from benchmarks.proof.world import FREE, WRITES, Settings, World, world
from benchmarks.rows import key
from connector.store.troubles import Trouble
from plsync.commands.rejects import advice
from sandbox.hubspot.portal import Rejection

TIMEOUT = 0.4  # seconds plsync waits for an answer
LATE = 1.0  # seconds after which a slow one comes
LONGEST = 60.0  # seconds that a request may go on after plsync gave it up
MOST_RUNS = 8  # until nothing is left to do
ROUNDS = 3
PATIENT = 5.0  # seconds, at full size
PER_WRITE = {"salesforce": 1_000, "hubspot": 100}  # records
Order = Mapping[str, Any]
RETRY_AFTER = {"Retry-After": "1"}


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong once. `order` is for the stand-in; of writes only, unless it is for `any` request.

    `ends` is the error that ends the run it happens in, `defers` says that what is left waits for the next run.
    """

    name: str
    order: Order
    any: bool = False
    ends: str = ""
    defers: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


@dataclass(frozen=True)
class Refusal:
    """A record refused until it is taken back, or once, where it is `deferred` and no reject.

    `code` is what plsync must call it by, `words` what it must repeat. `new`: refused while it has no record yet.
    """

    name: str
    code: str
    words: str
    deferred: bool = False
    whole: bool = False
    status: int = 400
    new: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "_")


ATTEMPTS = 5  # after so many plsync leaves a write to the next run
NETWORK = (
    Fault("503 until patience ends", {"status": 503, "times": ATTEMPTS}, defers=True),
    Fault("reset after accept until patience ends", {"action": "drop_after_accept", "times": ATTEMPTS}, defers=True),
    Fault("read time-out", {"action": "slow", "seconds": LATE}),
    Fault("read time-out of any request", {"action": "slow", "seconds": LATE}, any=True),
    Fault("reset before work", {"action": "reset"}),
    Fault("reset after accept", {"action": "drop_after_accept"}),
    Fault("half-written body", {"action": "half_body"}),
    Fault("half-written body of any request", {"action": "half_body"}, any=True),
    Fault("HTML with 200", {"action": "html"}),
    Fault("HTML with 200 after accept", {"action": "html_after"}),
    Fault("HTML with 200 to any request", {"action": "html"}, any=True),
)
FAULTS: Mapping[str, Sequence[Fault]] = {
    "salesforce": (
        *NETWORK,
        Fault("200 without a word on the rows", {"status": 200, "body": {"compositeResponse": []}}, defers=True),
        Fault("429 with Retry-After", {"status": 429, "headers": RETRY_AFTER}),
        Fault("429 without Retry-After", {"status": 429}),
        Fault("500", {"name": "unknown_exception"}),
        Fault("503", {"name": "server_unavailable"}),
        Fault("502 page of a gateway", {"status": 502, "body": "<html>Bad Gateway</html>"}),
        Fault("expired token", {"name": "expired_session"}),
        Fault("concurrency 403", {"name": "concurrent_requests"}),
        Fault("daily quota 403", {"name": "total_requests"}, defers=True),
        Fault("no access 403", {"status": 403, "body": [{"errorCode": "API_DISABLED_FOR_ORG", "message": "off"}]},
              ends="AccessError"),
    ),
    "hubspot": (
        *NETWORK,
        Fault("200 without a word on the rows", {"status": 200, "body": {"results": []}}, defers=True),
        Fault("429 with Retry-After", {"name": "ten_secondly_rolling", "headers": RETRY_AFTER}),
        Fault("429 without Retry-After", {"name": "ten_secondly_rolling"}),
        Fault("429 secondly", {"name": "secondly"}, any=True),
        Fault("daily quota 429", {"name": "daily"}, defers=True),
        Fault("500", {"status": 500}),
        Fault("503", {"status": 503}),
        Fault("502 page of a gateway", {"status": 502}),
        Fault("423 locked", {"status": 423}),
        Fault("477 migrating", {"name": "migrating"}),
        Fault("whole-batch 400", {"name": "invalid"}),
        Fault("whole-batch 409", {"name": "conflict"}),
        Fault("expired token", {"status": 401}, ends="AccessError"),
    ),
}  # fmt: skip
REFUSALS: Mapping[str, Sequence[Refusal]] = {
    "salesforce": (
        Refusal("validation rule", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Score must be agreed with finance"),
        Refusal("row lock", "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", deferred=True),
        Refusal("duplicate value", "DUPLICATE_VALUE", "duplicate value found: Serial__c duplicates value on record 1"),
        Refusal(
            "duplicate key race",
            "DUPLICATE_VALUE",
            "duplicate value found: PLS_Account_Key__c duplicates value on record with id: 001000000000001",
            deferred=True,
            new=True,
        ),
        Refusal("duplicate rule", "DUPLICATES_DETECTED", "Use one of these records?"),
        Refusal("no access to the row", "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id"),
    ),
    "hubspot": (
        Refusal("207 validation", "VALIDATION_ERROR", "Property values were not valid"),
        Refusal("207 conflict", "CONFLICT", "another company has that value", status=409),
        Refusal("whole-batch 400 of one record", "VALIDATION_ERROR", "The batch was refused", whole=True),
        Refusal("whole-batch 409 of one record", "CONFLICT", "Cannot set serial=7", whole=True, status=409),
    ),
}


@dataclass
class Told:
    """What came of one fault, or of many."""

    first: Life
    rejects: list[Trouble]
    lost: list[str]
    doubled: list[str]
    held: list[Trouble]
    runs: int
    last_calls: int
    planned: int


@dataclass(frozen=True)
class Stage:
    """One CRM, its accounts and the generation of their scores. Half of the accounts are new to it at first."""

    made: World
    crm: str
    count: int
    sync: Callable[[], Life]
    state: Counter[str] = field(default_factory=Counter)

    @property
    def newest(self) -> int:
        """The number of the account that came last."""
        return self.count + self.state["new"]

    def try_out(self, orders: Sequence[Order]) -> Told:
        """Score every account anew, sync among the faults, and go on until there is nothing to do."""
        self.change()
        control = self.made.controls[self.crm]
        for order in orders:
            control.order(order)
        first = self.sync()
        control.faults.clear()
        return self.settle(first)

    def refuse(self, refusal: Refusal, number: int) -> None:
        """Refuse every write of account `number`, whether it has a record yet or not."""
        many = 1 if refusal.deferred else 1_000_000
        if self.crm == "salesforce":
            self.made.org.reject("Account", key(number), refusal.code, refusal.words, many)
            return
        held = self.made.held("hubspot").get(key(number), [])
        for known in (key(number), *(record["id"] for record in held)):
            self.made.portal.rejections.append(
                Rejection("companies", known, refusal.code, refusal.words, many, refusal.status, refusal.whole)
            )

    def take_back(self) -> None:
        """The CRM refuses nothing any more."""
        self.made.org.rejections.clear()
        self.made.portal.rejections.clear()

    def change(self) -> None:
        """New scores for all, and one account nobody knew."""
        self.state["generation"] += 1
        self.made.rescore(range(1, self.newest + 1), self.state["generation"])
        self.state["new"] += 1
        self.made.add([self.newest], self.state["generation"])

    def settle(self, first: Life) -> Told:
        """Run until nothing is planned, and count.

        A request that plsync gave up on may still come, with older values than those of the next round.
        """
        assert self.made.controls[self.crm].wait_until_quiet(LONGEST), "a request never ended"
        runs, life = 1, first
        while runs < MOST_RUNS and (life.error or life.said["planned"]):
            self.made.forget()
            life = self.sync()
            runs += 1
        wanted = self.made.wanted()
        return Told(
            first,
            self.made.rejects(),
            self.made.lost(self.crm, wanted),
            self.made.doubled(self.crm, seeded=0),
            self.made.kept_back(),
            runs,
            self.made.calls(),
            -1 if life.error else life.said["planned"],
        )


@contextmanager
def stage(made: World, crm: str, count: int, timeout: float | None = None) -> Iterator[Stage]:
    """A CRM after a first sync of `count` accounts; plsync waits `timeout` seconds for an answer."""
    made.crms, made.timeout = (crm,), timeout
    made.add(range(1, count + 1), 0)
    with made.resident() as sync:
        sync()
        yield Stage(made, crm, count, sync)


def order(crm: str, fault: Fault, at: int = 1) -> dict[str, Any]:
    """The order for a fault, at the `at`-th request it is for."""
    return {**({} if fault.any else WRITES[crm]), **fault.order, "at": at}


@dataclass
class Tally:
    """A whole trial at random: how often each fault struck, and what is to be counted."""

    struck: Counter[str]
    lost: list[str]
    doubled: list[str]
    unnamed: list[str]
    held: list[str]
    refused: int
    runs: int
    last_calls: int


def at_random(
    folder: Path, crm: str, rows: int = 10_000, faults: int = 60, refused: int = 50, seed: int = 1,
    settings: Settings = FREE,
) -> Tally:  # fmt: skip
    """`faults` faults at random requests of syncs of `rows` accounts, `refused` of them refused for some reason."""
    with world(folder, rows // 2, crms=(crm,), settings=settings) as made, stage(made, crm, rows, PATIENT) as scene:
        chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
        some = [refusal for refusal in REFUSALS[crm] if not refusal.new]
        reasons = {number: some[number % len(some)] for number in chance.sample(range(1, rows + 1), refused)}
        struck: Counter[str] = Counter()
        runs = 0
        for _ in range(ROUNDS):
            scene.take_back()
            for number, refusal in reasons.items():
                scene.refuse(refusal, number)
            chosen = [chance.choice(FAULTS[crm]) for _ in range(faults // ROUNDS)]
            writes = max(1, rows // PER_WRITE[crm])
            told = scene.try_out([order(crm, _patient(fault), chance.randint(1, writes)) for fault in chosen])
            struck += Counter(fault.name for fault in chosen)
            runs += told.runs
        unnamed = _unnamed(reasons, told.rejects)
        scene.take_back()
        scene.change()
        after = scene.settle(scene.sync())
        held = [f"{each.account} {each.code}" for each in (*after.held, *after.rejects)]
        return Tally(
            struck, after.lost, after.doubled, unnamed, held, len(told.rejects), runs + after.runs, after.last_calls
        )


def _patient(fault: Fault) -> Fault:
    """Large batches take their time: what is slow must be slower than they are."""
    return replace(fault, order={**fault.order, "seconds": 2 * PATIENT}) if "seconds" in fault.order else fault


def _unnamed(reasons: Mapping[int, Refusal], rejects: Sequence[Trouble]) -> list[str]:
    """Refused accounts that are not among the rejects, or not with code, the CRM's words and advice."""
    listed = {each.account: each for each in rejects}
    return [
        f"{key(number)}: {refusal.name}"
        for number, refusal in reasons.items()
        if not refusal.deferred and not names(listed.get(key(number)), refusal)
    ]


def names(trouble: Trouble | None, refusal: Refusal) -> bool:
    """Whether the reject says what it is, what the CRM said, and what to do."""
    return bool(
        trouble and trouble.code == refusal.code and refusal.words in (trouble.message or "") and advice(trouble)
    )
