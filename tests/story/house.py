"""A town for whole runs: two CRMs in memory, a store on SQLite, a warehouse made of values, a clock set by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from connector.budget import Limits
from connector.calling import Caller, Patience
from connector.destinations.memory import MemoryBulk, MemoryCrm
from connector.explain import Explanation, explain
from connector.guards import Guards, require_approved
from connector.mapping.fields import ObjectMapping
from connector.mapping.reading import build
from connector.model import (
    AlertKind,
    Canonical,
    CrmFact,
    FactKind,
    FieldKind,
    FieldSpec,
    Memory,
    ObjectSpec,
    Outreach,
    OutreachKind,
    Recipe,
    Record,
    WarehouseValue,
)
from connector.outreach import look_for_outreach, note_outreach
from connector.pacing import LocalPace, Turnstile
from connector.plan import Basis
from connector.planning import Plan, planning
from connector.ports import Capacity, Ledger, Only, Reached
from connector.prepare import Crm, House, occasion
from connector.preview import Preview, preview
from connector.recheck import Span, stirred
from connector.rules.definitions import Definitions
from connector.schemas import specs
from connector.store import Store, alerts, audit, facts, runs
from connector.store import definitions as in_force
from connector.store.audit import AuditRow
from connector.store.facts import FactRow
from connector.store.ledger import SqlLedger
from connector.store.runs import RunRow
from connector.sync import Run, awaken, sync
from connector.urgency import urgent_ones
from tests.unit.rules.shipped import DECLARED, NOW, account, shipped

SALESFORCE, HUBSPOT = "salesforce", "hubspot"
OBJECTS = {SALESFORCE: "Account", HUBSPOT: "companies"}
DOMAINS = {SALESFORCE: "Website", HUBSPOT: "domain"}
NAMES = {SALESFORCE: "Name", HUBSPOT: "name"}
FIELDS: dict[str, dict[str, object]] = {
    "score": {"from": "score", "merge": "warehouse_wins", "on_null": "clear"},
    "motion": {"from": "motion", "merge": "crm_wins_if_edited", "on_null": "clear"},
    "tier": {"from": "decision.tier", "merge": "warehouse_wins"},
    "reason": {"from": "decision.reason", "merge": "warehouse_wins"},
    "matched": {"from": "match.method", "merge": "warehouse_wins"},
}
CRM_STAGE: dict[str, dict[str, object]] = {
    "stage": {
        "from": "decision.crm_stage",
        "merge": "furthest",
        "order": ["MQL", "SQL", "Opportunity", "Closed won"],
        "on_null": "clear",
    }
}
KINDS = {"score": FieldKind.NUMBER, "key": FieldKind.TEXT}


def named(crm: str, what: str) -> str:
    """A field's name as each CRM would spell it: PLS_Score__c, pls_score."""
    return f"PLS_{what.capitalize()}__c" if crm == SALESFORCE else f"pls_{what}"


def mapping(
    crm: str, mode: str = "update_only", fields: Mapping[str, Mapping[str, object]] = FIELDS, **more: object
) -> ObjectMapping:
    """The mapping of one CRM; `more` goes into its [object] table, None takes a key out."""
    head: dict[str, object] = {
        "destination": crm,
        "name": OBJECTS[crm],
        "match": {"from": "key", "to": named(crm, "key")},
        "domain": DOMAINS[crm],
        "mode": mode,
        **more,
    }
    head = {key: value for key, value in head.items() if value is not None}
    return build(crm, {"object": head, "fields": {named(crm, name): body for name, body in fields.items()}}, DECLARED)


def spec(crm: str) -> ObjectSpec:
    """What one CRM's account object looks like."""
    ours = {named(crm, name): KINDS.get(name, FieldKind.TEXT) for name in ("key", *FIELDS, *CRM_STAGE)}
    fields = {name: FieldSpec(name, kind, 255, unique=name == named(crm, "key")) for name, kind in ours.items()}
    others = (DOMAINS[crm], NAMES[crm])
    return ObjectSpec(OBJECTS[crm], {**fields, **{name: FieldSpec(name, FieldKind.TEXT) for name in others}})


