"""R1: the stand-ins kill plsync at a request of chance's choice, again and again; then it runs undisturbed.

The sync is of `rows` accounts, half of them new to the CRMs, in `upsert` mode with alerts on. After a kill the next
run starts where it was left, half of the time over a warehouse that has moved on. A run that lives to its end has
delivered everything, and then all accounts are scored anew.
"""

from __future__ import annotations

import random
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import select

from benchmarks import rows
from benchmarks.proof.client import Life
from benchmarks.proof.world import FREE, WRITES, Settings, World, allow_bulk, world
from benchmarks.scene import BOTH
from connector import model
from connector.prepare import CHUNK
from connector.rules.handoff_policy import AlertPolicy
from connector.store import Store, tables
from sandbox.control import Control

BASELINE = 20  # accounts of the first sync, which alerts nobody (D18)
MOMENTS = ("before_work", "before_reply", "mid_body")
PER_WRITE = {"salesforce": 1_000, "hubspot": 100}  # records
ACCEPTED = ("write", "bulk_close", "bulk_poll", "bulk_results")  # requests after which the CRM has what we sent
Order = dict[str, Any]
Pattern = Mapping[str, str]


@dataclass(frozen=True)
class Trial:
    """How large, how often, by which chance.

    `steps` are further requests to die of, such as those of a Bulk job; `bulk_window` lets fields that people edit go
    out by one.
    """

    rows: int = 20_000
    kills: int = 100
    seed: int = 1
    crms: Sequence[str] = BOTH
    settings: Settings = field(default_factory=lambda: FREE)
    steps: Mapping[str, Sequence[Pattern]] = field(default_factory=dict)
    bulk_window: bool = False


@dataclass
class Toll:
    """What it came to. Kills are counted by moment; `unsettled` are those between accept and commit."""

    kills: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)  # by CRM
    unsettled: int = 0
    moved: int = 0
    rounds: int = 0
    broken_off: int = 0  # runs that ended with a time-out, as on a busy machine, and were taken up like killed ones
    created: int = 0
    lost: dict[str, list[str]] = field(default_factory=dict)
    doubled: dict[str, list[str]] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    third_calls: int = 0
    alerts: int = 0
    alerts_lost: list[str] = field(default_factory=list)
    alerts_doubled: list[str] = field(default_factory=list)

    def total(self) -> int:
        """Kills in all."""
        return self.kills.total()


