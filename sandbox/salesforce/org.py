"""A Salesforce org without HTTP: its records, who writes them, and the refusals a test orders."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sandbox.salesforce import writing
from sandbox.salesforce.auth import SignIn
from sandbox.salesforce.bulk import Bulk
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.seeding import INTEGRATION_USER, Seed, plant
from sandbox.salesforce.tables import Record, Table
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.values import stamp
from sandbox.salesforce.writing import Author

DUPLICATES = "DUPLICATES_DETECTED"


@dataclass
class Rejection:
    """A rule of the customer's own, such as a validation rule or a lock: refuse this record `times` more times.

    `record_id` is the record's id, or the value of one of its external ids where there is no record yet.
    """

    kind: str
    record_id: str
    status_code: str
    message: str
    times: int

    def concerns(self, table: Table, record: Record) -> bool:
        if self.times <= 0 or self.kind != table.sobject.name:
            return False
        keys = {record.get(field.name) for field in table.sobject.fields if field.external_id}
        return self.record_id in keys or self.record_id[:15] == str(record.get("Id", ""))[:15]


@lru_cache(maxsize=64)
def _integration(at: str) -> Author:
    return Author(INTEGRATION_USER, at)


class SalesforceOrg:
    """Data plus rules. `clock` gives the present moment, `monotonic` the seconds Bulk jobs take.

    `daily_limit` and `daily_batches` are the API calls and Bulk batches of 24 hours.
    """

    def __init__(
        self,
        seed: Seed,
        clock: Callable[[], datetime],
        *,
        org_id: str = "00D000000000001EAA",
        api_version: str = "64.0",
        daily_limit: int = 100_000,
        daily_batches: int = 15_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.org_id = org_id
        self.api_version = api_version
        self.daily_limit = daily_limit
        self.daily_batches = daily_batches
        self.monotonic = monotonic
        self.sign_in = SignIn()
        self._seed = deepcopy(seed)
        self.reset()

    def reset(self) -> None:
        """Back to the seed, with nothing used, nothing ordered and no query open. Tokens stay valid."""
        self.tables = plant(self._seed, self.now(), self.org_id)
        self.usage = Usage(self.daily_limit)
        self.bulk = Bulk(self.clock, Usage(self.daily_batches))
        self.rejections: list[Rejection] = []
        self.hidden: set[str] = set()
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
        author = Author(self.user_id(by), self.now(), unrestricted=True)
        writing.change(self.tables, table, old, fields, author)
        self.tables.commit()
        return {**table.rows[record_id[:15]], "_changed": table.changes[record_id[:15]]}

    def create(self, kind: str, fields: dict[str, Any], by: str) -> str:
        """Make a record as the person `by` would and return its id. Raises KeyError for an unknown object, RowError."""
        author = Author(self.user_id(by), self.now(), unrestricted=True)
        table = self.tables.of(kind)
        owned = {"OwnerId": author.user_id} if table.sobject.field("OwnerId") else {}
        record_id = writing.insert(self.tables, table, {**owned, **fields}, author)
        self.tables.commit()
        return record_id

    def delete(self, kind: str, record_id: str, by: str, merged_into: str | None = None) -> dict[str, Any]:
        """Move a record to the recycle bin as `by` would, or merge it away (D8). Raises KeyError, RowError."""
        fields: dict[str, Any] = {"IsDeleted": True}
        if merged_into is not None:
            fields["MasterRecordId"] = merged_into
        return self.edit(kind, record_id, fields, by)

    def reject(self, kind: str, record_id: str, status_code: str, message: str, times: int = 1) -> None:
        """Refuse the next `times` API writes to one record, as a validation rule or a row lock would.

        `record_id` may be an external id's value, for a record yet to be made. A DUPLICATES_DETECTED gives way
        to a call that allows saving duplicates, and is not used up by it. Raises KeyError for an unknown object.
        """
        sobject = find_object(kind)
        if sobject is None:
            raise KeyError(kind)
        self.rejections.append(Rejection(sobject.name, record_id, status_code, message, times))

    def hide(self, kind: str) -> None:
        """Let queries find no such object, as for a user without the permission. Raises KeyError for an unknown one."""
        self.hidden.add(self.tables.of(kind).sobject.name)

    def insert(self, table: Table, wanted: Record, save_duplicates: bool = False) -> str:
        """Create a record as the integration user and return its id. Raises RowError."""
        self._refuse_if_ordered(table, wanted, save_duplicates)
        return writing.insert(self.tables, table, wanted, self._integration())

    def update(self, table: Table, record_id: Any, wanted: Record, save_duplicates: bool = False) -> None:
        """Change a record as the integration user. Raises RowError."""
        old = writing.existing(table, record_id)
        self._refuse_if_ordered(table, old, save_duplicates)
        writing.change(self.tables, table, old, wanted, self._integration())

    def remove(self, table: Table, record_id: Any) -> None:
        """Move a record to the recycle bin as the integration user. Raises RowError."""
        old = writing.existing(table, record_id)
        self._refuse_if_ordered(table, old, save_duplicates=False)
        author = Author(INTEGRATION_USER, self.now(), unrestricted=True)
        writing.change(self.tables, table, old, {"IsDeleted": True}, author)

    def _integration(self) -> Author:
        return _integration(self.now())

    def _refuse_if_ordered(self, table: Table, record: Record, save_duplicates: bool) -> None:
        for rejection in self.rejections:
            if save_duplicates and rejection.status_code == DUPLICATES:
                continue
            if rejection.concerns(table, record):
                rejection.times -= 1
                raise RowError(rejection.status_code, rejection.message)

    def user_id(self, by: str) -> str:
        """The id of the user called `by`; `by` itself where there is none."""
        users = self.tables.of("User").rows.values()
        return next((str(user["Id"]) for user in users if user["Name"] == by), by)
