"""The records of a Bulk job, one batch at a time, under the same field rules as REST.

An empty cell leaves a field as it is, `#N/A` clears it (A2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.salesforce.bulk_csv import BadFile, Row
from sandbox.salesforce.bulk_job import Accepted, Job, Refusal
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.tables import Record, Table
from sandbox.salesforce.values import fold
from sandbox.salesforce.writing import upsert_target

if TYPE_CHECKING:
    from sandbox.salesforce.org import SalesforceOrg

NULL = "#N/A"

Outcome = tuple[str, bool]  # the record's id, whether it is new


def column_names(job: Job, header: Row, table: Table) -> list[str]:
    """The field each column is for. Raises BadFile naming the first that the object does not have."""
    names = []
    for column in header:
        field = table.sobject.field(column)
        if field is None:
            raise BadFile(f"InvalidBatch : Field name not found : {column}")
        names.append(field.name)
    needed = "Id" if job.operation in ("update", "delete") else job.external_id
    if needed is not None and needed not in names:
        raise BadFile(f"InvalidBatch : Field name not found : {needed}")
    return names


@dataclass(frozen=True)
class Batch:
    """Part of a job's records on their way into a table."""

    org: SalesforceOrg
    job: Job
    table: Table
    names: Sequence[str]

    def run(self, start: int, end: int) -> None:
        """Write the records from `start` up to `end`, each with an outcome of its own."""
        records = [self._record(row) for row in self.job.rows[start:end]]
        write = self._writer(records)
        for number, record in enumerate(records, start=start):
            record_id = str(record.pop("Id", None) or "")
            try:
                self.org.bulk.refuse_if_locked(record_id)
                self.job.accepted.append(Accepted(number, *write(record_id, record)))
            except RowError as refusal:
                self.job.refused.append(Refusal(number, record_id, _words(refusal)))
        self.job.processed = end
        self.org.tables.commit()

    def _record(self, row: Row) -> Record:
        cells = zip(self.names, row, strict=True)
        return {name: None if cell == NULL else cell for name, cell in cells if cell}

    def _writer(self, records: list[Record]) -> Callable[[str, Record], Outcome]:
        if self.job.operation == "upsert" and self.job.external_id != "Id":
            return self._upserter(records)
        return {"insert": self._insert, "update": self._update, "delete": self._delete, "upsert": self._upsert_by_id}[
            self.job.operation
        ]

    def _insert(self, record_id: str, record: Record) -> Outcome:
        if record_id:
            raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
        return self.org.insert(self.table, record), True

    def _update(self, record_id: str, record: Record) -> Outcome:
        if not record_id:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
        self.org.update(self.table, record_id, record)
        return record_id, False

    def _delete(self, record_id: str, _record: Record) -> Outcome:
        self.org.remove(self.table, record_id)
        return record_id, False

    def _upsert_by_id(self, record_id: str, record: Record) -> Outcome:
        return self._update(record_id, record) if record_id else self._insert(record_id, record)

    def _upserter(self, records: list[Record]) -> Callable[[str, Record], Outcome]:
        by = self.table.sobject.field(self.job.external_id or "")
        assert by is not None, "the job was created with a field of its object"
        seen = Counter(fold(by, record[by.name]) for record in records if record.get(by.name))

        def upsert(record_id: str, record: Record) -> Outcome:
            if record_id:
                raise RowError("INVALID_FIELD", "The Id field should not be specified in the sobject data.", "Id")
            found = upsert_target(self.table, by, record.get(by.name), seen)
            if found is None:
                return self.org.insert(self.table, record), True
            return self._update(found["Id"], record)

        return upsert


def _words(refusal: RowError) -> str:
    """A refusal as sf__Error puts it."""
    return f"{refusal.code}:{refusal.message}:{', '.join(refusal.fields)}{' ' if refusal.fields else ''}--"