def run(folder: Path, trial: Trial) -> Toll:
    """The whole trial: kills until there were enough, a run to the end, and one that must find nothing to do."""
    with world(folder, trial.rows // 2, crms=trial.crms, settings=trial.settings) as made:
        if trial.bulk_window:
            allow_bulk(made.mappings)
        return _Killing(made, trial).run()


@dataclass
class _Killing:
    made: World
    trial: Trial
    toll: Toll = field(default_factory=Toll)
    generation: int = 0
    accounts: int = BASELINE
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.trial.seed)  # noqa: S311 - chance that can be repeated

    def run(self) -> Toll:
        made = self.made
        made.add(range(1, BASELINE + 1), 0)
        _must_live(made.sync())
        self._grow(self.trial.rows - BASELINE)
        while self.toll.total() < self.trial.kills:
            if self._dies():
                self._tell()
                if self.chance.random() < 0.5:
                    self._move()
            else:
                self._next_round()
        while self._broken_off(made.sync()):
            pass
        made.forget()
        _must_live(made.sync())
        self._count()
        return self.toll

    def _tell(self) -> None:
        if self.toll.total() % 10 == 0:
            at = f"{self.toll.total()} of {self.trial.kills} kills, {self.accounts:,} accounts"
            sys.stderr.write(f"  {', '.join(self.trial.crms)}: {at}\n")

    def _grow(self, many: int) -> None:
        self.made.add(range(self.accounts + 1, self.accounts + many + 1), self.generation)
        self.accounts += many

    def _move(self) -> None:
        """The warehouse before a re-run: a part of it scored anew, and some accounts nobody knew."""
        self.toll.moved += 1
        self.generation += 1
        some = self.chance.sample(range(1, self.accounts + 1), self.accounts // 10)
        self.made.rescore(sorted(some), self.generation)
        self._grow(max(1, self.trial.rows // 200))

    def _next_round(self) -> None:
        self.toll.rounds += 1
        self.generation += 1
        self.made.rescore(range(1, self.accounts + 1), self.generation)

    def _dies(self) -> bool:
        """Whether a run was killed; one that is over before its moment comes lives."""
        crm = self._victim()
        wanted = self._order(crm)
        control = self.made.controls[crm]
        life = self.made.sync(born=lambda pid: _ordered(control, {**wanted, "pid": pid}))
        control.faults.clear()
        if not life.killed:
            return self._broken_off(life)
        self.toll.kills[wanted["when"]] += 1
        self.toll.killed[crm] += 1
        last = next(seen for seen in reversed(control.seen) if seen.detail.get("fault") == "kill")
        self.toll.unsettled += last.kind in ACCEPTED
        return True

    def _broken_off(self, life: Life) -> bool:
        """Whether a run that nobody killed left work undone all the same."""
        if life.error == "TransientError" and self.toll.broken_off < self.trial.kills:
            self.toll.broken_off += 1
            return True
        _must_live(life)
        return False

    def _victim(self) -> str:
        """The CRM that kills next: they take turns."""
        return min(self.trial.crms, key=lambda crm: self.toll.killed[crm])

    def _order(self, crm: str) -> Order:
        """One in two dies of a write that was accepted, the others of any request or of a further step, at any moment.

        A run lives through at most two chunks or so, for its last request is not known before.
        """
        writes = max(1, min(self.trial.rows, 2 * CHUNK) // PER_WRITE[crm])
        steps = list(self.trial.steps.get(crm, ()))
        if self.toll.killed[crm] % 2 == 0:
            kind = self.chance.choice(steps or [WRITES[crm]])
            when, at = self.chance.choice(("before_reply", "mid_body")), self.chance.randint(1, writes)
            return {"action": "kill", "when": when, "at": at, **kind}
        kind = self.chance.choice([WRITES[crm], {}, *steps])
        at = self.chance.randint(1, writes if kind is WRITES[crm] else 3 * writes + 3)
        return {"action": "kill", "when": self.chance.choice(MOMENTS), "at": at, **kind}

    def _count(self) -> None:
        made, toll = self.made, self.toll
        toll.third_calls = made.calls()
        wanted = made.wanted()
        for crm in self.trial.crms:
            toll.lost[crm] = made.lost(crm, wanted)
            toll.doubled[crm] = made.doubled(crm, seeded=0)
            toll.created += len(made.records(crm)) - self.trial.rows // 2
        toll.held = [f"{each.account} {each.code}" for each in made.kept_back()]
        toll.refused = [f"{each.account} {each.code}" for each in made.rejects()]
        self._count_alerts()

    def _count_alerts(self) -> None:
        """Alerts wanted, by account: one for each that is Hot now and somebody's to work.

        Never two within the cooldown, which a place in the queue of the first sync does not start (D18): a trial of
        many runs lasts longer, and an account may turn Hot anew (D17, D37).
        """
        facts = tables.facts.c
        query = (
            select(facts.account_key, facts.at)
            .where(facts.kind == model.ALERT_WANTED, facts.dedupe_key.not_like(f"%:{model.BASELINE}"))
            .order_by(facts.at)
        )
        told = defaultdict[str, list[datetime]](list)
        with closing(Store.open(f"sqlite:///{self.made.store}")) as store, store.read() as conn:
            for key, at in conn.execute(query):
                told[key].append(at)
        self.toll.alerts = sum(map(len, told.values()))
        cooldown = timedelta(days=AlertPolicy().cooldown_days)
        self.toll.alerts_doubled = [
            key for key, times in told.items() if any(after - at < cooldown for at, after in pairwise(times))
        ]
        early = {rows.key(number) for number in range(1, BASELINE + 1)}
        self.toll.alerts_lost = sorted(self._hot() - early - told.keys())

    def _hot(self) -> set[str]:
        """Accounts that a CRM says are Hot and go to somebody."""
        crm = self.trial.crms[0]
        tier = {"salesforce": "PLS_Tier__c", "hubspot": "pls_tier"}[crm]
        route = {"salesforce": "PLS_Route__c", "hubspot": "pls_route"}[crm]
        somebody = ("assign_ae", "assign_sdr", "fyi_owner")
        return {
            key
            for key, found in self.made.held(crm).items()
            if found[0].get(tier) == "hot" and found[0].get(route) in somebody
        }


def _ordered(control: Control, wanted: Order) -> None:
    control.order(wanted)


def _must_live(life: Life) -> None:
    assert not life.killed, "killed without an order"
    assert not life.error, f"the run failed: {life.said}"
