"""A Salesforce org without HTTP: its records, who writes them, and the refusals a test orders."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.salesforce import writing
from sandbox.salesforce.auth import SignIn
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.seeding import INTEGRATION_USER, Seed, plant
from sandbox.salesforce.tables import Record, Table
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.values import stamp
from sandbox.salesforce.writing import Author


@dataclass
class Rejection:
    """A rule of the customer's own, such as a validation rule or a lock: refuse this record `times` more times."""

    kind: str
    record_id: str
    status_code: str
    message: str
    times: int

    def concerns(self, kind: str, record_id: str) -> bool:
        return self.times > 0 and self.kind == kind and self.record_id[:15] == record_id[:15]


class SalesforceOrg:
    """Data plus rules. `clock` gives the present moment; `daily_limit` counts API calls per 24 hours."""

    def __init__(
        self,
        seed: Seed,
        clock: Callable[[], datetime],
        *,
        org_id: str = "00D000000000001EAA",
        api_version: str = "64.0",
        daily_limit: int = 100_000,
    ) -> None:
        self.clock = clock
        self.org_id = org_id
        self.api_version = api_version
        self.daily_limit = daily_limit
        self.sign_in = SignIn()
        self._seed = deepcopy(seed)
        self.reset()

    def reset(self) -> None:
        """Back to the seed, with nothing used, nothing ordered and no query open. Tokens stay valid."""
        self.tables = plant(self._seed, self.now(), self.org_id)
        self.usage = Usage(self.daily_limit)
        self.rejections: list[Rejection] = []
        self.cursors: dict[str, Any] = {}

    def now(self) -> str:
        return stamp(self.clock())

    @property
    def private_key_pem(self) -> str:
        """What a client signs a JWT bearer assertion with."""
        return self.sign_in.private_key_pem

    @property
    def consumer_key(self) -> str:
        return self.sign_in.consumer_key

    @property
    def consumer_secret(self) -> str:
        return self.sign_in.consumer_secret

    def expire_tokens(self) -> None:
        """Every token handed out so far answers 401 from now on."""
        self.sign_in.expire()

    def is_active_user(self, name: str) -> bool:
        """Whether `name` is the user name or e-mail of an active user."""
        users = self.tables.of("User").rows.values()
        active = (user for user in users if user["IsActive"])
        return any(name.lower() in {str(user["Username"]).lower(), user["Email"]} for user in active)

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Every record of one object, deleted ones included, with who last changed which field as `_changed`."""
        table = self.tables.of(kind)
        return [{**record, "_changed": table.changes.get(key, {})} for key, record in table.rows.items()]

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:
        """Change a record as the person `by` (a user id or name), or the platform itself, would.

        Raises KeyError when object, record or field is not there, RowError when a field refuses its value.
        """
        table = self.tables.of(kind)
        old = table.rows[record_id[:15]]
        for name in fields:
            if table.sobject.field(name) is None:
                raise KeyError(name)
        author = Author(self._user_id(by), self.now(), unrestricted=True)
        writing.change(self.tables, table, old, fields, author)
        self.tables.commit()
        return {**table.rows[record_id[:15]], "_changed": table.changes[record_id[:15]]}

    def delete(self, kind: str, record_id: str, by: str, merged_into: str | None = None) -> dict[str, Any]:
        """Move a record to the recycle bin as `by` would, or merge it away (D8). Raises KeyError, RowError."""
        fields: dict[str, Any] = {"IsDeleted": True}
        if merged_into is not None:
            fields["MasterRecordId"] = merged_into
        return self.edit(kind, record_id, fields, by)

    def reject(self, kind: str, record_id: str, status_code: str, message: str, times: int = 1) -> None:
        """Refuse the next `times` API writes to one record, as a validation rule or a row lock would."""
        sobject = find_object(kind)
        if sobject is None:
            raise KeyError(kind)
        self.rejections.append(Rejection(sobject.name, record_id, status_code, message, times))

    def insert(self, table: Table, wanted: Record) -> str:
        """Create a record as the integration user and return its id. Raises RowError."""
        return writing.insert(self.tables, table, wanted, self._integration())

    def update(self, table: Table, record_id: Any, wanted: Record) -> None:
        """Change a record as the integration user. Raises RowError."""
        old = writing.existing(table, record_id)
        self._refuse_if_ordered(table.sobject.name, record_id)
        writing.change(self.tables, table, old, wanted, self._integration())

    def _integration(self) -> Author:
        return Author(INTEGRATION_USER, self.now())

    def _refuse_if_ordered(self, kind: str, record_id: str) -> None:
        for rejection in self.rejections:
            if rejection.concerns(kind, record_id):
                rejection.times -= 1
                raise RowError(rejection.status_code, rejection.message)

    def _user_id(self, by: str) -> str:
        users = self.tables.of("User").rows.values()
        return next((str(user["Id"]) for user in users if user["Name"] == by), by)
