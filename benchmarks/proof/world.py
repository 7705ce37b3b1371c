"""A company to try plsync on: a warehouse, both stand-ins in this process, a store, and mappings that may create."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import rows
from benchmarks.proof.client import Life, live, opened, synced
from benchmarks.scene import BOTH, SHIPPED
from benchmarks.seeds import Seed, hubspot_seed, salesforce_seed
from connector.store import Store, migrate, troubles
from connector.store.troubles import Trouble
from sandbox.control import Control
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve

PLENTY = 10_000_000
HOURS = 3_600.0
Settings = Mapping[str, Mapping[str, Any]]
Values = Mapping[str, Any]
FREE: Settings = {"guards": {"creates": PLENTY, "clears": 1.0, "owner_changes": PLENTY}}

# The record's key, and what the trials compare: the field of each CRM by the warehouse's column.
KEYS = {"salesforce": "PLS_Account_Key__c", "hubspot": "pls_account_key"}
FIELDS = {
    "salesforce": {"score": "PLS_Score__c", "motion": "PLS_Motion__c", "scored_at": "PLS_Scored_At__c"},
    "hubspot": {"score": "pls_score", "motion": "pls_motion", "scored_at": "pls_scored_at"},
}
NAMES = {"salesforce": "Name", "hubspot": "name"}
FILES = {"salesforce": "salesforce_account", "hubspot": "hubspot_company"}
# A request that changes records: "METHOD path", and what is in its body.
WRITES = {
    "salesforce": {"match": r"POST .*/composite$", "says": '"PATCH"'},
    "hubspot": {"match": r"POST .*/batch/(update|upsert)$"},
}
# A new record needs a name, which no shipped mapping writes.
NAMED = '\n[fields.{name}]\nfrom = "name"\nmerge = "fill_blank"\n'


@dataclass
class World:
    """Everything one trial has. `ahead` is how many seconds plsync's clock is ahead of the stand-ins'."""

    folder: Path
    org: SalesforceOrg
    portal: HubSpotPortal
    controls: Mapping[str, Control]
    place: dict[str, Any]
    crms: Sequence[str] = BOTH
    settings: Settings = field(default_factory=lambda: FREE)
    columns: Mapping[str, str] = field(default_factory=lambda: rows.COLUMNS)
    ahead: float = 0.0
    timeout: float | None = None

    @property
    def warehouse(self) -> Path:
        """The warehouse's file."""
        return self.folder / "warehouse.db"

    @property
    def store(self) -> Path:
        """The store's file."""
        return self.folder / "store.db"

    @property
    def mappings(self) -> Path:
        """The mappings, as shipped but for what they may create."""
        return self.folder / "mappings"

    def sync(self, born: Callable[[int], None] = lambda _pid: None, crms: Sequence[str] | None = None) -> Life:
        """One sync in a process of its own, a few hours after the one before, so that nothing deferred still waits."""
        self.ahead += 7 * HOURS
        return live(self.job(crms), born)

    @contextmanager
    def resident(self) -> Iterator[Callable[[], Life]]:
        """Syncs in this process, which is quicker where nobody is to be killed."""
        with opened(self.job()) as (plsync, clock):

            def sync() -> Life:
                clock.sleep(7 * HOURS)
                return Life(False, synced(plsync))

            yield sync

    def job(self, crms: Sequence[str] | None = None) -> dict[str, Any]:
        """What plsync is to do, for all CRMs of this world or for some."""
        chosen = list(crms or self.crms)
        absent = set(BOTH) - set(chosen)
        settings = {section: dict(values) for section, values in self.settings.items() if section not in absent}
        return {
            "warehouse": f"sqlite:///{self.warehouse}",
            "store": f"sqlite:///{self.store}",
            "mappings": str(self.mappings),
            "crms": chosen,
            "place": self.place,
            "settings": settings,
            "columns": dict(self.columns),
            "ahead": self.ahead,
            "timeout": self.timeout,
        }

    def in_step(self) -> None:
        """Let the stand-ins' clocks go with plsync's from now on."""
        self.org.clock = self.portal.clock = lambda: _clock() + timedelta(seconds=self.ahead)

    def execute(self, script: str, many: Iterable[Sequence[Any]] | None = None) -> None:
        """Change the warehouse."""
        with closing(sqlite3.connect(self.warehouse)) as database, database:
            if many is None:
                database.execute(script)
            else:
                database.executemany(script, many)

    def add(self, numbers: Iterable[int], generation: int) -> None:
        """Accounts the warehouse did not have. They are matched by key alone: none has a domain."""
        made = [_without_domain(rows.row(number, generation)) for number in numbers]
        marks = ",".join("?" * len(rows.COLUMNS))
        self.execute(f"INSERT INTO accounts ({','.join(rows.COLUMNS)}) VALUES ({marks})", made)  # noqa: S608 - marks only

    def rescore(self, numbers: Iterable[int], generation: int) -> None:
        """New scores and motions."""
        made = [rows.row(number, generation) for number in numbers]
        place = {name: list(rows.COLUMNS).index(name) for name in ("score", "motion", "scored_at", "key")}
        turned = ((row[place["score"]], _motion(row, generation), row[place["scored_at"]], row[0]) for row in made)
        self.execute("UPDATE accounts SET score = ?, motion = ?, scored_at = ? WHERE key = ?", turned)

    def wanted(self) -> dict[str, dict[str, Any]]:
        """What the warehouse wants of each account, as the trials compare it."""
        with closing(sqlite3.connect(self.warehouse)) as database:
            found = database.execute("SELECT key, score, motion, scored_at FROM accounts").fetchall()
        return {key: {"score": score, "motion": motion, "scored_at": at[:19]} for key, score, motion, at in found}

    def held(self, crm: str) -> dict[str, list[dict[str, Any]]]:
        """The records that carry each key, as the CRM holds them now."""
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in self.records(crm):
            if key := record.get(KEYS[crm]):
                found[key].append(record)
        return found

    def records(self, crm: str) -> list[dict[str, Any]]:
        """Every live record of a CRM by field name, `id` beside them."""
        if crm == "salesforce":
            return [{**each, "id": each["Id"]} for each in self.org.records("Account") if not each["IsDeleted"]]
        return [{**each["properties"], "id": each["id"]} for each in self.portal.records("companies")]

    def lost(self, crm: str, wanted: Mapping[str, Values]) -> list[str]:
        """Accounts without a record, or whose record holds something else than is wanted."""
        held = self.held(crm)
        return [key for key, values in wanted.items() if not any(_as_wanted(crm, r, values) for r in held.get(key, ()))]

    def doubled(self, crm: str, seeded: int) -> list[str]:
        """Keys on more than one record, and records without a key that nobody seeded."""
        held = self.held(crm)
        twice = [key for key, found in held.items() if len(found) > 1]
        strays = len(self.records(crm)) - sum(len(found) for found in held.values()) - seeded
        return [*twice, *["a record without our key"] * max(0, strays)]

    def forget(self) -> None:
        """Count calls afresh."""
        for control in self.controls.values():
            control.seen.clear()

    def calls(self) -> int:
        """Requests to the CRMs since `forget`, those that came late apart."""
        return sum(1 for control in self.controls.values() for seen in control.seen if "fault" not in seen.detail)

    def counts(self, crm: str) -> Counter[str]:
        """Requests to one CRM by kind."""
        return self.controls[crm].counts()

    def rejects(self) -> list[Trouble]:
        """What `plsync rejects` lists."""
        with closing(Store.open(f"sqlite:///{self.store}")) as store, store.read() as conn:
            return troubles.rejects(conn)

    def kept_back(self) -> list[Trouble]:
        """What `plsync held` lists."""
        with closing(Store.open(f"sqlite:///{self.store}")) as store, store.read() as conn:
            return troubles.held(conn)


