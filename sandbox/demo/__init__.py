"""The demo company: one made-up product company as its warehouse, CRMs and Slack would show it, on two days.

Everything follows from (`as_of`, `scale`): the same arguments give the same bytes. The baseline stands at `as_of`;
day two ends 24 hours later, and a period of thirty days taken then holds every stage date. At scale 1 the funnels are
4,200 / 1,260 / 189 / 34 and 85 / 28 / 19 / 6 (rules j); scale N has N times that. A few dozen named accounts show one
thing each, `DemoCompany.specials` says what; the rest are numbered.

The domains that the mappings' lists need:

    student      university.example      (an account sits on student.university.example)
    competitor   rival.example
    internal     workspace.example       (the company itself)
    named        named-account.example

Accounts nobody sells to yet belong to RevOps 1 in Salesforce and to nobody in HubSpot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sandbox.demo import warehouse
from sandbox.demo.bulk import bulk
from sandbox.demo.days import Days
from sandbox.demo.hubspot_seed import hubspot_seed
from sandbox.demo.matched import matched
from sandbox.demo.measured import measured
from sandbox.demo.routed import COMPETITOR, NAMED, STUDENT, routed
from sandbox.demo.salesforce_seed import salesforce_seed
from sandbox.demo.slack_seed import slack_seed
from sandbox.demo.staff import DOMAIN
from sandbox.demo.story import Story, tell

EXCLUDED_STUDENT = STUDENT
EXCLUDED_COMPETITOR = COMPETITOR
EXCLUDED_INTERNAL = DOMAIN
NAMED_ACCOUNT = NAMED

__all__ = ["EXCLUDED_COMPETITOR", "EXCLUDED_INTERNAL", "EXCLUDED_STUDENT", "NAMED_ACCOUNT", "Days", "DemoCompany"]


@dataclass(frozen=True)
class DemoCompany:
    """The company around `as_of`, an instant with a time zone, with `scale` times the ordinary accounts."""

    as_of: datetime
    scale: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for an `as_of` without a zone or a scale below one."""
        if self.as_of.tzinfo is None:
            raise ValueError(f"as_of {self.as_of.isoformat()} has no time zone: pass a UTC datetime")
        if self.scale < 1:
            raise ValueError(f"scale {self.scale} is below 1: pass a whole number from 1")

    @property
    def days(self) -> Days:
        """The two days: when the baseline and day two stand, and when each was scored."""
        return Days.around(self.as_of)

    def write_warehouse(self, path: Path) -> None:
        """Write the warehouse as it stands at the baseline, in place of any file at `path`."""
        warehouse.write_baseline(path, self._stories, self.days)

    def advance(self, path: Path) -> None:
        """Move the warehouse at `path` on to the end of day two. Raises FileNotFoundError without a baseline."""
        warehouse.advance(path, self._stories, self.days)

    def salesforce(self) -> dict[str, list[dict[str, Any]]]:
        """What Salesforce holds on both days: object name to records."""
        return salesforce_seed(self._stories, self.days)

    def hubspot(self) -> dict[str, list[dict[str, Any]]]:
        """What HubSpot holds on both days: companies, contacts, deals, owners."""
        return hubspot_seed(self._stories, self.days)

    def slack(self) -> dict[str, Any]:
        """The Slack workspace: team, users, channels."""
        return slack_seed()

    def specials(self) -> Mapping[str, str]:
        """What each named account shows, by account key."""
        return {story.final.key: story.shows for story in self._stories if story.shows}

    @cached_property
    def _stories(self) -> tuple[Story, ...]:
        days = self.days
        named = [*routed(days), *matched(days), *measured(days)]
        return tuple(tell(sketch, days) for sketch in (*named, *bulk(days, self.scale, named)))
