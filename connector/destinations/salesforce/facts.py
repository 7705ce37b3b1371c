"""What an org says of accounts: one query per object of crm_state.toml, five objects in one API call (D2, D29).

Filters are judged here, not in SOQL: one row answers for every fact its object is read for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.destinations.salesforce.activities import outreach
from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import query
from connector.destinations.salesforce.destination import CAPACITY
from connector.destinations.salesforce.settings import NAME
from connector.destinations.salesforce.soql import (
    LITERAL_LIMIT,
    changed_within,
    escape,
    is_id,
    is_in,
    like,
    same_id,
    select,
)
from connector.destinations.salesforce.values import day, flat, moment
from connector.hosts import host_of
from connector.model import AccountFields, AccountRef, Activities, By, Canonical, CrmFact, FactSource, Touched
from connector.rules.crm_state import matches

Values = Mapping[str, Canonical]
MODIFIED = "SystemModstamp"  # moves with a change by whomever, unlike LastModifiedDate


@dataclass(frozen=True, slots=True)
class Link:
    """How a record names its account: `field` holds the account's id, its key, or an address at its domain."""

    field: str
    by: By


class SalesforceFacts:
    """The facts of one org. Sources of other CRMs are ignored."""

    name = NAME
    capacity = CAPACITY
    account_objects = frozenset({"account"})

    def __init__(self, client: SalesforceClient, sources: Sequence[FactSource]) -> None:
        self._client = client
        self._sources: dict[str, list[FactSource]] = defaultdict(list)
        for source in sources:
            if source.crm == NAME:
                self._sources[source.object].append(source)

    def account_fields(self) -> tuple[str, ...]:
        """None: owners hang on a relationship, which the live read cannot follow, so accounts are queried too."""
        return ()

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts by account key. Pass no `domain` for an account whose domain is shared or personal (D2, D5)."""
        index = _Index(accounts)
        queries = {name: soql for name in self._sources if (soql := self._query(name, index))}
        facts: dict[str, dict[CrmFact, None]] = {account.key: {} for account in accounts}
        for name, rows in zip(queries, query(self._client, list(queries.values())), strict=True):
            for row in rows:
                for key, fact in self._facts(name, flat(row), index):
                    facts[key][fact] = None
        return {key: tuple(found) for key, found in facts.items()}

    def polled(self) -> tuple[str, ...]:
        """The objects of the declared facts."""
        return tuple(self._sources)

    def changed(
        self, object_name: str, since: datetime, until: datetime, after: str, named: AccountFields | None
    ) -> list[Touched]:
        """What anybody changed or deleted meanwhile, by SystemModstamp; we and triggers are anybody (D30)."""
        links = dict.fromkeys(link for source in self._sources[object_name] for link in _links(source))
        own = [name for name in (named.key, named.domain) if name] if named else []
        columns = dict.fromkeys(["Id", MODIFIED, *(link.field for link in links), *own])
        soql = changed_within(list(columns), object_name, MODIFIED, since, until, after, CAPACITY.changed)
        (rows,) = query(self._client, [soql], with_deleted=True)
        return [_touched(flat(row), list(links), named) for row in rows]

    def outreach(self, records: Sequence[str], since: datetime, until: datetime) -> Activities:
        """Completed calls and e-mails, and meetings that began, of these accounts (D40)."""
        return outreach(self._client, records, since, until)

    def _query(self, object_name: str, index: _Index) -> str | None:
        sources = self._sources[object_name]
        links = dict.fromkeys(link for source in sources for link in _links(source))
        conditions = [condition for link in links for condition in index.conditions(link)]
        columns = dict.fromkeys(["Id", *(name for source in sources for name in _columns(source))])
        return select(list(columns), object_name, conditions) if conditions else None

    def _facts(self, object_name: str, row: Values, index: _Index) -> Iterator[tuple[str, CrmFact]]:
        for source in self._sources[object_name]:
            keys = {key for link in _links(source) for key in index.accounts(link, row)}
            if keys and matches(source, row):
                fact = _fact(source, row)
                yield from ((key, fact) for key in sorted(keys))


class _Index:
    """The accounts of one read, by what a record can hold of them."""

    def __init__(self, accounts: Sequence[AccountRef]) -> None:
        self._keys: dict[By, dict[str, list[str]]] = {by: defaultdict(list) for by in By}
        self._ids = [each.record_id for each in accounts if each.record_id and is_id(each.record_id)]
        for account in accounts:
            self._keys[By.KEY][account.key].append(account.key)
            if account.record_id:
                self._keys[By.ID][same_id(account.record_id)].append(account.key)
            if account.domain:
                self._keys[By.DOMAIN][account.domain.lower()].append(account.key)

    def conditions(self, link: Link) -> list[str]:
        """What a query for this link's records asks."""
        if link.by is By.DOMAIN:
            return [like(link.field, before="%@", text=domain) for domain in self._unshared_domains()]
        values = self._ids if link.by is By.ID else [key for key in self._keys[By.KEY] if _fits(key)]
        return [is_in(link.field, list(dict.fromkeys(values)))] if values else []

    def accounts(self, link: Link, row: Values) -> list[str]:
        """Keys of the accounts a record belongs to through this link."""
        held = row.get(link.field)
        if not isinstance(held, str):
            return []
        if link.by is By.ID:
            return self._keys[By.ID].get(same_id(held), [])
        if link.by is By.KEY:
            return self._keys[By.KEY].get(held, [])
        found = self._keys[By.DOMAIN].get(held.rpartition("@")[2].lower(), [])
        return found if len(found) == 1 else []

    def _unshared_domains(self) -> list[str]:
        return [domain for domain, keys in self._keys[By.DOMAIN].items() if len(keys) == 1]


