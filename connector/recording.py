"""Record: every outcome into memory and audit as it arrives, and into the tally of its mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.funnel.latency import Latency, Percentiles
from connector.mapping.fields import ObjectMapping
from connector.model import Outcome, OutcomeKind, Sent
from connector.ports import Ledger
from connector.settling import ARRIVED, settled

NAMED = 5  # refused records a tally names
REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})


@dataclass
class Tally:
    """What became of one mapping's records in one run: counts, reasons by code, and the first refused records.

    `window` is how long after the live read a person's edit may still have been overwritten (D21). `from_signal` and
    `from_score` are how long the news took that was not delivered before (A5, D47), `matched` is how many of the known
    accounts have a record (A7).
    """

    destination: str
    window: str = ""
    planned: int = 0
    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[Outcome] = field(default_factory=list)
    from_signal: Latency = field(default_factory=Latency)
    from_score: Latency = field(default_factory=Latency)
    matched: tuple[int, int] = (0, 0)
    progress: Callable[[int], None] = field(default=lambda _: None, repr=False)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count one outcome per planned record."""
        self.planned += len(outcomes)
        self.outcomes.update(outcome.kind for outcome in outcomes)
        self.reasons.update(outcome.code for outcome in outcomes if outcome.code)
        self.refused += [outcome for outcome in outcomes if outcome.kind in REFUSED][: NAMED - len(self.refused)]
        self.progress(len(outcomes))

    def news(self) -> tuple[tuple[str, Percentiles | None], ...]:
        """How long news took, from the newest signal and from the score."""
        return ("signal", self.from_signal.summary()), ("score", self.from_score.summary())

    def time(self, sent: Sent, now: datetime) -> None:
        """How long the news of a delivered record took; what the last delivery brought already is none."""
        before = sent.memory.settled_at
        for latency, at in ((self.from_signal, sent.load.signalled_at), (self.from_score, sent.load.scored_at)):
            if at and before and at > before:
                latency.add((now - at).total_seconds())


@dataclass(frozen=True)
class Recorder:
    """Remembers the outcomes of one mapping's records, each batch in a transaction of its own."""

    ledger: Ledger
    run_id: str
    mapping: ObjectMapping
    tally: Tally
    clock: Callable[[], datetime]

    def __call__(self, outcomes: Sequence[Outcome], sent: Mapping[str, Sent]) -> None:
        """Remember outcomes; `sent` holds what was meant for each, by key."""
        now = self.clock()
        rows = [settled(sent[outcome.key], outcome, now) for outcome in outcomes]
        self.ledger.settle(self.mapping.name, self.run_id, now, rows)
        for row in rows:
            if row.outcome.kind in ARRIVED:
                self.tally.time(sent[row.outcome.key], now)
        self.tally.add([row.outcome for row in rows])

    def loaded(self, outcomes: Sequence[Outcome]) -> None:
        """Remember outcomes of a job: what was meant for its records waits in the store.

        A record that another run has sent anew since is that run's to remember.
        """
        sent = self.ledger.sent(self.mapping.name, [outcome.key for outcome in outcomes])
        self([outcome for outcome in outcomes if outcome.key in sent], sent)
