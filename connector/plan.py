"""What changed since we last delivered: two kinds of fingerprint per account (D13), compared with memory.

Fingerprints cover what the warehouse holds, never what a CRM holds, so an unchanged warehouse plans nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connector.mapping.fields import ObjectMapping
from connector.model import Record


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a plan depends on beside the rows: the mappings, and what decisions read."""

    mappings: Sequence[ObjectMapping]
    decide_columns: frozenset[str]
    decide_version: str


@dataclass(frozen=True, slots=True)
class Known:
    """Fingerprints remembered for one account: of its last decision, and per mapping of what was last settled."""

    decide: str | None
    wanted: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Planned:
    """One account with something to do. `due` names the mappings whose fields want writing."""

    record: Record
    decide_fp: str
    wanted_fp: Mapping[str, str]
    due: frozenset[str]


def plan(record: Record, known: Known, basis: Basis) -> Planned | None:
    """The account's plan, or None when nothing it depends on has moved."""
    decide = decide_fingerprint(record, basis)
    wanted = {m.name: wanted_fingerprint(record, m, decide) for m in basis.mappings}
    due = frozenset(name for name, fp in wanted.items() if known.wanted.get(name) != fp)
    if not due and known.decide == decide:
        return None
    return Planned(record, decide, wanted, due)


def decide_fingerprint(record: Record, basis: Basis) -> str:
    """Moves when a column the rules read, the newest signal, or any definition moves."""
    newest = record.signals[0] if record.signals else None
    signal = (newest.kind, newest.occurred_at.isoformat(), len(record.signals)) if newest else ()
    return _digest([basis.decide_version, signal, *_columns(record, basis.decide_columns)])


def wanted_fingerprint(record: Record, mapping: ObjectMapping, decide_fp: str) -> str:
    """Moves when a mapped column or the mapping moves; with decision fields mapped, also when the decision's does.

    The latter is what makes a crash between the committed decision and the delivered fields safe to re-run.
    """
    decided = decide_fp if mapping.uses_decision else ""
    return _digest([mapping.version, decided, *_columns(record, mapping.columns)])


def plan_hash(planned: Iterable[Planned], basis: Basis) -> str:
    """HASH of a plan: wanted rows, mapping and definition versions; not live values (D26)."""
    digest = hashlib.blake2b(digest_size=8)
    digest.update(repr([basis.decide_version, *(m.version for m in basis.mappings)]).encode())
    for one in planned:
        digest.update(repr((one.record.key, one.decide_fp, sorted(one.wanted_fp.items()), sorted(one.due))).encode())
    return digest.hexdigest()


def _columns(record: Record, names: Iterable[str]) -> list[object]:
    return [record.values.get(name) for name in sorted(names)]


def _digest(parts: Sequence[object]) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()
