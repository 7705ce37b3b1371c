"""The shipped mapping files as definitions, and accounts to decide over them."""

from __future__ import annotations

import copy
import csv
import tomllib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from connector.model import (
    ColumnType,
    CrmFact,
    Decision,
    FactKind,
    Live,
    Match,
    MatchMethod,
    Record,
    Signal,
    WarehouseValue,
)
from connector.rules import decide, definitions
from connector.rules.definitions import Definitions
from connector.rules.names import COLUMNS

MAPPINGS = Path(__file__).parents[3] / "mappings"
NOW = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
POINTS = {
    "core_workflow": 30,
    "distinct_days": 20,
    "quota": 15,
    "invites": 25,
    "multi_user": 20,
    "icp": 15,
    "business_email": 5,
    "pricing": 10,
    "support": 10,
}
DECLARED = {
    **{name: kind for name, kind in COLUMNS.items() if name != "expanded_at"},
    **{f"points_{name}": ColumnType.INTEGER for name in POINTS},
}
ENTERPRISE_AES = {"enterprise-ae-1@workspace.example", "enterprise-ae-2@workspace.example"}
AES = {f"ae-{number}@workspace.example" for number in range(1, 5)}
SDRS = {"sdr-1@workspace.example", "sdr-2@workspace.example"}
IN_CRM = {"salesforce_account": Match(MatchMethod.KEY, Live("001000000000001AAA", {}))}


@cache
def _documents() -> dict[str, Any]:
    files = ("rules", "segments", "crm_state", "people", "territories")
    parsed: dict[str, Any] = {name: tomllib.loads((MAPPINGS / f"{name}.toml").read_text("utf-8")) for name in files}
    parsed["lists"] = {path.stem: _domains(path) for path in sorted((MAPPINGS / "lists").glob("*.csv"))}
    return parsed


def _domains(path: Path) -> frozenset[str]:
    with path.open(encoding="utf-8", newline="") as rows:
        return frozenset(row["domain"] for row in csv.DictReader(rows))


def documents() -> dict[str, Any]:
    """The shipped files, parsed, to change at will."""
    return copy.deepcopy(_documents())


@cache
def shipped() -> Definitions:
    """The shipped files over the usual columns."""
    return definitions.build(_documents(), DECLARED)


def ago(days: float) -> datetime:
    """`days` before now."""
    return NOW - timedelta(days=days)


def signal(kind: str, days: float, detail: str | None = None, person: str | None = None) -> Signal:
    """A signal `days` ago."""
    return Signal(kind, ago(days), detail, person)


def account(*signals: Signal, **values: WarehouseValue) -> Record:
    """An activated PQL in the CRM, Hot at 92 with 400 employees, unless `values` say otherwise."""
    usual: dict[str, WarehouseValue] = {
        "key": "acme",
        "domain": "acme.example",
        "score": 92,
        "employees": 400,
        "active_users": 8,
        "signup_at": ago(40),
        "activated_at": ago(30),
        "pql_at": ago(5),
        "scored_at": ago(0.01),
        "country": "US",
    }
    newest_first = sorted(signals, key=lambda s: s.occurred_at, reverse=True)
    return Record(str(values.get("key", "acme")), {**usual, **values}, tuple(newest_first))


def scored(**points: int) -> dict[str, WarehouseValue]:
    """All nine components, those not named at 0, and the score they sum to."""
    given = {f"points_{name}": points.get(name, 0) for name in POINTS}
    return {**given, "score": sum(given.values())}


def fact(
    kind: FactKind,
    crm: str = "salesforce",
    owner: str | None = "sdr-1",
    at: datetime | None = None,
    *,
    record_id: str = "00Q000000000001AAA",
    active: bool = True,
    touched: datetime | None = None,
    due: date | None = None,
) -> CrmFact:
    """One fact, of a worked record unless told otherwise."""
    return CrmFact(
        kind=kind,
        crm=crm,
        object="Lead" if crm == "salesforce" else "companies",
        record_id=record_id,
        label=str(kind).replace("_", " "),
        at=at,
        owner_email=f"{owner}@workspace.example" if owner else None,
        owner_name=owner,
        owner_active=active,
        active_at=touched,
        due=due,
    )


def decided(
    record: Record,
    *facts: CrmFact,
    known: bool = True,
    matches: dict[str, Match] | None = None,
    by: Definitions | None = None,
) -> Decision:
    """The decision over the shipped definitions (or `by`) at NOW."""
    told = facts if known else None
    return decide.decide(record, told, IN_CRM if matches is None else matches, by or shipped(), NOW, NOW)
