"""One Bulk 2.0 ingest job: what was asked for, what was uploaded, how far the org has come (A2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.salesforce.bulk_csv import Dialect, Row, Sheet, write_results
from sandbox.salesforce.seeding import INTEGRATION_USER

WAITING = ("UploadComplete", "InProgress")
FINISHED = ("JobComplete", "Failed", "Aborted")

SHORT = (
    "id",
    "operation",
    "object",
    "createdById",
    "createdDate",
    "systemModstamp",
    "state",
    "externalIdFieldName",
    "concurrencyMode",
    "contentType",
    "apiVersion",
)


@dataclass(frozen=True)
class Accepted:
    """A row the org took. `number` counts the upload's records from 0."""

    number: int
    record_id: str
    created: bool


@dataclass(frozen=True)
class Refusal:
    """A row the org did not take; `record_id` is empty where it has none."""

    number: int
    record_id: str
    error: str


@dataclass
class Job:
    """`object` and `external_id` are API names; `ready_at` is when, in seconds, the org could be done."""

    id: str
    operation: str
    object: str
    external_id: str | None
    dialect: Dialect
    version: str
    created_at: datetime
    created: str
    state: str = "Open"
    modified: str = ""
    content: bytes | None = None
    sheet: Sheet | None = None
    error: str | None = None
    polls: int = 0
    ready_at: float = 0.0
    processed: int = 0
    retries: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """The records of the upload; none before it was taken apart."""
        return self.sheet.rows if self.sheet else []

    def short(self) -> dict[str, Any]:
        """What closing a job answers."""
        every = self._members()
        return {name: every[name] for name in SHORT if name in every}

    def fresh(self) -> dict[str, Any]:
        """What creating a job answers."""
        return {**self.short(), "contentUrl": self._content_url(), **self._csv()}

    def listed(self) -> dict[str, Any]:
        """The job as an entry of the list."""
        return {**self.short(), "jobType": "V2Ingest"}

    def told(self) -> dict[str, Any]:
        """What a poll answers."""
        upload = {"contentUrl": self._content_url()} if self.state == "Open" else {}
        told = {
            **self.listed(),
            **upload,
            **self._csv(),
            "numberRecordsProcessed": self.processed,
            "numberRecordsFailed": len(self.refused),
            "retries": self.retries,
            "totalProcessingTime": self.processed,
            "apiActiveProcessingTime": self.processed,
            "apexProcessingTime": 0,
        }
        return {**told, "errorMessage": self.error} if self.error else told

    def _members(self) -> dict[str, Any]:
        named = {"externalIdFieldName": self.external_id} if self.external_id else {}
        return {
            "id": self.id,
            "operation": self.operation,
            "object": self.object,
            "createdById": INTEGRATION_USER,
            "createdDate": self.created,
            "systemModstamp": self.modified,
            "state": self.state,
            **named,
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "apiVersion": float(self.version),
        }

    def _content_url(self) -> str:
        return f"services/data/v{self.version}/jobs/ingest/{self.id}/batches"

    def _csv(self) -> dict[str, Any]:
        return {"lineEnding": self.dialect.line_ending, "columnDelimiter": self.dialect.delimiter}

    def successful(self) -> bytes:
        """The successfulResults file."""
        rows = ([one.record_id, str(one.created).lower(), *self.rows[one.number]] for one in self.accepted)
        return self._results(("sf__Id", "sf__Created"), rows)

    def failed(self) -> bytes:
        """The failedResults file."""
        rows = ([one.record_id, one.error, *self.rows[one.number]] for one in self.refused)
        return self._results(("sf__Id", "sf__Error"), rows)

    def unprocessed(self) -> bytes:
        """The unprocessedrecords file; an upload that could not be taken apart comes back as it was sent."""
        if self.sheet is None:
            return self.content or b""
        return self._results((), self.rows[self.processed :])

    def _results(self, outcome: tuple[str, ...], rows: Any) -> bytes:
        return write_results(outcome, self.sheet.header if self.sheet else [], rows, self.dialect)
