"""What a sync would do, said without doing it: the same plan, read, decide and merge, and no write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.merging import Merged
from connector.model import BASELINE, SIGNAL_SEEN, FieldMerge, NewFact, waits_in_queue
from connector.planning import Plan
from connector.prepare import CHUNK, House, prepare

SAMPLES = 12  # changed records shown in full


@dataclass(frozen=True)
class Sample:
    """One record that would change; `alert` is the kind of alert its account would raise."""

    mapping: str
    key: str
    kind: str
    fields: tuple[FieldMerge, ...]
    alert: str | None = None


@dataclass
class Preview:
    """The plan's header, what each mapping would do and leave, the routes decided, and a few records in full.

    `refused` says why a sync would not apply the plan without a person's word (D25).
    """

    compared: int
    planned: int
    hash: str
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    routes: Counter[str] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    refused: Sequence[str] = ()

    def as_json(self) -> dict[str, object]:
        """For `plan --json`."""
        return {
            "hash": self.hash,
            "compared": self.compared,
            "planned": self.planned,
            "destinations": {name: dict(kinds) for name, kinds in self.kinds.items()},
            "routes": dict(self.routes),
            "alerts": dict(self.alerts),
            "held": dict(self.reasons),
            "samples": [_sample(sample) for sample in self.samples],
            "refused": list(self.refused),
        }


def preview(house: House, plan: Plan, clock: Callable[[], datetime], progress: Callable[[int], None]) -> Preview:
    """Everything `sync` would do with `plan`. Reads the CRMs, writes nothing (D26)."""
    seen = Preview(plan.compared, plan.planned, plan.hash)
    seen.kinds = {m.name: Counter() for crm in house.crms for m in crm.mappings}
    for chunk in plan.chunks(CHUNK):
        prepared = prepare(house.of(chunk[0].source), chunk, clock())
        seen.routes.update(str(decision.route) for decision, _ in prepared.decisions.values())
        alerts = {fact.account_key: _alert(fact) for fact in prepared.outbox}
        seen.alerts.update(alerts.values())
        _tally(seen, prepared.merged)
        _choose(seen, prepared.merged, alerts)
        progress(len(chunk))
    return seen


def _tally(seen: Preview, merged: Mapping[str, Sequence[Merged]]) -> None:
    for name, rows in merged.items():
        for one in rows:
            kind = kind_of(one)
            seen.kinds[name][kind] += 1
            if one.outcome is not None and one.outcome.code:
                seen.reasons[f"{name} {one.outcome.code}"] += 1


def _alert(fact: NewFact) -> str:
    """What a fact means to people: an alert of its kind, a place in the baseline's queue, a reply under an alert."""
    if fact.kind == SIGNAL_SEEN:
        return SIGNAL_SEEN
    return BASELINE if waits_in_queue(fact.payload.get("episode")) else str(fact.payload.get("kind", fact.kind))


def _choose(seen: Preview, merged: Mapping[str, Sequence[Merged]], alerts: Mapping[str, str]) -> None:
    """The first records that would change, those that alert somebody before all others."""
    fresh = [
        Sample(name, one.key, kind_of(one), tuple(f for f in one.fields if f.writes), alerts.get(one.key))
        for name, rows in merged.items()
        for one in rows
        if one.write is not None
    ]
    seen.samples = sorted([*seen.samples, *fresh], key=lambda sample: sample.alert is None)[:SAMPLES]


def _sample(sample: Sample) -> dict[str, object]:
    fields = [{"name": f.name, "live": f.live, "would_be": f.written, "reason": f.reason} for f in sample.fields]
    return {
        "mapping": sample.mapping,
        "account": sample.key,
        "kind": sample.kind,
        "alert": sample.alert,
        "fields": fields,
    }


def kind_of(one: Merged) -> str:
    """What would become of the record, in the words of its future outcome without the -d."""
    if one.outcome is not None:
        return str(one.outcome.kind)
    if one.match.live is None:
        return "create"
    return "link" if one.links else "update"
