"""P13: how fast accounts are decided, beside a bare loop over the same rules with the library that reads them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from rule_engine import Context, EngineError, Rule, resolve_item

from benchmarks import rows
from benchmarks.clients import Sample
from benchmarks.finding import Entry, Finding, Size, middle, repeated, spread
from benchmarks.scene import SHIPPED
from connector.model import ColumnType, CrmState, Live, Match, MatchMethod, Record
from connector.rules.book import judge
from connector.rules.decide import decide
from connector.rules.definitions import Definitions
from connector.rules.language import Situation
from connector.rules.weighing import situation, weigh
from connector.warehouse.decoding import DECODERS
from plsync.folder import read_folder

IDS = ("P13",)
RATIO = 0.6
RULES = 20
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NO_FACTS = CrmState(
    known=True,
    read_at=NOW,
    sql_active=False,
    open_opportunity=False,
    stale_opportunity=False,
    customer=False,
    disqualified=False,
)
MATCHED = {"salesforce_account": Match(MatchMethod.KEY, Live("001000000000001AAA", {}))}


def findings(size: Size) -> list[Finding]:
    """Every account is another one: other size, score and use."""
    columns = {name: ColumnType(kind) for name, kind in rows.COLUMNS.items()}
    records = [_record(number, columns) for number in range(1, size.rows + 1)]

    def fresh() -> Definitions:
        return read_folder(SHIPPED, columns, {}).definitions

    definitions = fresh()
    seen = [situation(weigh(one, definitions, NOW), NO_FACTS, "matched", definitions) for one in records]
    plain = [_nested(one) for one in seen]
    bare = [Rule(rule.when.text, context=Context(resolver=resolve_item)) for rule in definitions.book[:RULES]]
    entries = [
        _entry("plsync", size, records, lambda: _judged(fresh(), seen)),
        _entry("rule-engine, bare loop", size, records, lambda: _looped(bare, plain)),
        _entry("plsync, a decision as a whole", size, records, lambda: _decided(fresh(), records)),
    ]
    ours, theirs = (middle(entry.samples, "per_second") for entry in entries[:2])
    return [
        Finding(
            "P13",
            "Decisions",
            f"{size.rows:,} accounts without a fact in a CRM, the first {RULES} shipped rules, first match; compiled "
            "anew for every run, so that no answer is remembered from the one before",
            f"≥ {RATIO} × the bare loop of rule-engine",
            entries,
            ours >= RATIO * theirs,
            note="A decision as a whole reads all shipped rules, and weighs, names the owner and words the reasons. "
            "The bare loop takes a null it cannot compare for a rule that does not match; `why not` is worked out "
            "on `explain` alone.",
            judged={"ratio": ours / theirs},
        )
    ]


def _record(number: int, columns: dict[str, ColumnType]) -> Record:
    told = zip(columns.items(), rows.row(number), strict=True)
    values = {name: None if value is None else DECODERS[kind](value) for (name, kind), value in told}
    return Record(str(values["key"]), values)


def _entry(name: str, size: Size, records: Sequence[Record], work: Callable[[], float]) -> Entry:
    samples: list[Sample] = repeated(lambda: {"per_second": len(records) / work()}, size.repeats)
    return Entry(name, {"decisions per second": spread(samples, "per_second", 1, 0)}, samples)


def _judged(definitions: Definitions, seen: Sequence[Situation]) -> float:
    book = definitions.book[:RULES]
    began = time.perf_counter()
    for one in seen:
        judge(book, one)
    return time.perf_counter() - began


def _looped(rules: Sequence[Rule], seen: Sequence[dict[str, Any]]) -> float:
    began = time.perf_counter()
    for one in seen:
        for rule in rules:
            try:
                if rule.matches(one):
                    break
            except EngineError:
                continue
    return time.perf_counter() - began


def _decided(definitions: Definitions, records: Sequence[Record]) -> float:
    began = time.perf_counter()
    for one in records:
        decide(one, (), MATCHED, definitions, NOW, NOW)
    return time.perf_counter() - began


def _nested(one: Situation) -> dict[str, Any]:
    """The same names as the library's own resolver finds them: groups are mappings of their own."""
    found: dict[str, Any] = {}
    for name, value in one.values.items():
        group, _, member = name.partition(".")
        if member:
            found.setdefault(group, {})[member] = value
        else:
            found[name] = value
    return found
