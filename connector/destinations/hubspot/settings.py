"""What it takes to reach one HubSpot portal. The token arrives as a value and is never shown."""

from __future__ import annotations

from dataclasses import dataclass, field

NAME = "hubspot"


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """A service key or private app token, and where to send it.

    `timeout` is seconds to connect and to read. `ca_bundle` is a certificate file to trust instead of the system's.
    """

    access_token: str = field(repr=False)
    base_url: str = "https://api.hubapi.com"
    ca_bundle: str | None = None
    timeout: tuple[float, float] = (5.0, 60.0)
