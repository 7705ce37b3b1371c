"""What it takes to reach one HubSpot portal. The token arrives as a value and is never shown."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.destinations.hubspot.paths import DATED, V3
from connector.errors import ConfigError

NAME = "hubspot"


@dataclass(frozen=True, slots=True)
class HubSpotSettings:
    """A service key or private app token, and where to send it.

    `path_prefix` is the API's version: "v3", or a dated one such as "2026-09" (B1). `app_id` is our app's id as a
    property's history names it; without one no value is known to be ours by its author (D20). `timeout` is seconds to
    connect and to read. `ca_bundle` is a certificate file to trust instead of the system's. `integrations` are further
    apps, or kinds of source, whose writes are no person's edits.
    """

    access_token: str = field(repr=False)
    base_url: str = "https://api.hubapi.com"
    ca_bundle: str | None = None
    timeout: tuple[float, float] = (5.0, 60.0)
    path_prefix: str = V3
    app_id: str | None = None
    integrations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.path_prefix != V3 and not DATED.fullmatch(self.path_prefix):
            raise ConfigError(
                [f'{NAME}: path_prefix must be "{V3}" or a version such as "2026-09", not {self.path_prefix!r}']
            )
