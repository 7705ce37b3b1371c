"""What the configuration declares of the warehouse, as the warehouse's room and the mappings know it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from connector.funnel.metrics import Funnel, Stage, default_funnels
from connector.mapping.fields import Declared
from connector.model import ColumnType
from connector.rules.signals import KINDS
from connector.warehouse import PEOPLE_COLUMNS, Column, Relation, Relations
from plsync import config as cfg

PEOPLE = "people"  # the source of [warehouse.people]


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


def keyed(name: str, section: cfg.Source) -> Relation:
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
        name: Funnel(name, tuple(Stage(key, stage.label, stage.column, stage.target) for key, stage in stages.items()))
        for name, stages in config.funnel.items()
    }
