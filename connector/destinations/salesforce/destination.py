"""Salesforce as a Destination: the port, in terms of the room's other modules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import Row, query
from connector.destinations.salesforce.refusals import reading
from connector.destinations.salesforce.schema import object_spec
from connector.destinations.salesforce.settings import NAME
from connector.destinations.salesforce.soql import is_id, is_in, like, packed, select
from connector.destinations.salesforce.values import canonical, moment
from connector.destinations.salesforce.writing import send
from connector.hosts import host_of
from connector.model import Allowance, By, Live, ObjectSpec, Outcome, Write
from connector.ports import Capacity

# by_id: one retrieve; by_key and by_domain: five queries in one composite; send: five collections of 200;
# facts: one query per object, five objects in one composite (A1).
CAPACITY = Capacity(by_id=2_000, by_key=1_000, by_domain=200, send=1_000, facts=200)
DOMAINS_PER_QUERY = 40
STAMPS = ("Id", "LastModifiedDate", "LastModifiedById")


class SalesforceDestination:
    """An org we write to. Errors are those of the port; every failed call leaves the org unchanged or is repeatable."""

    name = NAME
    capacity = CAPACITY

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client

    def identity(self) -> str:
        """The organisation id, 18 characters."""
        return self._client.identity().org_id

    def integration_user(self) -> str:
        """The user id our own writes are stamped with, as in `Live.modified_by` (D20)."""
        return self._client.identity().user_id

    def allowance(self) -> Allowance | None:
        """Calls used and allowed in the rolling day."""
        return self._client.allowance()

    def describe(self, object_name: str) -> ObjectSpec:
        """The object's fields; costs a call each time. Raises ConfigError when there is no such object."""
        with reading():
            return object_spec(self._client.request("GET", f"sobjects/{object_name}/describe"))

    def learn(self, spec: ObjectSpec) -> None:
        """Nothing to learn: Salesforce's JSON says of itself what is a number and what is text."""

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records, by id, by key, or by the host of a web address. Raises ConfigError for an unknown field."""
        asked = list(dict.fromkeys(fields if by is By.ID else [*fields, field]))
        columns = list(dict.fromkeys([*asked, *STAMPS]))
        wanted = list(dict.fromkeys(values))
        if by is By.ID:
            rows = self._retrieve(object_name, wanted, columns)
        elif by is By.KEY:
            rows = self._select(object_name, columns, [[is_in(field, some)] for some in packed(wanted)])
        else:
            rows = self._at_hosts(object_name, field, wanted, columns)
        return [_live(row, asked) for row in rows]

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Update by id, upsert by `match_field` where there is none; one outcome per write."""
        return send(self._client, object_name, match_field, writes)

    def _retrieve(self, object_name: str, ids: Sequence[str], columns: Sequence[str]) -> list[Row]:
        body = {"ids": [record_id for record_id in ids if is_id(record_id)], "fields": columns}
        if not body["ids"]:
            return []
        with reading():
            found = self._client.request("POST", f"composite/sobjects/{object_name}", body) or []
        return [row for row in found if row]

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


def _live(row: Row, asked: Sequence[str]) -> Live:
    return Live(
        record_id=row["Id"],
        values={name: canonical(row.get(name)) for name in asked},
        modified_at=moment(canonical(row.get("LastModifiedDate"))),
        modified_by=row.get("LastModifiedById"),
    )
