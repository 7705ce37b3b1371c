"""What the bot has to be told: where it posts, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass

PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Channels are names without "#", or ids. Any `environment` but production is shown in every message (D9).

    `funnels` are the names `/funnel` knows, in the order it lists them.
    """

    environment: str = PRODUCTION
    hot_channel: str = "plg-hot"
    fyi_channel: str = "plg-fyi"
    ops_channel: str = "revops"
    funnels: tuple[str, ...] = ("plg", "sales")
