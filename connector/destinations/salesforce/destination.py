"""Salesforce as a Destination: the port, in terms of the room's other modules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import Row, query, retrieve
from connector.destinations.salesforce.guarded import send_guarded
from connector.destinations.salesforce.knowing import authors, successors
from connector.destinations.salesforce.refusals import reading
from connector.destinations.salesforce.schema import object_spec
from connector.destinations.salesforce.settings import NAME
from connector.destinations.salesforce.soql import is_in, like, packed, same_id, select
from connector.destinations.salesforce.values import canonical, chosen, moment
from connector.destinations.salesforce.writing import send
from connector.hosts import host_of
from connector.model import Allowance, Author, By, FieldKind, Live, ObjectSpec, Outcome, Window, Write
from connector.ports import Capacity

# by_id: one retrieve; by_key and by_domain: five queries in one composite; send: five collections of 200;
# facts: one query per object, five objects in one composite (A1).
CAPACITY = Capacity(
    by_id=2_000, by_key=1_000, by_domain=200, send=1_000, facts=200, authors=2_000, guarded=25, changed=2_000
)
DOMAINS_PER_QUERY = 40
STAMPS = ("Id", "LastModifiedDate", "LastModifiedById")
LEAD = "lead"
CONVERTED = "IsConverted"
BECAME = {"account": "ConvertedAccountId", "contact": "ConvertedContactId", "opportunity": "ConvertedOpportunityId"}


class SalesforceDestination:
    """An org we write to. Errors are those of the port; every failed call leaves the org unchanged or is repeatable."""

    name = NAME
    capacity = CAPACITY

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._multiple: dict[str, frozenset[str]] = {}  # multi-select fields by object, which nothing in a value tells

    def identity(self) -> str:
        """The organisation id, 18 characters."""
        return self._client.identity().org_id

    def integration_user(self) -> str:
        """The user id our own writes are stamped with, as in `Live.modified_by` (D20)."""
        return self._client.identity().user_id

    def allowance(self) -> Allowance | None:
        """Calls used and allowed in the rolling day."""
        return self._client.allowance()

    def window(self) -> Window | None:
        """None: Salesforce limits the day and what runs at once, not the rate (A3)."""
        return None

    def describe(self, object_name: str) -> ObjectSpec:
        """The object's fields; costs a call each time. Raises ConfigError when there is no such object."""
        with reading():
            spec = object_spec(self._client.request("GET", f"sobjects/{object_name}/describe"))
        self.learn(spec)
        return spec

    def learn(self, spec: ObjectSpec) -> None:
        """Which fields hold several choices; for the rest Salesforce's JSON says of itself what it is."""
        multiple = (name for name, field in spec.fields.items() if field.kind is FieldKind.MULTI_PICKLIST)
        self._multiple[spec.name.lower()] = frozenset(multiple)

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records by id, key, name, or host of a web address. Raises ConfigError for an unknown field."""
        asked = list(dict.fromkeys(fields if by is By.ID else [*fields, field]))
        told = (CONVERTED, *BECAME.values()) if object_name.lower() == LEAD else ()
        columns = list(dict.fromkeys([*asked, *STAMPS, *told]))
        wanted = list(dict.fromkeys(values))
        if by is By.ID:
            rows = retrieve(self._client, object_name, wanted, columns)
        elif by in (By.KEY, By.NAME):  # SOQL compares texts whatever their case
            rows = self._select(object_name, columns, [[is_in(field, some)] for some in packed(wanted)])
        else:
            rows = self._at_hosts(object_name, field, wanted, columns)
        multiple = self._multiple.get(object_name.lower(), frozenset())
        return [_live(row, asked, multiple) for row in rows]

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Update by id, upsert by `match_field` where there is none; one outcome per write."""
        return send(self._client, object_name, match_field, writes)

    def send_guarded(
        self,
        object_name: str,
        match_field: str,  # noqa: ARG002 - guarded writes name their records by id
        writes: Sequence[Write],
        unmodified_since: Mapping[str, datetime],
    ) -> list[Outcome]:
        """Update by id what nobody changed since it was read; one outcome per write, one call."""
        return send_guarded(self._client, object_name, writes, unmodified_since)

    def authors(
        self, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, Author]]:
        """Who changed each record last, for every field of it; two calls."""
        return authors(self._client, object_name, record_ids, fields)

    def is_us(self, author: Author) -> bool:
        """Whether the author is the user we are signed in as, or one whose writes are declared to be no person's."""
        return same_id(author.id) in {same_id(user) for user in (self.integration_user(), *self._client.integrations)}

    def successors(self, object_name: str, record_ids: Sequence[str]) -> Mapping[str, str]:
        """What merged records became, from the recycle bin; one call for 1,000 records."""
        return successors(self._client, object_name, record_ids)

    def _select(self, object_name: str, columns: Sequence[str], groups: Iterable[Sequence[str]]) -> list[Row]:
        queries = [select(columns, object_name, conditions) for conditions in groups]
        return [row for rows in query(self._client, queries) for row in rows]

    def _at_hosts(self, object_name: str, field: str, domains: Sequence[str], columns: Sequence[str]) -> list[Row]:
        """People type web addresses in many ways: patterns find the candidates, the exact host decides."""
        hosts = list(dict.fromkeys(host_of(domain) for domain in domains))
        groups = [
            [pattern for name in some for pattern in _spellings(field, name)]
            for some in packed([name for name in hosts if name], DOMAINS_PER_QUERY)
        ]
        rows = self._select(object_name, columns, groups)
        return [row for row in rows if host_of(row.get(field)) in hosts]


def _spellings(field: str, name: str) -> list[str]:
    """A host at the start, or after a scheme. Anchored: '%t.co%' would be most of the web."""
    return [like(field, before=before, text=name, after="%") for before in ("", "www.", "%//", "%//www.")]


def _live(row: Row, asked: Sequence[str], multiple: Collection[str]) -> Live:
    return Live(
        record_id=row["Id"],
        values={name: (chosen if name in multiple else canonical)(row.get(name)) for name in asked},
        modified_at=moment(canonical(row.get("LastModifiedDate"))),
        modified_by=row.get("LastModifiedById"),
        became=_became(row) if row.get(CONVERTED) else None,
    )


def _became(row: Row) -> str:
    """What a converted lead became, for people: "account 001…, contact 003…"."""
    return ", ".join(f"{what} {row[name]}" for what, name in BECAME.items() if row.get(name)) or "other records"
