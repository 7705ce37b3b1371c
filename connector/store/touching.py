"""How far plans are, and which accounts were touched since: what a mirror in the warehouse is brought up to (D28).

The database itself notes who is touched, by triggers on everything plans compare with, from the first stamp on.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, delete, select, update

from connector.store import Store, tables
from connector.store.statements import upsert

PAGE = 1_000
MIRROR, CURSOR = "mirror", "cursor"

_MARKS, _TOUCHED = tables.marks, tables.touched


def mark(conn: Connection, name: str) -> str | None:
    """What was marked last under a name."""
    return conn.execute(select(_MARKS.c.value).where(_MARKS.c.name == name)).scalar_one_or_none()


def set_mark(conn: Connection, name: str, value: str) -> None:
    """Mark this from now on."""
    upsert(conn, _MARKS, [{"name": name, "value": value}], ("value",))


def look_back(conn: Connection) -> None:
    """Records became due whose rows may be older than the cursor: the next plan is to look at every account."""
    conn.execute(delete(_MARKS).where(_MARKS.c.name == CURSOR))


def restamp(conn: Connection, stamp: str) -> None:
    """The mirror is going to be brought up to all accounts touched by now, and to carry this stamp."""
    set_mark(conn, MIRROR, stamp)
    conn.execute(update(_TOUCHED).where(_TOUCHED.c.seen == 0).values(seen=1))


def forget(conn: Connection, stamp: str) -> None:
    """It was brought up to them. Accounts touched meanwhile stay noted, and all do if another stamp was given."""
    if mark(conn, MIRROR) == stamp:
        conn.execute(delete(_TOUCHED).where(_TOUCHED.c.seen == 1))


def any_touched(conn: Connection) -> bool:
    """Whether the mirror lags."""
    return conn.execute(select(_TOUCHED.c.account_key).limit(1)).first() is not None


def seen(store: Store) -> Iterator[list[str]]:
    """The accounts the mirror is to be brought up to, page by page."""
    query = select(_TOUCHED.c.account_key).where(_TOUCHED.c.seen == 1, _TOUCHED.c.account_key > bindparam("after"))
    page = [""]
    while page:
        with store.read() as conn:
            found = conn.execute(query.order_by(_TOUCHED.c.account_key).limit(PAGE), {"after": page[-1]})
            page = list(found.scalars())
        if page:
            yield page
