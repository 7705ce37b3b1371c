"""drt end to end, from SQLite to either CRM, pointed at the stand-ins as its own configuration allows.

Job: pacing (default | off), mode (full | incremental), match (upsert | update_only), limit (rows). `folder` keeps its
state between runs.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import drt.destinations.hubspot  # type: ignore[import-not-found]
from drt.cli.main import app  # type: ignore[import-not-found]

from benchmarks import gauge

HUBSPOT = """\
name: bench
model: >-
  SELECT key AS pls_account_key, score AS pls_score, motion AS pls_motion, substr(pql_at, 1, 10) AS pls_pql_date,
  scored_at AS pls_scored_at FROM (SELECT * FROM accounts ORDER BY key LIMIT {limit})
destination:
  type: hubspot
  object_type: companies
  id_property: pls_account_key
  auth: {{type: bearer, token_env: PLSYNC_HUBSPOT_TOKEN}}
sync:
  mode: {mode}
  {cursor}
  match_policy: {match}
  on_error: skip
  batch_size: 100
  {pacing}
"""
SALESFORCE = """\
name: bench
model: >-
  SELECT key AS PLS_Account_Key__c, score AS PLS_Score__c, motion AS PLS_Motion__c,
  substr(pql_at, 1, 10) AS PLS_PQL_Date__c, scored_at AS PLS_Scored_At__c
  FROM (SELECT * FROM accounts ORDER BY key LIMIT {limit})
destination:
  type: salesforce_bulk
  instance_url: {instance_url}
  object_name: Account
  operation: upsert
  external_id_field: PLS_Account_Key__c
  poll_interval_seconds: 1
  client_id_env: PLSYNC_SALESFORCE_CONSUMER_KEY
  client_secret_env: PLSYNC_SALESFORCE_CONSUMER_SECRET
  username_env: PLSYNC_HUBSPOT_TOKEN
  password_env: PLSYNC_HUBSPOT_TOKEN
sync:
  mode: full
  {pacing}
"""
OFF = "rate_limit: {requests_per_second: 0}"


def work(job: gauge.Job) -> dict[str, Any]:
    """`drt run`; its exit code is told, not judged."""
    _project(Path(job["folder"]), job)
    try:
        app(["run"])
    except SystemExit as ended:
        return {"exit": ended.code}
    return {"exit": 0}


def _project(folder: Path, job: gauge.Job) -> None:
    place = job["place"]
    os.environ |= {**place["environment"], "HOME": str(folder), "DO_NOT_TRACK": "1"}
    drt.destinations.hubspot._HUBSPOT_API = f"{place['hubspot_url']}/crm/v3/objects"
    drt.destinations.hubspot._HUBSPOT_PROPERTIES_API = f"{place['hubspot_url']}/crm/v3/properties"
    (folder / "syncs").mkdir(parents=True, exist_ok=True)
    (folder / ".drt").mkdir(exist_ok=True)
    (folder / ".drt" / "profiles.yml").write_text(f"bench:\n  type: sqlite\n  database: {job['warehouse']}\n")
    (folder / "drt_project.yml").write_text('name: bench\nversion: "0.1"\nprofile: bench\n')
    (folder / "syncs" / "bench.yml").write_text(_sync(job))
    os.chdir(folder)


def _sync(job: gauge.Job) -> str:
    mode = job.get("mode", "full")
    words = {
        "limit": job.get("limit", job["count"]),
        "pacing": OFF if job.get("pacing") == "off" else "",
        "instance_url": job["place"]["salesforce_url"],
        "mode": mode,
        "cursor": "cursor_field: pls_scored_at" if mode == "incremental" else "",
        "match": job.get("match", "update_only"),
    }
    return (SALESFORCE if job["crm"] == "salesforce" else HUBSPOT).format(**words)


if __name__ == "__main__":
    gauge.run(work)
