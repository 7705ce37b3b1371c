"""What a portal says of accounts (D2, D29): the company's own properties, and the records associated with it.

The company's properties come with the live read. Deals and the like take their associations, 1,000 companies to a
call, and the records these name, 100 to a call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.destinations.hubspot.activities import outreach
from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.destination import CAPACITY
from connector.destinations.hubspot.owners import Owners
from connector.destinations.hubspot.reading import associated, batch_read, changed_within, chunks
from connector.destinations.hubspot.refusals import reading
from connector.destinations.hubspot.settings import NAME
from connector.destinations.hubspot.values import day, moment
from connector.errors import ConfigError
from connector.hosts import host_of
from connector.model import AccountFields, AccountRef, Activities, Canonical, CrmFact, FactSource, Touched
from connector.rules.crm_state import matches

ACCOUNT = "companies"
MODIFIED = {"contacts": "lastmodifieddate"}  # every other object type has hs_lastmodifieddate (B1)

Values = Mapping[str, Canonical]


class HubSpotFacts:
    """The facts of one portal. Sources of other CRMs are ignored.

    Owners are remembered for an hour by `clock`; without one, for this object's life. Raises ConfigError for a source
    linked otherwise than by HubSpot's own associations.
    """

    name = NAME
    capacity = CAPACITY
    account_objects = frozenset({ACCOUNT, "company", "0-2"})

    def __init__(
        self, client: HubSpotClient, sources: Sequence[FactSource], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._client = client
        self._owners = Owners(client, clock)
        mine = [source for source in sources if source.crm == NAME]
        _check_links(mine)
        self._own = [source for source in mine if source.object == ACCOUNT]
        self._linked: dict[str, list[FactSource]] = defaultdict(list)
        for source in mine:
            if source.object != ACCOUNT:
                self._linked[source.object].append(source)

    def account_fields(self) -> tuple[str, ...]:
        """Company properties that facts are read from."""
        return tuple(dict.fromkeys(name for source in self._own for name in _properties(source)))

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts by account key. An account without a company has none."""
        facts: dict[str, dict[CrmFact, None]] = {account.key: {} for account in accounts}
        companies: dict[str, list[str]] = defaultdict(list)
        for account in accounts:
            if account.record_id:
                companies[account.record_id].append(account.key)
                facts[account.key].update(dict.fromkeys(self._facts(self._own, account.record_id, account.values)))
        for object_name, sources in self._linked.items():
            for company, record_id, values in self._records(object_name, sources, list(companies)):
                for key in companies[company]:
                    facts[key].update(dict.fromkeys(self._facts(sources, record_id, values)))
        return {key: tuple(found) for key, found in facts.items()}

    def polled(self) -> tuple[str, ...]:
        """The object types of the declared facts."""
        return tuple(dict.fromkeys([*(source.object for source in self._own), *self._linked]))

    def changed(
        self, object_name: str, since: datetime, until: datetime, after: str, named: AccountFields | None
    ) -> list[Touched]:
        """What anybody changed meanwhile, our own writes too; of other records than companies, whose they are (D30)."""
        stamp = MODIFIED.get(object_name, "hs_lastmodifieddate")
        own = [name for name in (named.key, named.domain) if name] if named else []
        found = changed_within(self._client, object_name, stamp, since, until, after, [stamp, *own])
        if named:
            return [_company(row, stamp, named) for row in found]
        companies: dict[str, list[str]] = defaultdict(list)
        for record_id, company in self._pairs(object_name, ACCOUNT, [str(row["id"]) for row in found]):
            companies[record_id].append(company)
        return [
            Touched(str(row["id"]), moment(row["properties"].get(stamp)), tuple(companies[str(row["id"])]))
            for row in found
        ]

    def outreach(self, records: Sequence[str], since: datetime, until: datetime) -> Activities:
        """Calls, meetings and e-mails associated with these companies (D40)."""
        return outreach(self._client, self._owners, records, since, until)

    def _records(
        self, object_name: str, sources: Sequence[FactSource], companies: Sequence[str]
    ) -> Iterator[tuple[str, str, Values]]:
        """Company, record id and values of every record of one object type that belongs to the companies."""
        pairs = [pair for some in chunks(companies, CAPACITY.facts) for pair in self._pairs(ACCOUNT, object_name, some)]
        properties = list(dict.fromkeys(name for source in sources for name in _properties(source)))
        found = batch_read(self._client, object_name, [record_id for _, record_id in pairs], properties)
        values = {str(row["id"]): {name: row["properties"].get(name) or None for name in properties} for row in found}
        return ((company, record_id, values[record_id]) for company, record_id in pairs if record_id in values)

    def _pairs(self, object_name: str, other: str, ids: Sequence[str]) -> list[tuple[str, str]]:
        """(record, record of the other type) of every association, further pages included."""
        with reading():
            return associated(self._client, object_name, other, ids)

    def _facts(self, sources: Sequence[FactSource], record_id: str, values: Values) -> Iterator[CrmFact]:
        return (self._fact(source, record_id, values) for source in sources if matches(source, values))

    def _fact(self, source: FactSource, record_id: str, values: Values) -> CrmFact:
        owner_id = values.get(source.owner or "")
        owner = self._owners.get(str(owner_id)) if owner_id is not None else None
        return CrmFact(
            kind=source.kind,
            crm=source.crm,
            object=source.object,
            record_id=record_id,
            label=source.label,
            at=moment(values.get(source.at or "")),
            owner_email=owner.email if owner else None,
            owner_name=owner.name if owner else None,
            owner_active=owner.active if owner else True,
            active_at=moment(values.get(source.active_at or "")),
            due=day(values.get(source.due or "")),
        )


def _check_links(sources: Sequence[FactSource]) -> None:
    problems = [
        f'crm_state: hubspot {source.object} ({source.kind}) must be linked by association: set link_id = "", '
        "and leave link_key and link_email out."
        for source in sources
        if source.link_id != "" or source.link_key or source.link_email
    ]
    if problems:
        raise ConfigError(problems)


def _properties(source: FactSource) -> Iterator[str]:
    yield from source.where
    yield from source.unless
    yield from (name for name in (source.at, source.active_at, source.due, source.owner) if name)


def _company(row: Mapping[str, Any], stamp: str, named: AccountFields) -> Touched:
    held = row["properties"]
    key, host = held.get(named.key), host_of(held.get(named.domain or ""))
    record_id = str(row["id"])
    at = moment(held.get(stamp))
    return Touched(record_id, at, (record_id,), (key,) if key else (), (host,) if host else (), own=True)
