"""What plans compare the warehouse with, account by account in key order: fingerprints, links and absences (D13, D22).

Accounts are those that were ever decided: decisions are committed before anything else is remembered (D27). Where
nothing is decided they are those that the mappings ever sent, or were about to send.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, bindparam, case, delete, select, true, union

from connector.model import Known
from connector.store import Store, tables
from connector.store.statements import IN_LIST, insert_new

PAGE = 1_000
SOME = IN_LIST // 2  # a query may name each key twice

_DECISIONS, _MISSING = tables.decisions, tables.missing
Among = Callable[[ColumnElement[str]], ColumnElement[bool]]


@dataclass(frozen=True)
class Asked:
    """Whose fingerprints a plan compares: these mappings', and before them the decision's where any is made.

    All these mappings carry rows of one `source`.
    """

    mappings: tuple[str, ...]
    decided: bool
    source: str


def all_of(store: Store, asked: Asked) -> Iterator[tuple[str, Known]]:
    """Every account. Page by page: memory does not grow with them, and no transaction stays open meanwhile."""
    page = _page(store, asked, lambda _: true())
    while page:
        yield from page
        after = page[-1][0]
        page = _page(store, asked, lambda key: key > bindparam("after"), after=after) if len(page) == PAGE else []


def some(store: Store, asked: Asked, keys: Sequence[str]) -> Iterator[tuple[str, Known]]:
    """The accounts of `keys` that are known."""
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), SOME):
        named = ordered[start : start + SOME]
        yield from _page(store, asked, lambda key: key.in_(bindparam("named", expanding=True)), named=named)


def sighted(conn: Connection, source: str, missing: Sequence[str], present: Sequence[str], at: datetime) -> None:
    """`missing` keys were looked for in vain at `at`, unless that is known already; `present` ones are back."""
    insert_new(conn, _MISSING, [{"source": source, "account_key": key, "since": at} for key in missing])
    if present:
        back = delete(_MISSING).where(_MISSING.c.source == source, _MISSING.c.account_key == bindparam("back"))
        conn.execute(back, [{"back": key} for key in present])


def _page(store: Store, asked: Asked, among: Among, **bound: object) -> list[tuple[str, Known]]:
    """The first accounts `among` which to look, in key order."""
    first = 2 + asked.decided + len(asked.mappings)
    prints, links = slice(2, first), slice(first, None)
    with store.read() as conn:
        rows = conn.execute(_query(asked, among), bound).all()
    return [(row[0], Known(row[prints], row[links], row[1])) for row in rows]


def _query(asked: Asked, among: Among) -> Select[Any]:
    """Key, missing since, the decision's fingerprint if asked for, each mapping's, and whether each has a record."""
    accounts = _decided(among) if asked.decided else _sent(asked.mappings, among)
    key = accounts.c.account_key
    joined = accounts.outerjoin(_MISSING, and_(_MISSING.c.account_key == key, _MISSING.c.source == asked.source))
    prints, links = [*accounts.c][1:], []
    for mapping in asked.mappings:
        memory, intents = tables.memory.alias(), tables.intents.alias()
        joined = joined.outerjoin(memory, and_(memory.c.account_key == key, memory.c.mapping == mapping)).outerjoin(
            intents,
            # Nobody knows what a CRM holds of those in flight; a deferred one that waits for its time is not due.
            and_(intents.c.account_key == key, intents.c.mapping == mapping, intents.c.not_before.is_(None)),
        )
        prints.append(case((intents.c.mapping.is_(None), memory.c.wanted_fp)))
        links.append(memory.c.record_id.is_not(None))
    return select(key, _MISSING.c.since, *prints, *links).select_from(joined).order_by(key)


def _decided(among: Among) -> Subquery:
    """A page of the accounts that were ever decided, each with its fingerprint."""
    key = _DECISIONS.c.account_key
    return select(key, _DECISIONS.c.decide_fp).where(among(key)).order_by(key).limit(PAGE).subquery()


def _sent(mappings: Sequence[str], among: Among) -> Subquery:
    """A page of the accounts these mappings know. Each side walks its primary key: no page costs more than a page."""
    sides = [
        select(side.c.account_key)
        .distinct()
        .where(side.c.mapping.in_(mappings), among(side.c.account_key))
        .order_by(side.c.account_key)
        .limit(PAGE)
        .subquery()
        for side in (tables.memory, tables.intents)
    ]
    both = union(*(select(side.c.account_key) for side in sides)).subquery()
    return select(both.c.account_key).order_by(both.c.account_key).limit(PAGE).subquery()
