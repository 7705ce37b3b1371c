"""What the contract suite needs of a CRM and its adapter."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.model import By, Canonical, OutreachKind, Write
from connector.ports import BlindWrites, BulkLoads, CrmFacts, Destination, GuardedWrites

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
OWNER_EMAIL = "enterprise.ae.1@workspace.example"
TIERS = ("hot", "warm", "watching", "none")


@dataclass(frozen=True)
class Logged:
    """An activity to be noted in a CRM. `how` is what makes it none of ours to count, in our words."""

    kind: OutreachKind
    record_id: str
    at: datetime = NOW
    how: str = ""


@dataclass(frozen=True)
class Bench:
    """One adapter over one seeded CRM, and the names things go by there.

    The seed: `first` (key a-1, domain hot-open-sql.example, score 87.5, tier warm, an open opportunity and a renewal),
    `second` (key a-2, domain quiet.example), and two records without key at twice.example.

    `edit` changes fields as a person would, `merge` merges the first record given away into the second. `log` notes an
    activity on an account's record, as whoever has OWNER_EMAIL would; `hide` takes the permission for a kind. `bulk`,
    `guarded` and `blind` are the ways of writing some CRMs have beside the common one.
    """

    destination: Destination
    facts: CrmFacts
    object: str
    names: Mapping[str, str]
    first: str
    second: str
    absent: str
    identity: str
    refuse: Callable[[str], None]
    reset: Callable[[], None]
    edit: Callable[[str, dict[str, Canonical]], None]
    merge: Callable[[str, str], None]
    log: Callable[[Logged], str]
    hide: Callable[[OutreachKind], None]
    bulk: BulkLoads | None = None
    guarded: GuardedWrites | None = None
    blind: BlindWrites | None = None

    def name(self, field: str) -> str:
        return self.names[field]

    def fields(self, **values: Canonical) -> dict[str, Canonical]:
        return {self.names[field]: value for field, value in values.items()}

    def read(self, record_id: str, *fields: str) -> dict[str, Canonical]:
        """What a record holds now, by our names."""
        (live,) = self.destination.fetch(self.object, By.ID, "", [record_id], [self.names[each] for each in fields])
        return {each: live.values[self.names[each]] for each in fields}

    def used(self) -> int:
        """Calls the CRM has counted, the one that asks included."""
        self.read(self.first, "key")
        allowance = self.destination.allowance()
        assert allowance is not None
        return allowance.used

    def send(self, *writes: Write) -> dict[str, Any]:
        """Send writes; outcomes by key, proved to be one each."""
        outcomes = self.destination.send(self.object, self.name("key"), writes)
        assert sorted(outcome.key for outcome in outcomes) == sorted(write.key for write in writes)
        return {outcome.key: outcome for outcome in outcomes}
