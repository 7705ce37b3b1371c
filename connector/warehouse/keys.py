"""One row per account, each with a key: what is wrong with the keys of the accounts relation (A1, A18)."""

from __future__ import annotations

from sqlalchemy import Connection, func, or_, select

from connector.errors import WarehouseError
from connector.warehouse.decoding import shown
from connector.warehouse.sources import Source

_NAMED = 5  # keys a message names


def key_problems(connection: Connection, accounts: Source) -> list[str]:
    """Missing and repeated account keys, each with what to do."""
    return [*_missing(connection, accounts), *_repeated(connection, accounts)]


def counted(connection: Connection, accounts: Source) -> int:
    """How many accounts there are. Raises WarehouseError unless each row has a key of its own."""
    if problems := key_problems(connection, accounts):
        raise WarehouseError("\n".join(problems))
    return int(connection.execute(select(func.count()).select_from(accounts.rows)).scalar_one())


def _missing(connection: Connection, accounts: Source) -> list[str]:
    without = or_(accounts.key.is_(None), func.trim(accounts.key) == "")
    count = connection.execute(select(func.count()).select_from(accounts.rows).where(without)).scalar_one()
    if not count:
        return []
    return [
        f"{accounts.label}: {count} row(s) have no {accounts.relation.row} key in "
        f"{accounts.relation.columns['key'].name!r}. Give each one a key, or leave those rows out in a query."
    ]


def _repeated(connection: Connection, accounts: Source) -> list[str]:
    key = accounts.dialect.bytewise(accounts.key)
    statement = select(func.min(accounts.key), func.count()).where(accounts.key.is_not(None)).group_by(key)
    repeated = connection.execute(statement.having(func.count() > 1).order_by(key).limit(_NAMED + 1)).all()
    if not repeated:
        return []
    names = ", ".join(f"{shown(name)} ({count} rows)" for name, count in repeated[:_NAMED])
    more = " and more" if len(repeated) > _NAMED else ""
    advice = (
        "key: leave one of each in a query"
        if accounts.relation.source
        else "account, not one per event or user: aggregate by account in a query"
    )
    return [
        f"{accounts.label}: {accounts.relation.row} keys are repeated: {names}{more}. "
        f"plsync takes one row per {advice} and name that as the relation."
    ]
