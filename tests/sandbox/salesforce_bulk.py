"""Driving Bulk 2.0 in tests: open a job, load it, wait, collect."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox.salesforce_house import DATA, House

INGEST = f"{DATA}/jobs/ingest"
CSV = {"Content-Type": "text/csv"}


@dataclass(frozen=True)
class Loading:
    """One job of a house."""

    house: House
    id: str
    url: str

    def put(self, content: str | bytes | Iterator[bytes], **more: Any) -> httpx.Response:
        return self.house.call("PUT", f"/{self.url}", content=content, headers=CSV, **more)

    def move(self, state: str) -> httpx.Response:
        return self.house.call("PATCH", f"{INGEST}/{self.id}", json={"state": state})

    def poll(self) -> dict[str, Any]:
        return dict(self.house.call("GET", f"{INGEST}/{self.id}").json())

    def states(self, polls: int) -> list[str]:
        return [self.poll()["state"] for _ in range(polls)]

    def results(self, which: str) -> httpx.Response:
        return self.house.call("GET", f"{INGEST}/{self.id}/{which}")

    def rows(self, which: str) -> list[dict[str, str]]:
        text = self.results(which).content.decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def load(self, content: str) -> dict[str, Any]:
        """Upload, close, and see the job to its end."""
        self.put(content)
        self.move("UploadComplete")
        self.poll()
        return self.poll()


def open_job(house: House, operation: str = "update", **wanted: Any) -> Loading:
    """A new job on Account unless another object is named."""
    job = house.call("POST", INGEST, json={"operation": operation, "object": "Account", **wanted}).json()
    return Loading(house, job["id"], job["contentUrl"])


def order(house: House, **wanted: Any) -> httpx.Response:
    """POST /_sandbox/bulk."""
    return house.client.post("/_sandbox/bulk", json=wanted)
