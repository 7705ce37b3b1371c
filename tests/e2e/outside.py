"""The outside world of an end-to-end test: stand-ins over seeds of the test's own, and the way to them.

What the test puts before a stand-in (`before`) sees every request first: a recorder, or something that kills.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.control import Control
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve
from sandbox.slack import SlackTeam, slack_app

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "mappings"
EXAMPLE = ROOT / "config.example.toml"

Before = Callable[[str, "ASGIApp"], "ASGIApp"]
Tables = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Seeds:
    """What each stand-in holds at first."""

    salesforce: dict[str, list[dict[str, Any]]]
    hubspot: dict[str, list[dict[str, Any]]]
    slack: dict[str, Any]


@dataclass(frozen=True)
class Outside:
    """Running stand-ins. `tables` are the tables of a configuration that leads to them."""

    org: SalesforceOrg
    portal: HubSpotPortal
    team: SlackTeam
    controls: Mapping[str, Control]
    tables: Tables

    def calls(self) -> dict[str, Counter[str]]:
        """Requests by kind that each stand-in saw since the last `forget`."""
        return {name: control.counts() for name, control in self.controls.items()}

    def forget(self) -> None:
        """Count afresh."""
        for control in self.controls.values():
            control.seen.clear()


PLENTY = 100_000  # requests in ten real seconds, which a test's own clock does not know of
NO_SLACK: dict[str, Any] = {"team": {"id": "T0WORK0001", "name": "Workspace"}, "users": [], "channels": []}


@contextmanager
def running(
    folder: Path, clock: Callable[[], datetime], seeds: Seeds, before: Before = lambda _, app: app
) -> Iterator[Outside]:
    """Start the stand-ins; their secrets and the certificate authority's file are written to `folder`."""
    tls = Tls.create(folder)
    org = SalesforceOrg(seeds.salesforce, clock)
    portal = HubSpotPortal(seeds.hubspot, clock, per_ten_seconds=PLENTY)
    team = SlackTeam(seeds.slack, clock)
    apps = {"salesforce": salesforce_app(org), "hubspot": hubspot_app(portal), "slack": slack_app(team)}
    with ExitStack() as stack:
        urls = {
            name: stack.enter_context(serve(before(name, app), tls=tls if name == "salesforce" else None)).url
            for name, (app, _) in apps.items()
        }

        def secret(name: str, value: str) -> str:
            (folder / name).write_text(value, encoding="utf-8")
            return f"file:{folder / name}"

        tables: Tables = {
            "salesforce": {
                "instance_url": urls["salesforce"],
                "consumer_key": secret("consumer_key", org.consumer_key),
                "consumer_secret": secret("consumer_secret", org.consumer_secret),
                "ca_bundle": str(tls.ca_file),
            },
            "hubspot": {
                "base_url": urls["hubspot"],
                "access_token": secret("access_token", portal.token),
            },
            "slack": {
                "base_url": f"{urls['slack']}/api/",
                "bot_token": secret("bot_token", team.bot_token),
                "app_token": secret("app_token", team.app_token),
            },
        }
        yield Outside(org, portal, team, {name: control for name, (_, control) in apps.items()}, tables)