def _fits(key: str) -> bool:
    return len(escape(key)) <= LITERAL_LIMIT


def _links(source: FactSource) -> list[Link]:
    """An empty `link_id` means the account record itself."""
    named = ((source.link_id, By.ID), (source.link_key, By.KEY), (source.link_email, By.DOMAIN))
    return [Link(field or "Id", by) for field, by in named if field is not None]


def _columns(source: FactSource) -> Iterator[str]:
    yield from source.where
    yield from source.unless
    yield from (name for name in (source.at, source.active_at, source.due) if name)
    yield from (link.field for link in _links(source))
    if source.owner:
        yield from (f"{_relation(source.owner)}.{name}" for name in ("Email", "Name", "IsActive"))


def _relation(owner: str) -> str:
    """The relationship behind an owner field: Owner for OwnerId, CSM__r for CSM__c."""
    return owner.removesuffix("c") + "r" if owner.endswith("__c") else owner.removesuffix("Id")


def _fact(source: FactSource, row: Values) -> CrmFact:
    owner = _relation(source.owner) if source.owner else ""
    return CrmFact(
        kind=source.kind,
        crm=source.crm,
        object=source.object,
        record_id=str(row["Id"]),
        label=source.label,
        at=moment(row.get(source.at or "")),
        owner_email=_text(row.get(f"{owner}.Email")),
        owner_name=_text(row.get(f"{owner}.Name")),
        owner_active=row.get(f"{owner}.IsActive") is not False,  # a queue has no such field and is not inactive
        active_at=moment(row.get(source.active_at or "")),
        due=day(row.get(source.due or "")),
    )


def _text(value: Canonical) -> str | None:
    return None if value is None else str(value)


def _touched(row: Values, links: Sequence[Link], named: AccountFields | None) -> Touched:
    """Whose a changed record may be; an account's own is known by the fields `named` for it."""
    record_id, at = str(row["Id"]), moment(row.get(MODIFIED))
    if named:
        key, host = row.get(named.key), host_of(row.get(named.domain or ""))
        return Touched(record_id, at, (record_id,), (str(key),) if key else (), (host,) if host else (), own=True)
    held = {by: [str(value) for link in links if link.by is by and (value := row.get(link.field))] for by in By}
    hosts = (address.rpartition("@")[2].lower() for address in held[By.DOMAIN])
    return Touched(record_id, at, tuple(held[By.ID]), tuple(held[By.KEY]), tuple(hosts))
