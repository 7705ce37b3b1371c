"""The composition root: configuration in, every room built and handed what it needs. The only real clock and sleep."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connector.budget import Limits
from connector.calling import Caller, Patience
from connector.errors import ConfigError
from connector.funnel.metrics import Funnel
from connector.guards import Guards
from connector.mapping.fields import ObjectMapping
from connector.model import ACCOUNTS
from connector.plan import Basis
from connector.ports import Cursor
from connector.prepare import Crm, House, occasion
from connector.schemas import specs
from connector.store import Store
from connector.store.ledger import SqlLedger
from connector.store.paces import SqlPace
from connector.store.retention import Retention
from connector.warehouse import Relations, SqlWarehouse
from plsync import config as cfg
from plsync.connections import Connection, connect
from plsync.folder import Folder, read_folder
from plsync.relations import (
    account_columns,
    declared_sources,
    funnels_of,
    keyed,
    mapped_relations,
    relations,
    signal_kinds,
)

Clock = Callable[[], datetime]
SCORED_AT = "scored_at"  # what strategy "cursor" goes by


def now() -> datetime:
    """The present moment, UTC."""
    return datetime.now(UTC)


def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


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
        return House(self.ledger, crms, self.folder.definitions, occasion(self.ledger, self.folder.definitions))

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
            name: SqlWarehouse(config.warehouse.url, Relations(keyed(name, section)), sleep=sleep)
            for name, section in mapped_relations(config).items()
            if name in mapped
        }
        store = Store.open(config.store.url)
        stack.callback(store.close)
        connections = connect(config, folder.definitions.fact_sources, SqlPace(store), clock, sleep, stack)
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
