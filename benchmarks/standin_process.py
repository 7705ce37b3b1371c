"""The stand-ins in a process of their own: `python -m benchmarks.standin_process FOLDER RECORDS`.

Says where it listens in one JSON line, then answers commands, one JSON object a line, until its input ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from benchmarks.seeds import hubspot_seed, salesforce_seed
from benchmarks.single_rows import PasswordSignIn, SingleCompanies
from benchmarks.watching import Watch
from sandbox.control import Control
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.hubspot.portal import Rejection
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve

PLENTY = 10_000_000  # calls a day, or per ten seconds: no limit unless a measure sets one


@dataclass(frozen=True)
class World:
    """Both stand-ins and what a benchmark may ask of them. Every public method is a command."""

    org: SalesforceOrg
    portal: HubSpotPortal
    controls: Mapping[str, Control]
    watches: Mapping[str, Watch]

    def counts(self) -> dict[str, dict[str, int]]:
        """Requests by kind; `429` and the connections are counted beside them."""
        return {name: self._counted(name) for name in self.controls}

    def _counted(self, name: str) -> dict[str, int]:
        control, watch = self.controls[name], self.watches[name]
        return {
            **control.counts(),
            "total": len(control.seen),
            "429": sum(1 for seen in control.seen if seen.status == 429),
            "connections": len(watch.clients),
            "at_once": watch.most_open,
        }

    def forget(self) -> bool:
        """Count afresh."""
        for name, control in self.controls.items():
            control.seen.clear()
            self.watches[name].forget()
        return True

    def pace(self, seconds: float = 0.0, per_row: float = 0.0, per_ten_seconds: int = PLENTY) -> bool:
        """Latency of every request and of every row in it, and HubSpot's rolling limit."""
        for name, control in self.controls.items():
            control.latency = seconds
            self.watches[name].per_row = per_row
        self.portal.limits.per_ten_seconds = per_ten_seconds
        self.portal.limits._recent.clear()  # the window of the measure begins empty
        return True

    def held(self, crm: str) -> dict[str, float | None]:
        """Score by account key, as the CRM now holds them."""
        if crm == "salesforce":
            return {row["PLS_Account_Key__c"]: row["PLS_Score__c"] for row in self.org.records("Account")}
        values = (row["properties"] for row in self.portal.records("companies"))
        return {each["pls_account_key"]: _number(each.get("pls_score")) for each in values}

    def refuse(self, keys: Mapping[str, str]) -> bool:
        """Refuse every write of these companies, key by id, until told otherwise; no keys: refuse nothing."""
        self.portal.rejections.clear()
        for known in (*keys, *keys.values()):
            self.portal.rejections.append(Rejection("companies", known, "VALIDATION_ERROR", "refused", PLENTY))
        return True

    def supports(self, path: str) -> bool:
        """Whether the stand-in for Salesforce answers a POST below its data root at all."""
        from sandbox.salesforce.routes import ROUTES

        return any(route.method == "POST" and route.pattern == path for route in ROUTES)


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _clock() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Serve until the parent closes our input."""
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    org = SalesforceOrg(salesforce_seed(count), _clock, daily_limit=PLENTY)
    portal = HubSpotPortal(hubspot_seed(count), _clock, per_ten_seconds=PLENTY, daily_limit=PLENTY)
    salesforce, salesforce_control = salesforce_app(org)
    hubspot, hubspot_control = hubspot_app(portal)
    gate = cast("Any", hubspot).app
    gate.app = SingleCompanies(gate.app, portal)
    controls = {"salesforce": salesforce_control, "hubspot": hubspot_control}
    watches = {"salesforce": Watch(PasswordSignIn(salesforce)), "hubspot": Watch(hubspot)}
    tls = Tls.create(folder)
    with ExitStack() as stack:
        served = {
            "salesforce": stack.enter_context(serve(watches["salesforce"], tls=tls)),
            "hubspot": stack.enter_context(serve(watches["hubspot"])),
        }
        _say(
            {
                "salesforce_url": served["salesforce"].url,
                "hubspot_url": served["hubspot"].url,
                "ca_file": str(tls.ca_file),
                "environment": {
                    "PLSYNC_SALESFORCE_CONSUMER_KEY": org.consumer_key,
                    "PLSYNC_SALESFORCE_CONSUMER_SECRET": org.consumer_secret,
                    "PLSYNC_HUBSPOT_TOKEN": portal.token,
                },
            }
        )
        _obey(World(org, portal, controls, watches))


def _obey(world: World) -> None:
    for line in sys.stdin:
        command, arguments = json.loads(line)
        method: Callable[..., Any] = getattr(world, command)
        _say(method(**arguments))


def _say(value: Any) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
