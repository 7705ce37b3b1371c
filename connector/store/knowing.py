"""What plans compare the warehouse with, account by account in key order: fingerprints, links and absences (D13, D22).

Accounts are those that were ever decided: decisions are committed before anything else is remembered (D27).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, delete, select

from connector.model import Known
from connector.store import Store, tables
from connector.store.statements import IN_LIST, insert_new

PAGE = 1_000

_DECISIONS, _MISSING = tables.decisions, tables.missing


def all_of(store: Store, mappings: Sequence[str]) -> Iterator[tuple[str, Known]]:
    """Every account. Page by page: memory does not grow with them, and no transaction stays open meanwhile."""
    query = _query(mappings).limit(PAGE)
    page = _page(store, query, mappings)
    while page:
        yield from page
        following = query.where(_DECISIONS.c.account_key > bindparam("after"))
        page = _page(store, following, mappings, after=page[-1][0]) if len(page) == PAGE else []


def some(store: Store, mappings: Sequence[str], keys: Sequence[str]) -> Iterator[tuple[str, Known]]:
    """The accounts of `keys` that are known."""
    query, ordered = _query(mappings), sorted(set(keys))
    for start in range(0, len(ordered), IN_LIST):
        yield from _page(store, query.where(_DECISIONS.c.account_key.in_(ordered[start : start + IN_LIST])), mappings)


def sighted(conn: Connection, missing: Sequence[str], present: Sequence[str], at: datetime) -> None:
    """`missing` accounts were looked for in vain at `at`, unless that is known already; `present` ones are back."""
    insert_new(conn, _MISSING, [{"account_key": key, "since": at} for key in missing])
    if present:
        back = delete(_MISSING).where(_MISSING.c.account_key == bindparam("back"))
        conn.execute(back, [{"back": key} for key in present])


def _page(store: Store, query: Select[Any], mappings: Sequence[str], **bound: str) -> list[tuple[str, Known]]:
    prints, links = slice(2, 3 + len(mappings)), slice(3 + len(mappings), None)
    with store.read() as conn:
        return [(row[0], Known(row[prints], row[links], row[1])) for row in conn.execute(query, bound).all()]


def _query(mappings: Sequence[str]) -> Any:
    """Key, missing since, the decision's fingerprint, each mapping's, and whether each has a record."""
    decided = _DECISIONS.outerjoin(_MISSING, _MISSING.c.account_key == _DECISIONS.c.account_key)
    prints, links = [], []
    for mapping in mappings:
        memory, intents = tables.memory.alias(), tables.intents.alias()
        decided = decided.outerjoin(
            memory, and_(memory.c.account_key == _DECISIONS.c.account_key, memory.c.mapping == mapping)
        ).outerjoin(
            intents,
            # Nobody knows what a CRM holds of those in flight; a deferred one that waits for its time is not due.
            and_(
                intents.c.account_key == _DECISIONS.c.account_key,
                intents.c.mapping == mapping,
                intents.c.not_before.is_(None),
            ),
        )
        prints.append(case((intents.c.mapping.is_(None), memory.c.wanted_fp)))
        links.append(memory.c.record_id.is_not(None))
    columns = [_DECISIONS.c.account_key, _MISSING.c.since, _DECISIONS.c.decide_fp, *prints, *links]
    return select(*columns).select_from(decided).order_by(_DECISIONS.c.account_key)
