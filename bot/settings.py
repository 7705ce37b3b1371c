"""What the bot has to be told: where it posts, what it is called there, and what has been promised in whose hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sla.flood import Flood
from bot.sla.policy import SlaPolicy
from bot.sla.roster import Roster

PRODUCTION = "production"
_NOBODY, _USUAL = Roster(), Flood()


@dataclass(frozen=True, slots=True)
class BotSettings:
    """Channels are names without "#", or ids. Any `environment` but production is shown in every message (D9).

    `channels` are those of alerts of one tier, or of one segment of it ("hot", "hot.enterprise"), where they have their
    own (D38). `funnels` are the names `/funnel` knows, in the order it lists them. Alerts that no policy covers have no
    clock.
    """

    environment: str = PRODUCTION
    hot_channel: str = "plg-hot"
    fyi_channel: str = "plg-fyi"
    ops_channel: str = "revops"
    funnels: tuple[str, ...] = ("plg", "sales")
    policies: tuple[SlaPolicy, ...] = ()
    roster: Roster = _NOBODY
    flood: Flood = _USUAL
    channels: Mapping[str, str] = field(default_factory=dict)
