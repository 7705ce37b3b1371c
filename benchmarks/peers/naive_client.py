"""What a script would do: one call per row, with each CRM's usual library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import requests
from hubspot import HubSpot
from hubspot.crm.companies import SimplePublicObjectInput
from simple_salesforce import Salesforce

from benchmarks import gauge

COLUMNS = "key, score, motion, substr(pql_at, 1, 10) AS pql_date, scored_at, salesforce_id"


def work(job: gauge.Job) -> dict[str, Any]:
    """Send the first `limit` rows, one by one."""
    send = _to_salesforce(job["place"]) if job["crm"] == "salesforce" else _to_hubspot(job["place"])
    for row in _rows(job["warehouse"], job["limit"]):
        send(row)
    return {}


def _to_hubspot(place: dict[str, Any]) -> Any:
    client = HubSpot(access_token=place["environment"]["PLSYNC_HUBSPOT_TOKEN"], host=place["hubspot_url"])
    companies = client.crm.companies.basic_api

    def send(row: sqlite3.Row) -> None:
        values = {
            "pls_score": str(row["score"]),
            "pls_motion": row["motion"],
            "pls_pql_date": row["pql_date"],
            "pls_scored_at": row["scored_at"],
        }
        body = SimplePublicObjectInput(properties=values)
        companies.update(row["key"], id_property="pls_account_key", simple_public_object_input=body)

    return send


def _to_salesforce(place: dict[str, Any]) -> Any:
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
    client = Salesforce(session_id=answer["access_token"], instance_url=place["salesforce_url"], version="64.0")

    def send(row: sqlite3.Row) -> None:
        values = {
            "PLS_Score__c": row["score"],
            "PLS_Motion__c": row["motion"],
            "PLS_PQL_Date__c": row["pql_date"],
            "PLS_Scored_At__c": row["scored_at"],
        }
        client.Account.update(row["salesforce_id"], values)

    return send


def _rows(warehouse: str, limit: int) -> Iterator[sqlite3.Row]:
    with closing(sqlite3.connect(warehouse)) as source:
        source.row_factory = sqlite3.Row
        yield from source.execute(f"SELECT {COLUMNS} FROM accounts ORDER BY key LIMIT ?", (limit,))  # noqa: S608


if __name__ == "__main__":
    gauge.run(work)
