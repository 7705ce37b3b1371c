"""Links out of Slack: to an account's CRM records and into the product, from templates RevOps writes down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from bot.settings import ACCOUNT, RECORD, LinkTemplates
from bot.views.text import escape

LONGEST = 500  # characters of a URL: a few of them fit into one line of small print
_MOST = 3
_CRMS = {"salesforce": "Salesforce", "hubspot": "HubSpot"}


@dataclass(frozen=True, slots=True)
class Link:
    """Where it leads and what it is called."""

    label: str
    url: str


def crm_links(templates: LinkTemplates, records: Mapping[str, str]) -> tuple[Link, ...]:
    """The CRM records of an account, of those mappings that have a template."""
    wanted = ((name, template) for name, template in templates.records.items() if name in records)
    return _short(Link(_called(name), _filled(template, RECORD, records[name])) for name, template in wanted)


def product_links(templates: LinkTemplates, account: str) -> tuple[Link, ...]:
    """The account in the product, where there is a template for that."""
    return _short([Link("product", _filled(templates.product, ACCOUNT, account))] if templates.product else ())


def linked(links: Iterable[Link]) -> str:
    """Links as mrkdwn."""
    return "  ·  ".join(f"<{link.url}|Open in {escape(link.label, 60)}>" for link in list(links)[:_MOST])


def crm_name(crm: str) -> str:
    """A CRM as it calls itself."""
    return _CRMS.get(crm, crm)


def _called(mapping: str) -> str:
    """A mapping as people call it: "salesforce_account" is "Salesforce account"."""
    crm, _, thing = mapping.partition("_")
    return " ".join([crm_name(crm), *thing.split("_")]).strip()


def _filled(template: str, name: str, value: str) -> str:
    """A template filled in. What came from data cannot leave its place in the URL (slack B7)."""
    return template.replace(name, quote(value, safe=""))


def _short(links: Iterable[Link]) -> tuple[Link, ...]:
    return tuple(link for link in links if len(link.url) <= LONGEST)
