"""Record: every outcome into memory and audit as it arrives, and into the tally of its mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.mapping.fields import ObjectMapping
from connector.model import Outcome, OutcomeKind, Sent
from connector.ports import Ledger
from connector.settling import settled

NAMED = 5  # refused records a tally names
REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})


@dataclass
class Tally:
    """What became of one mapping's records in one run: counts, reasons by code, and the first refused records.

    `window` is how long after the live read a person's edit may still have been overwritten (D21).
    """

    destination: str
    window: str = ""
    planned: int = 0
    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[Outcome] = field(default_factory=list)
    progress: Callable[[int], None] = field(default=lambda _: None, repr=False)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count one outcome per planned record."""
        self.planned += len(outcomes)
        self.outcomes.update(outcome.kind for outcome in outcomes)
        self.reasons.update(outcome.code for outcome in outcomes if outcome.code)
        self.refused += [outcome for outcome in outcomes if outcome.kind in REFUSED][: NAMED - len(self.refused)]
        self.progress(len(outcomes))


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
        self.tally.add([row.outcome for row in rows])

    def loaded(self, outcomes: Sequence[Outcome]) -> None:
        """Remember outcomes of a job: what was meant for its records waits in the store.

        A record that another run has sent anew since is that run's to remember.
        """
        sent = self.ledger.sent(self.mapping.name, [outcome.key for outcome in outcomes])
        self([outcome for outcome in outcomes if outcome.key in sent], sent)