def _without_domain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    place = list(rows.COLUMNS).index("domain")
    return (*row[:place], None, *row[place + 1 :])


def _motion(row: Sequence[Any], generation: int) -> str:
    return ("plg", "sales_led", "unknown")[(int(row[0].rsplit("-", 1)[1]) + generation) % 3]


def _as_wanted(crm: str, record: Values, wanted: Values) -> bool:
    fields = FIELDS[crm]
    return all(_spelt(name, record.get(fields[name])) == _spelt(name, value) for name, value in wanted.items())


def _spelt(name: str, value: Any) -> Any:
    """One spelling for both CRMs and the warehouse."""
    if value in (None, ""):
        return None
    return float(value) if name == "score" else str(value)[:19]


@contextmanager
def world(
    folder: Path, known: int, *, crms: Sequence[str] = BOTH, settings: Settings = FREE, mode: str = "upsert"
) -> Iterator[World]:
    """Stand-ins that hold accounts 1 to `known`, an empty warehouse, an empty store."""
    with outside(folder, salesforce_seed(known), hubspot_seed(known)) as made:
        made.crms, made.settings = crms, settings
        rows.write(made.warehouse, 0)
        migrate(f"sqlite:///{made.store}")
        write_mappings(made.mappings, mode)
        yield made


@contextmanager
def outside(folder: Path, salesforce: Seed, hubspot: Seed) -> Iterator[World]:
    """Both stand-ins, served by this process."""
    tls = Tls.create(folder)
    org = SalesforceOrg(salesforce, _clock, daily_limit=PLENTY)
    portal = HubSpotPortal(hubspot, _clock, per_ten_seconds=PLENTY, daily_limit=PLENTY)
    (salesforce_side, salesforce_control), (hubspot_side, hubspot_control) = salesforce_app(org), hubspot_app(portal)
    with ExitStack() as stack:
        place = {
            "salesforce_url": stack.enter_context(serve(salesforce_side, tls=tls)).url,
            "hubspot_url": stack.enter_context(serve(hubspot_side)).url,
            "ca_file": str(tls.ca_file),
            "environment": {
                "PLSYNC_SALESFORCE_CONSUMER_KEY": org.consumer_key,
                "PLSYNC_SALESFORCE_CONSUMER_SECRET": org.consumer_secret,
                "PLSYNC_HUBSPOT_TOKEN": portal.token,
            },
        }
        controls = {"salesforce": salesforce_control, "hubspot": hubspot_control}
        yield World(folder, org, portal, controls, place)


def write_mappings(folder: Path, mode: str) -> None:
    """The shipped mappings with another mode, and with a name for the records they make."""
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for crm, file in FILES.items():
        path = folder / f"{file}.toml"
        text = path.read_text(encoding="utf-8").replace('mode = "update_only"', f'mode = "{mode}"')
        path.write_text(text + NAMED.format(name=NAMES[crm]), encoding="utf-8")


def allow_bulk(folder: Path) -> None:
    """Let a Salesforce mapping with fields that people edit go out by jobs (D21)."""
    path = folder / f"{FILES['salesforce']}.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\n[fields.", "allow_bulk_window = true\n\n[fields.", 1), encoding="utf-8")


def _clock() -> datetime:
    return datetime.now(UTC)
