"""The configured CRMs, each as what calls it, what asks it and how it is paced."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from connector.pacing import Turnstile
from connector.ports import BulkLoads, CrmFacts, Destination, Pace
from plsync import config as cfg

if TYPE_CHECKING:
    from connector.model import FactSource

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Connection:
    """One CRM, ready to be called. `stamp` tells this connection from another."""

    destination: Destination
    facts: CrmFacts
    stamp: str
    turnstile: Turnstile
    bulk: BulkLoads | None = None
    bulk_from: int | None = None


def connect(
    config: cfg.Config, sources: Sequence[FactSource], pace: Pace, clock: Clock, sleep: Sleep, stack: ExitStack
) -> dict[str, Connection]:
    """The configured CRMs. Their libraries are imported here, so that commands without a CRM start fast."""
    connections: dict[str, Connection] = {}
    if config.salesforce is not None:
        turnstile = Turnstile("salesforce", pace, clock, sleep)
        connections["salesforce"] = _salesforce(config.salesforce, sources, turnstile, clock, stack)
    if config.hubspot is not None:
        turnstile = Turnstile("hubspot", pace, clock, sleep)
        connections["hubspot"] = _hubspot(config.hubspot, sources, turnstile, clock, stack)
    return connections


def _salesforce(
    section: cfg.Salesforce, sources: Sequence[FactSource], turnstile: Turnstile, clock: Clock, stack: ExitStack
) -> Connection:
    from connector.destinations.salesforce import (
        SalesforceBulk,
        SalesforceClient,
        SalesforceDestination,
        SalesforceFacts,
        SalesforceSettings,
    )

    key = section.consumer_key.get_secret_value()
    settings = SalesforceSettings(
        instance_url=section.instance_url,
        consumer_key=key,
        private_key=section.private_key.get_secret_value() if section.private_key else None,
        consumer_secret=section.consumer_secret.get_secret_value() if section.consumer_secret else None,
        username=section.username,
        ca_bundle=str(section.ca_bundle) if section.ca_bundle else None,
        api_version=section.api_version,
        integrations=section.integrations,
    )
    client = SalesforceClient(settings, clock, turnstile, turnstile.sign_in)
    stack.callback(client.close)
    stamp = stamp_of(section.instance_url, key)
    return Connection(
        SalesforceDestination(client),
        SalesforceFacts(client, sources),
        stamp,
        turnstile,
        SalesforceBulk(client),
        section.bulk_from,
    )


def _hubspot(
    section: cfg.HubSpot, sources: Sequence[FactSource], turnstile: Turnstile, clock: Clock, stack: ExitStack
) -> Connection:
    from connector.destinations.hubspot import HubSpotClient, HubSpotDestination, HubSpotFacts, HubSpotSettings

    token = section.access_token.get_secret_value()
    bundle = str(section.ca_bundle) if section.ca_bundle else None
    settings = HubSpotSettings(
        access_token=token,
        base_url=section.base_url,
        ca_bundle=bundle,
        path_prefix=section.api,
        app_id=section.app_id,
        integrations=section.integrations,
    )
    client = HubSpotClient(settings, turnstile)
    stack.callback(client.close)
    facts = HubSpotFacts(client, sources, clock)
    return Connection(HubSpotDestination(client), facts, stamp_of(section.base_url, token), turnstile)


def stamp_of(*parts: str) -> str:
    """A short digest that changes with the address or the credentials and gives neither away."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
