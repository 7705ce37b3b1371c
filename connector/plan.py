"""What changed since we last delivered: two kinds of fingerprint per account (D13), compared with memory.

Fingerprints cover what the warehouse holds, never what a CRM holds, so an unchanged warehouse plans nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.mapping.fields import ObjectMapping
from connector.model import ACCOUNTS, Known, Recipe, Record

VERSION = 8  # characters of a fingerprint that tell versions apart; the rest tells rows apart


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything a plan depends on beside the rows: the mappings, and what decisions read.

    `decide_version` is None where there are no rules: then nothing is decided, and no fingerprint covers decisions.
    `source` names the relation whose rows are planned.
    """

    mappings: Sequence[ObjectMapping]
    decide_columns: frozenset[str]
    decide_version: str | None
    source: str = ACCOUNTS

    @property
    def decides(self) -> bool:
        """Whether accounts are decided at all."""
        return self.decide_version is not None


@dataclass(frozen=True, slots=True)
class Planned:
    """One account with something to do. `due` names the mappings whose fields want writing.

    `decide_fp` is "" where nothing is decided. A `gone` one vanished from the warehouse: it is not decided again, and
    has no values.
    """

    record: Record
    decide_fp: str
    wanted_fp: Mapping[str, str]
    due: frozenset[str]
    gone: bool = False
    source: str = ACCOUNTS

    def __reduce__(self) -> tuple[Any, ...]:
        """Flat: plans are pickled to disk, and a dataclass in slots tells pickle its fields anew each time."""
        one = self.record
        rest = (self.decide_fp, self.wanted_fp, self.due, self.gone, self.source)
        return _planned, (one.key, one.values, one.signals, one.people, *rest)


def _planned(key: str, values: Any, signals: Any, people: Any, *rest: Any) -> Planned:
    return Planned(Record(key, values, signals, people), *rest)


def recipes(basis: Basis) -> tuple[Recipe, ...]:
    """What the fingerprints cover: the decision's first, where any is made, then one per mapping.

    A mapping with decision fields covers all that decisions are made from: that is what makes a crash between the
    committed decision and the delivered fields safe to re-run.
    """
    carried = tuple(_wanted(mapping, basis) for mapping in basis.mappings)
    if not basis.decides:
        return carried
    return (
        Recipe(_digest(basis.decide_version)[:VERSION], tuple(sorted(basis.decide_columns)), signals=True),
        *carried,
    )


def fingerprints(record: Record, wanted: Sequence[Recipe]) -> tuple[str, ...]:
    """One fingerprint per recipe. Moves when a column, the newest signal, or a version moves."""
    newest = record.signals[0] if record.signals else None
    signal = (newest.kind, newest.occurred_at.isoformat(), len(record.signals)) if newest else ()
    get = record.values.get
    return tuple(
        one.version + _digest(signal if one.signals else None, *(get(name) for name in one.columns)) for one in wanted
    )


def plan(
    record: Record, fps: Sequence[str], known: Known | None, basis: Basis, *, anew: bool = False
) -> Planned | None:
    """The account's plan, or None when nothing it depends on has moved. `anew` plans all of it, moved or not."""
    remembered: Sequence[str | None] = known.fingerprints if known and not anew else [None] * len(fps)
    if remembered == fps:
        return None
    first = int(basis.decides)  # where the mappings' fingerprints begin
    names = [mapping.name for mapping in basis.mappings]
    due = frozenset(name for name, was, is_ in zip(names, remembered[first:], fps[first:], strict=True) if was != is_)
    return Planned(
        record, fps[0] if first else "", dict(zip(names, fps[first:], strict=True)), due, source=basis.source
    )


def plan_gone(key: str, known: Known, basis: Basis) -> Planned | None:
    """The plan of an account that vanished: once, where it has a record and the mapping clears (D22)."""
    decide = known.fingerprints[0] if basis.decides else None
    remembered = zip(basis.mappings, known.fingerprints[basis.decides :], known.linked, strict=True)
    wanted = {m.name: (_digest("gone", m.version), fp) for m, fp, linked in remembered if linked and m.clears_missing}
    due = frozenset(name for name, (cleared, fp) in wanted.items() if fp != cleared)
    fps = {name: cleared for name, (cleared, _) in wanted.items()}
    return Planned(Record(key, {}), decide or "", fps, due, gone=True, source=basis.source) if due else None


class PlanHash:
    """HASH of a plan, row by row: wanted rows, mapping and definition versions; not live values (D26)."""

    def __init__(self, basis: Basis) -> None:
        self._digest = hashlib.blake2b(digest_size=8)
        self._digest.update(repr([basis.decide_version, *(m.version for m in basis.mappings)]).encode())

    def add(self, one: Planned) -> None:
        """The next row, in key order."""
        row = (one.record.key, one.decide_fp, sorted(one.wanted_fp.items()), sorted(one.due))
        self._digest.update(repr(row).encode())

    def __str__(self) -> str:
        return self._digest.hexdigest()


def _wanted(mapping: ObjectMapping, basis: Basis) -> Recipe:
    if not mapping.uses_decision:
        return Recipe(_digest(mapping.version)[:VERSION], tuple(sorted(mapping.columns)), signals=False)
    version = _digest(mapping.version, basis.decide_version)[:VERSION]
    return Recipe(version, tuple(sorted(mapping.columns | basis.decide_columns)), signals=True)


def _digest(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=10).hexdigest()
