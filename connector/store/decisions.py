"""Decisions: the one in force per account, and those before it.

An account has one row with the decision in force. A later run that decides the same but saw other evidence only
refreshes that row; one that decides differently moves the old document to the history (D35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.model import Decision
from connector.store import compact, holdings, scores, tables
from connector.store.columns import as_number
from connector.store.decision_documents import Document, from_document, to_document
from connector.store.shapes import Shapes
from connector.store.statements import Raw, insert_new, rows_in, upsert_raw

_DECISIONS = tables.decisions
_HISTORY = tables.decision_history
_COLUMNS = ("account_key", "decide_fp", "run", "document", "refreshed")

_WHAT_WAS_DECIDED = (
    "route",
    "rule",
    "tier",
    "routed_to",
    "reason",
    "segment",
    "layers",
    "flags",
    "counterfactual",
)  # D35: anything else may move without a new decision


@dataclass(frozen=True, slots=True)
class _InForce:
    """A stored decision: what `run_id` decided, and what was seen differently since."""

    run_id: str
    document: Document
    refreshed: Document | None
    packed: bytes  # `document` as stored; `Shapes.pack` gives it

    def decision(self) -> Decision:
        return from_document({**self.document, **(self.refreshed or {})})


# --- reading ---------------------------------------------------------------------------------------


def latest(conn: Connection, keys: Sequence[str]) -> dict[str, Decision]:
    """The decision in force of each decided account, with the newest evidence; others are absent."""
    found = rows_in(conn, select(_DECISIONS), _DECISIONS.c.account_key, keys)
    shapes = Shapes(conn)
    return {row.account_key: _in_force(row, shapes).decision() for row in found}


def history(conn: Connection, key: str) -> list[tuple[str, Decision]]:
    """Every different decision about an account with the run that made it, oldest first, evidence as it was then."""
    past = conn.execute(select(_HISTORY).where(_HISTORY.c.account_key == key).order_by(_HISTORY.c.run))
    now = conn.execute(select(_DECISIONS).where(_DECISIONS.c.account_key == key))
    shapes = Shapes(conn)
    decided = [(row.run, from_document(_unpacked(row, shapes))) for row in (*past, *now)]
    return sorted(decided, key=lambda entry: entry[1].routed_at)


# --- writing ---------------------------------------------------------------------------------------


def append(conn: Connection, run_id: str, rows: Sequence[tuple[Decision, str]]) -> dict[str, Decision]:
    """Store decisions with their `decide_fp` and return, by account key, the decision now in force.

    One that decides the same as the one in force keeps its `routed_at` (D35).
    """
    shapes = Shapes(conn)
    before = _locked(conn, shapes, [decision.account_key for decision, _ in rows])
    after = {one.account_key: _next(before.get(one.account_key), run_id, one, shapes) for one, _ in rows}
    replaced = {key: old for key, old in before.items() if old.run_id != run_id and after[key].packed is not old.packed}
    past = ({"account_key": key, "run": old.run_id, "document": old.packed} for key, old in replaced.items())
    insert_new(conn, _HISTORY, past)
    fingerprints_now = {decision.account_key: fingerprint for decision, fingerprint in rows}
    current = (_row(key, fingerprints_now[key], stored) for key, stored in after.items())
    upsert_raw(conn, _DECISIONS, _COLUMNS, current, replaced=_COLUMNS[1:])
    scores.note(conn, ((one, _weighed(before.get(one.account_key))) for one, _ in rows))
    holdings.move(conn, ((key, _assigned_to(before.get(key)), _assigned_to(now)) for key, now in after.items()))
    return {key: stored.decision() for key, stored in after.items()}


def _weighed(stored: _InForce | None) -> scores.Weighed | None:
    return scores.weighed({**stored.document, **(stored.refreshed or {})}) if stored else None


def _assigned_to(stored: _InForce | None) -> str | None:
    return holdings.assigned_to(stored.document) if stored else None


def _locked(conn: Connection, shapes: Shapes, keys: Sequence[str]) -> dict[str, _InForce]:
    """What is in force, kept from other writers until the end of the transaction."""
    query = select(_DECISIONS).order_by(_DECISIONS.c.account_key).with_for_update()
    found = rows_in(conn, query, _DECISIONS.c.account_key, sorted(keys))
    return {row.account_key: _in_force(row, shapes) for row in found}


def _next(before: _InForce | None, run_id: str, decision: Decision, shapes: Shapes) -> _InForce:
    if before is None:
        return _new(run_id, decision, shapes)
    held = before.decision()
    if _decides_differently(held, decision):
        return _new(run_id, decision, shapes)
    seen = to_document(replace(decision, routed_at=held.routed_at))
    return replace(before, refreshed=_difference(before.document, seen) or None)


def _new(run_id: str, decision: Decision, shapes: Shapes) -> _InForce:
    document = to_document(decision)
    keyless = {name: value for name, value in document.items() if name != "account_key"}  # it has its own column
    return _InForce(run_id, document, None, shapes.pack(keyless))


def _decides_differently(one: Decision, other: Decision) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in _WHAT_WAS_DECIDED)


def _difference(old: Document, new: Document) -> Document:
    """What laid over `old` gives `new`."""
    return {name: value for name, value in new.items() if name not in old or old[name] != value}


def _row(key: str, fingerprint: str, stored: _InForce) -> Raw:
    refreshed = None if stored.refreshed is None else compact.dumps(dict(stored.refreshed))
    return (key, fingerprint, as_number(stored.run_id), stored.packed, refreshed)


def _in_force(row: Row[Any], shapes: Shapes) -> _InForce:
    refreshed = None if row.refreshed is None else compact.loads(row.refreshed)
    return _InForce(row.run, _unpacked(row, shapes), refreshed, row.document)


def _unpacked(row: Row[Any], shapes: Shapes) -> Document:
    return {**shapes.unpack(row.document), "account_key": row.account_key}
