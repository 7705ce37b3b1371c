"""Several requests in one API call: at most five queries or collections in each composite (A1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.refusals import NO_ANSWER, first_error, reading, refusal
from connector.errors import DestinationError, TransientError

PARTS = 5

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside a composite. `path` is below the data root."""

    method: str
    path: str
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one part. `status` 0: the composite's answer does not mention it."""

    status: int
    body: Any

    def error(self, where: str) -> DestinationError | None:
        """Why the part failed as a whole, or None when it did not."""
        if self.status == 0:
            return TransientError(f"salesforce: {NO_ANSWER} to {where}")
        if self.status < 300:
            return None
        return refusal(self.status, *first_error(self.body, self.status), where)


def together(client: SalesforceClient, parts: Sequence[Part]) -> list[Answer]:
    """Send at most five parts as one call; one answer each, in their order. A part's failure is its own."""
    subrequests = [_subrequest(client, number, part) for number, part in enumerate(parts)]
    body = {"allOrNone": False, "compositeRequest": subrequests}
    said = client.request("POST", "composite", body)
    listed = said.get("compositeResponse", ()) if isinstance(said, dict) else ()
    answers = {each.get("referenceId"): each for each in listed}
    return [_answer(answers.get(each["referenceId"])) for each in subrequests]


def _subrequest(client: SalesforceClient, number: int, part: Part) -> dict[str, Any]:
    envelope = {"method": part.method, "url": f"{client.root}/{part.path}", "referenceId": f"part{number}"}
    return envelope if part.body is None else {**envelope, "body": part.body}


def _answer(said: dict[str, Any] | None) -> Answer:
    return Answer(said["httpStatusCode"], said["body"]) if said else Answer(0, None)


def query(client: SalesforceClient, queries: Sequence[str]) -> list[list[Row]]:
    """All rows of each query, further pages included.

    A composite carries queries in its body, where the limit on addresses does not reach (A1). Raises ConfigError
    when a query names an object or field that is not there.
    """
    found: list[list[Row]] = []
    for start in range(0, len(queries), PARTS):
        some = queries[start : start + PARTS]
        parts = [Part("GET", f"query?q={quote(soql, safe='', errors='replace')}") for soql in some]
        with reading():
            found += [_rows(client, answer) for answer in together(client, parts)]
    return found


def _rows(client: SalesforceClient, answer: Answer) -> list[Row]:
    if error := answer.error("a query"):
        raise error
    page = answer.body
    rows: list[Row] = list(page["records"])
    while following := page.get("nextRecordsUrl"):
        page = client.request("GET", str(following).removeprefix(f"{client.root}/"))
        rows += page["records"]
    return rows
