"""The whole outside world at once: a demo warehouse, both CRMs, Slack, and a page to watch them on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.control import Control
from sandbox.demo import DemoCompany
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.page import page_app
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve
from sandbox.slack import SlackTeam, acts, slack_app


@dataclass(frozen=True)
class Ports:
    """Where to listen on loopback; 0 takes any free port."""

    page: int = 8787
    salesforce: int = 8443
    hubspot: int = 8788
    slack: int = 8789


ANY_PORTS = Ports(0, 0, 0, 0)


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. `controls` hold each stand-in's log, faults and latency."""

    company: DemoCompany
    org: SalesforceOrg
    portal: HubSpotPortal
    team: SlackTeam
    controls: Mapping[str, Control]
    salesforce_url: str
    hubspot_url: str
    slack_url: str
    page_url: str
    ca_file: Path
    warehouse: Path

    def environment(self) -> dict[str, str]:
        """What a client needs to know, as the environment variables config.example.toml names."""
        return {
            "PLSYNC_SALESFORCE_CONSUMER_KEY": self.org.sign_in.consumer_key,
            "PLSYNC_SALESFORCE_CONSUMER_SECRET": self.org.sign_in.consumer_secret,
            "PLSYNC_HUBSPOT_TOKEN": self.portal.token,
            "PLSYNC_SLACK_BOT_TOKEN": self.team.bot_token,
            "PLSYNC_SLACK_APP_TOKEN": self.team.app_token,
            "PLSYNC_SLACK_SIGNING_SECRET": self.team.signing_secret,
        }

    def counts(self) -> dict[str, Counter[str]]:
        """Requests each stand-in saw, by kind, since its log was cleared."""
        return {name: control.counts() for name, control in self.controls.items()}

    def forget_requests(self) -> None:
        """Start counting afresh."""
        for control in self.controls.values():
            control.seen.clear()


@contextmanager
def running(
    folder: Path, clock: Callable[[], datetime], company: DemoCompany, ports: Ports = ANY_PORTS
) -> Iterator[Sandbox]:
    """Start everything; the warehouse and the certificate authority's file are written to `folder`.

    Raises OSError when a port is taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    warehouse = folder / "warehouse.db"
    warehouse.unlink(missing_ok=True)
    company.write_warehouse(warehouse)
    tls = Tls.create(folder)
    org = SalesforceOrg(company.salesforce(), clock)
    portal = HubSpotPortal(company.hubspot(), clock)
    team = SlackTeam(company.slack(), clock)
    apps = {"salesforce": salesforce_app(org), "hubspot": hubspot_app(portal), "slack": slack_app(team)}
    with ExitStack() as stack:
        salesforce = stack.enter_context(serve(apps["salesforce"][0], port=ports.salesforce, tls=tls))
        hubspot = stack.enter_context(serve(apps["hubspot"][0], port=ports.hubspot))
        slack = stack.enter_context(serve(apps["slack"][0], port=ports.slack))
        page = stack.enter_context(serve(page_app(org, portal, team, acts(team)), port=ports.page))
        yield Sandbox(
            company=company,
            org=org,
            portal=portal,
            team=team,
            controls={name: control for name, (_, control) in apps.items()},
            salesforce_url=salesforce.url,
            hubspot_url=hubspot.url,
            slack_url=f"{slack.url}/api/",
            page_url=page.url,
            ca_file=tls.ca_file,
            warehouse=warehouse,
        )
