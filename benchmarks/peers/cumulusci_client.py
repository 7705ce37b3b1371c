"""CumulusCI's RestApiDmlOperation: update by Id, every row, as its data load would send them."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import requests
from cumulusci.tasks.bulkdata.step import DataOperationType, RestApiDmlOperation  # type: ignore[import-not-found]
from simple_salesforce import Salesforce

from benchmarks import gauge

FIELDS = ["Id", "PLS_Score__c", "PLS_Motion__c", "PLS_PQL_Date__c", "PLS_Scored_At__c"]
VALUES = "salesforce_id, score, motion, substr(pql_at, 1, 10), scored_at"


def work(job: gauge.Job) -> dict[str, Any]:
    """Sign in, then send all rows in batches of 200."""
    context = SimpleNamespace(sf=_session(job["place"]), bulk=None, logger=logging.getLogger("cumulusci"))
    step = RestApiDmlOperation(
        sobject="Account", operation=DataOperationType.UPDATE, api_options={}, context=context, fields=FIELDS
    )
    with step:
        step.load_records(_rows(job["warehouse"]))
    return {"status": str(step.job_result.status)}


def _rows(warehouse: str) -> Iterator[list[Any]]:
    with closing(sqlite3.connect(warehouse)) as source:
        for row in source.execute(f"SELECT {VALUES} FROM accounts ORDER BY key"):  # noqa: S608 - a constant
            yield list(row)


def _session(place: dict[str, Any]) -> Salesforce:
    environment = place["environment"]
    answer = requests.post(
        f"{place['salesforce_url']}/services/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": environment["PLSYNC_SALESFORCE_CONSUMER_KEY"],
            "client_secret": environment["PLSYNC_SALESFORCE_CONSUMER_SECRET"],
        },
        timeout=30,
    ).json()
    return Salesforce(session_id=answer["access_token"], instance_url=place["salesforce_url"], version="64.0")


if __name__ == "__main__":
    gauge.run(work)
