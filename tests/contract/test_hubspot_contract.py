"""Everything plsync says to HubSpot, and everything the stand-in answers, judged by HubSpot's own OpenAPI documents.

The judge sees the whole of it: `check`, a first sync of the demo company, a day later, and a mapping that may create.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from connector.model import OutcomeKind
from connector.store import migrate
from connector.sync import Run
from plsync import config as cfg
from plsync.checking import Finding, check
from plsync.running import sync_once
from plsync.wiring import opened
from sandbox.demo import DemoCompany
from tests.contract.hubspot_openapi import Recorded, documents
from tests.e2e.outside import EXAMPLE, MAPPINGS, NO_SLACK, Seeds, running

if TYPE_CHECKING:
    from starlette.types import ASGIApp

AS_OF = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
MAPPING = "hubspot_company"
ORDINARY = 60  # numbered accounts kept; the named ones show every path

# What plsync calls beside the documents at hand, and why there is nothing to judge it by.
UNDOCUMENTED = {
    "GET /account-info/v3/details": "the portal's id (D9): the account-info document is not at hand",
    "POST /crm/v3/objects/deals/batch/read": "deals answer as companies do, but their own document is not at hand",
}
# Every other path must have been judged, or the proof would be empty.
JUDGED = {
    "GET /crm/v3/properties/companies",
    "GET /crm/v3/properties/deals",
    "GET /crm/v3/owners/",
    "POST /crm/v3/objects/companies/batch/read",
    "POST /crm/v3/objects/companies/batch/update",
    "POST /crm/v3/objects/companies/batch/upsert",
    "POST /crm/v3/objects/companies/search",
    "POST /crm/v4/associations/companies/deals/batch/read",
}


@dataclass(frozen=True)
class Heard:
    """What went over the wire, and what it was for."""

    recorded: Recorded
    findings: list[Finding]
    first: Run
    day_two: Run
    creating: Run


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    """The connector, wired as a user's configuration would, over a recorded stand-in."""
    documents()  # skips where there is nothing to judge by
    folder = tmp_path_factory.mktemp("hubspot")
    company = DemoCompany(AS_OF)
    now = AS_OF + timedelta(days=1)
    recorders: dict[str, Recorded] = {}

    def before(name: str, app: ASGIApp) -> ASGIApp:
        recorders[name] = Recorded(app)
        return recorders[name]

    seeds = Seeds(company.salesforce(), company.hubspot(), NO_SLACK)
    with ExitStack() as stack:
        outside = stack.enter_context(running(folder, lambda: now, seeds, before))
        warehouse = folder / "warehouse.db"
        company.write_warehouse(warehouse)
        keep_named(warehouse)
        config = configuration(outside.tables["hubspot"], folder, MAPPINGS)
        migrate(config.store.url)
        with opened(config, lambda: now) as plsync:
            findings = list(check(plsync))
            first = sync_once(plsync)
            company.advance(warehouse)
            day_two = sync_once(plsync)
        with opened(configuration(outside.tables["hubspot"], folder, creating(folder)), lambda: now) as plsync:
            created = sync_once(plsync)
        yield Heard(recorders["hubspot"], findings, first, day_two, created)


def keep_named(warehouse: Path) -> None:
    """The named accounts and a few ordinary ones are enough to judge."""
    with closing(sqlite3.connect(warehouse)) as database, database:
        for table in ("signals", "people", "accounts"):
            database.execute(f"DELETE FROM {table} WHERE account_key GLOB 'ws-*' AND account_key > 'ws-{ORDINARY:05d}'")


def configuration(hubspot: dict[str, Any], folder: Path, mappings: Path) -> cfg.Config:
    """The example with HubSpot alone."""
    document = cfg.read_toml(EXAMPLE)
    document = {name: document[name] for name in ("warehouse", "funnel")}
    document["warehouse"]["url"] = f"sqlite:///{folder / 'warehouse.db'}"
    document |= {
        "store": {"url": f"sqlite:///{folder / 'store.db'}"},
        "mappings": {"folder": str(mappings)},
        "hubspot": hubspot,
    }
    return cfg.parse(document, "hubspot contract")


def creating(folder: Path) -> Path:
    """The shipped mappings, allowed to create companies."""
    copy = folder / "mappings"
    shutil.copytree(MAPPINGS, copy)
    file = copy / f"{MAPPING}.toml"
    changed, times = re.subn(r'^mode = "update_only"', 'mode = "upsert"', file.read_text("utf-8"), flags=re.MULTILINE)
    assert times == 1
    file.write_text(changed, encoding="utf-8")
    return copy


def paths(recorded: Recorded) -> set[str]:
    """Method and path of everything that was asked."""
    return {f"{each.method} {each.url_path.partition('?')[0]}" for each in recorded.exchanges}


def test_the_story_was_told(heard: Heard) -> None:
    """`check` has no complaint, and each sync wrote to HubSpot, the last one creating a company."""
    assert [finding.problems for finding in heard.findings if finding.what.startswith("hubspot")] == [()]
    assert [run.rejects for run in (heard.first, heard.day_two, heard.creating)] == [0, 0, 0]
    assert heard.first.tallies[MAPPING].outcomes[OutcomeKind.UPDATED] > 0
    assert heard.day_two.tallies[MAPPING].outcomes[OutcomeKind.UPDATED] > 0
    assert heard.creating.tallies[MAPPING].outcomes[OutcomeKind.CREATED] > 0


def test_every_exchange_is_as_hubspot_specifies(heard: Heard) -> None:
    """Every request the connector sent and every answer it got."""
    heard.recorded.assert_all_valid()


def test_what_no_document_covers_is_known_by_name(heard: Heard) -> None:
    """Nothing beyond the short list goes unjudged, and each path that matters was judged."""
    assert set(heard.recorded.uncovered) == set(UNDOCUMENTED)
    assert paths(heard.recorded) - set(UNDOCUMENTED) >= JUDGED
