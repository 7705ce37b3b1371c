"""The composition root: configuration in, every room built and handed what it needs. The only real clock and sleep."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from connector.budget import Limits
from connector.calling import Caller, Patience
from connector.errors import ConfigError
from connector.funnel.metrics import Funnel, FunnelReport, Stage, default_funnels
from connector.guards import Guards
from connector.mapping.fields import Declared, ObjectMapping
from connector.measure import measure
from connector.model import ACCOUNTS, ColumnType
from connector.pacing import Turnstile
from connector.plan import Basis
from connector.ports import BulkLoads, CrmFacts, Cursor, Destination, Pace
from connector.prepare import Crm, House
from connector.rules.signals import KINDS
from connector.schemas import specs
from connector.store import Store
from connector.store.ledger import SqlLedger
from connector.store.paces import SqlPace
from connector.store.retention import Retention
from connector.warehouse import PEOPLE_COLUMNS, Column, Relation, Relations, SqlWarehouse
from plsync import config as cfg
from plsync.folder import Folder, read_folder

if TYPE_CHECKING:
    from connector.model import FactSource

Clock = Callable[[], datetime]
PEOPLE = "people"  # the source of [warehouse.people]
SCORED_AT = "scored_at"  # what strategy "cursor" goes by
FUNNEL_PERIOD = timedelta(days=30)


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


@dataclass(frozen=True)
class Connection:
    """One CRM, ready to be called. `stamp` tells this connection from another."""

    destination: Destination
    facts: CrmFacts
    stamp: str
    turnstile: Turnstile
    bulk: BulkLoads | None = None
    bulk_from: int | None = None


@dataclass(frozen=True)
class Plsync:
    """Everything a command needs. Built without a network call. `warehouses` are the other mapped sources by name."""

    config: cfg.Config
    folder: Folder
    warehouse: SqlWarehouse
    warehouses: Mapping[str, SqlWarehouse]
    store: Store
    ledger: SqlLedger
    connections: Mapping[str, Connection]
    clock: Clock

    @property
    def mappings(self) -> Sequence[ObjectMapping]:
        """Mappings whose CRM is configured."""
        return [m for m in self.folder.mappings if m.destination in self.connections]

    @property
    def basis(self) -> Basis:
        """What plans of accounts are made from."""
        definitions = self.folder.definitions
        return Basis(self._of(ACCOUNTS), definitions.columns_read, definitions.decide_version)

    @property
    def sources(self) -> dict[str, tuple[SqlWarehouse, Basis]]:
        """What is planned from what, by source: accounts, where they are decided or mapped, then every other one."""
        accounts = {ACCOUNTS: (self.warehouse, self.basis)} if self.basis.decides or self.basis.mappings else {}
        others = {
            name: (warehouse, Basis(self._of(name), frozenset(), None, name))
            for name, warehouse in self.warehouses.items()
            if self._of(name)
        }
        return {**accounts, **others}

    def source_of(self, mapping: str | None) -> tuple[SqlWarehouse, Basis]:
        """The source a mapping carries; accounts when none is named. Raises ConfigError for an unknown mapping."""
        named = {one.name: one.source for one in self.mappings}
        if mapping is not None and mapping not in named:
            raise ConfigError([f'there is no mapping "{mapping}"; configured: {", ".join(named)}'])
        return self.sources[named[mapping]] if mapping else (self.warehouse, self.basis)

    def _of(self, source: str) -> Sequence[ObjectMapping]:
        return [mapping for mapping in self.mappings if mapping.source == source]

    @property
    def guards(self) -> Guards:
        """What a plan may do without a person's word (D25)."""
        section = self.config.guards
        return Guards(section.creates, section.clears, section.owner_changes)

    @property
    def retention(self) -> Retention:
        """How long the store keeps what (D35)."""
        section = self.config.store
        return Retention(section.audit_days, section.history_days)

    @property
    def funnels(self) -> Mapping[str, Funnel]:
        """The configured funnels, or the two of 000."""
        return funnels_of(self.config)

    def measured(self, funnel: str) -> FunnelReport:
        """A configured funnel over the 30 days until now."""
        until = self.clock()
        return measure(self.warehouse, self.funnels[funnel], until - FUNNEL_PERIOD, until)

    def caller(self, name: str) -> Caller:
        """A fresh count of calls to one CRM."""
        connection, section = self.connections[name], self.config.limits
        limits = Limits(section.daily_share, section.daily_reserve, section.window_share)
        patience = Patience(sleep, random.random)
        return Caller(connection.destination, patience, limits, connection.turnstile, section.connections)

    def house(self) -> House:
        """The rooms of one run. Asks the CRMs for what they look like, unless that is remembered.

        Raises ConfigError when a mapped field is missing or the store is bound elsewhere.
        """
        crms = [self._crm(name, connection) for name, connection in self.connections.items()]
        return House(self.ledger, crms, self.folder.definitions, baseline=not self.ledger.baseline_done())

    def _crm(self, name: str, connection: Connection) -> Crm:
        caller = self.caller(name)
        mappings = [m for m in self.mappings if m.destination == name]
        described = {m.name: specs(self.ledger, caller, m, connection.stamp, self.clock()) for m in mappings}
        return Crm(caller, connection.facts, mappings, described, connection.bulk, connection.bulk_from)


