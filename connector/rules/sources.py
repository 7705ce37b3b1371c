"""`crm_state.toml` read: which records of which CRM say what about an account (D2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.model import FactKind, FactSource
from connector.rules.reading import Problems, Table

WHERE = "mappings/crm_state.toml"
CRMS = ("salesforce", "hubspot")
SUPERSEDES = ("active", "any")
_KEYS = ("fact", "object", "where", "unless", "link", "label", "at", "owner", "active_at", "due")
_LINKS = ("id", "key", "email")


@dataclass(frozen=True, slots=True)
class CrmPolicy:
    """How facts are weighed. `of_record` speaks first where CRMs differ (D4).

    `sql_supersedes`: "active" leaves out disqualified and closed-lost SQLs, "any" counts every one (K21). An open
    opportunity without activity for `stale_after_days`, or past its close date, is stale (D3).
    """

    of_record: str = "salesforce"
    sql_supersedes: str = "active"
    stale_after_days: int = 45


def read(document: Table, problems: Problems) -> tuple[CrmPolicy, tuple[FactSource, ...]]:
    """The policy and every fact source, in the file's order."""
    problems.only(WHERE, document, {"policy", *CRMS})
    policy = problems.settings(f"{WHERE} [policy]", document.get("policy"), CrmPolicy())
    problems.choice(f"{WHERE} [policy]", "of_record", policy.of_record, CRMS)
    problems.choice(f"{WHERE} [policy]", "sql_supersedes", policy.sql_supersedes, SUPERSEDES)
    sources = tuple(
        source
        for crm in CRMS
        for where, row in problems.rows(f"{WHERE} {crm}", document.get(crm))
        if (source := _source(crm, where, row, problems))
    )
    return policy, sources


def _source(crm: str, where: str, row: Table, problems: Problems) -> FactSource | None:
    problems.only(where, row, _KEYS)
    kind = problems.choice(where, "fact", problems.text(where, row, "fact"), [str(kind) for kind in FactKind])
    link = problems.table(f"{where} link", row.get("link"))
    problems.only(f"{where} link", link, _LINKS)
    if not link:
        problems.add(where, '"link" is missing; write link = { id = "" } for the account\'s own record')
    if kind not in {str(known) for known in FactKind}:
        return None
    return FactSource(
        crm=crm,
        kind=FactKind(kind),
        object=problems.text(where, row, "object"),
        where=_values(f"{where} where", row.get("where"), problems),
        unless=_values(f"{where} unless", row.get("unless"), problems),
        label=problems.text(where, row, "label"),
        **{f"link_{key}": _field(f"{where} link", link, key, problems) for key in _LINKS},
        **{key: _field(where, row, key, problems) for key in ("at", "owner", "active_at", "due")},
    )


def _values(where: str, value: object, problems: Problems) -> Mapping[str, tuple[str, ...]]:
    table = problems.table(where, value)
    return {field: _texts(where, field, allowed, problems) for field, allowed in table.items()}


def _texts(where: str, field: str, allowed: Any, problems: Problems) -> tuple[str, ...]:
    """One value or a list of them, as the text they are compared as."""
    listed = allowed if isinstance(allowed, list) else [allowed]
    if not listed or not all(isinstance(item, str | bool | int) for item in listed):
        problems.add(where, f'"{field}" must be a value or a list of values, not {allowed!r}')
        return ()
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in listed)


def _field(where: str, table: Table, key: str, problems: Problems) -> str | None:
    value = table.get(key)
    if value is None or isinstance(value, str):
        return value
    problems.add(where, f'"{key}" must name a field, not {value!r}')
    return None
