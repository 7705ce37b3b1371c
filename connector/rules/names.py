"""Every name a rule may use, and what it holds: the account's columns and what is derived from them and the CRMs.

A logical column that a warehouse does not declare is null for every account, so the shipped rules also run over
smaller warehouses.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from connector.model import Canonical, ColumnType, WarehouseValue
from connector.rules.signals import KINDS

Value = str | bool | Decimal | datetime | tuple[str, ...] | None
Values = Mapping[str, Value]

STAGE_DATES = (
    "signup_at",
    "activated_at",
    "pql_at",
    "self_serve_paid_at",
    "mql_at",
    "sql_at",
    "opportunity_at",
    "closed_won_at",
)
SALES_DATES = ("mql_reviewed_at", "mql_accepted_at", "mql_rejected_at", "discovery_at")
REJECT_REASON = "mql_reject_reason"
PROMISED = frozenset({*SALES_DATES, REJECT_REASON})
"""What sales did with an MQL and an SQL (D41). Promises are counted by it; nothing is decided, unless by a rule."""

COLUMNS: Mapping[str, ColumnType] = {
    **dict.fromkeys(
        ("key", "name", "domain", "industry", "country", "plan", "crm_of_record", "owner_email", "motion"),
        ColumnType.TEXT,
    ),
    REJECT_REASON: ColumnType.TEXT,
    **dict.fromkeys(("employees", "active_users", "seats_purchased", "seats_used"), ColumnType.INTEGER),
    **dict.fromkeys(("score", "limit_used", "potential_acv"), ColumnType.DECIMAL),
    **dict.fromkeys((*STAGE_DATES, *SALES_DATES, "expanded_at", "scored_at"), ColumnType.DATETIME),
}
CRM: Mapping[str, ColumnType] = {
    "crm.known": ColumnType.BOOLEAN,
    "crm.sql_active": ColumnType.BOOLEAN,
    "crm.open_opportunity": ColumnType.BOOLEAN,
    "crm.stale_opportunity": ColumnType.BOOLEAN,
    "crm.customer": ColumnType.BOOLEAN,
    "crm.disqualified": ColumnType.BOOLEAN,
    "crm.stage": ColumnType.TEXT,
    "crm.stage_date": ColumnType.DATETIME,
    "crm.owner": ColumnType.TEXT,
}
DERIVED: Mapping[str, ColumnType] = {
    "tier": ColumnType.TEXT,
    "segment": ColumnType.TEXT,
    "activated": ColumnType.BOOLEAN,
    "pql": ColumnType.BOOLEAN,
    "customer": ColumnType.BOOLEAN,
    "excluded": ColumnType.TEXT,
    "named": ColumnType.BOOLEAN,
    "identity": ColumnType.TEXT,
    "signals": ColumnType.LIST,
    "seats_share": ColumnType.DECIMAL,  # seats used of those purchased, 0 to 1 and above
    "limit_days": ColumnType.INTEGER,  # of the last seven, those on which a usage limit was near or reached
    "today": ColumnType.DATETIME,
    "layers.behavioural": ColumnType.BOOLEAN,
    "layers.organisational": ColumnType.BOOLEAN,
    "layers.intent": ColumnType.BOOLEAN,
    **{f"week.{kind}": ColumnType.INTEGER for kind in KINDS},  # how often in the last seven days
    **CRM,
}
BEYOND_BELIEF = 10**15
IDENTITIES = ("matched", "unmatched", "ambiguous")


def vocabulary(columns: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    """All names with their types; a declared column's own type beats the usual one."""
    return {**COLUMNS, **columns, **DERIVED}


def typed(value: WarehouseValue, kind: ColumnType) -> Value:
    """A warehouse value as a rule sees it. What does not fit its declared type is null: it cannot be told (D11)."""
    if value is None:
        return None
    if kind in (ColumnType.INTEGER, ColumnType.DECIMAL):
        return _number(value)
    if kind in (ColumnType.DATE, ColumnType.DATETIME):
        return moment(value)
    if kind is ColumnType.BOOLEAN:
        return value if isinstance(value, bool) else None
    if kind is ColumnType.LIST:
        return value if isinstance(value, tuple) else None
    return value if isinstance(value, str) else None


def moment(value: WarehouseValue) -> datetime | None:
    """A date or datetime as an aware UTC datetime; None for anything else."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time(), UTC) if isinstance(value, date) else None


def canonical(value: Value) -> Canonical:
    """A rule's value as evidence: JSON-like, dates and times in UTC."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return ", ".join(value) if isinstance(value, tuple) else value


def _number(value: WarehouseValue) -> Decimal | None:
    """A number an account can have; nothing about it is counted in the quadrillions."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if not math.isfinite(value):
        return None
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    return number if abs(number) < BEYOND_BELIEF else None
