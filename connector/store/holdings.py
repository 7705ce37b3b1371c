"""How many accounts each person has by the decisions in force (D14).

Who has an account is packed inside its decision, where no database can count it. So it is counted once, a page of keys
to a transaction (D32), and from then on the count is kept beside every change. Accounts beyond the page reached so far
are counted when their turn comes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from connector.model import ASSIGNING
from connector.store import Store, tables, touching
from connector.store.decision_documents import Document
from connector.store.shapes import Shapes
from connector.store.statements import insert_new

PAGE = 1_000
HOLDINGS = "holdings"

_DECISIONS, _MARKS = tables.decisions, tables.marks
_NOTHING: dict[str, Any] = {"reached": "", "held": {}}  # before the first page

Change = tuple[str, str | None, str | None]  # an account, who had it, who has it now


def of(store: Store, people: Collection[str]) -> dict[str, int]:
    """How many accounts each of these people has."""
    with store.read() as conn:
        reached, held = _counted(conn)
    while reached is not None:
        with store.write() as conn:
            reached, held = _count_on(conn)
    return {email: held[email] for email in people}


def assigned_to(document: Document) -> str | None:
    """Who got the account by a stored decision."""
    email: str | None = document["routed_to"] if document["route"] in ASSIGNING else None
    return email


def move(conn: Connection, changes: Iterable[Change]) -> None:
    """Keep the count beside decisions that are stored in the same transaction; before the first count there is none."""
    some = [change for change in changes if change[1] != change[2]]
    if not some or touching.mark(conn, HOLDINGS) is None:
        return
    reached, held = _counted(conn, lock=True)
    for key, before, after in some:
        if reached is None or key <= reached:
            held.update(_once(after))
            held.subtract(_once(before))
    _remember(conn, reached, held)


def routed_to(conn: Connection, email: str) -> Iterator[str]:
    """Accounts whose decision in force goes to somebody, whatever its route, by key. Looks through all of them."""
    shapes = Shapes(conn)
    rows = conn.execute(select(_DECISIONS.c.account_key, _DECISIONS.c.document).order_by(_DECISIONS.c.account_key))
    return (row.account_key for row in rows if shapes.unpack(row.document)["routed_to"] == email)


def _counted(conn: Connection, *, lock: bool = False) -> tuple[str | None, Counter[str]]:
    """How far accounts are counted, None once all are, and who has how many of those."""
    query = select(_MARKS.c.value).where(_MARKS.c.name == HOLDINGS)
    stored = conn.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    told: dict[str, Any] = json.loads(stored) if stored else _NOTHING
    return told["reached"], Counter(told["held"])


def _count_on(conn: Connection) -> tuple[str | None, Counter[str]]:
    """Count the next page of accounts. Whoever stores decisions meanwhile waits for it, or it for them."""
    insert_new(conn, _MARKS, [{"name": HOLDINGS, "value": json.dumps(_NOTHING)}])
    reached, held = _counted(conn, lock=True)
    if reached is None:
        return reached, held
    key, shapes = _DECISIONS.c.account_key, Shapes(conn)
    query = select(key, _DECISIONS.c.document).where(key > reached).order_by(key).limit(PAGE)
    page = conn.execute(query).all()
    for row in page:
        held.update(_once(assigned_to(shapes.unpack(row.document))))
    reached = page[-1].account_key if len(page) == PAGE else None
    _remember(conn, reached, held)
    return reached, held


def _once(email: str | None) -> tuple[str, ...]:
    return (email,) if email else ()


def _remember(conn: Connection, reached: str | None, held: Counter[str]) -> None:
    touching.set_mark(conn, HOLDINGS, json.dumps({"reached": reached, "held": +held}, sort_keys=True))
