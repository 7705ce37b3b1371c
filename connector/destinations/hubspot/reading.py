"""Batch reads: records by id or by a unique property, a hundred to a call, the missing ones absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.refusals import reading
from connector.errors import TransientError

ROWS = 100  # inputs of one batch (B1)
SEARCHED = 200  # results on one page of a search (B1)
RECORD_ID = "hs_object_id"

Found = dict[str, Any]
Filter = Mapping[str, object]


def batch_read(
    client: HubSpotClient,
    object_name: str,
    ids: Iterable[str],
    properties: Sequence[str],
    id_property: str | None = None,
    *,
    history: Sequence[str] = (),
    rows: int = ROWS,
) -> list[Found]:
    """The records with these ids, or these values of `id_property`, as HubSpot shows them, `rows` to a call.

    With `history`, of these properties the values they had; then a call takes 50 (B1).

    Raises ConfigError for an object type or unique property that is not there.
    """
    wanted = [each for each in dict.fromkeys(ids) if each.strip()]  # a repeated or blank id fails its batch (B3)
    found: list[Found] = []
    for some in chunks(wanted, rows):
        body = {"inputs": [{"id": each} for each in some], "properties": properties, "propertiesWithHistory": history}
        named = {"idProperty": id_property} if id_property else {}
        with reading():
            answer = client.post(f"{client.paths.objects(object_name)}/batch/read", {**body, **named})
        found += complete(answer, object_name)
    return found


def complete(answer: Mapping[str, Any], what: str) -> list[Found]:
    """A batch's results. Raises TransientError when it holds an error other than "there is none"."""
    for error in answer.get("errors", ()):
        if error.get("category") != "OBJECT_NOT_FOUND":
            raise TransientError(f"hubspot could not read some {what}: {error.get('category')}: {error.get('message')}")
    if "results" not in answer:
        raise TransientError(f"hubspot's answer about {what} has no results")
    results: list[Found] = answer["results"]
    return results


def search(
    client: HubSpotClient, object_name: str, name: str, values: Sequence[str], properties: Sequence[str]
) -> list[Found]:
    """The records whose property `name` is one of `values`, case aside; all pages."""
    found: list[Found] = []
    after = "0"
    while after:
        body = {
            "filterGroups": [{"filters": [{"propertyName": name, "operator": "IN", "values": values}]}],
            "properties": properties,
            "sorts": [],
            "limit": SEARCHED,
            "after": after,
        }
        with reading():
            answer = client.post(f"{client.paths.objects(object_name)}/search", body)
        found += complete(answer, object_name)
        after = next_page(answer)
    return found


def changed_within(
    client: HubSpotClient,
    object_name: str,
    stamp: str,
    since: datetime,
    until: datetime,
    after: str,
    properties: Sequence[str],
) -> list[Found]:
    """The first page of records after the id `after` whose `stamp` lies in since <= stamp < until, by id.

    Going by id and not by page: a search gives no more than 10,000 results in all (B1).
    """
    with reading():
        return page_after(client, object_name, within(stamp, since, until), after, properties)


def within(stamp: str, since: datetime, until: datetime) -> list[Filter]:
    """What a search asks of a moment that lies in since <= moment < until."""
    bounds = (("GTE", since), ("LT", until))
    return [{"propertyName": stamp, "operator": how, "value": _milliseconds(at)} for how, at in bounds]


def page_after(
    client: HubSpotClient, object_name: str, filters: Sequence[Filter], after: str, properties: Sequence[str]
) -> list[Found]:
    """The first page of records after the id `after` that meet all filters, by id. Raises as the client does."""
    beyond = [{"propertyName": RECORD_ID, "operator": "GT", "value": after}] if after else []
    body = {
        "filterGroups": [{"filters": [*filters, *beyond]}],
        "properties": properties,
        "sorts": [{"propertyName": RECORD_ID, "direction": "ASCENDING"}],
        "limit": SEARCHED,
        "after": "0",
    }
    return complete(client.post(f"{client.paths.objects(object_name)}/search", body), object_name)


def associated(client: HubSpotClient, object_name: str, other: str, ids: Iterable[str]) -> list[tuple[str, str]]:
    """(record, record of the other type) of every association, further pages included; at most 1,000 ids.

    Raises as the client does.
    """
    pairs: list[tuple[str, str]] = []
    inputs = [{"id": each} for each in ids]
    while inputs:
        answer = client.post(f"{client.paths.associations(object_name, other)}/batch/read", {"inputs": inputs})
        results = complete(answer, f"associations with {other}")
        pairs += [(str(row["from"]["id"]), str(to["toObjectId"])) for row in results for to in row["to"]]
        inputs = [{"id": str(row["from"]["id"]), "after": next_page(row)} for row in results if next_page(row)]
    return pairs


def _milliseconds(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def next_page(answer: Mapping[str, Any]) -> str:
    """The cursor of the following page, "" on the last."""
    return str(answer.get("paging", {}).get("next", {}).get("after", ""))


def chunks(values: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """`values` in order, `size` at a time."""
    return (values[start : start + size] for start in range(0, len(values), size))
