"""The CRM in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from connector.destinations.memory import MemoryBulk, MemoryCrm, Refusal
from connector.model import Canonical, CrmFact, FactKind, FieldKind, FieldSpec, ObjectSpec, Outreach
from tests.contract.benches.bench import NOW, OWNER_EMAIL, TIERS, Bench, Logged

SPEC = ObjectSpec(
    "account",
    {
        "key": FieldSpec("key", FieldKind.TEXT, unique=True),
        "score": FieldSpec("score", FieldKind.NUMBER, scale=1),
        "tier": FieldSpec("tier", FieldKind.PICKLIST, options=TIERS),
        "why": FieldSpec("why", FieldKind.TEXT, length=255),
        "pql_on": FieldSpec("pql_on", FieldKind.DATE),
        "routed_at": FieldSpec("routed_at", FieldKind.DATETIME),
        "domain": FieldSpec("domain", FieldKind.TEXT),
        "label": FieldSpec("label", FieldKind.TEXT),
    },
)
NAMES = {name: name for name in SPEC.fields}
SEED: dict[str, dict[str, Canonical]] = {
    "m-1": {"key": "a-1", "domain": "hot-open-sql.example", "score": 87.5, "tier": "warm", "label": "Account 1"},
    "m-2": {"key": "a-2", "domain": "quiet.example", "label": "Account 2"},
    "m-3": {"domain": "twice.example"},
    "m-4": {"domain": "twice.example"},
    "m-5": {"domain": "hot-open-sql.example.org"},
}
FACTS = {
    "a-1": (
        CrmFact(
            kind=FactKind.OPEN_OPPORTUNITY,
            crm="memory",
            object="deal",
            record_id="d-1",
            label="Opportunity",
            at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
            owner_email=OWNER_EMAIL,
            owner_name="Enterprise AE 1",
            due=date(2026, 12, 31),
        ),
        CrmFact(FactKind.OWNER, "memory", "account", "m-1", "Account owner", None, OWNER_EMAIL, "Enterprise AE 1"),
    ),
    "a-2": (
        CrmFact(FactKind.OWNER, "memory", "account", "m-2", "Account owner", None, OWNER_EMAIL, "Enterprise AE 1"),
    ),
}


def memory_bench() -> Iterator[Bench]:
    crm = MemoryCrm({"account": SPEC}, clock=lambda: NOW, facts=FACTS, daily_limit=1_000)
    for record_id, values in SEED.items():
        crm.put("account", record_id, values)

    crm.put("deal", "d-1", {"account_id": "m-1"})

    def refuse(record_id: str) -> None:
        crm.refuse = lambda write: Refusal("VALIDATION_ERROR", "no") if write.record_id == record_id else None

    yield Bench(
        destination=crm,
        facts=crm,
        object="account",
        names=NAMES,
        first="m-1",
        second="m-2",
        absent="m-99",
        identity="memory-org",
        refuse=refuse,
        reset=crm.calls.clear,
        edit=lambda record_id, values: crm.put("account", record_id, values, by=OWNER_EMAIL),
        merge=lambda loser, survivor: crm.merge("account", loser, survivor),
        log=lambda logged: _log(crm, logged),
        hide=lambda kind: setattr(crm, "unreadable", {kind: "no"}),
        bulk=MemoryBulk(crm),
        guarded=crm,
        blind=crm,
    )


def _log(crm: MemoryCrm, logged: Logged) -> str:
    """It keeps what counts, and nothing else."""
    activity = f"act-{len(crm.activities)}"
    if not logged.how:
        crm.activities.append(Outreach("memory", activity, logged.kind, logged.record_id, OWNER_EMAIL, logged.at))
    return activity