@contextmanager
def opened(config: cfg.Config, clock: Clock = now) -> Iterator[Plsync]:
    """Build every room from configuration and close what was opened.

    Raises ConfigError with every problem of the mapping folder.
    """
    folder = read_folder(config.mappings.folder, account_columns(config), declared_sources(config))
    if not folder.mappings:
        raise ConfigError(
            [f"{config.mappings.folder}: no object mapping there; add one such as salesforce_account.toml"]
        )
    if config.slack is not None and not folder.definitions.decides:
        raise ConfigError(
            [
                f"[slack]: alerts follow from decisions, and {config.mappings.folder}/rules.toml has no [[rule]]; "
                "write one, or drop [slack]"
            ]
        )
    with ExitStack() as stack:
        mapped = {mapping.source for mapping in folder.mappings}
        warehouse = warehouse_of(config, mapped)
        warehouses = {
            name: SqlWarehouse(config.warehouse.url, Relations(_keyed(name, section)), sleep=sleep)
            for name, section in mapped_relations(config).items()
            if name in mapped
        }
        store = Store.open(config.store.url)
        stack.callback(store.close)
        connections = connect(config, folder.definitions.fact_sources, SqlPace(store), clock, stack)
        yield Plsync(config, folder, warehouse, warehouses, store, SqlLedger(store), connections, clock)


def warehouse_of(config: cfg.Config, mapped: Collection[str]) -> SqlWarehouse:
    """The warehouse of accounts, with the strategy its plans are made by (D28). `mapped` are the mappings' sources."""
    section = config.warehouse
    cursor = Cursor(SCORED_AT, timedelta(minutes=section.cursor_overlap_minutes))
    return SqlWarehouse(
        section.url,
        relations(config, mapped),
        signal_kinds(config),
        sleep,
        fingerprint_schema=section.fingerprint_schema if section.strategy == "warehouse" else None,
        cursor=cursor if section.strategy == "cursor" else None,
    )


def connect(
    config: cfg.Config, sources: Sequence[FactSource], pace: Pace, clock: Clock, stack: ExitStack
) -> dict[str, Connection]:
    """The configured CRMs. Their libraries are imported here, so that commands without a CRM start fast."""
    connections: dict[str, Connection] = {}
    if config.salesforce is not None:
        turnstile = Turnstile("salesforce", pace, clock, sleep)
        connections["salesforce"] = _salesforce(config.salesforce, sources, turnstile, clock, stack)
    if config.hubspot is not None:
        turnstile = Turnstile("hubspot", pace, clock, sleep)
        connections["hubspot"] = _hubspot(config.hubspot, sources, turnstile, clock, stack)
    return connections


