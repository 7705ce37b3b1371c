"""Relations as the warehouse tests declare them, and a warehouse asked in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.model import ColumnType, Record
from connector.ports import Warehouse
from connector.warehouse import PEOPLE_COLUMNS, SIGNAL_COLUMNS, Column, Relation, Relations, SqlWarehouse
from tests.databases import Database


def accounts(name_or_query: str = "accounts", /, **types: str) -> Relation:
    """An accounts relation keyed by `id`, whose other logical names are the physical ones."""
    declared = {name: Column(name, ColumnType(type_)) for name, type_ in types.items()}
    return Relation(name_or_query, {"key": Column("id", ColumnType.TEXT), **declared})


def follower(name: str, columns: Mapping[str, ColumnType]) -> Relation:
    """Signals or people whose logical names are the physical ones."""
    return Relation(name, {logical: Column(logical, type_) for logical, type_ in columns.items()})


SIGNALS = follower("signals", SIGNAL_COLUMNS)
PEOPLE = follower("people", PEOPLE_COLUMNS)

SIGNALS_TABLE = "CREATE TABLE signals (account_key TEXT, kind TEXT, occurred_at TEXT, detail TEXT, person_key TEXT)"
PEOPLE_TABLE = (
    "CREATE TABLE people (account_key TEXT, person_key TEXT, email TEXT, name TEXT, title TEXT, is_admin BOOLEAN, "
    "last_seen TEXT, opt_out BOOLEAN)"
)


def signal(account: str, kind: str, occurred_at: str, detail: str | None = None) -> dict[str, Any]:
    """A row of the signals table."""
    return {"account_key": account, "kind": kind, "occurred_at": occurred_at, "detail": detail}


def read(database: Database, relations: Relations, keys: list[str] | None = None) -> list[Record]:
    """Every record, or those asked for."""
    with SqlWarehouse(database.url, relations).reading() as reading:
        return list(reading.records(keys))


def read_one(database: Database, relation: Relation) -> Mapping[str, Any]:
    """The values of the only account."""
    (record,) = read(database, Relations(relation))
    return record.values


def check(database: Database, relations: Relations, kinds: Mapping[str, str] | None = None) -> list[str]:
    """Problems of a warehouse seen through its port."""
    warehouse: Warehouse = SqlWarehouse(database.url, relations, kinds)
    return warehouse.check()
