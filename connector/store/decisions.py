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
from connector.store import tables
from connector.store.decision_documents import Document, from_document, to_document
from connector.store.shapes import Shapes
from connector.store.statements import insert_new, rows_in, upsert

_DECISIONS = tables.decisions
_HISTORY = tables.decision_history

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

    def decision(self) -> Decision:
        return from_document({**self.document, **(self.refreshed or {})})


# --- reading ---------------------------------------------------------------------------------------


def fingerprints(conn: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Each decided account's `decide_fp` (D13); others are absent."""
    query = select(_DECISIONS.c.account_key, _DECISIONS.c.decide_fp)
    return {row.account_key: row.decide_fp for row in rows_in(conn, query, _DECISIONS.c.account_key, keys)}


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
    after = {decision.account_key: _next(before.get(decision.account_key), run_id, decision) for decision, _ in rows}
    replaced = (old for key, old in before.items() if old.run_id != run_id and after[key].document is not old.document)
    insert_new(conn, _HISTORY, (_row(old, shapes) for old in replaced))
    fingerprints_now = {decision.account_key: fingerprint for decision, fingerprint in rows}
    current = (
        {**_row(stored, shapes), "decide_fp": fingerprints_now[key], "refreshed": stored.refreshed}
        for key, stored in after.items()
    )
    upsert(conn, _DECISIONS, current, ("decide_fp", "run", "document", "refreshed"))
    return {key: stored.decision() for key, stored in after.items()}


def _locked(conn: Connection, shapes: Shapes, keys: Sequence[str]) -> dict[str, _InForce]:
    """What is in force, kept from other writers until the end of the transaction."""
    query = select(_DECISIONS).order_by(_DECISIONS.c.account_key).with_for_update()
    found = rows_in(conn, query, _DECISIONS.c.account_key, sorted(keys))
    return {row.account_key: _in_force(row, shapes) for row in found}


def _next(before: _InForce | None, run_id: str, decision: Decision) -> _InForce:
    if before is None:
        return _InForce(run_id, to_document(decision), None)
    held = before.decision()
    if _decides_differently(held, decision):
        return _InForce(run_id, to_document(decision), None)
    seen = to_document(replace(decision, routed_at=held.routed_at))
    return _InForce(before.run_id, before.document, _difference(before.document, seen) or None)


def _decides_differently(one: Decision, other: Decision) -> bool:
    return any(getattr(one, name) != getattr(other, name) for name in _WHAT_WAS_DECIDED)


def _difference(old: Document, new: Document) -> Document:
    """What laid over `old` gives `new`."""
    return {name: value for name, value in new.items() if name not in old or old[name] != value}


def _row(stored: _InForce, shapes: Shapes) -> dict[str, Any]:
    """What the table in force and the history have in common. The key has its own column."""
    document = dict(stored.document)
    key = document.pop("account_key")
    return {"account_key": key, "run": stored.run_id, "document": shapes.pack(document)}


def _in_force(row: Row[Any], shapes: Shapes) -> _InForce:
    return _InForce(row.run, _unpacked(row, shapes), row.refreshed)


def _unpacked(row: Row[Any], shapes: Shapes) -> Document:
    return {**shapes.unpack(row.document), "account_key": row.account_key}