@dataclass
class Shelf:
    """A warehouse: rows by account key, changed by hand."""

    rows: dict[str, Record] = field(default_factory=dict)
    mirror: None = None
    cursor: None = None

    def check(self) -> list[str]:
        """Nothing is ever wrong with it."""
        return []

    @contextmanager
    def reading(self) -> Iterator[Shelf]:
        """Itself."""
        yield self

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        """Rows in key order."""
        return iter([row for key, row in sorted(self.rows.items()) if keys is None or key in keys])

    def fingerprints(self, recipes: Sequence[Recipe], keys: Sequence[str] | None = None) -> None:
        """It has no hash."""

    def moved(self, recipes: Sequence[Recipe], stamp: str) -> None:
        """It has no mirror."""

    def newer(self, column: str, since: datetime) -> Shelf:
        """It has no cursor."""
        return self

    def newest(self, column: str) -> None:
        """It has no cursor."""

    def column(self, name: str) -> Iterator[tuple[str, WarehouseValue]]:
        """One value of every row."""
        return ((key, row.values.get(name)) for key, row in sorted(self.rows.items()))

    def called(self, column: str, prefix: str, most: int) -> list[tuple[str, str]]:
        """Nobody is called anything."""
        return []

    def counts(
        self, stages: Mapping[str, str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> dict[str, int]:
        """No stage is declared."""
        return {}

    def dated(
        self, columns: Sequence[str], dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> None:
        """No date is declared."""

    def reached(self, groups: Mapping[str, Sequence[str]]) -> Reached:
        """Rows with a value in any of a group's columns."""
        counted = {
            group: sum(any(row.values.get(name) is not None for name in names) for row in self.rows.values())
            for group, names in groups.items()
        }
        return Reached(len(self.rows), counted)


@dataclass
class Town:
    """Everything a run needs. `mappings` and `definitions` may be changed between runs, as people change files."""

    store: Store
    ledger: Ledger
    warehouse: Shelf
    crms: dict[str, MemoryCrm]
    mappings: dict[str, ObjectMapping]
    definitions: Definitions = field(default_factory=shipped)
    now: datetime = NOW
    bulk_from: int | None = None  # planned records from which Salesforce gets them as jobs
    bulk: dict[str, MemoryBulk] = field(default_factory=dict)

    # --- what happens in it ---

    def product(self, key: str, *, signals: Sequence[object] = (), **values: WarehouseValue) -> None:
        """The warehouse says this of an account from now on: a Warm account unless told otherwise."""
        usual = {"domain": f"{key}.example", "score": 60, "motion": "plg"}
        self.warehouse.rows[key] = account(*signals, **{**usual, **values, "key": key})  # type: ignore[arg-type]  # signals

    def record(self, key: str, *crms: str, keyed: bool = True, **values: Canonical) -> None:
        """A person keeps a record of the account in the CRMs, with our key or only with its domain."""
        for crm in crms or self.crms:
            own: dict[str, Canonical] = {named(crm, "key"): key} if keyed else {}
            fields = {named(crm, name): value for name, value in values.items()}
            website = {DOMAINS[crm]: f"{key}.example"}
            self.crms[crm].put(OBJECTS[crm], f"{crm}-{key}", {**website, **own, **fields}, by="AE 1")

    def accounts(self, *keys: str) -> None:
        """Warm accounts with a record in both CRMs."""
        for key in keys:
            self.product(key)
            self.record(key)

    def edit(self, key: str, crm: str = SALESFORCE, /, **values: Canonical) -> None:
        """A person changes fields of the account's record."""
        self.crms[crm].put(OBJECTS[crm], f"{crm}-{key}", {named(crm, n): v for n, v in values.items()}, by="AE 1")

    def later(self, **time: float) -> None:
        """Time passes."""
        self.now += timedelta(**time)

    # --- what plsync does to it ---

    def sync(
        self,
        limit: int | None = None,
        lane: str = "full",
        approved: str | None = None,
        between: Callable[[], frozenset[str]] = frozenset,
    ) -> Run:
        """One run; `approved` is the HASH of a plan somebody wants in spite of the guards, `between` its chunks."""

        def admit(plan: Plan) -> None:
            require_approved(plan.hash, plan.guarded, Guards(), approved)
            with self.store.write() as conn:
                in_force.record(conn, self.definitions.versions, {}, self.now)

        house = cache(self.house)
        awaken(self.ledger, house, lambda: self.now, lambda: None)
        with planning(self.warehouse, self.ledger, self.basis, self.now, limit) as plan:
            return sync(self.ledger, house, plan, lane, lambda: self.now, lambda _: None, admit, dict, between)

    def urgent(self) -> frozenset[str]:
        """A run of the alerts lane; the accounts it dealt with."""
        keep = urgent_ones(self.ledger, self.definitions, self.now)
        with planning(self.warehouse, self.ledger, self.basis, self.now, keep=keep) as plan:
            sync(self.ledger, cache(self.house), plan, "alerts", lambda: self.now, lambda _: None, lambda _: None)
            return frozenset(one.record.key for one in plan.rows())

    def recheck(self, minutes: float = 5) -> list[str]:
        """A run of the recheck lane over so many minutes until now; the accounts it dealt with."""
        within = Span(self.now - timedelta(minutes=minutes), self.now)
        house = cache(self.house)
        keys = stirred(house(), self.warehouse, within)
        seen = look_for_outreach(self.ledger, house, self.now)
        with planning(self.warehouse, self.ledger, self.basis, self.now, keys=keys, anew=True) as plan:
            run = sync(self.ledger, house, plan, "recheck", lambda: self.now, lambda _: None, lambda _: None)
            if seen:
                note_outreach(self.ledger, run.id, seen)
            return [one.record.key for one in plan.rows()]

    def raise_alert(self, key: str, kind: AlertKind = AlertKind.HOT_PQL, episode: str = "e1", **told: object) -> int:
        """The bot opens an alert."""
        with self.store.write() as conn:
            opened = alerts.open_alert(
                conn,
                account_key=key,
                kind=kind,
                episode=episode,
                raised_at=self.now,
                occurred_at=self.now,
                owner_email="ae-1@workspace.example",
                payload={"episode": episode, **told},
            )
        assert opened is not None
        return opened

    def reach_out(self, key: str, activity: str, crm: str = SALESFORCE, kind: OutreachKind = OutreachKind.CALL) -> None:
        """A person logs what they did to reach an account."""
        done = Outreach(crm, activity, kind, f"{crm}-{key}", "ae-1@workspace.example", self.now)
        self.crms[crm].activities.append(done)

    def tell(self, key: str, kind: FactKind, record_id: str, crm: str = SALESFORCE) -> None:
        """A person makes a record, none of an account's own, that says this of the account."""
        objects = {FactKind.SQL: "Lead", FactKind.OPEN_OPPORTUNITY: "Opportunity"}
        about = CrmFact(kind, crm, objects[kind], record_id, str(kind), self.now, "sdr-1@workspace.example", "SDR 1")
        self.crms[crm].facts[key] = (*self.crms[crm].facts.get(key, ()), about)
        self.crms[crm].put(objects[kind], record_id, {"account_id": f"{crm}-{key}"})

    def settled(self) -> Town:
        """The town after its baseline run, with the calls of that forgotten."""
        self.sync()
        self.forget_calls()
        return self

    def preview(self) -> Preview:
        """What a run would do."""
        with planning(self.warehouse, self.ledger, self.basis, self.now) as plan:
            return preview(self.house(), plan, lambda: self.now, lambda _: None)

    def explain(self, key: str) -> Explanation:
        """Why an account is as it is."""
        return explain(self.house(), self.warehouse, self.basis, key, self.now)

    @property
    def basis(self) -> Basis:
        """What plans are made from."""
        return Basis(tuple(self.mappings.values()), self.definitions.columns_read, self.definitions.decide_version)

    def house(self) -> House:
        """The rooms of one run, as the front door builds them."""
        return House(
            self.ledger,
            [self._crm(name) for name in self.crms if name in self.mappings],
            self.definitions,
            occasion(self.ledger, self.definitions),
        )

    def _crm(self, name: str) -> Crm:
        crm, own = self.crms[name], self.mappings[name]
        turnstile = Turnstile(name, LocalPace(), lambda: self.now, lambda _: None)
        crm.gate = turnstile
        caller = Caller(crm, Patience(lambda _: None, lambda: 0.5), Limits(), turnstile)
        described = {own.name: specs(self.ledger, caller, own, "stamp", self.now)}
        return Crm(caller, crm, [own], described, self.bulk.get(name), self.bulk_from)

    # --- what it looks like then ---

    def holds(self, key: str, what: str, crm: str = SALESFORCE) -> Canonical:
        """What a field of the account's record holds."""
        return self.crms[crm].values(OBJECTS[crm], f"{crm}-{key}").get(named(crm, what))

    def calls(self) -> int:
        """Calls to both CRMs."""
        return sum(sum(crm.calls.values()) for crm in self.crms.values())

    def forget_calls(self) -> None:
        """Count from here."""
        for crm in self.crms.values():
            crm.calls.clear()
            crm.sent.clear()

    def sent(self, crm: str = SALESFORCE) -> list[str]:
        """The accounts sent to a CRM since the calls were forgotten."""
        return [write.key for write in self.crms[crm].sent]

    def memory(self, key: str, crm: str = SALESFORCE) -> Memory:
        """What is remembered of an account; empty where nothing is."""
        return self.ledger.memories(crm, [key]).get(key, Memory(key))

    def facts(self) -> list[FactRow]:
        """The outbox."""
        with self.store.read() as conn:
            return facts.untaken(conn, 1_000)

    def alerts(self) -> list[tuple[str, object]]:
        """Account and kind of every alert wanted."""
        return [(fact.account_key, fact.payload["kind"]) for fact in self.facts() if fact.kind == "alert_wanted"]

    def audit(self, key: str) -> list[AuditRow]:
        """What was done to an account's records, newest first."""
        with self.store.read() as conn:
            return audit.of_account(conn, key, 100)

    def run(self) -> RunRow:
        """The newest run as stored."""
        with self.store.read() as conn:
            return runs.latest(conn, 1)[0]


def found(store: Store, make: Callable[..., MemoryCrm] = MemoryCrm) -> Town:
    """An empty town around a store. Batches are small, so that a few accounts already need several calls."""
    capacity = Capacity(by_id=50, by_key=50, by_domain=50, send=4, facts=50, guarded=2, blind=4, job=3)
    town = Town(store, SqlLedger(store), Shelf(), {}, {crm: mapping(crm) for crm in OBJECTS})
    for crm, name in OBJECTS.items():
        town.crms[crm] = make(
            {name: spec(crm)}, clock=lambda: town.now, name=crm, capacity=capacity, organisation=f"{crm}-org"
        )
    return town


def open_store(template: Path, folder: Path) -> Store:
    """A store of its own: a copy of a migrated one, which is much quicker than migrating."""
    path = folder / "store.db"
    path.write_bytes(template.read_bytes())
    return Store.open(f"sqlite:///{path}")
