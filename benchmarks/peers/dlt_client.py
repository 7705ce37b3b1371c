"""dlt with HubSpot's own client: a framework and ten lines. It neither compares nor looks at what became of a row."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dlt  # type: ignore[import-not-found]
from hubspot import HubSpot
from hubspot.crm.companies import BatchInputSimplePublicObjectBatchInput

from benchmarks import gauge

COLUMNS = "key, score, motion, substr(pql_at, 1, 10) AS pql_date, scored_at"


def work(job: gauge.Job) -> dict[str, Any]:
    """One pipeline run over all rows."""
    place = job["place"]
    os.environ |= {
        "DLT_DATA_DIR": job["folder"],
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
    client = HubSpot(access_token=place["environment"]["PLSYNC_HUBSPOT_TOKEN"], host=place["hubspot_url"])
    companies = client.crm.companies.batch_api

    @dlt.destination(batch_size=100, name="hubspot")  # type: ignore[untyped-decorator]
    def hubspot(items: list[dict[str, Any]], table: dict[str, Any]) -> None:  # noqa: ARG001 - dlt calls it so
        companies.update(BatchInputSimplePublicObjectBatchInput(inputs=[_input(item) for item in items]))

    pipeline = dlt.pipeline("bench", destination=hubspot, pipelines_dir=f"{job['folder']}/pipelines")
    pipeline.run(_rows(job["warehouse"]), table_name="accounts")
    return {}


def _input(item: dict[str, Any]) -> dict[str, Any]:
    values = {
        "pls_score": str(item["score"]),
        "pls_motion": item["motion"],
        "pls_pql_date": item["pql_date"],
        "pls_scored_at": item["scored_at"],
    }
    return {"id": item["key"], "idProperty": "pls_account_key", "properties": values}


def _rows(warehouse: str) -> Iterator[dict[str, Any]]:
    with closing(sqlite3.connect(warehouse)) as source:
        source.row_factory = sqlite3.Row
        for row in source.execute(f"SELECT {COLUMNS} FROM accounts ORDER BY key"):  # noqa: S608 - a constant
            yield dict(row)


if __name__ == "__main__":
    gauge.run(work)
