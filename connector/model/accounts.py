"""An account as the warehouse holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.model.values import WarehouseValue

ACCOUNTS = "accounts"  # the relation of the warehouse whose rows are decided


@dataclass(frozen=True, slots=True)
class Signal:
    """Something an account did, with a canonical kind (D16). `occurred_at` is UTC."""

    kind: str
    occurred_at: datetime
    detail: str | None = None
    person_key: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at an account who may be called (D39)."""

    key: str
    name: str | None
    title: str | None
    email: str | None = None
    is_admin: bool = False
    last_seen: datetime | None = None
    opt_out: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One warehouse account: its declared columns, its signals (newest first) and its people."""

    key: str
    values: Mapping[str, WarehouseValue]
    signals: tuple[Signal, ...] = ()
    people: tuple[Person, ...] = ()
