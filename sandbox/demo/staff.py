"""Who works at the demo company: the same people in Salesforce, HubSpot and Slack, named by role."""

from __future__ import annotations

from dataclasses import dataclass

DOMAIN = "workspace.example"
NEW_YORK, BERLIN = "America/New_York", "Europe/Berlin"
INTEGRATION_USER_ID = "005000000000INTAAA"
INTEGRATION_EMAIL = f"integration@{DOMAIN}"


@dataclass(frozen=True)
class Colleague:
    """One person. `slug` is the local part of the e-mail address; `number` makes every system's id."""

    slug: str
    first_name: str
    last_name: str
    zone: str
    number: int
    active: bool = True

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def email(self) -> str:
        return f"{self.slug}@{DOMAIN}"

    @property
    def salesforce_id(self) -> str:
        return salesforce_id("005", self.number)

    @property
    def hubspot_id(self) -> str:
        return str(7_000 + self.number)

    @property
    def slack_id(self) -> str:
        return f"U{self.number:010d}"


def salesforce_id(prefix: str, number: int) -> str:
    """An 18-character record id: its last three characters tell which letters, here at most one, are capitals."""
    return f"{prefix}{number:012d}{'EAA' if prefix[2].isupper() else 'AAA'}"


STAFF = (
    Colleague("ae-1", "AE", "1", NEW_YORK, 1),
    Colleague("ae-2", "AE", "2", NEW_YORK, 2),
    Colleague("ae-3", "AE", "3", BERLIN, 3),
    Colleague("ae-4", "AE", "4", BERLIN, 4),
    Colleague("enterprise-ae-1", "Enterprise AE", "1", NEW_YORK, 5),
    Colleague("enterprise-ae-2", "Enterprise AE", "2", BERLIN, 6),
    Colleague("csm-1", "CSM", "1", NEW_YORK, 7),
    Colleague("sdr-1", "SDR", "1", NEW_YORK, 8),
    Colleague("sdr-2", "SDR", "2", BERLIN, 9),
    Colleague("revops-1", "RevOps", "1", BERLIN, 10),
    Colleague("sales-manager-1", "Sales manager", "1", NEW_YORK, 11),
    Colleague("former-ae", "Former", "AE", BERLIN, 12, active=False),
)
BY_SLUG = {person.slug: person for person in STAFF}

AES = ("ae-1", "ae-2", "ae-3", "ae-4")
ENTERPRISE_AES = ("enterprise-ae-1", "enterprise-ae-2")
HOUSE = "revops-1"  # holds the accounts nobody sells to yet: a Salesforce account always has an owner