def _salesforce(
    section: cfg.Salesforce, sources: Sequence[FactSource], turnstile: Turnstile, clock: Clock, stack: ExitStack
) -> Connection:
    from connector.destinations.salesforce import (
        SalesforceBulk,
        SalesforceClient,
        SalesforceDestination,
        SalesforceFacts,
        SalesforceSettings,
    )

    key = section.consumer_key.get_secret_value()
    settings = SalesforceSettings(
        instance_url=section.instance_url,
        consumer_key=key,
        private_key=section.private_key.get_secret_value() if section.private_key else None,
        consumer_secret=section.consumer_secret.get_secret_value() if section.consumer_secret else None,
        username=section.username,
        ca_bundle=str(section.ca_bundle) if section.ca_bundle else None,
        api_version=section.api_version,
        integrations=section.integrations,
    )
    client = SalesforceClient(settings, clock, turnstile, turnstile.sign_in)
    stack.callback(client.close)
    stamp = stamp_of(section.instance_url, key)
    return Connection(
        SalesforceDestination(client),
        SalesforceFacts(client, sources),
        stamp,
        turnstile,
        SalesforceBulk(client),
        section.bulk_from,
    )


def _hubspot(
    section: cfg.HubSpot, sources: Sequence[FactSource], turnstile: Turnstile, clock: Clock, stack: ExitStack
) -> Connection:
    from connector.destinations.hubspot import HubSpotClient, HubSpotDestination, HubSpotFacts, HubSpotSettings

    token = section.access_token.get_secret_value()
    bundle = str(section.ca_bundle) if section.ca_bundle else None
    settings = HubSpotSettings(
        access_token=token,
        base_url=section.base_url,
        ca_bundle=bundle,
        path_prefix=section.api,
        app_id=section.app_id,
        integrations=section.integrations,
    )
    client = HubSpotClient(settings, turnstile)
    stack.callback(client.close)
    facts = HubSpotFacts(client, sources, clock)
    return Connection(HubSpotDestination(client), facts, stamp_of(section.base_url, token), turnstile)


def stamp_of(*parts: str) -> str:
    """A short digest that changes with the address or the credentials and gives neither away."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()


def account_columns(config: cfg.Config) -> dict[str, ColumnType]:
    """The declared account columns by logical name."""
    return {name: column.type for name, column in config.warehouse.accounts.columns.items()}


def mapped_relations(config: cfg.Config) -> dict[str, cfg.Source]:
    """The relations that mappings can carry beside accounts, by name."""
    section = config.warehouse
    return {PEOPLE: section.people, **section.sources} if section.people else dict(section.sources)


def declared_sources(config: cfg.Config) -> dict[str, Declared]:
    """The same as mappings see them."""
    return {name: Declared(section.key, section.columns.keys()) for name, section in mapped_relations(config).items()}


def relations(config: cfg.Config, mapped: Collection[str] = ()) -> Relations:
    """What is read of accounts, as the warehouse room knows it.

    `mapped` are the sources mappings carry: people who are may have columns that say nothing of whom to call.
    """
    section = config.warehouse
    people = _relation(section.people) if section.people else None
    if people and PEOPLE in mapped:
        known = {name: column for name, column in people.columns.items() if name in PEOPLE_COLUMNS}
        people = Relation(people.name_or_query, known)
    return Relations(
        accounts=_relation(section.accounts),
        signals=_relation(section.signals) if section.signals else None,
        people=people,
    )


def _keyed(name: str, section: cfg.Source) -> Relation:
    """A source as rows with a key, as accounts are."""
    relation = _relation(section)
    return Relation(relation.name_or_query, {cfg.KEY: relation.columns[section.key], **relation.columns}, name)


def signal_kinds(config: cfg.Config) -> dict[str, str]:
    """Every signal word the warehouse may use, with its canonical kind (D16)."""
    own = config.warehouse.signals.kinds if config.warehouse.signals else {}
    return {kind: kind for kind in KINDS} | own


def _relation(section: cfg.Relation) -> Relation:
    columns = {name: Column(column.column or name, column.type) for name, column in section.columns.items()}
    return Relation(section.relation, columns)


def funnels_of(config: cfg.Config) -> Mapping[str, Funnel]:
    """The configured funnels by name, or the two of 000."""
    if not config.funnel:
        return default_funnels()
    return {
        name: Funnel(name, tuple(Stage(key, stage.label, stage.column) for key, stage in stages.items()))
        for name, stages in config.funnel.items()
    }
