"""HubSpot as a Destination: the port, in terms of the room's other modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.destinations.hubspot.authors import ROWS, History
from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.merged import successors
from connector.destinations.hubspot.owners import Owners
from connector.destinations.hubspot.paths import IDENTITY
from connector.destinations.hubspot.reading import SEARCHED, Found, batch_read, search
from connector.destinations.hubspot.refusals import reading
from connector.destinations.hubspot.schema import object_spec
from connector.destinations.hubspot.settings import NAME
from connector.destinations.hubspot.values import canonical, moment
from connector.destinations.hubspot.writing import send, send_blind
from connector.errors import ConfigError
from connector.model import Allowance, Author, By, FieldKind, Live, ObjectSpec, Outcome, Window, Write
from connector.ports import Capacity

# Batches take 100 (B1). facts: associations are read 1,000 to a call; the deals they name 100 to a call.
CAPACITY = Capacity(
    by_id=100, by_key=100, by_domain=100, send=100, facts=1_000, authors=ROWS, blind=100, changed=SEARCHED
)


class HubSpotDestination:
    """A portal we write to. Errors are those of the port; a failed call may be repeated.

    HubSpot's values are text, so that reading them takes the object's description: one call per object and adapter,
    saved by what it is told to `learn`.
    """

    name = NAME
    capacity = CAPACITY

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._specs: dict[str, ObjectSpec] = {}
        self._portal_id: str | None = None
        self._history = History(client, Owners(client))

    def identity(self) -> str:
        """The portal id."""
        if self._portal_id is None:
            self._portal_id = str(self._client.get(IDENTITY)["portalId"])
        return self._portal_id

    def allowance(self) -> Allowance | None:
        """Calls used and allowed today."""
        return self._client.allowance()

    def window(self) -> Window | None:
        """How many requests the app may make in how many seconds."""
        return self._client.window()

    def describe(self, object_name: str) -> ObjectSpec:
        """The object type's properties; costs a call each time. Raises ConfigError when there is no such type."""
        with reading():
            answer = self._client.get(self._client.paths.properties(object_name))
        spec = object_spec(object_name, answer["results"])
        self.learn(spec)
        return spec

    def learn(self, spec: ObjectSpec) -> None:
        """Remember an object's description."""
        self._specs[spec.name] = spec

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records. Raises ConfigError for a property that is not there, which HubSpot itself would pass over.

        By id and by key HubSpot reads the records themselves. By domain and name it searches, whose index lags by
        seconds (B1): such a match is a first acquaintance, and what is merged and decided on is read by id after it.
        """
        spec = self._specs.get(object_name) or self.describe(object_name)
        asked = list(dict.fromkeys(fields if by is By.ID else [*fields, field]))
        kinds = {name: _kind(spec, name) for name in asked}
        return [_live(row, kinds) for row in self._rows(object_name, by, field, values, asked)]

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Update by id, upsert by `match_field` where there is none; one outcome per write."""
        return send(self._client, object_name, match_field, writes)

    def send_blind(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Update by `match_field` without a live read; one outcome per write, one call."""
        return send_blind(self._client, object_name, match_field, writes)

    def authors(
        self, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, Author]]:
        """Who last set each property, from its history; 50 records to a call, and one for the owners' names."""
        return self._history.authors(object_name, record_ids, fields)

    def is_us(self, author: Author) -> bool:
        """Whether the author is our app, or a program declared to speak for us. Never, where the settings name none."""
        return author.integration is not None and author.integration in (
            self._client.app_id,
            *self._client.integrations,
        )

    def successors(self, object_name: str, record_ids: Sequence[str]) -> Mapping[str, str]:
        """What merged companies became: HubSpot answers for them under an id of its own choice."""
        return successors(self._client, object_name, record_ids)

    def _rows(
        self, object_name: str, by: By, field: str, values: Sequence[str], properties: Sequence[str]
    ) -> list[Found]:
        if by in (By.DOMAIN, By.NAME):
            wanted = list(dict.fromkeys(value.lower() for value in values if value))
            return search(self._client, object_name, field, wanted, properties) if wanted else []
        return batch_read(self._client, object_name, values, properties, field if by is By.KEY else None)


def _kind(spec: ObjectSpec, name: str) -> FieldKind:
    found = spec.fields.get(name)
    if found is None:
        raise ConfigError([f"hubspot: {spec.name} has no property {name!r}. Correct the name in the mappings."])
    return found.kind


def _live(row: Found, kinds: dict[str, FieldKind]) -> Live:
    """No `modified_by`: that takes the property history, at twice the calls (B1)."""
    held = row["properties"]
    return Live(
        record_id=str(row["id"]),
        values={name: canonical(held.get(name), kind) for name, kind in kinds.items()},
        modified_at=moment(row.get("updatedAt")),
    )
