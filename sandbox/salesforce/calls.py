"""One REST call and its answer, the same whether it came over HTTP or inside a composite request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.salesforce.errors import RestError, not_found
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.org import SalesforceOrg
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.tables import Table


@dataclass(frozen=True)
class Call:
    """`path` is what follows /services/data/vXX.0/; `args` are its variable parts; header names are lower case."""

    org: SalesforceOrg
    method: str
    path: str
    version: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    args: Mapping[str, str] = field(default_factory=dict)

    def with_args(self, args: Mapping[str, str]) -> Call:
        return replace(self, args=args)

    @property
    def table(self) -> Table:
        """The table of the object in the path. Raises RestError 404."""
        return self.org.tables.of(self.sobject.name)

    @property
    def sobject(self) -> SObject:
        """The object in the path. Raises RestError 404."""
        found = find_object(self.args["object"])
        if found is None:
            raise not_found()
        return found

    @property
    def saves_duplicates(self) -> bool:
        """Whether duplicate rules may only warn (A1)."""
        wanted = self.headers.get("sforce-duplicate-rule-header", "")
        return "allowsave=true" in wanted.lower().replace(" ", "")

    def json_object(self) -> dict[str, Any]:
        """The body. Raises RestError 400 when it is not a JSON object."""
        if not isinstance(self.body, dict):
            raise RestError(400, "JSON_PARSER_ERROR", "The HTTP entity body is required to be a JSON object")
        return self.body

    def url(self, rest: str) -> str:
        return f"/services/data/v{self.version}/{rest}"


@dataclass(frozen=True)
class Answer:
    """`kind` names the call in the request log; `rows` and `subrequests` measure it, `detail` says more.

    A body of bytes is sent as it is, under the Content-Type among `headers`.
    """

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "other"
    rows: int = 0
    subrequests: int = 1
    detail: Mapping[str, Any] = field(default_factory=dict)


Handler = Callable[[Call], Answer]


def refused(error: RestError, kind: str = "refused") -> Answer:
    """The answer that carries an error."""
    return Answer(error.body(), error.status, kind=kind)
